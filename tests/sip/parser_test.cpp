// The parser beyond RFC 4475: limits, faults and what is left for the answer. Abuse cases C03 to
// C08 and C20.
#include "sip/parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::sip {
namespace {

using namespace std::string_literals;
using Kind = ParseResult::Kind;

const std::string kStart = "MESSAGE sip:romeo@example.net SIP/2.0\r\n";
const std::string kVia = "Via: SIP/2.0/TCP client.example.com:5062;branch=z9hG4bK87a\r\n";
const std::string kFrom = "From: Juliet <sip:juliet@example.com>;tag=1928\r\n";
const std::string kTo = "To: <sip:romeo@example.net>\r\n";
const std::string kCallId = "Call-ID: a84b4c76e66710\r\n";
const std::string kCSeq = "CSeq: 314159 MESSAGE\r\n";
const std::string kHeaders = kVia + kFrom + kTo + kCallId + kCSeq;
const std::string kBody = "Content-Length: 5\r\n\r\nHello";

class Parser : public testing::Test {
  protected:
    ParseResult parse(std::string octets, Framing framing = Framing::Stream) {
        octets_ = std::move(octets);
        arena_.reset();
        return parse_message(octets_, framing, arena_, slots_, limits_);
    }

    void expect_refused(const std::string& octets, int status, std::string_view reason) {
        const ParseResult result = parse(octets);
        EXPECT_EQ(result.kind, Kind::Refuse) << octets.substr(0, 200);
        EXPECT_EQ(result.status, status) << result.reason;
        EXPECT_EQ(result.reason, reason);
        EXPECT_EQ(request().via.host, "client.example.com");
    }

    const Request& request() const { return slots_.request; }

