// Answers of web servers, whole, in pieces, and of every wrong kind (RFC 9112).
#include "xmpp/http_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace isthmus::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using xmpp::HttpAnswer;

/// In pieces of that size, then the end of the connection.
HttpAnswer read(std::string_view text, std::size_t piece = std::string_view::npos) {
    HttpAnswer answer;
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
        if (answer.feed(text.substr(0, piece))) {
            break;
        }
    }
    answer.end();
    return answer;
}

std::string body_of(std::string_view text) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
        EXPECT_EQ(read(text, piece).body(), read(text).body());
        EXPECT_EQ(read(text, piece).is_good(), read(text).is_good());
    }
    const HttpAnswer answer = read(text);
    return answer.is_good() ? answer.body() : "FAULT " + answer.fault();
}

TEST(HttpAnswer, HasABodyOfItsLength) {
    const HttpAnswer answer = read(
        "HTTP/1.1 200 OK\r\ncontent-type: Application/JSON; charset=utf-8\r\n"
        "Content-Length: 2\r\n\r\n{}and more");
    EXPECT_TRUE(answer.is_good());
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.content_type(), "application/json");
    EXPECT_EQ(answer.body(), "{}");
}

TEST(HttpAnswer, HasABodyInChunksOrToTheEnd) {
    EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "2;x=y\r\n{\"\r\n00A\r\na\": 12345}\r\n0\r\nTrailer: x\r\n\r\n"),
              "{\"a\": 12345}");
    EXPECT_EQ(body_of("HTTP/1.0 200 OK\r\n\r\n{}"), "{}");
    EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "");
}

TEST(HttpAnswer, ComesAfterAnInterimOne) {
    EXPECT_EQ(body_of("HTTP/1.1 103 Early Hints\r\nContent-Type: x/y\r\nLocation: /z\r\n\r\n"
                      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n7"),
              "7");
    EXPECT_EQ(read("HTTP/1.1 103 Early\r\nLocation: /z\r\n\r\nHTTP/1.1 200 OK\r\n\r\n").location(),
              "");
}

TEST(HttpAnswer, OfAnotherStatusHasNoBodyThatWouldBeRead) {
    HttpAnswer answer;
    EXPECT_TRUE(
        answer.feed("HTTP/1.1 302 Found\r\nLocation: https://a.example/b\r\n"
                    "Content-Length: 104857600\r\n\r\n"));
    EXPECT_TRUE(answer.is_good());
    EXPECT_EQ(answer.location(), "https://a.example/b");
    EXPECT_THAT(answer.body(), IsEmpty());
}

/// Abuse case B23: it is known from the first octets on, and nothing more is read.
TEST(HttpAnswer, OfAHundredMegabytesIsNone) {
    HttpAnswer by_length;
    EXPECT_TRUE(by_length.feed("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n"));
    EXPECT_THAT(by_length.fault(), HasSubstr("16 KiB"));
    HttpAnswer by_chunk;
    EXPECT_TRUE(by_chunk.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6400000\r\n"));
    EXPECT_THAT(by_chunk.fault(), HasSubstr("16 KiB"));
    HttpAnswer endless;
    EXPECT_FALSE(endless.feed("HTTP/1.1 200 OK\r\n\r\n"));
    EXPECT_FALSE(endless.feed(std::string(HttpAnswer::kMaxBody, 'x')));
    EXPECT_TRUE(endless.feed("x"));
    EXPECT_THAT(endless.fault(), HasSubstr("16 KiB"));
    EXPECT_FALSE(endless.is_good());
}

TEST(HttpAnswer, MayFillItsLimits) {
    EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4000\r\n" +
                      std::string(HttpAnswer::kMaxBody, 'x') + "\r\n0\r\n\r\n"),
              std::string(HttpAnswer::kMaxBody, 'x'));
}

TEST(HttpAnswer, SaysWhatIsWrongWithIt) {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    EXPECT_THAT(body_of("SSH-2.0-OpenSSH\r\n"), HasSubstr("HTTP/1.1"));
    EXPECT_THAT(body_of("HTTP/2 200 OK\r\n"), HasSubstr("HTTP/1.1"));
    EXPECT_THAT(body_of("HTTP/1.1 20x OK\r\n"), HasSubstr("HTTP/1.1"));
    EXPECT_THAT(body_of("HTTP/1.1 2000\r\n"), HasSubstr("HTTP/1.1"));
    EXPECT_THAT(body_of("HTTP/1.1 099 No\r\n\r\n"), HasSubstr("HTTP/1.1"));
    EXPECT_THAT(body_of(ok + "no colon\r\n\r\n"), HasSubstr("bad field"));
    EXPECT_THAT(body_of(ok + "Name : x\r\n\r\n"), HasSubstr("bad field"));
    EXPECT_THAT(body_of(ok + " folded: x\r\n\r\n"), HasSubstr("bad field"));
    EXPECT_THAT(body_of(ok + "Content-Length: -1\r\n\r\n"), HasSubstr("Content-Length"));
    EXPECT_THAT(body_of(ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"),
                HasSubstr("Content-Length"));
    EXPECT_THAT(body_of(ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
                HasSubstr("Transfer-Encoding"));
    EXPECT_THAT(body_of(ok + "Transfer-Encoding: gzip, chunked\r\n\r\n"), HasSubstr("unknown"));
    EXPECT_THAT(body_of(ok + "Content-Encoding: gzip\r\n\r\n"), HasSubstr("compressed"));
    EXPECT_THAT(body_of(ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"), HasSubstr("bad chunk"));
    EXPECT_THAT(body_of(ok + "Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n"),
                HasSubstr("16 KiB"));
    EXPECT_THAT(body_of(ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"), HasSubstr("middle"));
    EXPECT_THAT(body_of(ok + "Content-Length: 5\r\n\r\n1234"), HasSubstr("middle"));
    EXPECT_THAT(body_of(ok), HasSubstr("middle"));
    EXPECT_THAT(body_of(""), HasSubstr("without an answer"));
    EXPECT_THAT(body_of(ok + "X: " + std::string(9000, 'x')), HasSubstr("8 KiB"));
}

}  // namespace
}  // namespace isthmus::test
