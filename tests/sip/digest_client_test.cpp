// A challenge and its answer through the whole wing. RFC 3261 §22.
#include "sip/user_agent_world.h"

#include <gmock/gmock.h>

namespace isthmus::sip::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class DigestClientTest : public UserAgentTest {
  protected:
    static constexpr std::string_view kChallenge =
        "Digest realm=\"example.com\", nonce=\"abc\", algorithm=MD5, qop=\"auth\"";

    static Target with_password() {
        Target to = target(Transport::Tcp);
        to.username = "gateway";
        to.password = "secret";
        return to;
    }

    void answer(std::string_view request, std::string_view status, std::string_view extra = {}) {
        server.last().send(response_to(request, status, extra));
        loop.run();
    }

    StreamServer server{peer_host, "192.0.2.2:5060"};
};

TEST_F(DigestClientTest, AnswersAChallengeOnce) {
    for (auto [status, challenge, credentials] :
         {std::tuple{"401 Unauthorized", "WWW-Authenticate", "Authorization"},
          std::tuple{
              "407 Proxy Authentication Required", "Proxy-Authenticate", "Proxy-Authorization"}}) {
        above.outcomes.clear();
        send(with_password());
        loop.run();
        std::string first = server.last().take();
        EXPECT_EQ(header_of(first, credentials), "");
        answer(first, status, std::string(challenge) + ": " + std::string(kChallenge));
        EXPECT_THAT(above.outcomes, IsEmpty());
        std::string second = server.last().take();
        EXPECT_THAT(header_of(second, credentials), StartsWith("Digest username=\"gateway\""));
        EXPECT_EQ(header_of(second, "CSeq"), "2 MESSAGE");  // RFC 3261 §8.1.3.5
        EXPECT_EQ(header_of(second, "Call-ID"), header_of(first, "Call-ID"));
        EXPECT_EQ(header_of(second, "From"), header_of(first, "From"));
        EXPECT_NE(header_of(second, "Via"), header_of(first, "Via"));
        EXPECT_THAT(second, HasSubstr("\r\n\r\nhi"));
        answer(second, status, std::string(challenge) + ": " + std::string(kChallenge));
        ASSERT_THAT(above.outcomes, SizeIs(1)) << "the password is wrong: no third try";
        EXPECT_EQ(above.outcomes[0].status, std::stoi(status));
        EXPECT_EQ(server.last().take(), "");
    }
}

TEST_F(DigestClientTest, ARequestOfADialogKeepsItsTagAndGoesOnCounting) {
    OutgoingRequest outgoing;
    outgoing.method = Method::Notify;
    outgoing.request_uri = "sip:juliet@192.0.2.7";
    outgoing.from = "<sip:romeo@example.net>";
    outgoing.to = "<sip:juliet@example.com>";
    outgoing.call_id = "dialog";
    outgoing.from_tag = "ours";
    outgoing.cseq = 1'790'000'000;
    agent->send(outgoing, with_password(), above, 1);
    loop.run();
    const std::string first = server.last().take();
    EXPECT_EQ(header_of(first, "From"), "<sip:romeo@example.net>;tag=ours");
    EXPECT_EQ(header_of(first, "CSeq"), "1790000000 NOTIFY");
    answer(first, "401 Unauthorized", "WWW-Authenticate: " + std::string(kChallenge));
    const std::string second = server.last().take();
    EXPECT_EQ(header_of(second, "From"), "<sip:romeo@example.net>;tag=ours");
    EXPECT_EQ(header_of(second, "CSeq"), "1790000001 NOTIFY");
}

TEST_F(DigestClientTest, AStaleNonceIsNoRefusal) {
    send(with_password());
    loop.run();
    std::string challenge = "WWW-Authenticate: " + std::string(kChallenge);
    answer(server.last().take(), "401 Unauthorized", challenge);
    answer(server.last().take(), "401 Unauthorized", challenge + ", stale=true");
    std::string third = server.last().take();
    EXPECT_EQ(header_of(third, "CSeq"), "3 MESSAGE");
    answer(third, "200 OK");
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].status, 200);
}

TEST_F(DigestClientTest, WithoutAPasswordTheChallengeIsTheOutcome) {
    send(target(Transport::Tcp));
    loop.run();
    answer(
        server.last().take(), "401 Unauthorized", "WWW-Authenticate: " + std::string(kChallenge));
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].status, 401);
}

}  // namespace
}  // namespace isthmus::sip::test
