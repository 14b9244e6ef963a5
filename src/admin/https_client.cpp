#include "admin/https_client.h"

#include "base/text.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

namespace isthmus::admin {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using ClientStream = beast::ssl_stream<beast::tcp_stream>;

namespace {

constexpr auto kPatience = std::chrono::seconds(10);
constexpr std::uint64_t kMostBody = 256ULL * 1024;

Error failed(const std::string& url, std::string_view what) {
    return make_error(ErrorKind::Unreachable,
                      "IST-AUTH-018",
                      "The identity provider cannot be asked.",
                      fmt::format("{}: {}", url, what));
}

struct Place {
    std::string host;
    std::string port = "443";
    std::string authority;  ///< for the Host field
    std::string target;
};

std::optional<Place> place_of(std::string_view url) {
    constexpr std::string_view kScheme = "https://";
    if (!url.starts_with(kScheme)) {
        return std::nullopt;
    }
    url.remove_prefix(kScheme.size());
    Place made;
    const std::size_t path = std::min(url.find_first_of("/?#"), url.size());
    made.authority = url.substr(0, path);
    const std::string_view rest = url.substr(path, url.find('#') - path);
    made.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
    made.host = made.authority;
    const std::size_t colon = made.host.rfind(':');
    if (colon != std::string::npos && !made.host.ends_with(']')) {
        made.port = made.host.substr(colon + 1);
        made.host.resize(colon);
    }
    if (made.host.starts_with('[') && made.host.ends_with(']')) {
        made.host = made.host.substr(1, made.host.size() - 2);
    }
    const bool good = !made.host.empty() && text::to_number(made.port) &&
                      made.authority.find('@') == std::string::npos;
    return good ? std::optional(made) : std::nullopt;
}

/// Runs one step of the connection to its end.
template <class Start>
beast::error_code wait(asio::io_context& context, Start start) {
    beast::error_code result = asio::error::timed_out;
    start([&result](beast::error_code error, const auto&...) { result = error; });
    context.restart();
    context.run();
    return result;
}

http::request<http::string_body> make_request(const HttpsRequest& given, const Place& place) {
    http::request<http::string_body> request;
    request.version(11);
    request.method_string(given.method);
    request.target(place.target);
    request.set(http::field::host, place.authority);
    request.set(http::field::user_agent, "isthmus");
    request.set(http::field::accept, "application/json");
    request.set(http::field::connection, "close");
    if (!given.authorization.empty()) {
        request.set(http::field::authorization, given.authorization);
    }
    if (!given.content_type.empty()) {
        request.set(http::field::content_type, given.content_type);
    }
    request.body() = given.body;
    request.prepare_payload();
    return request;
}

Result<HttpsAnswer> fetch(const HttpsTrust& trust, const HttpsRequest& given) {
    const auto place = place_of(given.url);
    if (!place) {
        return failed(given.url, "is no https URL");
    }
    asio::io_context context;
    asio::ssl::context tls(asio::ssl::context::tls_client);
    tls.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    beast::error_code error;
    if (trust.is_system) {
        tls.set_default_verify_paths(error);
    }
    for (const std::string& file : trust.ca_files) {
        tls.load_verify_file(file, error);
        if (error) {
            return failed(file, error.message());
        }
    }
    ClientStream stream(context, tls);
    stream.set_verify_mode(asio::ssl::verify_peer);
    stream.set_verify_callback(asio::ssl::host_name_verification(place->host));
    SSL_set_tlsext_host_name(stream.native_handle(), place->host.c_str());
    auto& lowest = beast::get_lowest_layer(stream);
    const auto until = std::chrono::steady_clock::now() + kPatience;
    asio::ip::tcp::resolver resolver(context);
    const auto found = resolver.resolve(place->host, place->port, error);
    if (error) {
        return failed(given.url, error.message());
    }
    lowest.expires_at(until);
    error = wait(context, [&](auto done) { lowest.async_connect(found, done); });
    if (!error) {
        error = wait(context, [&](auto done) {
            stream.async_handshake(asio::ssl::stream_base::client, done);
        });
    }
    if (error) {
        return failed(given.url, error.message());
    }
    const auto request = make_request(given, *place);
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(kMostBody);
    error = wait(context, [&](auto done) { http::async_write(stream, request, done); });
    if (!error) {
        error = wait(context, [&](auto done) { http::async_read(stream, buffer, parser, done); });
    }
    if (error) {
        return failed(given.url, error.message());
    }
    return HttpsAnswer{static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
}

}  // namespace

Fetch make_https_fetch(HttpsTrust trust) {
    return
        [trust = std::move(trust)](const HttpsRequest& request) { return fetch(trust, request); };
}

}  // namespace isthmus::admin
