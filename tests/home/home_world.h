// A home server alone: devices and flows are lists of what was sent to them.
#pragma once

#include "base/arena.h"
#include "base/metrics.h"
#include "sip/digest_auth.h"
#include "sip/parser.h"
#include "support/counting_random.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "home/home.h"

namespace isthmus::home {

/// What a transaction was answered; alive as long as the test wants.
struct Answer {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string content_type;
    std::string body;

    std::string header(std::string_view name) const {
        for (const auto& [key, value] : headers) {
            if (key == name) {
                return value;
            }
        }
        return {};
    }
};

class Transaction final : public sip::IncomingRequest {
  public:
    explicit Transaction(std::shared_ptr<Answer> answer) : answer_(std::move(answer)) {}

    void respond(const sip::OutgoingResponse& response) override {
        if (answer_->status != 0) {
            return;
        }
        answer_->status = response.status;
        for (const sip::OutgoingHeader& one : response.headers) {
            answer_->headers.emplace_back(one.name, one.value);
        }
        answer_->content_type = response.content_type;
        answer_->body = response.body;
    }

    std::string_view to_tag() const override { return "ours"; }

  private:
    std::shared_ptr<Answer> answer_;
};

struct Sent {
    std::string method;
    std::string uri;
    std::string from;
    std::string to;
    std::string call_id;
    std::string from_tag;
    std::string content_type;
    std::string body;
    std::map<std::string, std::string> headers;
    std::uint64_t flow = 0;
    sip::ResponseHandler* handler = nullptr;
    std::uint64_t cookie = 0;
};

struct Saved {
    std::string user;
    DocumentKind kind;
    std::string body;
    Outside::Done done;
};

class FakeOutside final : public Outside {
  public:
    FakeOutside() { enter(true); }

    /// Who is a user; `alice_too`: she is enabled.
    void enter(bool alice_too) {
        const policy::User users[] = {{.uri = "alice@contoso.example", .enabled = alice_too},
                                      {.uri = "bob@contoso.example"},
                                      {.uri = "gone@contoso.example", .enabled = false}};
        policy::Objects objects;
        objects.access_edge.allow_federated_users = true;
        objects.users = policy::UserTable::of(users);
        policy_ = *policy::Policy::build(std::move(objects));
    }

    void send_to_flows(const sip::OutgoingRequest& request,
                       sip::ResponseHandler& handler,
                       std::uint64_t cookie) override {
        to_flows.push_back(copy(request, 0, handler, cookie));
    }

    void pass_to_flows(const sip::Request& request,
                       std::unique_ptr<sip::IncomingRequest> transaction,
                       bool is_in_session) override {
        passed.emplace_back(std::string(request.body), std::move(transaction));
        last_in_session = is_in_session;
    }

    void send_to_device(const sip::OutgoingRequest& request,
                        const sip::Target& target,
                        sip::ResponseHandler& handler,
                        std::uint64_t cookie) override {
        to_devices.push_back(copy(request, target.flow, handler, cookie));
    }

    void acknowledge(const sip::OutgoingRequest& request, const sip::Target& target) override {
        acknowledged.emplace_back(std::string(request.request_uri), target.flow);
    }

    void cancel(const sip::ResponseHandler& /*handler*/, std::uint64_t /*cookie*/) override {}

    void prove(std::uint64_t flow) override { proved.push_back(flow); }

    void close(std::uint64_t flow) override { closed.push_back(flow); }

    std::string_view contact() const override { return "<sip:home.contoso.example;transport=tls>"; }

    std::string_view server_name() const override { return "home.contoso.example"; }

    const policy::Policy& policy() const override { return *policy_; }

    void save(std::string_view user, DocumentKind kind, std::string body, Done done) override {
        saved.push_back({std::string(user), kind, std::move(body), std::move(done)});
    }

    void remove_contact(std::string_view user, std::string_view jid) override {
        removed.emplace_back(user, jid);
    }

    void leave(std::string_view user, std::string_view contact) override {
        left.emplace_back(user, contact);
    }

    std::vector<Sent> to_flows;
    std::vector<Sent> to_devices;
    std::vector<std::pair<std::string, std::unique_ptr<sip::IncomingRequest>>> passed;
    bool last_in_session = false;
    std::vector<std::pair<std::string, std::uint64_t>> acknowledged;
    std::vector<std::uint64_t> proved;
    std::vector<std::uint64_t> closed;
    std::vector<Saved> saved;
    std::vector<std::pair<std::string, std::string>> removed;
    std::vector<std::pair<std::string, std::string>> left;  ///< user and contact

  private:
    static Sent copy(const sip::OutgoingRequest& request,
                     std::uint64_t flow,
                     sip::ResponseHandler& handler,
                     std::uint64_t cookie) {
        Sent made{.method = std::string(sip::method_name(request.method)),
                  .uri = std::string(request.request_uri),
                  .from = std::string(request.from),
                  .to = std::string(request.to),
                  .call_id = std::string(request.call_id),
                  .from_tag = std::string(request.from_tag),
                  .content_type = std::string(request.content_type),
                  .body = std::string(request.body),
                  .headers = {},
                  .flow = flow,
                  .handler = &handler,
                  .cookie = cookie};
        for (const sip::OutgoingHeader& one : request.headers) {
            made.headers.emplace(one.name, one.value);
        }
        return made;
    }

