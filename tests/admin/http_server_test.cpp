// The HTTP server over real sockets: what it refuses, what it adds to answers, in which order it
// answers, and TLS.
#include "admin/http_server.h"

#include "net/event_loop.h"
#include "net/tls_context.h"
#include "support/certificates.h"

#include <arpa/inet.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

namespace isthmus::admin {
namespace {

namespace asio = boost::asio;

class HttpServerTest : public testing::Test {
  protected:
    HttpServerTest() {
        where = *server.listen_tcp("127.0.0.1:0", site());
        const auto certificate = authority.issue({.dns_names = {"gateway.example"}});
        secure = *server.listen_tls(
            "127.0.0.1:0",
            *net::TlsContext::create({.certificate_chain_pem = certificate.certificate_pem,
                                      .private_key_pem = certificate.key_pem,
                                      .trust_system = false}),
            site());
        thread = std::thread([this] { loop.run(); });
    }

    ~HttpServerTest() override {
        loop.stop();
        thread.join();
    }

    HttpSite site() {
        return {
            .handler =
                [this](const HttpRequest& request, const HttpReply& reply) {
                    ++requests;
                    HttpResponse response{
                        200, "text/plain", request.path + " " + std::string(request.body), {}};
                    if (request.upload) {
                        response.file = request.upload;
                    }
                    response.headers.emplace_back("X-Echo", std::string(request.header("x-echo")));
                    response.headers.emplace_back("X-Evil", "a\r\nSet-Cookie: b=c");
                    response.headers.emplace_back("X-Origin", request.author.origin);
                    reply(std::move(response));
                },
            .body_limit = [](const HttpRequest& head) -> std::uint64_t {
                return head.path == "/large" ? 100'000 : head.path == "/file" ? 10'000'000 : 100;
            },
            .spool = [this](const HttpRequest& head) -> std::shared_ptr<SpoolFile> {
                return head.path == "/file" ? std::make_shared<SpoolFile>(spool_folder) : nullptr;
            }};
    }

    static std::uint16_t port_of(const std::string& address) {
        return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    }

    int connect() const {
        const int stream = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port_of(where));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(stream, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        return stream;
    }

    static std::string read_all(int stream) {
        std::string seen;
        char octets[4096];
        for (ssize_t count = 0; (count = ::read(stream, octets, sizeof octets)) > 0;) {
            seen.append(octets, static_cast<std::size_t>(count));
        }
        return seen;
    }

    /// All that comes back until the server closes or has nothing more to say.
    std::string talk(const std::string& text) const {
        const int stream = connect();
        EXPECT_EQ(::write(stream, text.data(), text.size()), static_cast<ssize_t>(text.size()));
        ::shutdown(stream, SHUT_WR);
        std::string seen = read_all(stream);
        ::close(stream);
        return seen;
    }

    static std::size_t count(const std::string& text, std::string_view what) {
        std::size_t found = 0;
        for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; ++at) {
            ++found;
        }
        return found;
    }

