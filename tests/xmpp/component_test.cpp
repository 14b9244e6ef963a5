// Component mode over a wire in memory. XEP-0114; abuse case B27.
#include "xmpp/component.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace isthmus::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

// Case SK-002 of the shared vectors.
TEST(ComponentHandshake, OfXep0114) {
    EXPECT_EQ(xmpp::component_handshake("3BF96D32", "test"),
              "aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e");
}

class ComponentTest : public World {
  protected:
    ComponentTest() {
        config.component_server = "192.0.2.4:5347";
        config.component_domain = "sip.contoso.example";
        config.component_secret = "test";
    }

    static std::string component_header(std::string_view id) {
        return "<?xml version='1.0'?><stream:stream "
               "xmlns:stream='http://etherx.jabber.org/streams' "
               "xmlns='jabber:component:accept' from='sip.contoso.example' id='" +
               std::string(id) + "'>";
    }

    void come_up() {
        loop.run();
        ASSERT_EQ(prosody.connections(), 1U);
        EXPECT_EQ(prosody.hear(),
                  "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
                  "xmlns:stream='http://etherx.jabber.org/streams' to='sip.contoso.example'>");
        prosody.say(component_header("3BF96D32"));
        EXPECT_EQ(prosody.hear(),
                  "<handshake>aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e</handshake>");
        prosody.say("<handshake/>");
    }

    void send_out(std::uint64_t cookie) { send(cookie, "hello", kTheirs, "sip.contoso.example"); }

    ScriptedServer prosody{loop, wire.host("192.0.2.4"), "192.0.2.4:5347"};
};

TEST_F(ComponentTest, EverythingOfItsDomainGoesOverTheServer) {
    start();
    send_out(1);
    come_up();
    EXPECT_EQ(prosody.hear(),
              "<message from='alice@sip.contoso.example' to='bob@fabrikam.example'>"
              "<body>hello</body></message>");
    EXPECT_THAT(handler.sent, ElementsAre(1));
    prosody.say(
        "<message from='bob@anywhere.example/x' to='alice@sip.contoso.example'>"
        "<body>hi</body></message>"
        "<message from='bob@anywhere.example/x' to='alice@elsewhere.example'>"
        "<body>not ours</body></message>");
    EXPECT_THAT(handler.messages,
                ElementsAre("bob@anywhere.example/x -> alice@sip.contoso.example: hi"));
    EXPECT_EQ(fabrikam.connections(), 0U);
}

TEST_F(ComponentTest, QuestionsAreAnsweredOnTheSameStream) {
    start();
    come_up();
    prosody.say(
        "<iq type='get' id='p1' from='server.example' to='sip.contoso.example'>"
        "<ping xmlns='urn:xmpp:ping'/></iq>");
    std::string said = prosody.hear();
    EXPECT_THAT(said, HasSubstr("id='p1'"));
    EXPECT_THAT(said, HasSubstr("type='result'"));
}

TEST_F(ComponentTest, WrongSecretIsToldAndTriedAgainLater) {
    start();
    send_out(1);
    loop.run();
    prosody.hear();
    prosody.say(component_header("x"));
    prosody.hear();
    prosody.say(
        "<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
        "</stream:error></stream:stream>");
    loop.advance(2s);
    EXPECT_GE(prosody.connections(), 2U);
    ASSERT_TRUE(server->status()[0].last_error);
    EXPECT_EQ(server->status()[0].last_error->code, "IST-AUTH-004");
    EXPECT_EQ(server->status()[0].last_error->step, "auth");
    loop.advance(30s);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-XMPP-003")));
    EXPECT_LE(prosody.connections(), 10U);
}

TEST_F(ComponentTest, AConflictOrALostConnectionComesBack) {
    start();
    come_up();
    prosody.say(
        "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
        "</stream:error></stream:stream>");
    loop.advance(1s);
    ASSERT_EQ(prosody.connections(), 2U);
    wire.cut_all();
    loop.advance(1s);
    EXPECT_EQ(prosody.connections(), 3U);
}

TEST_F(ComponentTest, WrongNamespaceIsNotAComponentPort) {
    start();
    loop.run();
    prosody.hear();
    prosody.say(header("x.example", "y.example", "1"));
    EXPECT_THAT(prosody.hear(), HasSubstr(stream_error("invalid-namespace")));
}

TEST_F(ComponentTest, BadAddresseeGetsAnErrorAndBadSenderNothing) {
    start();
    come_up();
    prosody.say(
        "<message id='1' from='bob@a.example' to='@sip.contoso.example'/>"
        "<message id='2' from='@' to='alice@sip.contoso.example'/>"
        "<message id='3' to='alice@sip.contoso.example'/>");
    std::string said = prosody.hear();
    EXPECT_THAT(said, HasSubstr("<jid-malformed"));
    EXPECT_THAT(said, HasSubstr("id='1'"));
    EXPECT_THAT(said, testing::Not(HasSubstr("id='2'")));
    EXPECT_THAT(handler.messages, IsEmpty());
}

TEST_F(ComponentTest, TheServerMayBeGoneAtTheStart) {
    prosody.stop();
    start();
    send_out(1);
    loop.advance(5s);
    ScriptedServer back(loop, wire.host("192.0.2.4"), "192.0.2.4:5347");
    loop.advance(20s);
    ASSERT_EQ(back.connections(), 1U);
    back.say(component_header("3BF96D32"));
    back.say("<handshake/>");
    EXPECT_THAT(handler.sent, ElementsAre(1));
}

}  // namespace
}  // namespace isthmus::test
