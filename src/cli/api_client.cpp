#include "cli/api_client.h"

#include "base/digest.h"
#include "base/text.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>
#include <openssl/x509.h>

#include <array>
#include <fstream>
#include <functional>
#include <memory>

namespace isthmus::cli {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using local = asio::local::stream_protocol;
using asio::ip::tcp;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

namespace {

NotReachable no_connection(const std::string& path, const beast::error_code& error) {
    const bool is_not_allowed =
        error == asio::error::access_denied || error == boost::system::errc::permission_denied;
    const bool is_absent = error == boost::system::errc::no_such_file_or_directory;
    return NotReachable(
        {is_not_allowed ? fmt::format("the daemon at {} may not be asked by you", path)
                        : fmt::format("no daemon answers at {}", path),
         error.message(),
         is_not_allowed ? "run it as root or as the user of the daemon: sudo isthmus .."
         : is_absent    ? "start it (systemctl start isthmus), or say where it is: --server "
                          "unix:STATE_DIR/admin.sock, or ISTHMUS_SERVER"
                     : "it has ended: systemctl status isthmus, and journalctl -u isthmus say why"},
        is_not_allowed);
}

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kHttps = "https://";
constexpr const char* kDefaultPort = "8443";

std::string read_token(const std::string& file) {
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    std::string token(text::trim(line));
    if (token.empty() || token.find_first_of(" \t\r\n") != std::string::npos) {
        throw NotUsable({fmt::format("--token-file {}: it holds no token", file),
                         "its first line must be the token alone",
                         "make one: isthmus admin token create --role ROLE"});
    }
    return token;
}

/// 64 hex digits, however they were grouped; empty if it is something else.
std::string plain_fingerprint(std::string_view given) {
    std::string made;
    for (const char c : given) {
        if (c != ':' && c != ' ') {
            made.push_back(text::lower(c));
        }
    }
    const bool is_hex = made.find_first_not_of("0123456789abcdef") == std::string::npos;
    return is_hex && made.size() == 64 ? made : std::string();
}

std::string fingerprint_of(X509* certificate) {
    std::array<unsigned char, 64> hash{};
    unsigned size = 0;
    X509_digest(certificate, EVP_sha256(), hash.data(), &size);
    return digest::to_hex({reinterpret_cast<const char*>(hash.data()), size});
}

}  // namespace

/// One request and its answer, on a context of their own.
struct ApiClient::Exchange {
    http::request<http::string_body> request;
    http::response_parser<http::string_body> parser;
    beast::flat_buffer buffer;
    asio::io_context context;
    beast::error_code outcome = asio::error::timed_out;
    const std::function<bool(std::string_view)>* use = nullptr;  ///< of a body that goes on

    template <class Stream>
    void run(Stream& stream) {
        if (use != nullptr) {
            return run_on(stream);
        }
        http::async_write(stream, request, [&](beast::error_code failed, std::size_t) {
            if (failed) {
                outcome = failed;
                return;
            }
            http::async_read(
                stream, buffer, parser, [&](beast::error_code read_failed, std::size_t) {
                    outcome = read_failed;
                });
        });
        context.restart();
        context.run();
    }

    /// The body is handed on as it comes.
    template <class Stream>
    void run_on(Stream& stream) {
        outcome = wait([&](auto done) { http::async_write(stream, request, done); });
        if (!outcome) {
            outcome =
                wait([&](auto done) { http::async_read_header(stream, buffer, parser, done); });
        }
        const bool is_refusal = parser.get().result_int() >= 300;
        parser.eager(true);
        while (!outcome && !parser.is_done()) {
            beast::get_lowest_layer(stream).expires_after(kSilence);
            outcome = wait([&](auto done) { http::async_read_some(stream, buffer, parser, done); });
            if (!is_refusal) {
                const std::string octets = std::exchange(parser.get().body(), {});
                if (!octets.empty() && !(*use)(octets)) {
                    return;
                }
            }
        }
        if (outcome == http::error::end_of_stream ||
            outcome == asio::ssl::error::stream_truncated) {
            outcome = {};
        }
    }

