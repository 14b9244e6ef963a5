// Sessions between romeo and juliet: the other side is lists of what was sent to it.
#pragma once

#include "base/arena.h"
#include "base/metrics.h"
#include "base/text.h"
#include "sip/parser.h"
#include "sip/sessions.h"
#include "support/counting_random.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::sip::test {

inline constexpr std::string_view kRomeo = "sip:romeo@fabrikam.example";
inline constexpr std::string_view kJuliet = "sip:juliet@contoso.example";

struct SentInSession {
    Method method = Method::Other;
    std::string uri;
    std::string call_id;
    std::string from_tag;
    std::string to;
    std::uint32_t cseq = 0;
    std::string body;
    std::string toast;
    ResponseHandler* handler = nullptr;
    std::uint64_t cookie = 0;
};

/// The other side, as lists of what was sent to it.
class SessionOtherSide final : public SessionPort, public SessionUser {
  public:
    void send(const OutgoingRequest& request,
              std::string_view /*sip_domain*/,
              std::string_view /*next_hop*/,
              ResponseHandler& handler,
              std::uint64_t cookie) override {
        sent.push_back(copy(request, &handler, cookie));
    }

    void acknowledge(const OutgoingRequest& request,
                     std::string_view /*sip_domain*/,
                     std::string_view /*next_hop*/) override {
        acknowledged.push_back(copy(request, nullptr, 0));
    }

    void cancel(const ResponseHandler& /*handler*/, std::uint64_t /*cookie*/) override {
        ++cancelled;
    }

    std::string_view contact(std::string_view /*sip_domain*/) const override {
        return "<sip:gateway.example:5061;transport=tls>";
    }

    std::string_view on_invite(const Request& /*request*/,
                               const Origin& /*origin*/,
                               IncomingRequest& transaction) override {
        if (refuses) {
            transaction.respond(403);
            return {};
        }
        return "contoso.example";
    }

    bool may_continue(const Origin& /*origin*/, std::string_view sip_domain) override {
        return sip_domain == "contoso.example";
    }

    void on_session_request(const Request& request,
                            const Origin& /*origin*/,
                            std::unique_ptr<IncomingRequest> transaction) override {
        taken.push_back(
            fmt::format("{} {} {}", request.from.uri.text, request.uri.text, request.body));
        transaction->respond(200);
    }

    std::string compared(std::string_view uri) override { return text::to_lower(uri); }

    void on_session_over(const SessionPair& pair, SessionEnd end) override {
        over.emplace_back(std::string(pair.local), end);
    }

    std::vector<SentInSession> sent;
    std::vector<SentInSession> acknowledged;
    std::vector<std::string> taken;
    std::vector<std::pair<std::string, SessionEnd>> over;
    int cancelled = 0;
    bool refuses = false;

  private:
    static SentInSession copy(const OutgoingRequest& request,
                              ResponseHandler* handler,
                              std::uint64_t cookie) {
        SentInSession made{.method = request.method,
                           .uri = std::string(request.request_uri),
                           .call_id = std::string(request.call_id),
                           .from_tag = std::string(request.from_tag),
                           .to = std::string(request.to),
                           .cseq = request.cseq,
                           .body = std::string(request.body),
                           .toast = {},
                           .handler = handler,
                           .cookie = cookie};
        for (const OutgoingHeader& header : request.headers) {
            if (header.name == "Ms-Text-Format") {
                made.toast = header.value;
            }
        }
        return made;
    }
};

/// Whoever wrote a message.
class SessionWriter final : public ResponseHandler {
  public:
    void on_response(std::uint64_t cookie, const Response& response) override {
        outcomes.push_back(fmt::format("{}: {}", cookie, response.status));
    }

    void on_no_response(std::uint64_t cookie, const Error& error) override {
        outcomes.push_back(fmt::format("{}: {}", cookie, error.code));
    }

    std::vector<std::string> outcomes;
};

class SessionAnswered final : public IncomingRequest {
  public:
    explicit SessionAnswered(std::vector<int>& statuses) : statuses_(statuses) {}

    void respond(const OutgoingResponse& response) override {
        statuses_.push_back(response.status);
    }

    std::string_view to_tag() const override { return "ours"; }

  private:
    std::vector<int>& statuses_;
};