    std::string octets_;
    Arena arena_;
    MessageSlots slots_;
    ParseLimits limits_;
};

TEST_F(Parser, ReadsARequest) {
    ASSERT_EQ(parse(kStart + kHeaders + "Max-Forwards: 70\r\nc: text/plain\r\n" + kBody).kind,
              Kind::Request);
    EXPECT_EQ(request().method, Method::Message);
    EXPECT_EQ(request().method_text, "MESSAGE");
    EXPECT_EQ(request().uri.user, "romeo");
    EXPECT_EQ(request().via.transport, "TCP");
    EXPECT_EQ(request().via.port, 5062);
    EXPECT_EQ(request().via.branch, "z9hG4bK87a");
    EXPECT_EQ(request().from.display, "Juliet");
    EXPECT_EQ(request().from.tag(), "1928");
    EXPECT_EQ(request().to.uri.text, "sip:romeo@example.net");
    EXPECT_EQ(request().call_id, "a84b4c76e66710");
    EXPECT_EQ(request().cseq.number, 314159U);
    EXPECT_EQ(request().max_forwards, 70U);
    EXPECT_EQ(request().content_type, "text/plain");
    EXPECT_EQ(request().content_length, 5U);
    EXPECT_EQ(request().body, "Hello");
    EXPECT_EQ(request().headers.size(), 8U);
}

TEST_F(Parser, ReadsAResponse) {
    std::string octets = "SIP/2.0 202 Accepted\r\n" + kHeaders + "Content-Length: 0\r\n\r\n";
    ASSERT_EQ(parse(octets).kind, Kind::Response);
    EXPECT_EQ(slots_.response.status, 202);
    EXPECT_EQ(slots_.response.reason, "Accepted");
    EXPECT_EQ(slots_.response.cseq.method, "MESSAGE");
    for (const char* line : {"SIP/2.0 099 X",
                             "SIP/2.0 700 X",
                             "SIP/2.0 20 X",
                             "SIP/2.0 2000 X",
                             "SIP/2.0 -20 X",
                             "SIP/2.0  200 X",
                             "SIP/3.0 200 OK",
                             "SIP/2.0"}) {
        EXPECT_EQ(parse(line + octets.substr(octets.find("\r\n"))).kind, Kind::Discard) << line;
    }
}

TEST_F(Parser, SlotsAreCleared) {
    ASSERT_EQ(parse(kStart + kHeaders + "Max-Forwards: 7\r\nContent-Type: a/b\r\n" + kBody).kind,
              Kind::Request);
    ASSERT_EQ(parse("OPTIONS sip:x SIP/2.0\r\nv: SIP/2.0/UDP h\r\nf: <sip:a@b>\r\nt: <sip:c@d>\r\n"
                    "i: 1\r\nCSeq: 1 OPTIONS\r\nl: 0\r\n\r\n")
                  .kind,
              Kind::Request);
    EXPECT_EQ(request().max_forwards, std::nullopt);
    EXPECT_EQ(request().content_type, "");
    EXPECT_EQ(request().body, "");
    EXPECT_EQ(request().via.branch, "");
    EXPECT_EQ(request().from.tag(), std::nullopt);
    EXPECT_EQ(request().headers.size(), 6U);
}

TEST_F(Parser, RequestLineIsStrict) {
    const std::string rest = " \r\n" + kHeaders + kBody;
    for (const auto& [line, status, reason] :
         std::vector<std::tuple<std::string, int, std::string>>{
             {"MESSAGE sip:a@b SIP/2.1", 505, "Version Not Supported"},
             {"MESSAGE sip:a@b HTTP/1.1", 400, "Malformed request line"},
             {"MESSAGE sip:a@b", 400, "Malformed request line"},
             {"MESSAGE", 400, "Malformed request line"},
             {"MESSAGE sip:a@b SIP/2.0 ", 400, "Malformed request line"},
             {"MESSAGE  sip:a@b SIP/2.0", 400, "Request-URI: URI without a scheme"},
             {" MESSAGE sip:a@b SIP/2.0", 400, "Malformed method"},
             {"MESS@GE sip:a@b SIP/2.0", 400, "Malformed method"},
             {"MESSAGE <sip:a@b> SIP/2.0", 400, "Request-URI: URI without a scheme"},
             {"MESSAGE sip:a@b; lr SIP/2.0", 400, "Request-URI: URI with a malformed parameter"},
             {"MESSAGE sip:a@b?x=y SIP/2.0", 400, "Request-URI with header part"},
             {"MESSAGE sip:a\x01@b SIP/2.0", 400, "Control octet in the start line"},
             {"MESSAGE sip:a@b\tSIP/2.0", 400, "Malformed request line"}}) {
        expect_refused(line + "\r\n" + kHeaders + kBody, status, reason);
    }
    EXPECT_EQ(parse("message sip:a@b sip/2.0\r\n" + kVia + kFrom + kTo + kCallId +
                    "CSeq: 1 message\r\n" + kBody)
                  .kind,
              Kind::Request);
    EXPECT_EQ(request().method, Method::Other);
}

// Abuse case C04.
TEST_F(Parser, SingleHeadersMayNotBeRepeated) {
    for (const auto& [line, name] : std::vector<std::pair<std::string, std::string>>{
             {kFrom, "From"},
             {"f: <sip:other@example.com>;tag=2\r\n", "From"},
             {kTo, "To"},
             {"T: <sip:other@example.com>\r\n", "To"},
             {kCallId, "Call-ID"},
             {"i: other\r\n", "Call-ID"},
             {kCSeq, "CSeq"},
             {"l: 5\r\n", "Content-Length"},
             {"c: text/html\r\nContent-Type: text/plain\r\n", "Content-Type"},
             {"Max-Forwards: 1\r\nmax-forwards: 2\r\n", "Max-Forwards"}}) {
        expect_refused(kStart + kHeaders + line + kBody, 400, name + ": given twice");
    }
}

TEST_F(Parser, RequiredHeaders) {
    expect_refused(kStart + kVia + kTo + kCallId + kCSeq + kBody, 400, "From: missing");
    expect_refused(kStart + kVia + kFrom + kCallId + kCSeq + kBody, 400, "To: missing");
    expect_refused(kStart + kVia + kFrom + kTo + kCSeq + kBody, 400, "Call-ID: missing");
    expect_refused(kStart + kVia + kFrom + kTo + kCallId + kBody, 400, "CSeq: missing");
    expect_refused(kStart + kHeaders + "\r\n", 400, "Content-Length: missing");
    EXPECT_EQ(parse(kStart + kFrom + kTo + kCallId + kCSeq + kBody).kind, Kind::Discard);
}

// Abuse case C06.
TEST_F(Parser, ContentLengths) {
    for (const char* value : {"-1",
                              "+5",
                              "0x5",
                              "5 5",
                              "5,5",
                              "4294967296",
                              "18446744073709551616",
                              "",
                              "\"5\"",
                              "5;x"}) {
        expect_refused(kStart + kHeaders + "Content-Length: " + value + "\r\n\r\nHello",
                       400,
                       "Content-Length: not a number");
    }
    expect_refused(kStart + kHeaders + "Content-Length: 6\r\n\r\nHello",
                   400,
                   "Content-Length: beyond the end of the message");
    expect_refused(kStart + kHeaders + "Content-Length: 4294967295\r\n\r\nHello",
                   400,
                   "Content-Length: beyond the end of the message");
    expect_refused(kStart + kHeaders + "Content-Length: 4\r\n\r\nHello",
                   400,
                   "Content-Length: not the length of the body");
    EXPECT_EQ(parse(kStart + kHeaders + "Content-Length: 005\r\n\r\nHello").kind, Kind::Request);
    EXPECT_EQ(parse(kStart + kHeaders + "\r\nHello", Framing::Datagram).kind, Kind::Request);
    EXPECT_EQ(request().body, "Hello");
    EXPECT_EQ(parse(kStart + kHeaders + "l: 2\r\n\r\nHello", Framing::Datagram).kind,
              Kind::Request);
    EXPECT_EQ(request().body, "He");
}

TEST_F(Parser, MaxForwards) {
    EXPECT_EQ(parse(kStart + kHeaders + "Max-Forwards: 255\r\n" + kBody).kind, Kind::Request);
    for (const char* value : {"256", "-1", "", "x", "99999999999999999999"}) {
        expect_refused(kStart + kHeaders + "Max-Forwards: " + value + "\r\n" + kBody,
                       400,
                       "Max-Forwards: not a number from 0 to 255");
    }
}

// Abuse cases C03 and C08.
TEST_F(Parser, ControlsAndLineEnds) {
    const auto with = [](const std::string& line) { return kStart + kHeaders + line + kBody; };
    expect_refused(with("Subject\x01: x\r\n"), 400, "Malformed header field name");
    expect_refused(with("Sub\xC3\xBCject: x\r\n"), 400, "Malformed header field name");
    expect_refused(with(": x\r\n"), 400, "Malformed header field name");
    expect_refused(with("Subject\r\n"), 400, "Malformed header field name");
    expect_refused(with("Sub ject: x\r\n"), 400, "Malformed header field name");
    expect_refused(with("Subject\r\n : x\r\n"), 400, "Malformed header field name");
    expect_refused(with("Subject: a\0b\r\n"s), 400, "Control octet in a header field");
    expect_refused(with("Subject: a\x7F\r\n"), 400, "Control octet in a header field");
    expect_refused(with("Subject: \\\x01\r\n"), 400, "Control octet in a header field");
    expect_refused(with("Subject: a\rb\r\n"), 400, "Bare CR in the header section");
    expect_refused(with("Subject: a\nb: c\r\n"), 400, "Line ended by a bare LF");
    expect_refused(with("Subject: \xFF\r\n"), 400, "Header section that is not UTF-8");
    EXPECT_EQ(parse(with("Subject \t : x\r\n")).kind, Kind::Request);
    EXPECT_EQ(request().header(HeaderId::Subject), "x");
    EXPECT_EQ(parse(with("Subject: \"\\\x01\"\tgr\xC3\xBC\xC3\x9F\r\n")).kind, Kind::Request);
    // What a body holds is nobody's business here.
    EXPECT_EQ(parse(kStart + kHeaders + "l: 5\r\n\r\n\0\n\r\xFF\x01"s).kind, Kind::Request);
    EXPECT_EQ(request().body, "\0\n\r\xFF\x01"s);
}

TEST_F(Parser, FoldsBecomeOneBlank) {
    ASSERT_EQ(parse(kStart + kHeaders +
                    "Subject: one\r\n \t two\r\n\tInjected: no\r\nX: 1\r\n \r\n" + kBody)
                  .kind,
              Kind::Request);
    EXPECT_EQ(request().header(HeaderId::Subject), "one two Injected: no");
    EXPECT_EQ(request().headers.back().name, "Content-Length");
    EXPECT_EQ(request().headers.size(), 8U);
    expect_refused(
        kStart + " folded: start\r\n" + kHeaders + kBody, 400, "Malformed header field name");
}

// Abuse case C07.
TEST_F(Parser, Limits) {
    std::string many;
    for (int i = 0; i < 123; ++i) {
        many += "X: y\r\n";
    }
    expect_refused(kStart + kHeaders + many + kBody, 400, "Too many header fields");
    EXPECT_EQ(parse(kStart + kHeaders + many.substr(6) + kBody).kind, Kind::Request);

    const std::string large(8192, 'x');
    expect_refused(
        kStart + kHeaders + "X: " + large + "\r\n" + kBody, 400, "Header field too long");
    expect_refused(kStart + kHeaders + "X: " + large.substr(4) + "\r\n folded\r\n" + kBody,
                   400,
                   "Header field too long");
    expect_refused(
        "MESSAGE sip:" + large + "@x SIP/2.0\r\n" + kHeaders + kBody, 414, "Request-URI Too Long");
    expect_refused(kStart + kHeaders + "Content-Length: 70000\r\n\r\n" + std::string(70000, 'x'),
                   513,
                   "Message Too Large");

    std::string vias = "Via: SIP/2.0/TCP client.example.com";
    for (int i = 0; i < 70; ++i) {
        vias += ",SIP/2.0/TCP a";
    }
    expect_refused(
        kStart + vias + "\r\n" + kFrom + kTo + kCallId + kCSeq + kBody, 400, "Too many Via values");
    expect_refused(kStart + "Via: SIP/2.0/TCP client.example.com" + std::string(8000, ',') +
                       "\r\n" + kFrom + kTo + kCallId + kCSeq + kBody,
                   400,
                   "Via: malformed Via");
}

TEST_F(Parser, ListsOfVias) {
    ASSERT_EQ(parse(kStart + "Via: SIP/2.0/TCP a;branch=z9hG4bK1 , SIP/2.0/UDP b\r\n" + kVia +
                    kFrom + kTo + kCallId + kCSeq + kBody)
                  .kind,
              Kind::Request);
    EXPECT_EQ(request().via.host, "a");
    EXPECT_EQ(request().via_rest, "SIP/2.0/UDP b");
    expect_refused(kStart + kVia + "v: garbage\r\n" + kFrom + kTo + kCallId + kCSeq + kBody,
                   400,
                   "Via: malformed Via");
    expect_refused(kStart + kVia + "v:\r\n" + kFrom + kTo + kCallId + kCSeq + kBody,
                   400,
                   "Via: malformed Via");
}

// RFC 4475 §3.2.1.
TEST_F(Parser, TheCookieAloneIsNoBranch) {
    expect_refused(kStart + "Via: SIP/2.0/UDP client.example.com;branch=z9hG4bK\r\n" + kFrom + kTo +
                       kCallId + kCSeq + kBody,
                   400,
                   "Via: empty branch");
}

TEST_F(Parser, MethodsMustAgree) {
    expect_refused(kStart + kVia + kFrom + kTo + kCallId + "CSeq: 1 INVITE\r\n" + kBody,
                   400,
                   "CSeq of another method");
    expect_refused(
        "WHAT sip:a@b SIP/2.0\r\n" + kVia + kFrom + kTo + kCallId + "CSeq: 1 INVITE\r\n" + kBody,
        501,
        "Not Implemented");
}

TEST_F(Parser, NobodyAnswersAnAck) {
    EXPECT_EQ(parse("ACK sip:a@b SIP/2.0\r\n" + kVia + kFrom + kTo + kCallId +
                    "CSeq: 1 INVITE\r\n" + kBody)
                  .kind,
              Kind::Discard);
}

TEST_F(Parser, FaultsInAResponseDiscardIt) {
    const ParseResult result =
        parse("SIP/2.0 200 OK\r\n" + kHeaders + kTo + "Content-Length: 0\r\n\r\n");
    EXPECT_EQ(result.kind, Kind::Discard);
    EXPECT_EQ(result.reason, "To: given twice");
}

TEST_F(Parser, BrokenViasCanStillCarryTheAnswer) {
    for (const char* via : {"SIP/2.0/UDP client.example.com;;,;,,",
                            "SIP/7.0/UDP client.example.com;branch=x",
                            "SIP/2.0/UDP client.example.com;branch"}) {
        EXPECT_EQ(
            parse(kStart + "Via: " + via + "\r\n" + kFrom + kTo + kCallId + kCSeq + kBody).kind,
            Kind::Refuse);
        EXPECT_EQ(request().via.host, "client.example.com");
        EXPECT_EQ(request().via.transport, "UDP");
    }
    for (const char* via : {"", "x", "SIP/2.0/UDP", "SIP/2.0/UDP 2001:db8::1"}) {
        EXPECT_EQ(
            parse(kStart + "Via: " + via + "\r\n" + kFrom + kTo + kCallId + kCSeq + kBody).kind,
            Kind::Discard)
            << via;
    }
}

// Abuse case C24 over UDP, and robustness.
TEST_F(Parser, NonsenseIsDropped) {
    for (const std::string& octets : {"\x16\x03\x01\x02"s,
                                      "GET / HTTP/1.1\r\nHost: x\r\n\r\n"s,
                                      "x"s,
                                      "\r"s,
                                      "SIP/2.0 200 OK"s,
                                      "\r\n\r\nx"s,
                                      std::string(60000, 'A'),
                                      std::string(60000, '\n'),
                                      std::string(60000, '\xFF'),
                                      ": \r\n\r\n"s}) {
        EXPECT_EQ(parse(octets, Framing::Datagram).kind, Kind::Discard);
    }
    for (const char* octets : {"", "\r\n", "\r\n\r\n", "\r\n\r\n\r\n\r\n"}) {
        EXPECT_EQ(parse(octets, Framing::Datagram).kind, Kind::KeepAlive);
    }
    EXPECT_EQ(parse("\0"s, Framing::Datagram).kind, Kind::KeepAlive);
    EXPECT_EQ(parse("\0\0"s, Framing::Datagram).kind, Kind::Discard);
}

TEST_F(Parser, EveryPrefixIsRefusedOrDropped) {
    const std::string whole = kStart + kHeaders + "Subject: \"a\\\"b\"\r\n folded\r\n" + kBody;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Kind kind = parse(whole.substr(0, size)).kind;
        EXPECT_TRUE(kind == Kind::Refuse || kind == Kind::Discard || size == 0) << size;
    }
    EXPECT_EQ(parse(whole).kind, Kind::Request);
}

TEST_F(Parser, ContactsMustBeGood) {
    const auto with = [](const std::string& value) {
        return "OPTIONS sip:a@b SIP/2.0\r\n" + kVia + kFrom + kTo + kCallId +
               "CSeq: 1 OPTIONS\r\nContact: " + value + "\r\n" + kBody;
    };
    EXPECT_EQ(parse(with("*")).kind, Kind::Request);
    EXPECT_EQ(parse(with("<sip:a@b>;q=0.5, \"x,y\" <sip:c@d;lr>")).kind, Kind::Request);
    expect_refused(
        with("sip:a@b?Route=x"), 400, "Contact: URI with header part and without brackets");
    expect_refused(with("<sip:a@b>, <sip:c@>"), 400, "Contact: URI with a malformed host");
}

}  // namespace
}  // namespace isthmus::sip
