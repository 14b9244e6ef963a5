// The messages of RFC 4475 and RFC 5118 against the verdicts of their indices (tests/data), as far
// as the parser and the user agent's first checks decide them.
#include "base/digest.h"
#include "base/text.h"
#include "sip/framer.h"
#include "sip/parser.h"
#include "sip/request_checks.h"
#include "sip/writer.h"

#include <boost/json/src.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::sip {
namespace {

namespace json = boost::json;

constexpr std::array kMethods = {
    Method::Message, Method::Options, Method::Ack, Method::Cancel, Method::Bye};
constexpr Abilities kGateway = {.methods = kMethods, .option_tags = {}, .accept = "text/plain"};

std::string read_file(const std::string& name) {
    std::ifstream file(std::string(ISTHMUS_SOURCE_DIR "/tests/data/") + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct Case {
    std::string file;
    std::string sha256;
    std::string parse;    ///< accept, reject, either, discard
    std::string verdict;  ///< of the gateway
    std::vector<int> responses;
    std::vector<std::string> headers;

    friend std::ostream& operator<<(std::ostream& to, const Case& c) { return to << c.file; }
};

std::vector<Case> load(const std::string& index) {
    json::parse_options options;
    options.allow_trailing_commas = true;
    const json::value all = json::parse(read_file(index), {}, options);
    std::vector<Case> cases;
    for (const json::value& one : all.at("cases").as_array()) {
        const json::object& entry = one.as_object();
        Case c;
        c.file = entry.at("file").as_string().c_str();
        c.sha256 = entry.at("sha256").as_string().c_str();
        c.parse = entry.at("parse").as_string().c_str();
        const json::object& gateway =
            entry.contains("gateway") ? entry.at("gateway").as_object() : entry;
        c.verdict = gateway.at("verdict").as_string().c_str();
        for (const char* key : {"responses", "gateway_responses"}) {
            const json::value* list = gateway.if_contains(key);
            if (list != nullptr && list->is_array()) {
                for (const json::value& status : list->as_array()) {
                    c.responses.push_back(static_cast<int>(status.as_int64()));
                }
            }
        }
        if (const json::value* list = gateway.if_contains("headers")) {
            for (const json::value& header : list->as_array()) {
                c.headers.emplace_back(header.as_string().c_str());
            }
        }
        cases.push_back(std::move(c));
    }
    return cases;
}

std::vector<Case> all_cases() {
    std::vector<Case> cases = load("rfc4475-index.json");
    std::vector<Case> more = load("rfc5118-index.json");
    cases.insert(cases.end(), more.begin(), more.end());
    return cases;
}

/// What the gateway does with one datagram before any handler is asked.
struct Fate {
    ParseResult parsed;
    Refusal refusal;  ///< status 0: handed on, or dropped
    std::string answer;
};

Fate receive(std::string_view octets, MessageSlots& slots, Arena& arena) {
    Fate fate;
    fate.parsed = parse_message(octets, Framing::Datagram, arena, slots);
    if (fate.parsed.kind == ParseResult::Kind::Refuse) {
        fate.refusal = refusal_of(fate.parsed, kGateway, arena);
    } else if (fate.parsed.kind == ParseResult::Kind::Request) {
        fate.refusal = check_request(slots.request, kGateway, arena).value_or(Refusal{});
    }
    if (fate.refusal.status != 0) {
        Buffer head;
        const auto source = net::Endpoint::parse("192.0.2.200:5060");
        append_response_head(head, slots.request, *source, "our-tag");
        Buffer out;
        append_response(out, head.view(), fate.refusal.response(), "");
        fate.answer = out.view();
    }
    return fate;
}

class Torture : public testing::TestWithParam<Case> {
  protected:
    MessageSlots slots_;
    Arena arena_;
};

TEST_P(Torture, DataIsBitExact) {
    EXPECT_EQ(digest::sha256_hex(read_file(GetParam().file)), GetParam().sha256);
}

TEST_P(Torture, MeetsTheVerdictOfTheIndex) {
    const Case& c = GetParam();
    const std::string octets = read_file(c.file);
    const Fate fate = receive(octets, slots_, arena_);
    const int status = fate.refusal.status;
    const bool is_accepted = fate.parsed.kind == ParseResult::Kind::Request ||
                             fate.parsed.kind == ParseResult::Kind::Response;
    SCOPED_TRACE(std::string(fate.parsed.reason) + " / " + std::to_string(status));

    if (c.parse == "accept") {
        EXPECT_TRUE(is_accepted);
    } else if (c.parse == "discard") {
        EXPECT_EQ(fate.parsed.kind, ParseResult::Kind::Discard);
    } else if (c.parse == "reject") {
        EXPECT_FALSE(is_accepted);
    }
    if (c.verdict == "must-reject") {
        EXPECT_NE(status, 0);
    }
    if (status != 0 && !c.responses.empty()) {
        EXPECT_TRUE(std::ranges::find(c.responses, status) != c.responses.end());
    }
    for (const std::string& header : c.headers) {
        EXPECT_NE(fate.answer.find("\r\n" + header + ": "), std::string::npos) << fate.answer;
    }
}

TEST_P(Torture, AnswersAreGoodMessages) {
    const std::string octets = read_file(GetParam().file);
    const Fate fate = receive(octets, slots_, arena_);
    if (fate.answer.empty()) {
        return;
    }
    const auto via = slots_.request.via;
    MessageSlots second;
    const ParseResult again = parse_message(fate.answer, Framing::Stream, arena_, second);
    // A request that lacks a header, or has it broken, gets an answer that does too.
    if (fate.parsed.kind == ParseResult::Kind::Request) {
        EXPECT_EQ(again.kind, ParseResult::Kind::Response) << again.reason << fate.answer;
        EXPECT_EQ(second.response.via.branch, via.branch);
        EXPECT_EQ(second.response.status, fate.refusal.status);
    }
    EXPECT_TRUE(std::ranges::all_of(fate.answer, [](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return octet >= 0x20 || c == '\r' || c == '\n' || c == '\t';
    }));
}

// RFC 3261 §18.3: what a stream gives depends on Content-Length alone, however it is cut up.
TEST_P(Torture, DribbledStreamsGiveTheSameFrames) {
    const std::string octets = read_file(GetParam().file);
    const auto frames = [&](std::size_t step) {
        std::vector<std::string> seen;
        Framer framer;
        std::size_t done = 0;
        for (std::size_t end = std::min(step, octets.size());;
             end = std::min(end + step, octets.size())) {
            for (;;) {
                const Frame frame = framer.next(std::string_view(octets).substr(done, end - done));
                done += frame.consumed;
                if (frame.kind == Frame::Kind::NeedMore) {
                    break;
                }
                const bool is_message = frame.kind == Frame::Kind::Message;
                seen.push_back(is_message ? std::string(frame.octets) : std::string(frame.reason));
            }
            if (end == octets.size()) {
                return seen;
            }
        }
    };
    EXPECT_EQ(frames(1), frames(octets.size()));
    EXPECT_EQ(frames(7), frames(octets.size()));
}

INSTANTIATE_TEST_SUITE_P(
    Messages, Torture, testing::ValuesIn(all_cases()), [](const testing::TestParamInfo<Case>& one) {
        std::string name = one.param.file;
        std::ranges::replace_if(name, [](char c) { return !text::is_alnum(c); }, '_');
        return name;
    });

// RFC 5118: the files as published end their lines with a bare LF; nothing of them may be believed.
TEST(TortureAsPublished, BareLineFeedsAreRefused) {
    for (const Case& c : load("rfc5118-index.json")) {
        std::string file = c.file;
        file.replace(file.find("crlf"), 4, "as-published");
        MessageSlots slots;
        Arena arena;
        const std::string octets = read_file(file);
        ASSERT_FALSE(octets.empty()) << file;
        EXPECT_NE(parse_message(octets, Framing::Datagram, arena, slots).kind,
                  ParseResult::Kind::Request)
            << file;
    }
}

// RFC 4475 §3.1.1.1 in detail.
TEST(TortureDetail, WsinvIsReadThroughItsWhiteSpace) {
    MessageSlots slots;
    Arena arena;
    const std::string octets = read_file("rfc4475/wsinv.dat");
    ASSERT_EQ(parse_message(octets, Framing::Datagram, arena, slots).kind,
              ParseResult::Kind::Request);
    const Request& request = slots.request;
    EXPECT_EQ(request.method, Method::Invite);
    EXPECT_EQ(request.uri.host, "chair-dnrc.example.com");
    EXPECT_EQ(request.uri.params, "unknownparam");
    EXPECT_EQ(request.to.tag(), "1918181833n");
    EXPECT_EQ(request.from.display, R"("J Rosenberg \\\"")");
    EXPECT_EQ(request.from.tag(), "98asjd8");
    EXPECT_EQ(request.max_forwards, 68U);
    EXPECT_EQ(request.cseq.number, 9U);
    EXPECT_EQ(request.cseq.method, "INVITE");
    EXPECT_EQ(request.via.host, "192.0.2.2");
    EXPECT_EQ(request.via.branch, "390skdjuw");
    EXPECT_EQ(request.header(HeaderId::Subject), "");
    EXPECT_EQ(request.count(HeaderId::Via), 2U);
    EXPECT_EQ(request.content_length, 150U);
    EXPECT_EQ(request.body.size(), 150U);
}

TEST(TortureDetail, IntmethKeepsItsOddCharacters) {
    MessageSlots slots;
    Arena arena;
    const std::string octets = read_file("rfc4475/intmeth.dat");
    ASSERT_EQ(parse_message(octets, Framing::Datagram, arena, slots).kind,
              ParseResult::Kind::Request);
    EXPECT_EQ(slots.request.method_text, "!interesting-Method0123456789_*+`.%indeed'~");
    EXPECT_EQ(slots.request.uri.user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
    EXPECT_EQ(slots.request.uri.password, "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
    EXPECT_EQ(slots.request.from.tag(), "_token~1'+`*%!-.");
    EXPECT_EQ(slots.request.call_id, "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
}

TEST(TortureDetail, DblreqIgnoresWhatFollowsItsBody) {
    MessageSlots slots;
    Arena arena;
    const std::string octets = read_file("rfc4475/dblreq.dat");
    ASSERT_EQ(parse_message(octets, Framing::Datagram, arena, slots).kind,
              ParseResult::Kind::Request);
    EXPECT_EQ(slots.request.method, Method::Register);
    EXPECT_TRUE(slots.request.body.empty());
}

TEST(TortureDetail, SemiuriHasItsParameterInTheUserPart) {
    MessageSlots slots;
    Arena arena;
    const std::string octets = read_file("rfc4475/semiuri.dat");
    ASSERT_EQ(parse_message(octets, Framing::Datagram, arena, slots).kind,
              ParseResult::Kind::Request);
    EXPECT_EQ(percent_decode(slots.request.uri.user), "user;par=u@example.net");
    EXPECT_EQ(slots.request.uri.host, "example.com");
}

TEST(TortureDetail, PortsOfIpv6) {
    MessageSlots slots;
    Arena arena;
    std::string octets = read_file("rfc5118/crlf/port-ambiguous.dat");
    ASSERT_EQ(parse_message(octets, Framing::Datagram, arena, slots).kind,
              ParseResult::Kind::Request);
    EXPECT_EQ(slots.request.uri.host, "[2001:db8::10:5070]");
    EXPECT_EQ(slots.request.uri.port, 0);
    octets = read_file("rfc5118/crlf/port-unambiguous.dat");
    ASSERT_EQ(parse_message(octets, Framing::Datagram, arena, slots).kind,
              ParseResult::Kind::Request);
    EXPECT_EQ(slots.request.uri.host, "[2001:db8::10]");
    EXPECT_EQ(slots.request.uri.port, 5070);
}

// RFC 4475 §3.1.2.15: without the missing empty line it is the display name that is wrong.
TEST(TortureDetail, BaddnFailsForItsDisplayName) {
    MessageSlots slots;
    Arena arena;
    const std::string octets = read_file("rfc4475/baddn.dat") + "\r\n";
    const ParseResult result = parse_message(octets, Framing::Datagram, arena, slots);
    EXPECT_EQ(result.kind, ParseResult::Kind::Refuse);
    EXPECT_EQ(result.reason, "From: URI without a scheme");
}

}  // namespace
}  // namespace isthmus::sip
