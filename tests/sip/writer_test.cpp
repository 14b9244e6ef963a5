#include "sip/writer.h"

#include "sip/parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace isthmus::sip {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

class Writer : public testing::Test {
  protected:
    const Request& parse(std::string octets) {
        octets_ = std::move(octets);
        kind_ = parse_message(octets_, Framing::Datagram, arena_, slots_).kind;
        return slots_.request;
    }

    const Request& message(const std::string& via, const std::string& to = "<sip:r@example.net>") {
        return parse("MESSAGE sip:r@example.net SIP/2.0\r\n" + via +
                     "From: J <sip:j@example.com>;tag=1\r\nTo: " + to +
                     "\r\nCall-ID: c\r\nCSeq: 01  MESSAGE\r\n\r\n");
    }

    static std::string head(const Request& request,
                            std::string_view source = "192.0.2.1:40000",
                            std::string_view tag = "ours") {
        Buffer out;
        append_response_head(out, request, *net::Endpoint::parse(source), tag);
        return std::string(out.view());
    }

    static std::string first_line(const std::string& text) {
        return text.substr(0, text.find("\r\n"));
    }

    std::string octets_;
    Arena arena_;
    MessageSlots slots_;
    ParseResult::Kind kind_ = ParseResult::Kind::Discard;
};

TEST_F(Writer, ResponseHead) {
    EXPECT_EQ(head(message("Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n"
                           "v: SIP/2.0/TCP b;x=\"1,2\", SIP/2.0/TCP c\r\n")),
              "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n"
              "Via: SIP/2.0/TCP b;x=\"1,2\", SIP/2.0/TCP c\r\n"
              "From: J <sip:j@example.com>;tag=1\r\n"
              "To: <sip:r@example.net>;tag=ours\r\n"
              "Call-ID: c\r\n"
              "CSeq: 01  MESSAGE\r\n");
}

// RFC 3261 §18.2.1, RFC 3581 §4.
TEST_F(Writer, TopViaTellsTheTruth) {
    const auto top = [&](const std::string& via, std::string_view source) {
        return first_line(head(message("Via: SIP/2.0/" + via + "\r\n"), source));
    };
    EXPECT_EQ(top("UDP host.example.com;branch=x", "192.0.2.1:40000"),
              "Via: SIP/2.0/UDP host.example.com;branch=x;received=192.0.2.1");
    EXPECT_EQ(top("UDP 192.0.2.9;branch=x", "192.0.2.1:40000"),
              "Via: SIP/2.0/UDP 192.0.2.9;branch=x;received=192.0.2.1");
    EXPECT_EQ(top("UDP 192.0.2.1;rport;branch=x", "192.0.2.1:40000"),
              "Via: SIP/2.0/UDP 192.0.2.1;branch=x;received=192.0.2.1;rport=40000");
    EXPECT_EQ(top("UDP [2001:db8::1]:5060;branch=x", "[2001:db8::1]:40000"),
              "Via: SIP/2.0/UDP [2001:db8::1]:5060;branch=x");
    EXPECT_EQ(top("UDP [2001:db8::1];branch=x;RPORT", "[2001:db8::2]:7"),
              "Via: SIP/2.0/UDP [2001:db8::1];branch=x;received=2001:db8::2;rport=7");
    // Abuse case C09: what the peer claims about itself is dropped.
    EXPECT_EQ(
        top("UDP 192.0.2.1;received=198.51.100.1;rport=9;branch=x;maddr=203.0.113.1",
            "192.0.2.1:40000"),
        "Via: SIP/2.0/UDP 192.0.2.1;branch=x;maddr=203.0.113.1;received=192.0.2.1;rport=40000");
}

TEST_F(Writer, FoldedAndSpacedViaBecomesPlain) {
    EXPECT_EQ(head(message("Via: SIP / 2.0 /\r\n UDP  192.0.2.1 ;\r\n branch =\r\n  z9hG4bK1 ,\r\n"
                           " SIP/2.0/TCP b\r\n"))
                  .substr(0, 70),
              "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nVia: SIP/2.0/TCP b\r\nFrom: ");
}

TEST_F(Writer, ToTagIsAddedOnce) {
    const std::string via = "Via: SIP/2.0/UDP 192.0.2.1;branch=x\r\n";
    EXPECT_NE(head(message(via, "sip:r@b;tag=theirs")).find("To: sip:r@b;tag=theirs\r\n"),
              std::string::npos);
    EXPECT_NE(head(message(via, "sip:r@b")).find("To: sip:r@b;tag=ours\r\n"), std::string::npos);
    EXPECT_NE(head(message(via, "<sip:r@b;tag=x>")).find("To: <sip:r@b;tag=x>;tag=ours\r\n"),
              std::string::npos);
    EXPECT_NE(head(message(via), "192.0.2.1:1", "").find("To: <sip:r@example.net>\r\n"),
              std::string::npos);
}

