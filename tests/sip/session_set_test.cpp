// All sessions together: one a pair, who gets which outcome, what moves on into the next session.
// The machine of one session has its own table in session_test.cpp.
#include "base/arena.h"
#include "base/metrics.h"
#include "sip/parser.h"
#include "sip/sessions.h"
#include "support/counting_random.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::sip {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kRomeo = "sip:romeo@fabrikam.example";
constexpr std::string_view kJuliet = "sip:juliet@contoso.example";

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
class OtherSide final : public SessionPort, public SessionUser {
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
class Writer final : public ResponseHandler {
  public:
    void on_response(std::uint64_t cookie, const Response& response) override {
        outcomes.push_back(fmt::format("{}: {}", cookie, response.status));
    }

    void on_no_response(std::uint64_t cookie, const Error& error) override {
        outcomes.push_back(fmt::format("{}: {}", cookie, error.code));
    }

    std::vector<std::string> outcomes;
};

class Answered final : public IncomingRequest {
  public:
    explicit Answered(std::vector<int>& statuses) : statuses_(statuses) {}

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

    void say(std::string_view text, std::uint64_t cookie) {
        sessions->send({.method = Method::Message,
                        .request_uri = kJuliet,
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
            kJuliet,
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
            sessions->on_request(slots.request, {}, std::make_unique<Answered>(statuses));
        }
    }

    Timers timers;
    test::CountingRandom random;
    metrics::Registry metrics;
    OtherSide other;
    Writer writer;
    std::vector<int> statuses;
    std::unique_ptr<Sessions> sessions;
};

TEST_F(SessionSetTest, TheFirstMessageOpensASessionAndTheOthersFollowOneByOne) {
    say("one", 1);
    say("two", 2);
    ASSERT_THAT(other.sent, SizeIs(1));
    EXPECT_EQ(other.sent[0].method, Method::Invite);
    EXPECT_THAT(other.sent[0].toast, HasSubstr("ms-body=b25l"));
    answer(200);
    ASSERT_THAT(other.acknowledged, SizeIs(1));
    ASSERT_THAT(other.sent, SizeIs(2));  // "two" waits
    EXPECT_EQ(other.sent[1].body, "one");
    EXPECT_EQ(other.sent[1].uri, "sip:desk.contoso.example;transport=tls");
    answer(200);
    EXPECT_EQ(other.sent.back().body, "two");
    answer(486);
    EXPECT_THAT(writer.outcomes, ElementsAre("1: 200", "2: 486"));
    EXPECT_EQ(sessions->size(), 1U);
}

TEST_F(SessionSetTest, ATextThatTheInviteHasShownIsNotSentAgain) {
    say("one", 1);
    answer(200, "Supported: ms-text-format\r\n");
    EXPECT_THAT(other.sent, SizeIs(1));
    EXPECT_THAT(writer.outcomes, ElementsAre("1: 200"));
}

TEST_F(SessionSetTest, WhoRefusesTheSessionRefusesAllThatWaits) {
    say("one", 1);
    say("two", 2);
    answer(480);
    EXPECT_THAT(writer.outcomes, ElementsAre("1: 480", "2: 480"));
    EXPECT_EQ(sessions->size(), 0U);
    EXPECT_THAT(other.over, SizeIs(1));
}

TEST_F(SessionSetTest, AnAnswerWithoutContactIsNotUsable) {
    say("one", 1);
    answer(200, "no contact");
    EXPECT_THAT(writer.outcomes, ElementsAre("1: IST-SIP-031"));
    EXPECT_EQ(sessions->size(), 0U);
}

TEST_F(SessionSetTest, WhatNobodyTookGoesOnceMoreInANewSession) {
    say("one", 1);
    answer(200);
    answer(481);
    ASSERT_EQ(other.sent.back().method, Method::Invite);
    EXPECT_NE(other.sent.back().call_id, other.sent.front().call_id);
    EXPECT_THAT(writer.outcomes, IsEmpty());
    answer(200);
    EXPECT_EQ(other.sent.back().body, "one");
    answer(481);  // not a third time
    EXPECT_THAT(writer.outcomes, SizeIs(1));
}

TEST_F(SessionSetTest, WhatWaitsWhenSessionsEndUnderItFails) {
    say("one", 1);
    answer(200);
    say("two", 2);
    const SentInSession first = other.sent.back();
    for (int i = 0; i < 2; ++i) {
        // They hang up while it waits, twice.
        const SentInSession invite = i == 0 ? other.sent.front() : other.sent.back();
        if (i == 1) {
            answer(200, {}, &invite);
        }
        theirs({.method = "BYE",
                .uri = "sip:gateway.example:5061;transport=tls",
                .to_tag = invite.from_tag,
                .body = {},
                .cseq = 1,
                .call_id = invite.call_id});
        if (i == 0) {
            answer(200, {}, &first);
        }
    }
    EXPECT_THAT(statuses, ElementsAre(200, 200));
    EXPECT_EQ(writer.outcomes.front(), "1: 200");
    if (writer.outcomes.size() < 2) {
        answer(481);  // of the one that was under way in the second
    }
    EXPECT_THAT(writer.outcomes, ElementsAre("1: 200", testing::AnyOf("2: IST-SIP-030", "2: 481")));
}

TEST_F(SessionSetTest, SilenceIsToldAndNothingIsSentTwice) {
    say("one", 1);
    answer(200);
    silence();
    EXPECT_THAT(writer.outcomes, ElementsAre("1: IST-SIP-003"));
    EXPECT_NE(other.sent.back().body, "one");
}

TEST_F(SessionSetTest, TheirsTakesMessagesBothWays) {
    theirs({});
    EXPECT_THAT(statuses, ElementsAre(200));
    theirs({.method = "ACK", .uri = "sip:gateway.example:5061", .to_tag = "ours", .body = {}});
    theirs({.method = "MESSAGE",
            .uri = "sip:gateway.example:5061",
            .to_tag = "ours",
            .body = "hello",
            .cseq = 2});
    EXPECT_THAT(other.taken,
                ElementsAre("sip:juliet@contoso.example sip:romeo@fabrikam.example hello"));
    say("back", 1);
    EXPECT_EQ(other.sent.back().method, Method::Message);
    EXPECT_EQ(other.sent.back().call_id, "theirs-1");
    // Out of order, or here before: 500. Of no session: 481.
    theirs({.method = "MESSAGE", .to_tag = "ours", .body = "again", .cseq = 2});
    theirs({.method = "MESSAGE", .to_tag = "else", .body = "who", .cseq = 3});
    EXPECT_THAT(statuses, ElementsAre(200, 1, 200, 500, 481));
    EXPECT_THAT(other.taken, SizeIs(1));
}

TEST_F(SessionSetTest, OneSessionAPairTheNewerStays) {
    say("one", 1);
    answer(200);
    answer(200);
    theirs({});
    EXPECT_EQ(other.sent.back().method, Method::Bye);
    EXPECT_EQ(other.sent.back().call_id, other.sent.front().call_id);
    theirs({.method = "ACK", .to_tag = "ours", .body = {}});
    say("two", 2);
    EXPECT_EQ(other.sent.back().call_id, "theirs-1");
    EXPECT_THAT(other.over, IsEmpty());  // the two go on talking
}

TEST_F(SessionSetTest, WhatIsRefusedMakesNoSession) {
    other.refuses = true;
    theirs({});
    theirs({.body = "v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=x\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n",
            .cseq = 2,
            .call_id = "theirs-2"});
    theirs({.method = "MESSAGE", .body = "x", .cseq = 3, .call_id = "theirs-3"});
    EXPECT_THAT(statuses, ElementsAre(403, 488, 481));
    EXPECT_EQ(sessions->size(), 0U);
}

TEST_F(SessionSetTest, AnAdministratorSeesAndEndsThem) {
    std::vector<std::uint64_t> handles;
    const auto look = [&] {
        handles.clear();
        sessions->for_each([&](std::uint64_t handle, const SessionPair& pair) {
            handles.push_back(handle);
            EXPECT_EQ(pair.local, kRomeo);
            EXPECT_EQ(pair.remote, kJuliet);
        });
    };
    say("one", 1);
    look();
    EXPECT_THAT(handles, IsEmpty());  // nobody has answered
    answer(200);
    answer(200);
    look();
    ASSERT_THAT(handles, SizeIs(1));
    const auto seen = sessions->view(handles[0]);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->remote_tag, "theirs");
    EXPECT_EQ(seen->local, "<sip:romeo@fabrikam.example>");
    EXPECT_TRUE(sessions->end(handles[0]));
    EXPECT_EQ(other.sent.back().method, Method::Bye);
    EXPECT_FALSE(sessions->end(handles[0]));
    EXPECT_FALSE(sessions->view(handles[0]));
}

TEST_F(SessionSetTest, IdleOnesEndAndNobodyWhoNeverAcknowledgesStays) {
    say("one", 1);
    answer(200);
    answer(200);
    theirs({.call_id = "theirs-1"});  // replaces it, and is never acknowledged
    answer(200);                      // our BYE
    timers.advance(std::chrono::seconds(33));
    EXPECT_EQ(other.sent.back().method, Method::Bye);
    EXPECT_EQ(other.sent.back().call_id, "theirs-1");
    EXPECT_EQ(sessions->size(), 0U);
    EXPECT_THAT(other.over, SizeIs(1));
}

class FewSessions : public SessionSetTest {
  protected:
    FewSessions() : SessionSetTest({.max_sessions = 1, .max_waiting = 2}) {}
};

TEST_F(FewSessions, LimitsAreToldToBothSides) {
    for (std::uint64_t i = 1; i <= 3; ++i) {
        say("x", i);
    }
    theirs({.uri = "sip:nurse@fabrikam.example"});
    EXPECT_THAT(statuses, ElementsAre(503));
    EXPECT_THAT(writer.outcomes, IsEmpty());
    timers.advance(std::chrono::milliseconds(1));
    EXPECT_THAT(writer.outcomes, ElementsAre("3: IST-LIM-002"));
}

}  // namespace
}  // namespace isthmus::sip