    std::shared_ptr<const policy::Policy> policy_;
};

class HomeWorld : public testing::Test {
  protected:
    static constexpr std::string_view kPassword = "correct horse battery";

    HomeWorld()
        : home(
              {.domains = {"contoso.example"}, .registrar = {}}, outside, timers, random, metrics) {
        timers.advance(std::chrono::minutes(1));  // no nonce is as old as the world
        for (const char* user :
             {"alice@contoso.example", "bob@contoso.example", "gone@contoso.example"}) {
            home.set_credentials(user, policy::SipCredentials::make(user, kPassword));
        }
    }

    struct Ask {
        std::string method = "MESSAGE";
        std::string uri;
        std::string from = "sip:alice@contoso.example";
        std::string to;  ///< empty: the Request-URI
        std::string headers;
        std::string body;
        std::uint64_t flow = 1;
        std::string call_id;
        std::string to_tag;
        unsigned cseq = 0;
    };

    template <class Take>
    void parsed(const Ask& ask, Take take) {
        const std::string call_id =
            ask.call_id.empty() ? fmt::format("call-{}", ++calls_) : ask.call_id;
        const std::string text = fmt::format(
            "{0} {1} SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK{2}\r\n"
            "From: <{3}>;tag=theirs\r\nTo: <{4}>{5}\r\nCall-ID: {6}\r\nCSeq: {7} {0}\r\n{8}"
            "Content-Length: {9}\r\n\r\n{10}",
            ask.method,
            ask.uri,
            ++branches_,
            ask.from,
            ask.to.empty() ? ask.uri : ask.to,
            ask.to_tag.empty() ? "" : ";tag=" + ask.to_tag,
            call_id,
            ask.cseq == 0 ? ++cseq_ : ask.cseq,
            ask.headers,
            ask.body.size(),
            ask.body);
        Arena arena;
        sip::MessageSlots slots;
        const auto result = sip::parse_message(text, sip::Framing::Stream, arena, slots);
        ASSERT_EQ(result.kind, sip::ParseResult::Kind::Request) << result.reason << "\n" << text;
        take(slots.request);
    }

    /// A request of a device; of flow 0: by UDP.
    std::shared_ptr<Answer> ask(const Ask& what) {
        auto answer = std::make_shared<Answer>();
        parsed(what, [&](const sip::Request& request) {
            sip::Origin origin;
            origin.transport = what.flow == 0 ? sip::Transport::Udp : sip::Transport::Tls;
            origin.remote = {net::IpAddress::v4({192, 0, 2, 1}), 40000};
            origin.flow = what.flow;
            home.on_request(request, origin, std::make_unique<Transaction>(answer));
        });
        return answer;
    }

    /// A request of the flows.
    std::shared_ptr<Answer> flows_ask(const Ask& what) {
        auto answer = std::make_shared<Answer>();
        parsed(what, [&](const sip::Request& request) {
            home.on_flow_request(request, std::make_unique<Transaction>(answer));
        });
        return answer;
    }

    std::string proof(const Answer& challenge,
                      std::string_view user,
                      std::string_view method,
                      std::string_view uri,
                      std::string_view password = kPassword) {
        sip::Response response;
        response.status = challenge.status;
        for (const auto& [name, value] : challenge.headers) {
            response.headers.push_back({sip::header_id(name), name, value});
        }
        const auto answer = sip::answer_challenge(response, method, uri, {user, password}, random);
        EXPECT_TRUE(answer);
        return answer
                   ? fmt::format("{}: {}\r\n",
                                 challenge.status == 401 ? "Authorization" : "Proxy-Authorization",
                                 answer->value)
                   : std::string();
    }

    static std::string contact(std::uint64_t flow) {
        return fmt::format(
            "Contact: <sip:192.0.2.1:{};transport=tls>;+sip.instance=\"<urn:uuid:"
            "00000000-0000-4000-8000-{:012}>\"\r\n",
            40000 + flow,
            flow);
    }

    static std::string lync() {
        return "Supported: gruu-10, adhoclist, msrtc-event-categories\r\n"
               "ms-keep-alive: UAC;hop-hop=yes\r\n";
    }

    /// Signs in; what the last REGISTER was answered.
    std::shared_ptr<Answer> sign_in(std::string_view user,
                                    std::uint64_t flow,
                                    bool is_lync = false,
                                    std::string_view password = kPassword) {
        Ask reg{.method = "REGISTER",
                .uri = "sip:contoso.example",
                .from = fmt::format("sip:{}@contoso.example", user),
                .to = fmt::format("sip:{}@contoso.example", user),
                .headers = contact(flow) + (is_lync ? lync() : std::string()),
                .body = {},
                .flow = flow};
        const auto challenge = ask(reg);
        if (challenge->status != 401 && challenge->status != 407) {
            return challenge;
        }
        reg.headers += proof(*challenge, user, "REGISTER", "sip:contoso.example", password);
        return ask(reg);
    }

    /// The other end answers what was sent to it.
    static void answer(const Sent& sent, int status) {
        sip::Response response;
        response.status = status;
        sent.handler->on_response(sent.cookie, response);
    }

    Timers timers;
    test::CountingRandom random;
    metrics::Registry metrics;
    FakeOutside outside;
    Home home;

  private:
    int calls_ = 0;
    int branches_ = 0;
    unsigned cseq_ = 0;
};

}  // namespace isthmus::home
