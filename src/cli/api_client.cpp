#include "cli/api_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

namespace isthmus::cli {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using local = asio::local::stream_protocol;

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

}  // namespace

ApiClient::ApiClient(const std::string& server, std::chrono::seconds patience)
    : patience_(patience) {
    constexpr std::string_view kScheme = "unix:";
    if (!server.starts_with(kScheme)) {
        throw NotUsable({fmt::format("--server {}: no such way to a daemon", server),
                         "this version speaks to unix:PATH only",
                         "write it as in --server unix:/var/lib/isthmus/admin.sock"});
    }
    path_ = server.substr(kScheme.size());
}

Answer ApiClient::call(std::string_view method,
                       const std::string& target,
                       const std::string& body,
                       const std::string& if_match) {
    asio::io_context context;
    beast::basic_stream<local> stream(context);
    beast::error_code error;
    stream.socket().connect(local::endpoint(path_), error);
    if (error) {
        throw no_connection(path_, error);
    }
    http::request<http::string_body> request;
    request.version(11);
    request.method_string({method.data(), method.size()});
    request.target("/api/v1/" + target);
    request.set(http::field::host, "localhost");
    if (!body.empty()) {
        request.set(http::field::content_type, "application/json");
        request.body() = body;
    }
    if (!if_match.empty()) {
        request.set(http::field::if_match, if_match);
    }
    request.prepare_payload();
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(std::uint64_t{1} << 30U);
    beast::error_code outcome = asio::error::timed_out;
    stream.expires_after(patience_);
    http::async_write(stream, request, [&](beast::error_code failed, std::size_t) {
        if (failed) {
            outcome = failed;
            return;
        }
        http::async_read(stream, buffer, parser, [&](beast::error_code read_failed, std::size_t) {
            outcome = read_failed;
        });
    });
    context.run();
    if (outcome) {
        throw NotReachable({fmt::format("the daemon at {} did not answer", path_),
                            outcome == beast::error::timeout || outcome == asio::error::timed_out
                                ? fmt::format("no answer in {} s", patience_.count())
                                : outcome.message(),
                            "ask again, with a longer --timeout if it is busy; its log "
                            "(journalctl -u isthmus) says what it does"});
    }
    Answer answer;
    answer.status = static_cast<int>(parser.get().result_int());
    answer.text = parser.get().body();
    answer.etag = std::string(parser.get()[http::field::etag]);
    boost::system::error_code not_json;
    answer.body = boost::json::parse(answer.text, not_json);
    if (not_json) {
        answer.body = nullptr;
    }
    return answer;
}

std::string encode_segment(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
                              c == '~';
        if (is_plain) {
            out.push_back(c);
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

}  // namespace isthmus::cli