class SessionSetTest : public testing::Test {
  protected:
    explicit SessionSetTest(const SessionsConfig& config = {})
        : sessions(make_sessions(config, other, timers, random, metrics, other)) {}

    void say(std::string_view text, std::uint64_t cookie, std::string_view to = kJuliet) {
        sessions->send({.method = Method::Message,
                        .request_uri = to,
                        .from = "<sip:romeo@fabrikam.example>",
                        .to = "<sip:juliet@contoso.example>",
                        .content_type = "text/plain",
                        .body = text},
                       "contoso.example",
                       writer,
                       cookie);
    }

    /// Answers the last request that was sent, or the one given.
    void answer(int status, std::string_view more = {}, const SentInSession* which = nullptr) {
        const SentInSession to = which != nullptr ? *which : other.sent.back();
        const std::string text = fmt::format(
            "SIP/2.0 {0} X\r\nVia: SIP/2.0/TLS gateway.example;branch=z9hG4bK1\r\n"
            "From: <{1}>;tag={2}\r\nTo: <{3}>;tag=theirs\r\nCall-ID: {4}\r\nCSeq: {5} {6}\r\n"
            "{7}{8}Content-Length: 0\r\n\r\n",
            status,
            kRomeo,
            to.from_tag,
            kJuliet,
            to.call_id,
            to.cseq,
            method_name(to.method),
            status == 200 && to.method == Method::Invite && more != "no contact"
                ? "Contact: <sip:desk.contoso.example;transport=tls>\r\n"
                : "",
            more == "no contact" ? std::string_view() : more);
        Arena arena;
        MessageSlots slots;
        const auto result = parse_message(text, Framing::Stream, arena, slots);
        ASSERT_EQ(result.kind, ParseResult::Kind::Response) << text;
        to.handler->on_response(to.cookie, slots.response);
    }

    void silence() {
        const SentInSession to = other.sent.back();
        to.handler->on_no_response(to.cookie,
                                   make_error(ErrorKind::Timeout, "IST-SIP-003", "no answer", ""));
    }

    struct Ask {
        std::string_view method = "INVITE";
        std::string_view uri = kRomeo;
        std::string_view to_tag;
        std::string_view body =
            "v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=session\r\n"
            "c=IN IP4 192.0.2.1\r\nt=0 0\r\nm=message 5060 sip null\r\n"
            "a=accept-types:text/plain\r\n";
        unsigned cseq = 1;
        std::string_view call_id = "theirs-1";
        std::string_view from = kJuliet;
    };

    /// They ask; what they are answered is in `statuses`.
    void theirs(const Ask& ask) {
        const std::string text = fmt::format(
            "{0} {1} SIP/2.0\r\nVia: SIP/2.0/TLS desk.contoso.example;branch=z9hG4bK{2}\r\n"
            "Max-Forwards: 70\r\nFrom: <{3}>;tag=theirs\r\nTo: <{4}>{5}\r\nCall-ID: {6}\r\n"
            "CSeq: {2} {0}\r\nContact: <sip:desk.contoso.example;transport=tls>\r\n"
            "Content-Type: {7}\r\nContent-Length: {8}\r\n\r\n{9}",
            ask.method,
            ask.uri,
            ask.cseq,
            ask.from,
            kRomeo,
            ask.to_tag.empty() ? std::string() : fmt::format(";tag={}", ask.to_tag),
            ask.call_id,
            ask.method == "MESSAGE" ? "text/plain" : "application/sdp",
            ask.body.size(),
            ask.body);
        Arena arena;
        MessageSlots slots;
        const auto result = parse_message(text, Framing::Stream, arena, slots);
        ASSERT_EQ(result.kind, ParseResult::Kind::Request) << result.reason << text;
        if (ask.method == "ACK") {
            statuses.push_back(sessions->on_ack(slots.request, {}) ? 1 : 0);
        } else {
            sessions->on_request(slots.request, {}, std::make_unique<SessionAnswered>(statuses));
        }
    }

    Timers timers;
    isthmus::test::CountingRandom random;
    metrics::Registry metrics;
    SessionOtherSide other;
    SessionWriter writer;
    std::vector<int> statuses;
    std::unique_ptr<Sessions> sessions;
};

}  // namespace isthmus::sip::test
