// Two user agents over the kernel's sockets: what the wire in memory could be wrong about.
#include "base/metrics.h"
#include "net/event_loop.h"
#include "net/network.h"
#include "net/tls_context.h"
#include "sip/user_agent.h"
#include "support/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace isthmus::sip {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::SizeIs;

class Side final : public RequestHandler, public ResponseHandler {
  public:
    int identify(const Origin& /*origin*/) override { return 0; }

    void on_request(const Request& request,
                    const Origin& origin,
                    std::unique_ptr<IncomingRequest> transaction) override {
        bodies.emplace_back(request.body);
        if (origin.certificate != nullptr) {
            subject = origin.certificate->subject;
        }
        transaction->respond(202);
    }

    void on_response(std::uint64_t /*cookie*/, const Response& response) override {
        ++statuses[response.status];
    }

    void on_no_response(std::uint64_t /*cookie*/, const Error& error) override {
        errors.push_back(error);
    }

    std::vector<std::string> bodies;
    std::map<int, std::size_t> statuses;
    std::vector<Error> errors;
    std::string subject;
};

/// Names are not looked up here.
class NoResolver final : public net::Resolver {
  public:
    explicit NoResolver(net::EventLoop& loop) : loop_(loop) {}

    std::unique_ptr<net::Pending> addresses(std::string_view host,
                                            net::LookupHandler<net::IpAddress> on_done) override {
        loop_.post([literal = net::IpAddress::parse(host), on_done = std::move(on_done)] {
            on_done(std::vector{literal.value_or(net::IpAddress())});
        });
        return std::make_unique<net::Pending>();
    }

    std::unique_ptr<net::Pending> srv(std::string_view /*name*/,
                                      net::LookupHandler<net::SrvRecord> /*on_done*/) override {
        return std::make_unique<net::Pending>();
    }

    std::unique_ptr<net::Pending> naptr(std::string_view /*name*/,
                                        net::LookupHandler<net::NaptrRecord> /*on_done*/) override {
        return std::make_unique<net::Pending>();
    }

    std::unique_ptr<net::Pending> tlsa(std::string_view /*name*/,
                                       net::LookupHandler<net::TlsaRecord> /*on_done*/) override {
        return std::make_unique<net::Pending>();
    }

  private:
    net::EventLoop& loop_;
};

class LoopbackTest : public testing::Test {
  protected:
    std::unique_ptr<UserAgent> agent(Side& side) {
        return make_user_agent({}, network, resolver, loop.timers(), random, registry, side);
    }

    std::shared_ptr<const net::TlsContext> context(const std::string& name) const {
        auto own = authority.issue_for(name);
        return net::TlsContext::create({.certificate_chain_pem = own.certificate_pem,
                                        .private_key_pem = own.key_pem,
                                        .trust_system = false,
                                        .extra_ca_pems = {authority.pem()}})
            .value();
    }

    /// The far agent listens there; a target for it.
    Target listen(Transport transport, std::string_view at) {
        auto listening = far->listen({{transport, *net::Endpoint::parse(at)}});
        EXPECT_TRUE(listening);
        Target to;
        to.host = listening->front().endpoint.address.to_string();
        to.port = listening->front().endpoint.port;
        to.transport = transport;
        return to;
    }

    void send(const Target& to, std::string_view body) {
        OutgoingRequest request;
        request.request_uri = "sip:juliet@example.com";
        request.from = "<sip:romeo@example.net>";
        request.to = "<sip:juliet@example.com>";
        request.content_type = "text/plain";
        request.body = body;
        near->send(request, to, near_side, 1);
    }

    bool run_until_all_is_told() {
        return loop.run_until([this] { return near->pending() == 0; });
    }

    net::EventLoop loop;
    metrics::Registry registry;
    net::SystemNetwork network{loop, registry};
    NoResolver resolver{loop};
    SystemRandom random;
    isthmus::test::CertificateAuthority authority;
    Side near_side;
    Side far_side;
    std::unique_ptr<UserAgent> near = agent(near_side);
    std::unique_ptr<UserAgent> far = agent(far_side);
};

TEST_F(LoopbackTest, Tcp) {
    Target to = listen(Transport::Tcp, "127.0.0.1:0");
    for (int i = 0; i < 1000; ++i) {
        send(to, "text " + std::to_string(i));
    }
    ASSERT_TRUE(run_until_all_is_told());
    EXPECT_THAT(near_side.statuses, ElementsAre(Pair(202, 1000)));
    ASSERT_THAT(far_side.bodies, SizeIs(1000));
    EXPECT_EQ(far_side.bodies.back(), "text 999");
}

TEST_F(LoopbackTest, TcpOverIpv6) {
    Target to = listen(Transport::Tcp, "[::1]:0");
    send(to, "six");
    ASSERT_TRUE(run_until_all_is_told());
    EXPECT_THAT(far_side.bodies, ElementsAre("six"));
}

TEST_F(LoopbackTest, Udp) {
    for (std::string_view at : {"127.0.0.1:0", "[::1]:0"}) {
        Target to = listen(Transport::Udp, at);
        for (int i = 0; i < 20; ++i) {
            send(to, "text");
        }
    }
    ASSERT_TRUE(run_until_all_is_told());
    EXPECT_THAT(near_side.statuses, ElementsAre(Pair(202, 40)));
    EXPECT_THAT(far_side.bodies, SizeIs(40));
}

TEST_F(LoopbackTest, Tls) {
    near->set_tls(context("near.example.net"));
    far->set_tls(context("far.example.com"));
    Target to = listen(Transport::Tls, "127.0.0.1:0");
    to.certificate_names = {"far.example.com"};
    for (int i = 0; i < 100; ++i) {
        send(to, "secret");
    }
    ASSERT_TRUE(run_until_all_is_told());
    EXPECT_THAT(near_side.statuses, ElementsAre(Pair(202, 100)));
    EXPECT_THAT(far_side.bodies, SizeIs(100));
    EXPECT_EQ(far_side.subject, "CN=near.example.net");
}

TEST_F(LoopbackTest, TlsToSomebodyElse) {
    near->set_tls(context("near.example.net"));
    far->set_tls(context("far.example.com"));
    Target to = listen(Transport::Tls, "127.0.0.1:0");
    to.certificate_names = {"other.example.com"};
    send(to, "secret");
    ASSERT_TRUE(run_until_all_is_told());
    ASSERT_THAT(near_side.errors, SizeIs(1));
    EXPECT_EQ(near_side.errors[0].code, "IST-CERT-001");
    EXPECT_THAT(far_side.bodies, SizeIs(0));
}

TEST_F(LoopbackTest, NobodyThere) {
    Target to = listen(Transport::Tcp, "127.0.0.1:0");
    far.reset();
    send(to, "hello");
    ASSERT_TRUE(run_until_all_is_told());
    ASSERT_THAT(near_side.errors, SizeIs(1));
    EXPECT_EQ(near_side.errors[0].code, "IST-TCP-001");
}

TEST_F(LoopbackTest, ThePeerGoesAwayWithRequestsPending) {
    Target to = listen(Transport::Tcp, "127.0.0.1:0");
    send(to, "one");
    ASSERT_TRUE(run_until_all_is_told());
    far.reset();
    send(to, "two");
    ASSERT_TRUE(run_until_all_is_told());
    EXPECT_THAT(near_side.errors, SizeIs(1));
}

}  // namespace
}  // namespace isthmus::sip