TEST_F(Writer, Response) {
    const std::string block = head(message("Via: SIP/2.0/UDP 192.0.2.1;branch=x\r\n"));
    const OutgoingHeader headers[] = {{"Retry-After", "5"}, {"X", "a\r\nInjected: b\0"sv}};
    Buffer out;
    out.append("before|");
    append_response(out, block, {.status = 503, .headers = headers}, "Isthmus");
    EXPECT_EQ(out.view(),
              "before|SIP/2.0 503 Service Unavailable\r\n" + block +
                  "Server: Isthmus\r\nRetry-After: 5\r\nX: a  Injected: b \r\n"
                  "Content-Length: 0\r\n\r\n");
    out.clear();
    append_response(out,
                    block,
                    {.status = 200, .reason = "Fine\r\nX: y", .content_type = "a/b", .body = "hi"},
                    "");
    EXPECT_EQ(
        out.view(),
        "SIP/2.0 200 Fine  X: y\r\n" + block + "Content-Type: a/b\r\nContent-Length: 2\r\n\r\nhi");
}

TEST_F(Writer, RefusedRequestsGetWhatTheyHave) {
    parse(
        "INVITE sip:user@example.com SIP/2.0\r\nCSeq: 193942 INVITE\r\n"
        "Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf\r\nl: 0\r\n\r\n");
    ASSERT_EQ(kind_, ParseResult::Kind::Refuse);
    EXPECT_EQ(head(slots_.request),
              "Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf;received=192.0.2.1\r\n"
              "CSeq: 193942 INVITE\r\n");
}

// Abuse case E01: no control octet of a peer comes back out.
TEST_F(Writer, ControlsOfAPeerBecomeBlanks) {
    const std::string text = head(
        message("Via: SIP/2.0/UDP 192.0.2.1;branch=x;y=\"\\\x01\"\r\n", "\"\\\0\" <sip:r@b>"s));
    EXPECT_EQ(kind_, ParseResult::Kind::Request);
    EXPECT_NE(text.find("y=\"\\ \"\r\n"), std::string::npos) << text;
    EXPECT_NE(text.find("To: \"\\ \" <sip:r@b>;tag=ours"), std::string::npos);
}

TEST_F(Writer, ValuesOfAnyLength) {
    for (std::size_t size = 0; size < 70; ++size) {
        for (std::size_t at = 0; at < size; ++at) {
            std::string value(size, 'x');
            std::string expected = value;
            value[at] = at % 2 == 0 ? '\n' : '\x7F';
            expected[at] = ' ';
            Buffer out;
            append_value(out, value);
            EXPECT_EQ(out.view(), expected);
        }
    }
}

TEST_F(Writer, Request) {
    const OutgoingHeader headers[] = {{"Subject", "Hi"}};
    Buffer out;
    append_request(out,
                   {.request_uri = "sip:romeo@example.net",
                    .from = "<sip:juliet@example.com>",
                    .to = "<sip:romeo@example.net>",
                    .headers = headers,
                    .content_type = "text/plain",
                    .body = "Hello"},
                   {.transport = "TCP",
                    .sent_by = "192.0.2.1:5060",
                    .branch = "z9hG4bKabc",
                    .from_tag = "t1",
                    .call_id = "id1",
                    .cseq = 7,
                    .user_agent = "Isthmus",
                    .authorization = "Digest a",
                    .proxy_authorization = "Digest b"});
    EXPECT_EQ(out.view(),
              "MESSAGE sip:romeo@example.net SIP/2.0\r\n"
              "Via: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKabc;rport\r\n"
              "Max-Forwards: 70\r\n"
              "From: <sip:juliet@example.com>;tag=t1\r\n"
              "To: <sip:romeo@example.net>\r\n"
              "Call-ID: id1\r\n"
              "CSeq: 7 MESSAGE\r\n"
              "Authorization: Digest a\r\n"
              "Proxy-Authorization: Digest b\r\n"
              "User-Agent: Isthmus\r\n"
              "Subject: Hi\r\n"
              "Content-Type: text/plain\r\n"
              "Content-Length: 5\r\n\r\nHello");
    MessageSlots second;
    EXPECT_EQ(parse_message(out.view(), Framing::Stream, arena_, second).kind,
              ParseResult::Kind::Request);
}

}  // namespace
}  // namespace isthmus::sip
