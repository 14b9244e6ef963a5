// A user agent on a wire in memory, with one peer that it knows (192.0.2.2) and a stranger
// (203.0.113.9): what the tests of the whole SIP wing have in common.
#pragma once

#include "base/metrics.h"
#include "sip/user_agent.h"
#include "support/counting_random.h"
#include "support/fixed_resolver.h"
#include "support/manual_loop.h"
#include "support/memory_wire.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::sip::test {

using isthmus::test::CountingRandom;
using isthmus::test::DatagramPeer;
using isthmus::test::endpoint;
using isthmus::test::FixedResolver;
using isthmus::test::ManualLoop;
using isthmus::test::MemoryHost;
using isthmus::test::MemoryWire;
using isthmus::test::StreamPeer;
using isthmus::test::StreamServer;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A certificate that proves `name`.
inline net::PeerCertificate certificate_of(std::string name) {
    net::PeerCertificate certificate;
    certificate.is_trusted = true;
    certificate.subject = "CN=" + name;
    certificate.dns_names = {std::move(name)};
    return certificate;
}

/// Stands for a TLS context where none is ever looked into.
inline std::shared_ptr<const net::TlsContext> some_tls_context() {
    static const int nothing = 0;
    return {std::shared_ptr<void>(), reinterpret_cast<const net::TlsContext*>(&nothing)};
}

/// Lines of a message, CR LF added.
inline std::string message(std::initializer_list<std::string_view> lines, std::string_view body) {
    std::string text;
    for (std::string_view line : lines) {
        text.append(line).append("\r\n");
    }
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
    return text.append(body);
}

struct MessageFields {
    std::string method = "MESSAGE";
    std::string uri = "sip:romeo@example.net";
    std::string transport = "TCP";
    std::string sent_by = "192.0.2.2:5060";
    std::string branch = "z9hG4bKone";
    std::string from = "sip:juliet@example.com";
    std::string from_tag = "f1";
    std::string to_tag = {};
    std::string call_id = "call-1";
    std::string cseq = "1";
    std::string extra = {};  ///< a whole header line
    std::string body = "hello";
};

inline std::string request(const MessageFields& f) {
    std::string to = "To: <sip:romeo@example.net>" + (f.to_tag.empty() ? "" : ";tag=" + f.to_tag);
    std::string text = f.method + " " + f.uri + " SIP/2.0\r\nVia: SIP/2.0/" + f.transport + " " +
                       f.sent_by + ";rport;branch=" + f.branch + "\r\nMax-Forwards: 70\r\nFrom: <" +
                       f.from + ">;tag=" + f.from_tag + "\r\n" + to + "\r\nCall-ID: " + f.call_id +
                       "\r\nCSeq: " + f.cseq + " " + f.method + "\r\n";
    if (!f.extra.empty()) {
        text += f.extra + "\r\n";
    }
    if (!f.body.empty()) {
        text += "Content-Type: text/plain\r\n";
    }
    return text + "Content-Length: " + std::to_string(f.body.size()) + "\r\n\r\n" + f.body;
}

/// Value of the first header of that name; empty if there is none.
inline std::string header_of(std::string_view text, std::string_view name) {
    std::string start = "\r\n" + std::string(name) + ": ";
    std::size_t at = text.find(start);
    if (at == std::string_view::npos) {
        return {};
    }
    at += start.size();
    return std::string(text.substr(at, text.find("\r\n", at) - at));
}

inline std::string start_line(std::string_view text) {
    return std::string(text.substr(0, text.find("\r\n")));
}

inline std::size_t count_of(std::string_view text, std::string_view what) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; ++at) {
        ++count;
    }
    return count;
}

/// The answer that a server would give to `request`.
inline std::string response_to(std::string_view request,
                               std::string_view status,
                               std::string_view extra = {}) {
    std::string text = "SIP/2.0 " + std::string(status) + "\r\nVia: " + header_of(request, "Via") +
                       "\r\nFrom: " + header_of(request, "From") +
                       "\r\nTo: " + header_of(request, "To") +
                       ";tag=far\r\nCall-ID: " + header_of(request, "Call-ID") +
                       "\r\nCSeq: " + header_of(request, "CSeq") + "\r\n";
    if (!extra.empty()) {
        text.append(extra).append("\r\n");
    }
    return text + "Content-Length: 0\r\n\r\n";
}

