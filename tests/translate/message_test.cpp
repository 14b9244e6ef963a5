// What the vectors leave open: contexts of the running gateway, both directions together.
#include "translate/message.h"

#include <string>

#include "wire.h"

namespace isthmus::tests {

namespace {

using translate::ImdnRequest;
using translate::ImdnStatus;
using translate::ToSip;
using translate::ToSipContext;
using translate::ToXmpp;
using translate::ToXmppContext;
using xmpp::Condition;

class MessageTranslation : public testing::Test, public Wire {};

TEST_F(MessageTranslation, TextCrossesAndComesBack) {
    const ToSip there =
        to_sip(stanza("xml:lang='cs'", "<subject>Věc</subject><body>Nic z obého</body>"));
    ASSERT_EQ(there.action, ToSip::Action::Send);
    const FromSip back = to_xmpp(octets, {.stanza_id = "g1"});
    ASSERT_EQ(back.result.action, ToXmpp::Action::Send);
    EXPECT_EQ(back.message.from.full(), "juliet@example.com/balcony");
    EXPECT_EQ(back.message.to.full(), "romeo@example.net");
    EXPECT_EQ(back.message.bodies.at(0).text, "Nic z obého");
    EXPECT_EQ(back.message.subjects.at(0).text, "Věc");
    EXPECT_EQ(back.message.lang, "cs");
    EXPECT_EQ(back.message.id, "g1");
    EXPECT_EQ(back.message.hops, 2);
}

TEST_F(MessageTranslation, PlainTextIsNotCopied) {
    const std::string body = "Art thou not Romeo, and a Montague?";
    const std::string text = sip_message("Content-Type: text/plain;charset=UTF-8\r\n", body);
    sip::MessageSlots slots;
    sip::parse_message(text, sip::Framing::Stream, arena, slots);
    xmpp::Message message;
    const auto addresses = translate::addresses_of(slots.request, arena);
    translate::to_xmpp(slots.request, *addresses, {}, arena, message);
    EXPECT_EQ(message.bodies.at(0).text.data(), text.data() + text.size() - body.size());
    const ToSip back = translate::to_sip(message, {}, arena);
    EXPECT_EQ(back.request.body.data(), message.bodies.at(0).text.data());
}

TEST_F(MessageTranslation, HopsAreCounted) {
    to_sip(stanza("", "<body>x</body><hops xmlns='urn:isthmus:hops:0' count='2'/>"));
    EXPECT_NE(octets.find("Isthmus-Hops: 3\r\n"), std::string::npos);
    EXPECT_EQ(to_xmpp(octets).message.hops, 4);
    EXPECT_EQ(to_xmpp(sip_message("Isthmus-Hops: many\r\nContent-Type: text/plain\r\n", "x"))
                  .message.hops,
              xmpp::kMaxHops);
}

// XEP-0085 §5.6: a notice is the state and nothing else.
TEST_F(MessageTranslation, ATypingNoticeCarriesOnlyTheState) {
    const std::string text = sip_message(
        "Isthmus-Hops: 1\r\nSubject: x\r\nContent-Language: en\r\n"
        "Content-Type: application/im-iscomposing+xml\r\n",
        "<isComposing xmlns='urn:ietf:params:xml:ns:im-iscomposing'><state>active</state>"
        "<refresh>90</refresh></isComposing>");
    sip::MessageSlots slots;
    sip::parse_message(text, sip::Framing::Stream, arena, slots);
    const auto addresses = translate::addresses_of(slots.request, arena);
    translate::ToXmppContext context;
    context.peer_takes_chat_states = true;
    xmpp::Message message;
    const auto first = translate::to_xmpp(slots.request, *addresses, context, arena, message);
    EXPECT_EQ(first.action, translate::ToXmpp::Action::Send);
    EXPECT_EQ(first.typing_lapses_in, 90);
    EXPECT_EQ(message.chat_state, xmpp::ChatState::Composing);
    EXPECT_EQ(message.hops, 0);
    EXPECT_TRUE(message.lang.empty() && message.subjects.empty() && message.id.empty());
    // The same again is not sent, yet it keeps the state from lapsing (RFC 3994 §3.3).
    context.last_chat_state = xmpp::ChatState::Composing;
    const auto again = translate::to_xmpp(slots.request, *addresses, context, arena, message);
    EXPECT_EQ(again.action, translate::ToXmpp::Action::Ignore);
    EXPECT_EQ(again.typing_lapses_in, 90);
}

TEST_F(MessageTranslation, ThreadThatIsNoCallIdStaysTheSameForThePair) {
    const auto call_id = [this](std::string_view from, std::string_view thread) {
        const std::string text = "<message xmlns='jabber:server' from='" + std::string(from) +
                                 "' to='romeo@example.net'><thread>" + std::string(thread) +
                                 "</thread><body>x</body></message>";
        return std::string(to_sip(text).request.call_id);
    };
    EXPECT_EQ(call_id("a@x.example/1", "my thread"), call_id("a@x.example/2", "my thread"));
    EXPECT_NE(call_id("a@x.example", "my thread"), call_id("b@x.example", "my thread"));
    EXPECT_NE(call_id("a@x.example", "my thread"), call_id("a@x.example", "your thread"));
    EXPECT_EQ(call_id("a@x.example", "a@b@c").substr(0, 7), "thread-");
    EXPECT_EQ(call_id("a@x.example", "a@b"), "a@b");
}

TEST_F(MessageTranslation, RememberedSpellingWins) {
    to_sip(stanza("", "<body>x</body>"), {.to_uri = "sip:Romeo@example.net"});
    EXPECT_EQ(sent().uri.text, "sip:Romeo@example.net");
    EXPECT_EQ(sent().to.uri.text, "sip:Romeo@example.net");
}

TEST_F(MessageTranslation, SizeLimitIsOfTheWholeRequest) {
    const std::string body = "<body>" + std::string(5000, 'a') + "</body>";
    const ToSip refused = to_sip(stanza("", body));
    ASSERT_EQ(refused.action, ToSip::Action::Refuse);
    EXPECT_EQ(refused.error.condition, Condition::PolicyViolation);
    EXPECT_NE(refused.error.text.find("octets"), std::string_view::npos);
    EXPECT_EQ(to_sip(stanza("", body), {.max_octets = 0}).action, ToSip::Action::Send);
    EXPECT_EQ(to_sip(stanza("", body), {.max_octets = 0, .max_chars = 4999}).action,
              ToSip::Action::Refuse);
    const std::string fits = "<body>" + std::string(700, 'a') + "</body>";
    EXPECT_EQ(to_sip(stanza("", fits)).action, ToSip::Action::Send);
    EXPECT_LE(octets.size(), 1300U);
}

TEST_F(MessageTranslation, CharactersAreCountedNotOctets) {
    std::string body;
    for (int i = 0; i < 100; ++i) {
        body += "ж";
    }
    EXPECT_EQ(say("text/plain", body, {.max_chars = 100}).result.action, ToXmpp::Action::Send);
    EXPECT_EQ(say("text/plain", body, {.max_chars = 99}).result.refusal.status, 513);
}

TEST_F(MessageTranslation, OldMessagesAreMarked) {
    const std::string old =
        sip_message("Date: Tue, 10 Sep 2002 23:08:25 GMT\r\nContent-Type: text/plain\r\n", "old");
    EXPECT_EQ(to_xmpp(old, {.now = 1031699305 + 3600}).message.delay_stamp, "2002-09-10T23:08:25Z");
    EXPECT_EQ(to_xmpp(old, {.now = 1031699305 + 3600}).message.delay_from, "example.net");
    EXPECT_EQ(to_xmpp(old, {.now = 1031699305 + 10}).message.delay_stamp, "");
    EXPECT_EQ(to_xmpp(old, {.now = 1000000000}).message.delay_stamp, "");
    EXPECT_EQ(to_xmpp(old).message.delay_stamp, "");
    // RFC 3428 §7: an expired message is marked, however young it is.
    for (const auto& [expires, stamp] : {std::pair{"30", "2002-09-10T23:08:25Z"},
                                         std::pair{"90", ""},
                                         std::pair{"4294967296", ""},
                                         std::pair{"soon", ""}}) {
        const std::string text =
            sip_message(std::string("Date: Tue, 10 Sep 2002 23:08:25 GMT\r\nExpires: ") + expires +
                            "\r\nContent-Type: text/plain\r\n",
                        "x");
        EXPECT_EQ(to_xmpp(text, {.now = 1031699305 + 60}).message.delay_stamp, stamp) << expires;
    }
}

TEST_F(MessageTranslation, SubjectAloneIsAMessageToo) {
    const ToSip there = to_sip(stanza("", "<subject>call me</subject>"));
    ASSERT_EQ(there.action, ToSip::Action::Send);
    EXPECT_EQ(sent().header(sip::HeaderId::Subject), "call me");
    EXPECT_EQ(to_xmpp(octets).message.subjects.at(0).text, "call me");
}

TEST_F(MessageTranslation, EncryptedFallbackPassesIfConfigured) {
    const std::string text = stanza(
        "", "<body>I sent you an encrypted message.</body><encryption xmlns='urn:xmpp:eme:0'/>");
    EXPECT_EQ(to_sip(text).error.condition, Condition::NotAcceptable);
    EXPECT_EQ(to_sip(text, {.pass_encrypted_fallback = true}).action, ToSip::Action::Send);
}

// --- receipts ---------------------------------------------------------------------------------

ImdnRequest asked_for(bool positive, bool negative, bool display) {
    return {.message_id = "34jk<324j",
            .datetime = "2006-04-04T12:16:49-05:00",
            .positive_delivery = positive,
            .negative_delivery = negative,
            .display = display};
}

TEST_F(MessageTranslation, ReceiptRequestCrossesAndComesBack) {
    const ToSip there = to_sip(stanza("type='chat'",
                                      "<body>hi</body><request xmlns='urn:xmpp:receipts'/>"
                                      "<markable xmlns='urn:xmpp:chat-markers:0'/>"),
                               {.unique = "id1", .now = 1700000000, .peer_takes_imdn = true});
    EXPECT_EQ(there.imdn_message_id, "id1");
    const FromSip back = to_xmpp(octets, {.stanza_id = "g1"});
    EXPECT_EQ(back.message.bodies.at(0).text, "hi");
    EXPECT_TRUE(back.message.wants_receipt);
    EXPECT_TRUE(back.message.is_markable);
    EXPECT_EQ(back.result.imdn.message_id, "id1");
    EXPECT_EQ(back.result.imdn.datetime, "2023-11-14T22:13:20Z");
    EXPECT_TRUE(back.result.imdn.positive_delivery);
    EXPECT_FALSE(back.result.imdn.negative_delivery);
}

TEST_F(MessageTranslation, NoticesGoOnlyToThoseWhoAsked) {
    const xmpp::Jid from{"juliet", "example.com", {}};
    const xmpp::Jid to{"romeo", "example.net", {}};
    const ToSipContext context{.unique = "n1", .now = 1700000000};
    const auto notice = [&](const ImdnRequest& asked, ImdnStatus status) {
        return translate::notice_to_sip(asked, status, from, to, context, arena).action;
    };
    EXPECT_EQ(notice(asked_for(true, false, false), ImdnStatus::Delivered), ToSip::Action::Send);
    EXPECT_EQ(notice(asked_for(true, false, true), ImdnStatus::Failed), ToSip::Action::Ignore);
    EXPECT_EQ(notice(asked_for(false, true, false), ImdnStatus::Failed), ToSip::Action::Send);
    EXPECT_EQ(notice(asked_for(true, true, false), ImdnStatus::Displayed), ToSip::Action::Ignore);
    EXPECT_EQ(notice({}, ImdnStatus::Failed), ToSip::Action::Ignore);
}

TEST_F(MessageTranslation, FailureNoticeIsAGoodImdn) {
    const xmpp::Jid from{"juliet", "example.com", {}};
    const xmpp::Jid to{"romeo", "example.net", "orchard"};
    const ToSip made = translate::notice_to_sip(asked_for(false, true, false),
                                                ImdnStatus::Failed,
                                                from,
                                                to,
                                                {.unique = "n1", .now = 1700000000},
                                                arena);
    write_request(made.request);
    EXPECT_EQ(sent().uri.text, "sip:romeo@example.net");
    EXPECT_EQ(sent().from.uri.text, "sip:juliet@example.com");
    EXPECT_NE(octets.find("<message-id>34jk&lt;324j</message-id>"), std::string::npos);
    EXPECT_NE(octets.find("Content-Disposition: notification\r\n"), std::string::npos);
    EXPECT_EQ(octets.find("Disposition-Notification"), std::string::npos);
    const FromSip read = to_xmpp(octets);
    EXPECT_EQ(read.result.action, ToXmpp::Action::Notice);
    EXPECT_EQ(read.result.notice.message_id, "34jk<324j");
    EXPECT_EQ(read.result.notice.status, ImdnStatus::Failed);
}

TEST_F(MessageTranslation, NoticesFromOthersMeanNothing) {
    xmpp::Message message;
    const xmpp::Jid romeo{"romeo", "example.net", {}};
    const xmpp::Jid juliet{"juliet", "example.com", {}};
    const xmpp::Jid balcony{"juliet", "example.com", "balcony"};
    const xmpp::Jid eve{"eve", "example.net", {}};
    const auto receipt = [&](const xmpp::Jid& from, const xmpp::Jid& to, ImdnStatus status) {
        message.from = from;
        message.to = to;
        return translate::to_receipt({.message_id = "1", .status = status},
                                     {.stanza_id = "s1", .sender = balcony, .recipient = romeo},
                                     message);
    };
    EXPECT_FALSE(receipt(eve, juliet, ImdnStatus::Delivered));
    EXPECT_FALSE(receipt(romeo, eve, ImdnStatus::Delivered));
    EXPECT_FALSE(receipt(romeo, juliet, ImdnStatus::Forbidden));
    EXPECT_TRUE(receipt(romeo, juliet, ImdnStatus::Displayed));
    EXPECT_EQ(message.marker_for, "s1");
    EXPECT_EQ(message.to, balcony);
    EXPECT_TRUE(receipt(romeo, juliet, ImdnStatus::Failed));
    EXPECT_EQ(message.type, xmpp::MessageType::Error);
    EXPECT_EQ(message.id, "s1");
}

// --- typing -----------------------------------------------------------------------------------

TEST_F(MessageTranslation, TypingCrossesAndComesBack) {
    const ToSip there =
        to_sip(stanza("type='chat'", "<composing xmlns='http://jabber.org/protocol/chatstates'/>"),
               {.peer_takes_typing = true});
    EXPECT_TRUE(there.is_typing && there.typing_is_active);
    const FromSip back = to_xmpp(octets, {.peer_takes_chat_states = true});
    EXPECT_EQ(back.message.chat_state, xmpp::ChatState::Composing);
    EXPECT_EQ(back.message.type, xmpp::MessageType::Chat);
    EXPECT_EQ(back.result.typing_lapses_in, 120);
}

TEST_F(MessageTranslation, TypingIsNeverRepeated) {
    const std::string composing =
        stanza("", "<composing xmlns='http://jabber.org/protocol/chatstates'/>");
    EXPECT_EQ(to_sip(composing, {.peer_takes_typing = true, .last_typing_is_active = true}).action,
              ToSip::Action::Ignore);
    const std::string two = stanza("",
                                   "<composing xmlns='http://jabber.org/protocol/chatstates'/>"
                                   "<paused xmlns='http://jabber.org/protocol/chatstates'/>");
    EXPECT_EQ(to_sip(two, {.peer_takes_typing = true}).action, ToSip::Action::Ignore);
}

// --- wrapped bodies ---------------------------------------------------------------------------

TEST_F(MessageTranslation, TextIsFoundInsideOfWrappers) {
    const auto text = [this](std::string_view type, std::string_view body) {
        const FromSip out = say(type, body);
        return out.message.bodies.empty() ? std::to_string(out.result.refusal.status)
                                          : std::string(out.message.bodies[0].text);
    };
    EXPECT_EQ(text("multipart/alternative; boundary=\"b 1\"",
                   "--b 1\r\nContent-Type: text/html\r\n\r\n<b>rich</b>\r\n"
                   "--b 1\r\nContent-Type: text/rtf\r\n\r\n{}\r\n--b 1--"),
              "rich");
    EXPECT_EQ(text("multipart/mixed;boundary=b",
                   "--b\r\n\r\nfirst\r\n--b\r\nContent-Type: text/plain\r\n"
                   "Content-Transfer-Encoding: base64\r\n\r\nc2Vjb25k\r\n--b--"),
              "first\nsecond");
    EXPECT_EQ(text("multipart/mixed;boundary=b",
                   "--b\r\n\r\ntext\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b--"),
              "415");
    EXPECT_EQ(text("multipart/mixed;boundary=b",
                   "--b\r\n\r\ntext\r\n--b\r\nContent-Type: image/png\r\n"
                   "Content-Disposition: render;handling=optional\r\n\r\nx\r\n--b--"),
              "text");
    EXPECT_EQ(text("multipart/mixed", "--b\r\n\r\ntext\r\n--b--"), "415");
    EXPECT_EQ(text("message/cpim",
                   "From: <im:a@b>\r\n\r\nContent-Type: multipart/alternative;boundary=b\r\n\r\n"
                   "--b\r\nContent-Type: text/plain\r\n\r\ndeep\r\n--b--"),
              "deep");
}

TEST_F(MessageTranslation, NestingIsBounded) {
    std::string body = "Content-Type: text/plain\r\n\r\nbottom";
    for (int i = 0; i < 4; ++i) {
        body = std::string("Content-Type: message/cpim\r\n\r\nTo: <im:a@b>\r\n\r\n").append(body);
    }
    const std::string wrapped = "To: <im:a@b>\r\n\r\n" + body;
    EXPECT_EQ(say("message/cpim", wrapped).result.refusal.status, 415);
}

TEST_F(MessageTranslation, OptionalUnknownBodyIsLeftOut) {
    EXPECT_EQ(to_xmpp(sip_message("Content-Type: application/x-y\r\n"
                                  "Content-Disposition: attachment;handling=optional\r\n",
                                  "x"))
                  .result.action,
              ToXmpp::Action::Ignore);
}

}  // namespace

}  // namespace isthmus::tests
