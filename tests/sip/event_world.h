// What the tests of subscriber and notifier have in common: a way to the peers that records, and
// requests and responses made of text.
#pragma once

#include "base/metrics.h"
#include "sip/event_usage.h"
#include "sip/parser.h"
#include "support/counting_random.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::sip::test {

using isthmus::test::CountingRandom;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A request that was sent, copied.
struct Sent {
    std::string method;
    std::string uri;
    std::string from;
    std::string from_tag;
    std::string to;
    std::string call_id;
    std::uint32_t cseq = 0;
    std::map<std::string, std::string> headers;
    std::string content_type;
    std::string body;
    std::string sip_domain;
    std::string next_hop;
    ResponseHandler* handler = nullptr;
    std::uint64_t cookie = 0;
};

class RecordingSender final : public EventSender {
  public:
    void send(const OutgoingRequest& request,
              std::string_view sip_domain,
              std::string_view next_hop,
              ResponseHandler& handler,
              std::uint64_t cookie) override {
        ++count;
        if (!is_recording) {
            last_handler = &handler;
            last_cookie = cookie;
            last_cseq = request.cseq;
            return;
        }
        Sent sent{.method = std::string(method_name(request.method)),
                  .uri = std::string(request.request_uri),
                  .from = std::string(request.from),
                  .from_tag = std::string(request.from_tag),
                  .to = std::string(request.to),
                  .call_id = std::string(request.call_id),
                  .cseq = request.cseq,
                  .headers = {},
                  .content_type = std::string(request.content_type),
                  .body = std::string(request.body),
                  .sip_domain = std::string(sip_domain),
                  .next_hop = std::string(next_hop),
                  .handler = &handler,
                  .cookie = cookie};
        for (const OutgoingHeader& header : request.headers) {
            EXPECT_TRUE(sent.headers.emplace(header.name, header.value).second) << header.name;
        }
        requests.push_back(std::move(sent));
    }

    std::string_view contact(std::string_view sip_domain) const override {
        return sip_domain == "contoso.example" ? "<sip:gw.example:5061;transport=tls>" : "<sip:no>";
    }

    /// The one request since the last take.
    Sent take() {
        EXPECT_EQ(requests.size(), 1U);
        Sent sent = requests.empty() ? Sent{} : requests.back();
        requests.clear();
        return sent;
    }

    std::vector<Sent> requests;
    bool is_recording = true;
    std::size_t count = 0;
    ResponseHandler* last_handler = nullptr;
    std::uint64_t last_cookie = 0;
    std::uint32_t last_cseq = 0;
};

/// What a request was answered.
struct Answer {
    int status = 0;
    std::string reason;
    std::map<std::string, std::string> headers;  ///< several of one name are joined by '|'
};

class RecordingTransaction final : public IncomingRequest {
  public:
    explicit RecordingTransaction(std::string tag, std::function<void()> then = {})
        : tag_(std::move(tag)), then_(std::move(then)) {}

    void respond(const OutgoingResponse& response) override {
        EXPECT_EQ(answer.status, 0) << "answered twice";
        answer.status = response.status;
        answer.reason = response.reason;
        for (const OutgoingHeader& header : response.headers) {
            std::string& value = answer.headers[std::string(header.name)];
            value.append(value.empty() ? "" : "|").append(header.value);
        }
        if (then_) {
            then_();
        }
    }

    std::string_view to_tag() const override { return tag_; }

    Answer answer;

  private:
    std::string tag_;
    std::function<void()> then_;
};

/// Octets of a message that live as long as this.
class Parsed {
  public:
    explicit Parsed(std::string text) : text_(std::move(text)) {
        const ParseResult result = parse_message(text_, Framing::Datagram, arena_, slots_);
        EXPECT_TRUE(result.kind == ParseResult::Kind::Request ||
                    result.kind == ParseResult::Kind::Response)
            << result.reason << "\n"
            << text_;
    }

    const Request& request() const { return slots_.request; }

    const Response& response() const { return slots_.response; }

  private:
    std::string text_;
    Arena arena_;
    MessageSlots slots_;
};

/// Answers what we have sent.
inline void respond_to(const Sent& sent,
                       std::string_view status,
                       std::string_view extra = {},
                       std::uint32_t cseq = 0) {
    std::string text =
        "SIP/2.0 " + std::string(status) +
        "\r\nVia: SIP/2.0/TLS gw.example;branch=z9hG4bKx\r\nFrom: " + sent.from +
        ";tag=" + sent.from_tag + "\r\nTo: " + sent.to + "\r\nCall-ID: " + sent.call_id +
        "\r\nCSeq: " + std::to_string(cseq == 0 ? sent.cseq : cseq) + " " + sent.method + "\r\n";
    if (!extra.empty()) {
        text.append(extra).append("\r\n");
    }
    const Parsed parsed(text + "Content-Length: 0\r\n\r\n");
    sent.handler->on_response(sent.cookie, parsed.response());
}

inline void fail(const Sent& sent, ErrorKind kind) {
    sent.handler->on_no_response(sent.cookie, make_error(kind, "no answer"));
}

}  // namespace isthmus::sip::test
