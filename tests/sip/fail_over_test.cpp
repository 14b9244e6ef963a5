// Several servers for one domain: which is asked, which is asked next. RFC 3263 §4.3.
#include "sip/user_agent_world.h"

#include <gmock/gmock.h>

namespace isthmus::sip::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

/// example.com has two servers, the first preferred.
class FailOverTest : public UserAgentTest {
  protected:
    FailOverTest() {
        for (std::string_view transport : {"_tcp", "_udp"}) {
            std::string name = "_sip." + std::string(transport) + ".example.com";
            resolver.add_srv(name,
                             {.priority = 1, .weight = 0, .port = 5060, .target = "a.example.com"});
            resolver.add_srv(name,
                             {.priority = 2, .weight = 0, .port = 5060, .target = "b.example.com"});
        }
        resolver.add_address("a.example.com", "192.0.2.10");
        resolver.add_address("b.example.com", "192.0.2.11");
        start_a();
        b = std::make_unique<StreamServer>(wire.host("192.0.2.11"), "192.0.2.11:5060");
    }

    void start_a() {
        a = std::make_unique<StreamServer>(wire.host("192.0.2.10"), "192.0.2.10:5060");
    }

    static Target domain(Transport transport = Transport::Tcp) {
        Target to = target(transport, "example.com");
        to.port = 0;
        to.use_srv = true;
        return to;
    }

    static void answer(StreamServer& server,
                       std::string_view request,
                       std::string_view status,
                       std::string_view extra = {}) {
        server.last().send(response_to(request, status, extra));
    }

    std::unique_ptr<StreamServer> a;
    std::unique_ptr<StreamServer> b;
};

TEST_F(FailOverTest, TheFirstServerIsPreferred) {
    send(domain());
    loop.run();
    EXPECT_THAT(a->peers(), SizeIs(1));
    EXPECT_THAT(b->peers(), IsEmpty());
}

TEST_F(FailOverTest, A503GoesToTheNextWithANewBranchAndNothingElseNew) {
    send(domain(), 9);
    loop.run();
    std::string first = a->last().take();
    answer(*a, first, "503 Service Unavailable", "Retry-After: 20");
    loop.run();
    EXPECT_THAT(above.outcomes, IsEmpty());
    ASSERT_THAT(b->peers(), SizeIs(1));
    std::string second = b->last().take();
    EXPECT_NE(header_of(first, "Via"), header_of(second, "Via"));
    for (std::string_view same : {"From", "To", "Call-ID", "CSeq"}) {
        EXPECT_EQ(header_of(first, same), header_of(second, same)) << same;
    }
    answer(*a, first, "200 OK");  // too late, and not its turn
    answer(*b, second, "202 Accepted");
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].cookie, 9U);
    EXPECT_EQ(above.outcomes[0].status, 202);

    send(domain());  // the first wants to be left alone for 20 s
    loop.run();
    EXPECT_THAT(b->last().take(), StartsWith("MESSAGE "));
    loop.advance(seconds(21));
    send(domain());
    loop.run();
    EXPECT_THAT(a->last().take(), StartsWith("MESSAGE "));
}

TEST_F(FailOverTest, The503OfTheLastServerIsTheOutcome) {
    send(domain());
    loop.run();
    answer(*a, a->last().take(), "503 Service Unavailable");
    loop.run();
    answer(*b, b->last().take(), "503 Service Unavailable");
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].status, 503);
}

TEST_F(FailOverTest, AServerThatTakesNoConnectionIsPassedBy) {
    a->stop();
    send(domain(), 1);
    send(domain(), 2);
    loop.run();
    ASSERT_THAT(b->peers(), SizeIs(1));
    EXPECT_EQ(count_of(b->last().take(), "MESSAGE sip:"), 2U);
    std::size_t tried = wire.connects_tried();
    send(domain(), 3);
    loop.run();
    EXPECT_EQ(wire.connects_tried(), tried) << "left alone for a while";
    start_a();
    loop.advance(seconds(31));
    send(domain(), 4);
    loop.run();
    EXPECT_THAT(a->peers(), SizeIs(1));
}

TEST_F(FailOverTest, AMessageThatMayHaveArrivedIsNeverSentAgain) {
    send(domain());
    loop.run();
    a->last().take();
    wire.cut_all();
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].error.kind, ErrorKind::Unreachable);
    loop.advance(milliseconds(10));
    send(domain());
    loop.advance(seconds(33));
    ASSERT_THAT(above.outcomes, SizeIs(2));
    EXPECT_EQ(above.outcomes[1].error.kind, ErrorKind::Timeout);
    EXPECT_THAT(b->peers(), IsEmpty());
}

TEST_F(FailOverTest, OptionsMayBeAskedTwice) {
    method = Method::Options;
    send(domain());
    loop.advance(seconds(33));
    EXPECT_THAT(above.outcomes, IsEmpty());
    ASSERT_THAT(b->peers(), SizeIs(1));
    answer(*b, b->last().take(), "200 OK");
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].status, 200);
}

TEST_F(FailOverTest, AllDown) {
    a->stop();
    b->stop();
    send(domain());
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].error.code, "IST-TCP-001");
}

TEST_F(FailOverTest, OverUdp) {
    DatagramPeer first(wire.host("192.0.2.10"), "192.0.2.10:5060");
    DatagramPeer second(wire.host("192.0.2.11"), "192.0.2.11:5060");
    send(domain(Transport::Udp));
    loop.run();
    ASSERT_THAT(first.received(), SizeIs(1));
    first.send("192.0.2.1:5060", response_to(first.take()[0].text, "503 Service Unavailable"));
    loop.run();
    ASSERT_THAT(second.received(), SizeIs(1));
    loop.advance(milliseconds(600));
    EXPECT_THAT(first.received(), IsEmpty());
    ASSERT_THAT(second.received(), SizeIs(2)) << "its own retransmissions";
    second.send("192.0.2.1:5060", response_to(second.take()[0].text, "200 OK"));
    loop.run();
    EXPECT_THAT(above.outcomes, SizeIs(1));
}

TEST_F(FailOverTest, AMoveInDnsIsNoticed) {
    Target to = target(Transport::Tcp, "moving.example.com");
    resolver.add_address("moving.example.com", "192.0.2.10");
    send(to);
    loop.run();
    answer(*a, a->last().take(), "200 OK");
    loop.run();
    resolver.forget("moving.example.com");
    resolver.add_address("moving.example.com", "192.0.2.11");
    loop.advance(seconds(61));
    send(to);  // still the old way, while the resolver is asked
    loop.run();
    send(to);
    loop.run();
    EXPECT_EQ(count_of(a->last().take(), "MESSAGE sip:"), 1U);
    ASSERT_THAT(b->peers(), SizeIs(1));
    EXPECT_EQ(count_of(b->last().take(), "MESSAGE sip:"), 1U);
}

}  // namespace
}  // namespace isthmus::sip::test
