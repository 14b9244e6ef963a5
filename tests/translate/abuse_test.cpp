// The attacks across the protocols, by their numbers in the catalogue of abuse cases: what was made
// is always written and read again by a parser of the other side (wire.h).
#include "translate/html.h"
#include "translate/presence.h"

#include <algorithm>
#include <set>
#include <string>

#include "wire.h"

namespace isthmus::tests {

namespace {

using translate::ToSip;
using translate::ToXmpp;
using xmpp::Condition;

class Abuse : public testing::Test, public Wire {
  protected:
    std::size_t count(sip::HeaderId id) const { return sent().count(id); }

    /// The headers of a MESSAGE of ours and no other.
    void expect_usual_headers() const {
        const std::set<std::string_view> usual{"Via",
                                               "Max-Forwards",
                                               "From",
                                               "To",
                                               "Call-ID",
                                               "CSeq",
                                               "Subject",
                                               "Content-Language",
                                               "Date",
                                               "Isthmus-Hops",
                                               "Content-Type",
                                               "Content-Length"};
        for (const sip::HeaderField& field : sent().headers) {
            EXPECT_TRUE(usual.contains(field.name)) << field.name;
        }
        for (sip::HeaderId id : {sip::HeaderId::Via,
                                 sip::HeaderId::From,
                                 sip::HeaderId::To,
                                 sip::HeaderId::CallId,
                                 sip::HeaderId::CSeq,
                                 sip::HeaderId::ContentLength}) {
            EXPECT_EQ(count(id), 1U);
        }
    }
};

constexpr std::string_view kInjection =
    "x&#13;&#10;Via: SIP/2.0/UDP evil&#13;&#10;From: &lt;sip:e@e>";

TEST_F(Abuse, E01_NoHeaderOutOfAStanza) {
    const std::string evil(kInjection);
    const std::string text =
        "<message xmlns='jabber:server' from='juliet@example.com/b' "
        "to='romeo@example.net' id='" +
        evil + "' xml:lang='" + evil + "'><subject>" + evil + "</subject><thread>" + evil +
        "</thread><body>" + evil + "</body><nick xmlns='http://jabber.org/protocol/nick'>" + evil +
        "</nick><delay xmlns='urn:xmpp:delay' stamp='" + evil + "' from='" + evil + "'/></message>";
    ASSERT_EQ(to_sip(text).action, ToSip::Action::Send);
    expect_usual_headers();
    EXPECT_EQ(sent().body, "x\r\nVia: SIP/2.0/UDP evil\r\nFrom: <sip:e@e>");
    EXPECT_EQ(count(sip::HeaderId::ContentLanguage), 0U);
    EXPECT_EQ(sent().header(sip::HeaderId::Subject), "x  Via: SIP/2.0/UDP evil  From: <sip:e@e>");
}

TEST_F(Abuse, E01_NoHeaderOutOfACpimFrame) {
    const std::string text = stanza("",
                                    "<body>x&#13;&#10;&#13;&#10;imdn.Message-ID: evil</body>"
                                    "<request xmlns='urn:xmpp:receipts'/>");
    ASSERT_EQ(to_sip(text, {.unique = "id1", .peer_takes_imdn = true}).action, ToSip::Action::Send);
    const FromSip back = to_xmpp(octets);
    EXPECT_EQ(back.result.imdn.message_id, "id1");
    EXPECT_EQ(back.message.bodies.at(0).text, "x\n\nimdn.Message-ID: evil");
}

TEST_F(Abuse, E02_ResourceReadsTheSameAgain) {
    const std::string resource = "\"\\<>;,?%()'&amp;:@[]{} =" + std::string(900, 'r');
    const std::string text =
        "<message xmlns='jabber:server' to='romeo@example.net' "
        "from=\"juliet@example.com/" +
        std::string("&quot;\\&lt;&gt;;,?%()&apos;&amp;:@[]{} =") + std::string(900, 'r') +
        "\"><body>x</body></message>";
    ASSERT_EQ(to_sip(text, {.max_octets = 0}).action, ToSip::Action::Send);
    expect_usual_headers();
    EXPECT_EQ(sent().from.params, "tag=t1");
    const auto back = translate::to_jid(sent().from.uri, arena);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->jid.resource, "\"\\<>;,?%()'&:@[]{} =" + std::string(900, 'r'));
    EXPECT_EQ(back->jid.local, "juliet");
}

TEST_F(Abuse, E04_SipUserIsEscapedOrRefused) {
    struct Case {
        std::string_view user;
        std::string_view jid;
        int status;
    };

    for (const Case& one : {Case{"a%40b", "a\\40b@example.com", 0},
                            Case{"a%2Fb%3C%26", "a\\2fb\\3c\\26@example.com", 0},
                            Case{"a%20b", "a\\20b@example.com", 0},
                            Case{"%20a", "", 404},
                            Case{"a%00b", "", 404},
                            Case{"a%0Ab", "", 404},
                            Case{"a<b", "", 400},
                            Case{"a b", "", 400}}) {
        std::string text = sip_message("Content-Type: text/plain\r\n", "hi");
        text.replace(text.find("juliet"), 6, one.user);
        const FromSip out = to_xmpp(text);
        if (one.status == 0) {
            EXPECT_EQ(out.message.to.full(), one.jid) << one.user;
        } else {
            EXPECT_EQ(out.result.action, ToXmpp::Action::Refuse) << one.user;
            EXPECT_EQ(out.result.refusal.status, one.status) << one.user;
        }
    }
}

TEST_F(Abuse, E05_MarkupAndControlsStayText) {
    using namespace std::string_literals;
    const std::string markup = "</body></message><iq type='set'/><!-- ]]> &amp; <![CDATA[";
    const FromSip out =
        to_xmpp(sip_message("Subject: </subject><x/>\r\nContent-Type: text/plain\r\n", markup));
    EXPECT_EQ(out.message.bodies.at(0).text, markup);
    EXPECT_EQ(out.message.subjects.at(0).text, "</subject><x/>");
    EXPECT_EQ(out.message.bodies.size(), 1U);
    const FromSip controls = say("text/plain", "a\0b\x0b\x1b\x7f \xEF\xBF\xBE c"s);
    EXPECT_EQ(controls.octets.find('\0'), std::string::npos);
    EXPECT_EQ(controls.octets.find('\x1b'), std::string::npos);
    EXPECT_EQ(controls.octets.find("\xEF\xBF\xBE"), std::string::npos);
    EXPECT_EQ(controls.message.bodies.at(0).text,
              "a\xEF\xBF\xBD"
              "b\xEF\xBF\xBD\xEF\xBF\xBD\x7f \xEF\xBF\xBD c");
    EXPECT_EQ(say("text/plain;charset=utf-16le", "a\0\x00\xD8"s).result.refusal.status, 415);
}

TEST_F(Abuse, E06_CharsetsAreTranscodedOrRefused) {
    using namespace std::string_literals;
    EXPECT_EQ(say("text/plain;charset=utf-7", "+ADw-x+AD4-").result.refusal.status, 415);
    EXPECT_EQ(say("text/plain;charset=utf-16", "\xFE\xFF\0<"s).message.bodies.at(0).text, "<");
    EXPECT_EQ(say("text/plain;charset=utf-16", "\0<"s).message.bodies.at(0).text, "<");
    EXPECT_EQ(say("text/plain;charset=iso-8859-1", "\xE9<").message.bodies.at(0).text, "é<");
    EXPECT_EQ(say("text/plain;charset=utf-8", "\xE9").result.refusal.status, 415);
    EXPECT_EQ(say("text/plain;charset=us-ascii", "\xC3\xA9").result.refusal.status, 415);
    EXPECT_EQ(say("text/html;charset=utf-7", "+ADw-script+AD4-").result.refusal.status, 415);
    const FromSip refused = say("text/plain;charset=x", "a");
    EXPECT_EQ(refused.result.refusal.headers[0].name, "Accept");
}

TEST_F(Abuse, E07_HtmlIsText) {
    const FromSip out = say("text/html",
                            "<p onclick='x()'>Hi</p><script>alert(1)</script>"
                            "<img src='http://track.example/1.gif'><a href='javascript:x'>l</a>"
                            "<style>p{background:url(http://track.example)}</style>"
                            "<a href='data:text/html,<b>'>d</a><svg onload=x>s</svg>");
    for (std::string_view bad :
         {"onclick", "alert", "javascript", "track.example", "data:", "&lt;"}) {
        EXPECT_EQ(out.octets.find(bad), std::string::npos) << bad << " in " << out.octets;
    }
    EXPECT_EQ(out.message.bodies.at(0).text, "Hi\nld");
    std::string deep;
    for (int i = 0; i < 5000; ++i) {
        deep += "<table><tr><td>";
    }
    EXPECT_EQ(translate::html_to_text(deep + "x", arena), "x");
}

TEST_F(Abuse, E08_SpellingsOfOneUserAreOneJid) {
    const auto jid = [this](std::string_view user) {
        std::string text = sip_message("Content-Type: text/plain\r\n", "hi");
        text.replace(text.find("romeo"), 5, user);
        const FromSip out = to_xmpp(text);
        return out.result.action == ToXmpp::Action::Send
                   ? out.message.from.full()
                   : std::to_string(out.result.refusal.status);
    };
    for (std::string_view same : {"romeo", "ROMEO", "%72omeo", "%EF%BC%B2omeo"}) {
        EXPECT_EQ(jid(same), "romeo@example.net") << same;
    }
    // Soft hyphen, zero-width space, right-to-left override, Cherokee small letter: refused or
    // themselves, never romeo.
    for (std::string_view other :
         {"rom%C2%ADeo", "rom%E2%80%8Beo", "%E2%80%AEromeo", "rom%D0%B5o", "%D7%90romeo"}) {
        EXPECT_NE(jid(other), "romeo@example.net") << other;
    }
    Arena keys;
    EXPECT_EQ(*xmpp::account_key("σίσυφος", keys), *xmpp::account_key("σίσυφοσ", keys));
    EXPECT_EQ(*xmpp::account_key("straße", keys), *xmpp::account_key("strasse", keys));
}

TEST_F(Abuse, E09_SpellingsOfOneDomainAreOneDomain) {
    const auto domain = [this](std::string_view host) {
        const auto mapped = translate::to_jid(arena.concat("sip:a@", host), arena);
        return mapped ? std::string(mapped->jid.domain)
                      : std::string(translate::fault_name(mapped.error()));
    };
    for (std::string_view same :
         {"evil.example", "EVIL.example", "evil.example.", "evil.example:5060"}) {
        EXPECT_EQ(domain(same), "evil.example") << same;
    }
    EXPECT_EQ(domain("XN--mnchen-3ya.example"), "münchen.example");
    EXPECT_EQ(domain("[2001:DB8:0::1]"), "[2001:db8::1]");
    EXPECT_EQ(domain("example.com%00.evil"), "bad-host");
    EXPECT_EQ(domain("example.com%2eevil"), "bad-host");
    EXPECT_EQ(domain("xn--zzzzzzzzz.example"), "idna");
}

TEST_F(Abuse, E10_IdsOfStrangersAreReplaced) {
    const std::string huge(10000, 'i');
    const std::string text =
        "<message xmlns='jabber:server' from='juliet@example.com/b' to='romeo@example.net' id='" +
        huge + "'><thread>\"" + huge + "</thread><body>x</body></message>";
    const ToSip made = to_sip(text);
    ASSERT_EQ(made.action, ToSip::Action::Send);
    EXPECT_LE(made.request.call_id.size(), 255U);
    EXPECT_LT(octets.size(), 1000U);
    // Towards XMPP the id is always ours.
    EXPECT_EQ(to_xmpp(octets, {.stanza_id = "g7"}).message.id, "g7");
}

TEST_F(Abuse, E11_ErrorsAreNeverAnsweredOrEchoed) {
    const std::string text = stanza("type='error'",
                                    "<body>x</body><error type='cancel'><gone "
                                    "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>" +
                                        std::string(100000, 'x') + "</gone></error>");
    EXPECT_EQ(to_sip(text).action, ToSip::Action::Ignore);
    sip::Response response;
    response.status = 302;
    const std::string reason(100000, 'r');
    response.reason = reason;
    response.headers.push_back({sip::HeaderId::Contact, "Contact", "<sip:a@third.example>"});
    const auto error = translate::to_xmpp(response, arena);
    EXPECT_LE(error.text.size(), 1024U);
    EXPECT_EQ(error.condition, Condition::Redirect);
    EXPECT_EQ(error.new_address, "xmpp:a@third.example");
}

TEST_F(Abuse, E12_ImpossibleTimesSayNothing) {
    for (std::string_view stamp : {"0001-01-01T00:00:00Z",
                                   "9999-12-31T23:59:59Z",
                                   "2002-09-10T23:08:25-99:99",
                                   "1970-01-01T00:00:00+23:59",
                                   "-2002-09-10T23:08:25Z",
                                   "yesterday"}) {
        to_sip(stanza(
            "",
            "<body>x</body><delay xmlns='urn:xmpp:delay' stamp='" + std::string(stamp) + "'/>"));
        EXPECT_EQ(count(sip::HeaderId::Date), 0U) << stamp;
    }
    for (std::string_view date : {"Tue, 10 Sep 0001 23:08:25 GMT",
                                  "Tue, 10 Sep 9999 23:08:25 GMT",
                                  "Tue, 32 Sep 2002 23:08:25 GMT",
                                  "Tue, 10 Sep 2100 23:08:25 GMT",
                                  "now"}) {
        const FromSip out = to_xmpp(
            sip_message(
                std::string("Date: ").append(date).append("\r\nContent-Type: text/plain\r\n"), "x"),
            {.now = 1700000000});
        EXPECT_EQ(out.message.delay_stamp, "") << date;
    }
}

TEST_F(Abuse, E17_SizesCountAfterTranslation) {
    const std::string body(5000, '&');
    EXPECT_EQ(say("text/plain", body, {.max_stanza_octets = 20000}).result.refusal.status, 513);
    const FromSip fits = say("text/plain", body, {.max_stanza_octets = 40000});
    EXPECT_EQ(fits.result.action, ToXmpp::Action::Send);
    EXPECT_LE(fits.octets.size(), 40000U);
    const std::string controls(5000, '\x01');
    EXPECT_LE(say("text/plain", controls, {.max_stanza_octets = 40000}).octets.size(), 40000U);
    // A resource of 1,023 octets becomes three times as many in the request.
    std::string resource;
    for (int i = 0; i < 340; ++i) {
        resource += "♚";
    }
    const std::string text =
        "<message xmlns='jabber:server' to='romeo@example.net' from='juliet@example.com/" +
        resource + "'><body>x</body></message>";
    EXPECT_EQ(to_sip(text).error.condition, Condition::PolicyViolation);
    EXPECT_EQ(to_sip(text, {.max_octets = 0}).action, ToSip::Action::Send);
}

TEST_F(Abuse, E21_EncryptedMessagesAreRefusedWithAReason) {
    for (std::string_view payload :
         {"<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'/></encrypted>",
          "<encrypted xmlns='urn:xmpp:omemo:2'/>",
          "<x xmlns='jabber:x:encrypted'>SECRET</x>",
          "<openpgp xmlns='urn:xmpp:openpgp:0'>SECRET</openpgp>",
          "<encryption xmlns='urn:xmpp:eme:0' namespace='urn:x'/>"}) {
        const ToSip made = to_sip(stanza("", "<body>fallback</body>" + std::string(payload)));
        EXPECT_EQ(made.action, ToSip::Action::Refuse) << payload;
        EXPECT_EQ(made.error.condition, Condition::NotAcceptable);
        EXPECT_EQ(made.error.text.find("SECRET"), std::string_view::npos);
        EXPECT_FALSE(made.error.text.empty());
    }
    EXPECT_EQ(to_sip(stanza("", "<body>?OTR:AAMC...</body>")).action, ToSip::Action::Refuse);
}

TEST_F(Abuse, E16_OneMessageReachesOneUser) {
    std::string addresses = "<addresses xmlns='http://jabber.org/protocol/address'>";
    for (int i = 0; i < 1000; ++i) {
        addresses += "<address type='to' jid='u" + std::to_string(i) + "@example.net'/>";
    }
    addresses += "</addresses>";
    ASSERT_EQ(to_sip(stanza("", "<body>x</body>" + addresses)).action, ToSip::Action::Send);
    EXPECT_EQ(sent().uri.user, "romeo");
    expect_usual_headers();
    const std::string to_domain =
        "<message xmlns='jabber:server' from='juliet@example.com/b' "
        "to='example.net'><body>x</body>" +
        addresses + "</message>";
    EXPECT_EQ(to_sip(to_domain).error.condition, Condition::ServiceUnavailable);
    // RFC 5365: the list of recipients is a part that we do not read, and its Require is a 420.
    const FromSip list = say("multipart/mixed;boundary=b",
                             "--b\r\n\r\nx\r\n--b\r\n"
                             "Content-Type: application/resource-lists+xml\r\n"
                             "Content-Disposition: recipient-list\r\n\r\n"
                             "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'/>\r\n"
                             "--b--");
    EXPECT_EQ(list.result.refusal.status, 415);
}

TEST_F(Abuse, E20_OfferedFilesAreTextOrNothing) {
    // The words that a client puts into the body for those who see nothing else.
    ASSERT_EQ(to_sip(stanza("",
                            "<body>https://files.example/a.png</body><x xmlns='jabber:x:oob'>"
                            "<url>https://files.example/b.png</url></x>"))
                  .action,
              ToSip::Action::Send);
    EXPECT_EQ(sent().body, "https://files.example/a.png");
    EXPECT_EQ(octets.find("b.png"), std::string::npos);
    for (std::string_view offer :
         {"<x xmlns='jabber:x:oob'><url>https://files.example/b.png</url></x>",
          "<propose xmlns='urn:xmpp:jingle-message:0' id='1'/>",
          "<data xmlns='http://jabber.org/protocol/ibb' sid='1' seq='0'>AAAA</data>"}) {
        EXPECT_EQ(to_sip(stanza("", offer)).action, ToSip::Action::Ignore) << offer;
    }
    EXPECT_EQ(say("application/vnd.gsma.rcs-ft-http+xml", "<file/>").result.refusal.status, 415);
}

TEST_F(Abuse, PresenceDocumentsAreBounded) {
    std::string many = "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:r@example.net'>";
    for (int i = 0; i < 200; ++i) {
        many +=
            "<tuple id='t" + std::to_string(i) + "'><status><basic>open</basic></status></tuple>";
    }
    std::vector<xmpp::Presence> stanzas;
    const translate::PresenceContext context{.presentity = {"r", "example.net", {}},
                                             .watcher = {"j", "example.com", {}},
                                             .announced = {},
                                             .content_language = {},
                                             .entity_domain = {}};
    EXPECT_FALSE(translate::to_presence(many + "</presence>", context, arena, stanzas));
    EXPECT_TRUE(stanzas.empty());
    const std::string huge = many + "<note>" + std::string(100000, 'x') + "</note></presence>";
    EXPECT_FALSE(translate::to_presence(huge, context, arena, stanzas));
}

}  // namespace

}  // namespace isthmus::tests
