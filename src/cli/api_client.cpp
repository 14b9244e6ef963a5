#include "cli/api_client.h"

#include "base/digest.h"
#include "base/text.h"
#include "cli/api_exchange.h"

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
using LocalStream = net::StreamOf<beast::basic_stream<local>>;
using TlsStream = net::StreamOf<beast::ssl_stream<beast::tcp_stream>>;

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

Answer ApiClient::follow(std::string_view method,
                         const std::string& target,
                         const std::string& body,
                         const std::function<void(std::string_view)>& on_line) const {
    Exchange exchange;
    prepare(exchange, method, target, body, "application/json");
    exchange.patience = patience_;
    std::string rest;
    exchange.on_piece = [&](std::string_view piece) {
        rest += piece;
        for (std::size_t end = 0; (end = rest.find('\n')) != std::string::npos;) {
            const std::string line = rest.substr(0, end);
            rest.erase(0, end + 1);
            on_line(line);
        }
        return true;
    };
    return run(exchange);
}

Answer ApiClient::follow_events(const std::string& target,
                                const std::function<bool(std::string_view)>& use) const {
    constexpr std::chrono::seconds kSilence{45};
    Exchange exchange;
    prepare(exchange, "GET", target, {}, nullptr);
    exchange.parser.body_limit(boost::none);
    exchange.patience = kSilence;
    exchange.on_piece = use;
    return run(exchange);
}

void ApiClient::prepare(Exchange& exchange,
                        std::string_view method,
                        const std::string& target,
                        const std::string& body,
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
        request.body() = body;
    }
    if (content_type != nullptr) {
        request.set(http::field::content_type, content_type);
    }
    request.prepare_payload();
    exchange.parser.body_limit(std::uint64_t{1} << 30U);
}

Answer ApiClient::call(std::string_view method,
                       const std::string& target,
                       const std::string& body,
                       const std::string& if_match,
                       const char* content_type) const {
    Exchange exchange;
    prepare(exchange, method, target, body, body.empty() ? nullptr : content_type);
    if (!if_match.empty()) {
        exchange.request.set(http::field::if_match, if_match);
    }
    return run(exchange);
}

Answer ApiClient::move(std::string_view method,
                       const std::string& target,
                       const std::string& body,
                       Transfer& transfer) const {
    Exchange exchange;
    prepare(exchange,
            method,
            target,
            body,
            transfer.source ? "application/octet-stream"
            : !body.empty() ? "application/json"
                            : nullptr);
    for (const auto& [name, value] : transfer.fields) {
        exchange.request.insert(name, value);
    }
    exchange.transfer = &transfer;
    exchange.patience = patience_ * 20;
    return run(exchange);
}

Answer ApiClient::run(Exchange& exchange) const {
    path_.empty() ? over_tls(exchange) : over_unix(exchange);
    if (exchange.outcome) {
        const bool is_late =
            exchange.outcome == beast::error::timeout || exchange.outcome == asio::error::timed_out;
        throw NotReachable({fmt::format("the daemon at {} did not answer",
                                        path_.empty() ? host_ + ":" + port_ : path_),
                            is_late ? fmt::format("no answer in {} s",
                                                  (exchange.transfer != nullptr || exchange.on_piece
                                                       ? exchange.patience
                                                       : patience_)
                                                      .count())
                                    : exchange.outcome.message(),
                            "ask again, with a longer --timeout if it is busy; its log "
                            "(journalctl -u isthmus) says what it does"});
    }
    Answer answer;
    answer.status = static_cast<int>(exchange.parser.get().result_int());
    answer.text = exchange.parser.get().body();
    answer.etag = std::string(exchange.parser.get()[http::field::etag]);
    answer.backup = std::string(exchange.parser.get()["X-Isthmus-Backup"]);
    boost::system::error_code not_json;
    answer.body = boost::json::parse(answer.text, not_json);
    if (not_json) {
        answer.body = nullptr;
    }
    return answer;
}

void ApiClient::over_unix(Exchange& exchange) const {
    LocalStream stream(exchange.context);
    beast::error_code error;
    stream.stream().socket().connect(local::endpoint(path_), error);
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
    TlsStream connection(exchange.context, tls);
    auto& stream = connection.stream();
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
    connection.expires_after(patience_);
    exchange.run(connection);
}

}  // namespace isthmus::cli