/// Does with requests what the test says; by default answers 202 at once.
class Above final : public RequestHandler, public ResponseHandler {
  public:
    struct Outcome {
        std::uint64_t cookie = 0;
        int status = 0;  ///< 0: no response
        Error error;
    };

    int identify(const Origin& origin) override {
        ++identified;
        return origin.remote.address == *net::IpAddress::parse("192.0.2.2") ? 0 : -1;
    }

    void on_request(const Request& request,
                    const Origin& origin,
                    std::unique_ptr<IncomingRequest> transaction) override {
        bodies.emplace_back(request.body);
        origins.push_back(origin);
        if (answer != 0) {
            transaction->respond(answer);
        } else {
            held.push_back(std::move(transaction));
        }
    }

    void on_notify_ahead(std::string_view call_id) override {
        ahead.emplace_back(bodies.size(), call_id);
    }

    void on_response(std::uint64_t cookie, const Response& response) override {
        outcomes.push_back({cookie, response.status, {}});
        if (then) {
            then();
        }
    }

    void on_no_response(std::uint64_t cookie, const Error& error) override {
        outcomes.push_back({cookie, 0, error});
        if (then) {
            then();
        }
    }

    int answer = 202;  ///< 0: keep it in `held`
    int identified = 0;
    std::vector<std::string> bodies;
    std::vector<std::pair<std::size_t, std::string>> ahead;  ///< requests before, Call-ID
    std::vector<Origin> origins;
    std::vector<std::unique_ptr<IncomingRequest>> held;
    std::vector<Outcome> outcomes;
    std::function<void()> then;
};

class UserAgentTest : public testing::Test {
  protected:
    explicit UserAgentTest(UserAgentConfig config = default_config())
        : agent(make_user_agent(
              std::move(config), ours, resolver, loop.timers(), random, registry, above)) {
        agent->set_tls(some_tls_context());
        auto listening = agent->listen({{Transport::Udp, endpoint("192.0.2.1:5060")},
                                        {Transport::Tcp, endpoint("192.0.2.1:5060")},
                                        {Transport::Tls, endpoint("192.0.2.1:5061")}});
        EXPECT_TRUE(listening);
    }

    static UserAgentConfig default_config() {
        UserAgentConfig config;
        config.server_name = "gw.example.net";
        config.peer_names = {"frontend"};
        return config;
    }

    /// Sends a MESSAGE; its outcome is in above.outcomes sooner or later.
    void send(const Target& target, std::uint64_t cookie = 1, std::string body = "hi") {
        OutgoingRequest outgoing;
        outgoing.method = method;
        outgoing.request_uri = "sip:juliet@example.com";
        outgoing.from = "<sip:romeo@example.net>";
        outgoing.to = "<sip:juliet@example.com>";
        outgoing.content_type = "text/plain";
        outgoing.body = body;
        agent->send(outgoing, target, above, cookie);
    }

    static Target target(Transport transport, std::string host = "192.0.2.2") {
        Target to;
        to.host = std::move(host);
        to.port = transport == Transport::Tls ? 5061 : 5060;
        to.transport = transport;
        to.peer = 0;
        return to;
    }

    bool metrics_have(std::string_view line) const {
        return registry.render().find(line) != std::string::npos;
    }

    ManualLoop loop;
    MemoryWire wire{loop};
    MemoryHost& ours = wire.host("192.0.2.1");
    MemoryHost& peer_host = wire.host("192.0.2.2");
    MemoryHost& stranger_host = wire.host("203.0.113.9");
    FixedResolver resolver{loop};
    CountingRandom random;
    metrics::Registry registry;
    Above above;
    Method method = Method::Message;
    std::unique_ptr<UserAgent> agent;
};

}  // namespace isthmus::sip::test
