// The order and the headers of refusals; RFC 4475's own cases are in torture_test.
#include "sip/request_checks.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace isthmus::sip {
namespace {

constexpr std::array kOurMethods = {Method::Message, Method::Options};
constexpr std::array<std::string_view, 2> kTags = {"path", "gruu"};
constexpr Abilities kAbilities = {
    .methods = kOurMethods, .option_tags = kTags, .accept = "text/plain"};

class RequestChecks : public testing::Test {
  protected:
    Refusal check(const std::string& method,
                  const std::string& headers,
                  const std::string& body = "",
                  const std::string& uri = "sip:r@example.net") {
        octets_ = method + " " + uri +
                  " SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
                  "To: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 " +
                  method + "\r\n" + headers + "\r\n" + body;
        const ParseResult result = parse_message(octets_, Framing::Datagram, arena_, slots_);
        EXPECT_EQ(result.kind, ParseResult::Kind::Request) << result.reason;
        return check_request(slots_.request, kAbilities, arena_).value_or(Refusal{});
    }

    static std::string describe(const Refusal& refusal) {
        std::string text = std::to_string(refusal.status);
        for (const OutgoingHeader& header : refusal.response().headers) {
            text.append(" ").append(header.name).append("=").append(header.value);
        }
        return text;
    }

    std::string octets_;
    Arena arena_;
    MessageSlots slots_;
};

TEST_F(RequestChecks, GoodOnesPass) {
    EXPECT_EQ(describe(check("MESSAGE", "")), "0");
    EXPECT_EQ(describe(check("MESSAGE", "", "", "SIPS:r@example.net")), "0");
    EXPECT_EQ(describe(check("MESSAGE",
                             "Require: Path\r\nRequire: gruu, ,path\r\nProxy-Require: x\r\n"
                             "Content-Encoding: identity\r\nMax-Forwards: 1\r\n")),
              "0");
}

TEST_F(RequestChecks, Refusals) {
    EXPECT_EQ(describe(check("MESSAGE", "", "", "tel:+1")), "416");
    EXPECT_EQ(describe(check("FOO", "Max-Forwards: 0\r\n")), "501 Allow=MESSAGE, OPTIONS");
    EXPECT_EQ(describe(check("SUBSCRIBE", "")), "405 Allow=MESSAGE, OPTIONS");
    EXPECT_EQ(describe(check("MESSAGE", "Max-Forwards: 0\r\nRequire: x\r\n")), "483");
    EXPECT_EQ(describe(check("MESSAGE", "Require: x, path\r\nRequire: y\r\n")),
              "420 Unsupported=x, y");
    EXPECT_EQ(describe(check("MESSAGE", "e: gzip\r\n")), "415 Accept-Encoding=identity");
    EXPECT_EQ(describe(check("INVITE", "c: text/plain\r\n", "x")), "415 Accept=application/sdp");
    EXPECT_EQ(describe(check("INVITE", "Accept: text/plain\r\n")), "406");
    EXPECT_EQ(describe(check("INVITE", "Accept: text/plain;q=1, application/SDP;x=\",\"\r\n")),
              "405 Allow=MESSAGE, OPTIONS");
}

TEST_F(RequestChecks, ParserFaultsBecomeAnswers) {
    const Refusal bad =
        refusal_of({.kind = ParseResult::Kind::Refuse, .status = 400, .reason = "To: missing"},
                   kAbilities,
                   arena_);
    EXPECT_EQ(describe(bad), "400");
    EXPECT_EQ(bad.response().reason, "To: missing");
    const Refusal unknown =
        refusal_of({.kind = ParseResult::Kind::Refuse, .status = 501}, kAbilities, arena_);
    EXPECT_EQ(describe(unknown), "501 Allow=MESSAGE, OPTIONS");
}

TEST_F(RequestChecks, Capabilities) {
    const auto headers = capability_headers(kAbilities, arena_);
    EXPECT_EQ(headers[0].name, "Allow");
    EXPECT_EQ(headers[0].value, "MESSAGE, OPTIONS");
    EXPECT_EQ(headers[1].value, "text/plain");
    EXPECT_EQ(headers[2].value, "path, gruu");
}

}  // namespace
}  // namespace isthmus::sip
