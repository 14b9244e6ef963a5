// Answers that go on, over real sockets: chunks as they are written, and the end from either side.
#include "admin/http_server.h"
#include "net/event_loop.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>

namespace isthmus::admin {
namespace {

class HttpStreamTest : public testing::Test {
  protected:
    HttpStreamTest() {
        where = *server.listen_tcp(
            "127.0.0.1:0", {.handler = [this](const HttpRequest&, const HttpReply& reply) {
                HttpResponse response{200, "text/event-stream", "first\n", {}};
                response.go_on = [this](std::shared_ptr<HttpStream> given) {
                    stream = std::move(given);
                    stream->on_gone([this] { ++gone; });
                };
                reply(std::move(response));
            }});
    }

    ~HttpStreamTest() override {
        stream.reset();
        if (client >= 0) {
            ::close(client);
        }
    }

    void ask(const char* version = "1.1") {
        client = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port =
            htons(static_cast<std::uint16_t>(std::stoi(where.substr(where.rfind(':') + 1))));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        const std::string head = std::string("GET /events HTTP/") + version + "\r\nHost: a\r\n\r\n";
        ASSERT_GT(::write(client, head.data(), head.size()), 0);
        ASSERT_TRUE(loop.run_until([this] { return stream != nullptr; }));
    }

    /// Turns the loop until `is_so`, which looks at the client's socket: what comes there is no
    /// event of the loop, so it must not sleep.
    bool turns_until(const std::function<bool()>& is_so) {
        for (int turn = 0; turn < 20'000; ++turn) {
            if (is_so()) {
                return true;
            }
            loop.run_once(std::chrono::milliseconds(1));
        }
        return false;
    }

    /// Turns the loop until `text` has come.
    ::testing::AssertionResult reads(const std::string& text) {
        const bool is_there = turns_until([&] {
            std::string octets(256UL * 1024, '\0');
            const ssize_t count = ::recv(client, octets.data(), octets.size(), MSG_DONTWAIT);
            seen.append(octets, 0, count > 0 ? static_cast<std::size_t>(count) : 0);
            return seen.find(text) != std::string::npos;
        });
        return is_there ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << seen;
    }

    net::EventLoop loop;
    HttpServer server{loop.asio()};
    std::string where;
    std::shared_ptr<HttpStream> stream;
    int gone = 0;
    int client = -1;
    std::string seen;
};

TEST_F(HttpStreamTest, ChunksComeAsTheyAreWritten) {
    ask();
    ASSERT_TRUE(reads("6\r\nfirst\n\r\n"));
    EXPECT_NE(seen.find("Transfer-Encoding: chunked"), std::string::npos) << seen;
    EXPECT_NE(seen.find("Content-Type: text/event-stream"), std::string::npos);
    EXPECT_TRUE(stream->write("two"));
    ASSERT_TRUE(reads("3\r\ntwo\r\n"));
    stream->close("bye");
    ASSERT_TRUE(reads("3\r\nbye\r\n0\r\n\r\n"));
    EXPECT_FALSE(stream->write("more"));
    EXPECT_TRUE(turns_until([this] {
        char octet = 0;
        return ::recv(client, &octet, 1, MSG_DONTWAIT) == 0;
    }));
    EXPECT_EQ(gone, 0) << "it was closed by us";
}

TEST_F(HttpStreamTest, WhoSpeaksTheOldVersionReadsUntilTheEnd) {
    ask("1.0");
    ASSERT_TRUE(reads("first\n"));
    EXPECT_EQ(seen.find("chunked"), std::string::npos);
    stream->close("bye");
    ASSERT_TRUE(reads("first\nbye"));
}

TEST_F(HttpStreamTest, AClientThatGoesIsNoticed) {
    ask();
    ::close(client);
    client = -1;
    ASSERT_TRUE(loop.run_until([this] { return gone == 1; }));
    EXPECT_FALSE(stream->write("nobody"));
    stream->close();
    loop.run_once(std::chrono::milliseconds(1));
    EXPECT_EQ(gone, 1);
}

TEST_F(HttpStreamTest, SoMuchMayWaitAndNoMore) {
    ask();
    const std::string much(64UL * 1024, 'x');
    std::size_t taken = 0;
    while (stream->write(much)) {
        ++taken;
    }
    // "first" may still be on its way.
    EXPECT_GE(taken, HttpStream::kMostWaiting / much.size() - 1);
    EXPECT_LE(stream->waiting(), HttpStream::kMostWaiting);
    stream->close("last words");
    ASSERT_TRUE(reads("last words"));
}

TEST_F(HttpStreamTest, WhoLetsGoEndsIt) {
    ask();
    stream.reset();
    ASSERT_TRUE(reads("0\r\n\r\n"));
}

}  // namespace
}  // namespace isthmus::admin
