// IQs: RFC 6120 §8.2.3, RFC 6121 §8.5, XEP-0030, XEP-0092, XEP-0199; abuse case A17.
#include "xmpp/iq_responder.h"

#include <gtest/gtest.h>

#include "parsed.h"

namespace isthmus::xmpp {
namespace {

const Jid kAsker{"juliet", "capulet.example", "balcony"};
const Jid kGateway{{}, "sip.example", {}};

std::string answer(std::string_view iq, const Jid& to = kGateway) {
    Parsed parsed(iq);
    Buffer out;
    const bool is_answered = IqResponder("1.2").respond(*parsed, kAsker, to, out);
    EXPECT_EQ(is_answered, !out.empty());
    return std::string(out.view());
}

std::string result(const std::string& payload) {
    const std::string head =
        "<iq from='sip.example' to='juliet@capulet.example/balcony' id='1' type='result'";
    return payload.empty() ? head + "/>" : head + ">" + payload + "</iq>";
}

std::string error(const std::string& type,
                  const std::string& condition,
                  const std::string& from = "sip.example",
                  const std::string& id = " id='1'") {
    return "<iq from='" + from + "' to='juliet@capulet.example/balcony'" + id +
           " type='error'><error type='" + type + "'><" + condition +
           " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>";
}

TEST(IqResponder, Xep0199_PingIsAnswered) {
    EXPECT_EQ(answer("<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"), result(""));
    EXPECT_EQ(answer("<iq type='get' id='1'>\n<ping xmlns='urn:xmpp:ping'/>\n</iq>"), result(""));
}

TEST(IqResponder, Xep0030_InfoTellsIdentityAndFeatures) {
    EXPECT_EQ(
        answer("<iq type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"),
        result("<query xmlns='http://jabber.org/protocol/disco#info'><identity category='gateway' "
               "type='simple' name='Isthmus'/><feature "
               "var='http://jabber.org/protocol/disco#info'/><feature "
               "var='http://jabber.org/protocol/disco#items'/><feature "
               "var='jabber:iq:version'/><feature var='urn:xmpp:ping'/><feature "
               "var='urn:xmpp:receipts'/><feature "
               "var='http://jabber.org/protocol/chatstates'/><feature "
               "var='urn:xmpp:chat-markers:0'/></query>"));
}

TEST(IqResponder, Xep0030_ItemsAreNone) {
    EXPECT_EQ(
        answer(
            "<iq type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>"),
        result("<query xmlns='http://jabber.org/protocol/disco#items'/>"));
}

TEST(IqResponder, Xep0030_NodesAreNotFound) {
    EXPECT_EQ(answer("<iq type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#info' "
                     "node='x'/></iq>"),
              error("cancel", "item-not-found"));
}

TEST(IqResponder, Xep0092_VersionIsTold) {
    EXPECT_EQ(
        answer("<iq type='get' id='1'><query xmlns='jabber:iq:version'/></iq>"),
        result("<query "
               "xmlns='jabber:iq:version'><name>Isthmus</name><version>1.2</version></query>"));
}

TEST(IqResponder, Rfc6120_8_4_UnknownPayloadsAreUnavailable) {
    EXPECT_EQ(answer("<iq type='get' id='1'><vCard xmlns='vcard-temp'/></iq>"),
              error("cancel", "service-unavailable"));
    EXPECT_EQ(answer("<iq type='set' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"),
              error("cancel", "service-unavailable"));
    EXPECT_EQ(answer("<iq type='get' id='1'><ping xmlns='jabber:server'/></iq>"),
              error("cancel", "service-unavailable"));
}

TEST(IqResponder, A17_Rfc6120_8_2_3_ViolationsAreBadRequests) {
    const std::string ping = "<ping xmlns='urn:xmpp:ping'/>";
    EXPECT_EQ(answer("<iq type='get' id='1'/>"), error("modify", "bad-request"));
    EXPECT_EQ(answer("<iq type='set' id='1'>text</iq>"), error("modify", "bad-request"));
    EXPECT_EQ(answer("<iq type='get' id='1'>" + ping + ping + "</iq>"),
              error("modify", "bad-request"));
    EXPECT_EQ(answer("<iq type='ask' id='1'>" + ping + "</iq>"), error("modify", "bad-request"));
    EXPECT_EQ(answer("<iq id='1'>" + ping + "</iq>"), error("modify", "bad-request"));
    EXPECT_EQ(answer("<iq type='get'>" + ping + "</iq>"),
              error("modify", "bad-request", "sip.example", ""));
}

TEST(IqResponder, Rfc6120_8_2_3_AnswersAreNotAnswered) {
    EXPECT_EQ(answer("<iq type='result' id='1'/>"), "");
    EXPECT_EQ(answer("<iq type='error' id='1'><a xmlns='x'/><b xmlns='y'/></iq>"), "");
    EXPECT_EQ(answer("<iq type='error'/>"), "");
}

TEST(IqResponder, Rfc6121_8_5_UsersDoNotAnswer) {
    const std::string ping = "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>";
    EXPECT_EQ(answer(ping, {"alice", "sip.example", {}}),
              error("cancel", "service-unavailable", "alice@sip.example"));
    EXPECT_EQ(answer(ping, {"alice", "sip.example", "desk"}),
              error("cancel", "service-unavailable", "alice@sip.example/desk"));
    EXPECT_EQ(answer(ping, {{}, "sip.example", "x"}),
              error("cancel", "service-unavailable", "sip.example/x"));
}

TEST(IqResponder, IdsAreEscaped) {
    EXPECT_NE(answer("<iq type='get' id='&apos;&lt;'><ping xmlns='urn:xmpp:ping'/></iq>")
                  .find("id='&apos;&lt;'"),
              std::string::npos);
}

}  // namespace
}  // namespace isthmus::xmpp