    test::CertificateAuthority authority;
    net::EventLoop loop;
    HttpServer server{loop.asio()};
    std::string where;
    std::string secure;
    std::atomic<int> requests = 0;
    std::string spool_folder = std::filesystem::temp_directory_path();
    std::thread thread;
};

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
    const std::string seen = talk(
        "GET /one HTTP/1.1\r\nHost: a\r\n\r\n"
        "POST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
        "GET /three HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        "GET /four HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(count(seen, "HTTP/1.1 200"), 3U) << seen;
    EXPECT_LT(seen.find("/one"), seen.find("/two abc"));
    EXPECT_LT(seen.find("/two abc"), seen.find("/three"));
    EXPECT_EQ(requests, 3) << "nothing after close";
}

// RFC 9112 §6.1, §6.3: what two parsers could read differently is refused, and the connection ends.
TEST_F(HttpServerTest, SmugglingIsRefused) {
    const std::string rest = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    for (const std::string head :
         {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
          "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
          "Content-Length: -1\r\n\r\n",
          "Content-Length: 5, 6\r\n\r\nabcde",
          "Content-Length: 0x5\r\n\r\nabcde",
          "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
          "Content-Length : 5\r\n\r\nabcde",
          "X: a\nContent-Length: 5\r\n\r\nabcde",
          "\x01: a\r\n\r\n"}) {
        requests = 0;
        const std::string seen = talk("POST /x HTTP/1.1\r\nHost: a\r\n" + head + rest);
        EXPECT_TRUE(seen.starts_with("HTTP/1.1 400")) << head << seen;
        EXPECT_EQ(count(seen, "HTTP/1.1 "), 1U) << head;
        EXPECT_EQ(requests, 0) << head;
    }
}

TEST_F(HttpServerTest, TransferCodingsThatNobodyKnowsAreNotGuessed) {
    for (const char* coding : {"gzip, chunked", "xchunked", "identity"}) {
        requests = 0;
        const std::string seen =
            talk(std::string("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ") + coding +
                 "\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_EQ(seen.find("/smuggled"), std::string::npos) << coding << seen;
    }
}

TEST_F(HttpServerTest, LimitsDependOnTheHead) {
    const auto post = [&](const char* path, std::size_t size) {
        return talk(std::string("POST ") + path +
                    " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) +
                    "\r\nConnection: close\r\n\r\n" + std::string(size, 'x'));
    };
    EXPECT_TRUE(post("/small", 100).starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(post("/small", 101).starts_with("HTTP/1.1 413"));
    EXPECT_TRUE(post("/large", 100'000).starts_with("HTTP/1.1 200"));
    const std::string chunks =
        talk("POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n" +
             std::string(64, 'x') + "\r\n40\r\n" + std::string(64, 'x') + "\r\n0\r\n\r\n");
    EXPECT_TRUE(chunks.starts_with("HTTP/1.1 413")) << chunks;
    EXPECT_TRUE(talk("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n")
                    .starts_with("HTTP/1.1 431"));
    for (const char* bad : {"GET http://evil/ HTTP/1.1",
                            "GET /%zz HTTP/1.1",
                            "GET * HTTP/1.1",
                            "GET / HTTP/9.9",
                            "G@T / HTTP/1.1",
                            "nonsense"}) {
        EXPECT_TRUE(talk(std::string(bad) + "\r\nHost: a\r\n\r\n").starts_with("HTTP/1.1 400"))
            << bad;
    }
}

// Pieces of 64 KiB: one octet less, that, one more, and many.
TEST_F(HttpServerTest, FilesOfAnySizeGoThroughInPieces) {
    for (const std::size_t size : {0UL, 1UL, 65'535UL, 65'536UL, 65'537UL, 3'000'000UL}) {
        std::string body(size, '\0');
        for (std::size_t i = 0; i < size; ++i) {
            body[i] = static_cast<char>(i * 7 + i / 251);
        }
        const std::string seen =
            talk("POST /file HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) +
                 "\r\n\r\n" + body + "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        const std::size_t start = seen.find("\r\n\r\n") + 4;
        EXPECT_TRUE(seen.starts_with("HTTP/1.1 200")) << size;
        EXPECT_TRUE(seen.substr(start, size) == body) << size;
        EXPECT_TRUE(seen.substr(start + size).starts_with("HTTP/1.1 200")) << size;
        EXPECT_NE(seen.find("/next"), std::string::npos) << size;
    }
    const std::string chunks = talk(
        "POST /file HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close"
        "\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    EXPECT_TRUE(chunks.ends_with("\r\n\r\nabcde")) << chunks;
}

TEST_F(HttpServerTest, AnUploadThatBreaksOffIsNoRequest) {
    const std::string seen =
        talk("POST /file HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc");
    EXPECT_EQ(seen, "");
    EXPECT_EQ(requests, 0);
}

TEST_F(HttpServerTest, AnUploadWithoutRoomIsRefusedAloud) {
    spool_folder = "/nowhere";
    const std::string seen =
        talk("POST /file HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n" +
             std::string(3'000'000, 'x'));
    EXPECT_TRUE(seen.starts_with("HTTP/1.1 500")) << seen;
    EXPECT_NE(seen.find("IST-API-035"), std::string::npos) << seen;
}

// More than any buffer between holds: a server that closes over it resets the connection, and the
// client never hears why.
TEST_F(HttpServerTest, WhoIsRefusedHearsWhyWhileStillSending) {
    const std::string request = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n" +
                                std::string(20'000'000, 'x');
    const int stream = connect();
    std::size_t sent = 0;
    while (sent < request.size()) {
        const ssize_t count =
            ::send(stream, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
        ASSERT_GT(count, 0) << "after " << sent << " octets";
        sent += static_cast<std::size_t>(count);
    }
    ::shutdown(stream, SHUT_WR);
    const std::string seen = read_all(stream);
    ::close(stream);
    EXPECT_TRUE(seen.starts_with("HTTP/1.1 413")) << seen;
    EXPECT_NE(seen.find("IST-API-050"), std::string::npos) << seen;
}

TEST_F(HttpServerTest, NoValueBreaksTheAnswerApart) {
    const std::string seen = talk(
        "GET / HTTP/1.1\r\nHost: a\r\nX-Echo: one\r\nX-Echo: two\r\nConnection: close\r\n\r\n");
    EXPECT_NE(seen.find("X-Echo: one, two\r\n"), std::string::npos) << seen;
    EXPECT_EQ(seen.find("\r\nSet-Cookie"), std::string::npos) << seen;
    EXPECT_NE(seen.find("X-Origin: 127.0.0.1\r\n"), std::string::npos) << seen;
    EXPECT_NE(seen.find("Cache-Control: no-store\r\n"), std::string::npos) << seen;
}

TEST_F(HttpServerTest, OneAddressHoldsNoMoreThanItsShare) {
    std::vector<int> streams;
    for (int i = 0; i < 64; ++i) {
        streams.push_back(connect());
    }
    // The server has taken them in order: the last one is closed without a word.
    const int over = connect();
    EXPECT_EQ(read_all(over), "");
    ::close(over);
    for (const int stream : streams) {
        ::close(stream);
    }
}

class TlsClient {
  public:
    TlsClient(std::uint16_t port, const std::string& ca, int newest)
        : context_(asio::ssl::context::tls_client), stream_(io_, context_) {
        context_.add_certificate_authority(asio::buffer(ca));
        SSL_set_max_proto_version(stream_.native_handle(), newest);
        SSL_set_security_level(stream_.native_handle(), 0);
        stream_.set_verify_mode(asio::ssl::verify_peer);
        stream_.set_verify_callback(asio::ssl::host_name_verification("gateway.example"));
        // A browser offers this; nobody here has asked for it.
        const std::string alpn = "\x02h2\x08http/1.1";
        SSL_set_alpn_protos(stream_.native_handle(),
                            reinterpret_cast<const unsigned char*>(alpn.data()),
                            static_cast<unsigned>(alpn.size()));
        stream_.next_layer().connect({asio::ip::address_v4::loopback(), port});
    }

    bool handshake() {
        boost::system::error_code error;
        stream_.handshake(asio::ssl::stream_base::client, error);
        return !error;
    }

    std::string talk(const std::string& text) {
        boost::system::error_code error;
        asio::write(stream_, asio::buffer(text), error);
        std::string seen;
        asio::read(stream_, asio::dynamic_buffer(seen), error);
        is_clean = error == asio::error::eof;
        return seen;
    }

    bool is_clean = false;

  private:
    asio::io_context io_;
    asio::ssl::context context_;
    asio::ssl::stream<asio::ip::tcp::socket> stream_;
};

TEST_F(HttpServerTest, TlsFromTwelveOn) {
    EXPECT_FALSE(TlsClient(port_of(secure), authority.pem(), TLS1_1_VERSION).handshake());
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TlsClient client(port_of(secure), authority.pem(), version);
        ASSERT_TRUE(client.handshake());
        const std::string seen =
            client.talk("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        EXPECT_TRUE(seen.starts_with("HTTP/1.1 200")) << seen;
        EXPECT_TRUE(client.is_clean) << "close_notify: nobody cut the answer short";
        for (const char* field : {"Strict-Transport-Security: max-age=31536000\r\n",
                                  "X-Frame-Options: DENY\r\n",
                                  "frame-ancestors 'none'",
                                  "X-Content-Type-Options: nosniff\r\n",
                                  "Cache-Control: no-store\r\n",
                                  "Referrer-Policy: no-referrer\r\n"}) {
            EXPECT_NE(seen.find(field), std::string::npos) << field;
        }
    }
}

TEST_F(HttpServerTest, WhoIsRefusedHearsWhyOverTlsToo) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TlsClient client(port_of(secure), authority.pem(), version);
        ASSERT_TRUE(client.handshake());
        const std::string seen =
            client.talk("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n" +
                        std::string(20'000'000, 'x'));
        EXPECT_TRUE(seen.starts_with("HTTP/1.1 413")) << seen;
        EXPECT_TRUE(client.is_clean);
    }
}

TEST_F(HttpServerTest, ANewCertificateServesNewConnections) {
    const test::CertificateAuthority other("Other CA");
    const auto renewed = other.issue({.dns_names = {"gateway.example"}});
    std::atomic<bool> is_set = false;
    loop.post([&] {
        server.set_tls(*net::TlsContext::create({.certificate_chain_pem = renewed.certificate_pem,
                                                 .private_key_pem = renewed.key_pem,
                                                 .trust_system = false}));
        is_set = true;
        is_set.notify_one();
    });
    is_set.wait(false);
    EXPECT_FALSE(TlsClient(port_of(secure), authority.pem(), TLS1_3_VERSION).handshake());
    EXPECT_TRUE(TlsClient(port_of(secure), other.pem(), TLS1_3_VERSION).handshake());
}

TEST_F(HttpServerTest, WhatIsNoHandshakeHurtsNobody) {
    const int stream = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_of(secure));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(stream, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const std::string plain = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_EQ(::write(stream, plain.data(), plain.size()), static_cast<ssize_t>(plain.size()));
    EXPECT_EQ(read_all(stream).find("HTTP/1.1 200"), std::string::npos);
    ::close(stream);
    EXPECT_EQ(requests, 0);
    EXPECT_TRUE(TlsClient(port_of(secure), authority.pem(), TLS1_3_VERSION).handshake());
}

}  // namespace
}  // namespace isthmus::admin