    static constexpr std::chrono::seconds kSilence{45};

    /// Waits for one step of the connection.
    template <class Start>
    beast::error_code wait(Start start) {
        beast::error_code result = asio::error::timed_out;
        start([&result](beast::error_code error, const auto&...) { result = error; });
        context.restart();
        context.run();
        return result;
    }
};

ApiClient::ApiClient(const Server& server) : ca_file_(server.ca_file), patience_(server.patience) {
    const std::string_view address = server.address;
    if (address.starts_with(kUnix)) {
        path_ = address.substr(kUnix.size());
    } else if (address.starts_with(kHttps)) {
        std::string_view rest = address.substr(kHttps.size());
        rest = rest.ends_with('/') ? rest.substr(0, rest.size() - 1) : rest;
        const std::size_t colon = rest.rfind(':');
        const bool has_port = colon != std::string_view::npos && !rest.ends_with(']');
        host_ = has_port ? rest.substr(0, colon) : rest;
        port_ = has_port ? std::string(rest.substr(colon + 1)) : kDefaultPort;
        if (host_.starts_with('[') && host_.ends_with(']')) {
            host_ = host_.substr(1, host_.size() - 2);
        }
    }
    const bool is_known = !path_.empty() || (!host_.empty() && text::to_number(port_) &&
                                             host_.find_first_of("/@?#") == std::string::npos);
    if (!is_known) {
        throw NotUsable({fmt::format("--server {}: no such way to a daemon", server.address),
                         "a daemon is reached by unix:PATH or https://HOST:PORT",
                         "write it as in --server unix:/var/lib/isthmus/admin.sock"});
    }
    if (!server.token_file.empty()) {
        token_ = read_token(server.token_file);
    } else if (path_.empty()) {
        throw NotUsable(
            {"https:// needs a token",
             "only the unix socket knows who you are",
             "--token-file FILE (ISTHMUS_TOKEN_FILE) with a token of isthmus admin token "
             "create"});
    }
    if (!server.fingerprint.empty()) {
        fingerprint_ = plain_fingerprint(server.fingerprint);
        if (fingerprint_.empty()) {
            throw NotUsable({"--fingerprint: that is none",
                             "it must be the SHA-256 of the certificate, 64 hex digits",
                             "the gateway logs it at start (admin.certificate)"});
        }
    }
}

Answer ApiClient::call(std::string_view method,
                       const std::string& target,
                       const std::string& body,
                       const std::string& if_match,
                       const char* content_type) const {
    Exchange exchange;
    exchange.parser.body_limit(std::uint64_t{1} << 30U);
    return ask(exchange, method, target, body, if_match, content_type);
}

Answer ApiClient::ask(Exchange& exchange,
                      std::string_view method,
                      const std::string& target,
                      const std::string& body,
                      const std::string& if_match,
                      const char* content_type) const {
    auto& request = exchange.request;
    request.version(11);
    request.method_string({method.data(), method.size()});
    request.target("/api/v1/" + target);
    request.set(http::field::host,
                path_.empty() ? (host_.find(':') == std::string::npos ? host_ : "[" + host_ + "]")
                              : "localhost");
    request.set(http::field::user_agent, "isthmus");
    if (!token_.empty()) {
        request.set(http::field::authorization, "Bearer " + token_);
    }
    if (!body.empty()) {
        request.set(http::field::content_type, content_type);
        request.body() = body;
    }
    if (!if_match.empty()) {
        request.set(http::field::if_match, if_match);
    }
    request.prepare_payload();
    path_.empty() ? over_tls(exchange) : over_unix(exchange);
    if (exchange.outcome) {
        const bool is_late =
            exchange.outcome == beast::error::timeout || exchange.outcome == asio::error::timed_out;
        throw NotReachable({fmt::format("the daemon at {} did not answer",
                                        path_.empty() ? host_ + ":" + port_ : path_),
                            is_late ? fmt::format("no answer in {} s", patience_.count())
                                    : exchange.outcome.message(),
                            "ask again, with a longer --timeout if it is busy; its log "
                            "(journalctl -u isthmus) says what it does"});
    }
    Answer answer;
    answer.status = static_cast<int>(exchange.parser.get().result_int());
    answer.text = exchange.parser.get().body();
    answer.etag = std::string(exchange.parser.get()[http::field::etag]);
    boost::system::error_code not_json;
    answer.body = boost::json::parse(answer.text, not_json);
    if (not_json) {
        answer.body = nullptr;
    }
    return answer;
}

Answer ApiClient::follow(const std::string& target,
                         const std::function<bool(std::string_view)>& use) const {
    Exchange exchange;
    exchange.use = &use;
    exchange.parser.body_limit(boost::none);
    return ask(exchange, "GET", target, {}, {}, "");
}

void ApiClient::over_unix(Exchange& exchange) const {
    beast::basic_stream<local> stream(exchange.context);
    beast::error_code error;
    stream.socket().connect(local::endpoint(path_), error);
    if (error) {
        throw no_connection(path_, error);
    }
    stream.expires_after(patience_);
    exchange.run(stream);
}

void ApiClient::over_tls(Exchange& exchange) const {
    const std::string where = host_ + ":" + port_;
    asio::ssl::context tls(asio::ssl::context::tls_client);
    tls.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    beast::error_code error;
    tls.set_default_verify_paths(error);
    if (!ca_file_.empty()) {
        tls.load_verify_file(ca_file_, error);
    }
    if (!ca_file_.empty() && error) {
        throw NotUsable({fmt::format("--ca-file {}: it cannot be used", ca_file_),
                         error.message(),
                         "name a file with certificates in PEM"});
    }
    TlsStream stream(exchange.context, tls);
    auto& lowest = beast::get_lowest_layer(stream);
    tcp::resolver resolver(exchange.context);
    const auto found = resolver.resolve(host_, port_, error);
    if (error) {
        throw NotReachable({fmt::format("{} is not found", host_),
                            error.message(),
                            "check the name in --server, or ISTHMUS_SERVER"});
    }
    lowest.expires_after(patience_);
    error = exchange.wait([&](auto done) { lowest.async_connect(found, done); });
    if (error) {
        throw NotReachable({fmt::format("no daemon answers at {}", where),
                            error.message(),
                            "check the address, and [admin] listen of its configuration"});
    }
    if (fingerprint_.empty()) {
        stream.set_verify_mode(asio::ssl::verify_peer);
        stream.set_verify_callback(asio::ssl::host_name_verification(host_));
    } else {
        // The whole proof is the certificate itself; nothing is sent before it was compared.
        stream.set_verify_mode(asio::ssl::verify_none);
    }
    SSL_set_tlsext_host_name(stream.native_handle(), host_.c_str());
    lowest.expires_after(patience_);
    error = exchange.wait(
        [&](auto done) { stream.async_handshake(asio::ssl::stream_base::client, done); });
    if (error) {
        const long reason = SSL_get_verify_result(stream.native_handle());
        throw NotReachable(
            {fmt::format("{} did not prove who it is", where),
             reason == X509_V_OK ? error.message() : X509_verify_cert_error_string(reason),
             "--ca-file FILE names the authority of its certificate, or the certificate itself "
             "(admin-certificate.pem in the gateway's state directory); --fingerprint SHA256 "
             "accepts "
             "the one whose fingerprint the gateway logs at start (admin.certificate)"});
    }
    if (!fingerprint_.empty()) {
        const std::unique_ptr<X509, decltype(&X509_free)> certificate(
            SSL_get1_peer_certificate(stream.native_handle()), X509_free);
        const std::string shown = certificate ? fingerprint_of(certificate.get()) : "none";
        if (shown != fingerprint_) {
            throw NotReachable(
                {fmt::format("{} shows another certificate", where),
                 shown,
                 "if it was renewed, take the new fingerprint from the gateway's log "
                 "(admin.certificate)"});
        }
    }
    lowest.expires_after(patience_);
    exchange.run(stream);
}

std::string encode_segment(std::string_view plain) {
    std::string out;
    for (const char c : plain) {
        const bool is_plain = text::is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
        if (is_plain) {
            out.push_back(c);
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

}  // namespace isthmus::cli
