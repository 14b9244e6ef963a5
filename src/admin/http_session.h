// One connection of the HTTP server: reads a request's head, then its body, hands it over, writes
// the answer. Part of http_server.cpp, which alone includes it: both know Beast, nothing else does.
#pragma once

#include "admin/answers.h"
#include "admin/http_chunks.h"
#include "admin/http_server.h"
#include "base/text.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace isthmus::admin::detail {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using local = asio::local::stream_protocol;
using LocalStream = beast::basic_stream<local>;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

constexpr std::uint64_t kMaxBody = std::uint64_t{1} << 20U;
constexpr std::uint64_t kMostBody = std::uint64_t{1} << 30U;
constexpr std::uint32_t kMaxHeader = 16U * 1024;
constexpr auto kPatience = std::chrono::seconds(15);
constexpr auto kHandshake = std::chrono::seconds(5);

/// Who is at the other end, as the listener knows it.
control::Author local_author(int socket);

/// Runs when the connection ends.
class Release {
  public:
    explicit Release(std::function<void()> call) : call_(std::move(call)) {}

    Release(const Release&) = delete;
    Release& operator=(const Release&) = delete;
    Release(Release&&) = delete;
    Release& operator=(Release&&) = delete;

    ~Release() { call_(); }

  private:
    std::function<void()> call_;
};

/// No control reaches the wire in a field's value, whoever made it.
inline std::string clean(std::string value) {
    std::ranges::replace_if(
        value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return value;
}

template <class Stream>
class Session : public std::enable_shared_from_this<Session<Stream>> {
  public:
    Session(Stream stream,
            const HttpSite& site,
            control::Author author,
            std::unique_ptr<Release> release)
        : stream_(std::move(stream)),
          site_(site),
          author_(std::move(author)),
          release_(std::move(release)) {}

    /// `on_secure` is called when the handshake is over, in whatever way.
    void start(std::function<void()> on_secure = {}) {
        if constexpr (std::is_same_v<Stream, TlsStream>) {
            lowest().expires_after(kHandshake);
            stream_.async_handshake(
                asio::ssl::stream_base::server,
                [self = this->shared_from_this(), on_secure](beast::error_code error) {
                    on_secure();
                    if (!error) {
                        self->read_head();
                    }
                });
        } else {
            read_head();
        }
    }

  private:
    auto& lowest() { return beast::get_lowest_layer(stream_); }

    void read_head() {
        parser_.emplace();
        parser_->body_limit(kMostBody);
        parser_->header_limit(kMaxHeader);
        lowest().expires_after(kPatience);
        http::async_read_header(
            stream_,
            buffer_,
            *parser_,
            [self = this->shared_from_this()](beast::error_code error, std::size_t) {
                self->on_head(error);
            });
    }

    void on_head(beast::error_code error) {
        if (error) {
            on_fault(error);
            return;
        }
        request_ = {};
        const auto& message = parser_->get();
        request_.method = std::string(message.method_string());
        request_.author = author_;
        for (const auto& field : message) {
            std::string& value = request_.headers[text::to_lower(
                std::string_view(field.name_string().data(), field.name_string().size()))];
            value += value.empty() ? "" : ", ";
            value.append(field.value().data(), field.value().size());
        }
        if (!parse_target({message.target().data(), message.target().size()}, request_)) {
            refuse(ErrorKind::Syntax, "IST-API-001", "The request target is malformed.");
            return;
        }
        // RFC 9112 §6.1: another coding than chunked is one that we do not understand.
        if (const std::string_view coding = request_.header("transfer-encoding");
            !coding.empty() && !text::iequals(coding, "chunked")) {
            refuse(ErrorKind::Unsupported, "IST-API-053", "The transfer coding is not known here.");
            return;
        }
        const std::uint64_t limit = site_.body_limit ? site_.body_limit(request_) : kMaxBody;
        if (parser_->content_length().value_or(0) > limit) {
            refuse(ErrorKind::TooLong, "IST-API-050", "The body is too large.");
            return;
        }
        parser_->body_limit(limit);
        // A large one gets more time, but no more than a slow line needs.
        lowest().expires_after(kPatience + std::chrono::seconds(limit >> 20U));
        http::async_read(stream_,
                         buffer_,
                         *parser_,
                         [self = this->shared_from_this()](beast::error_code failed, std::size_t) {
                             self->on_body(failed);
                         });
    }

    void on_body(beast::error_code error) {
        if (error) {
            on_fault(error);
            return;
        }
        const bool keep_alive = parser_->get().keep_alive();
        request_.body = std::move(parser_->get().body());
        lowest().expires_never();
        // A reply that never comes ends the session when it is let go.
        site_.handler(request_,
                      [self = this->shared_from_this(), keep_alive](HttpResponse response) {
                          self->answer(std::move(response), keep_alive);
                      });
        request_.body = {};  // who needs it later has kept it
    }

    void on_fault(beast::error_code error) {
        if (error == http::error::body_limit) {
            refuse(ErrorKind::TooLong, "IST-API-050", "The body is too large.");
        } else if (error == http::error::header_limit || error == http::error::buffer_overflow) {
            refuse(ErrorKind::TooLong, "IST-API-052", "The header is too large.");
        } else if (error.category() == http::make_error_code(http::error::bad_method).category() &&
                   error != http::error::end_of_stream && error != http::error::partial_message) {
            refuse(ErrorKind::Syntax, "IST-API-001", "The request is malformed.");
        }
        // Else the connection is gone or its time is up.
    }

    /// The request is not read any further.
    void refuse(ErrorKind kind, std::string_view code, std::string sentence) {
        answer(problem(make_error(kind, code, std::move(sentence), {})), false);
    }

    void set_unless_given(const HttpResponse& given,
                          std::string_view name,
                          std::string_view value) {
        const bool is_given = std::ranges::any_of(
            given.headers, [&](const auto& field) { return text::iequals(field.first, name); });
        if (!is_given) {
            response_->set(name, value);
        }
    }

    void set_fields(const HttpResponse& given) {
        response_->set(http::field::content_type, clean(given.content_type));
        if (!given.allow.empty()) {
            response_->set(http::field::allow, clean(given.allow));
        }
        for (const auto& [name, value] : given.headers) {
            response_->insert(name, clean(value));
        }
        set_unless_given(given, "Cache-Control", "no-store");
        set_unless_given(given, "X-Content-Type-Options", "nosniff");
        if constexpr (std::is_same_v<Stream, TlsStream>) {
            set_unless_given(given, "Strict-Transport-Security", "max-age=31536000");
            set_unless_given(given, "X-Frame-Options", "DENY");
            set_unless_given(given,
                             "Content-Security-Policy",
                             "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
                             "form-action 'none'");
            set_unless_given(given, "Referrer-Policy", "no-referrer");
            set_unless_given(given, "Cross-Origin-Resource-Policy", "same-origin");
        }
    }

    void answer(HttpResponse response, bool keep_alive) {
        response_.emplace();
        response_->version(11);
        response_->result(static_cast<unsigned>(response.status));
        set_fields(response);
        if (response.go_on) {
            return go_on(std::move(response));
        }
        response_->keep_alive(keep_alive);
        response_->body() = std::move(response.body);
        response_->prepare_payload();
        lowest().expires_after(kPatience);
        http::async_write(
            stream_,
            *response_,
            [self = this->shared_from_this(), keep_alive](beast::error_code error, std::size_t) {
                if (!error && keep_alive) {
                    self->read_head();
                } else if (!error) {
                    self->finish();
                }
            });
    }

    /// The head, then chunks for as long as somebody writes them; the connection ends with them.
    void go_on(HttpResponse response) {
        // RFC 9112 §6.1: whoever speaks HTTP/1.0 knows no chunks, and reads until the end.
        const bool is_chunked = parser_->get().version() >= 11;
        response_->keep_alive(false);
        response_->chunked(is_chunked);
        serializer_.emplace(*response_);
        lowest().expires_after(kPatience);
        http::async_write_header(
            stream_,
            *serializer_,
            [self = this->shared_from_this(), is_chunked, given = std::move(response)](
                beast::error_code error, std::size_t) {
                if (error) {
                    return;
                }
                auto chunks = std::make_shared<HttpChunks<Stream>>(
                    std::shared_ptr<Stream>(self, &self->stream_), is_chunked);
                chunks->start();
                if (!given.body.empty()) {
                    chunks->write(given.body);
                }
                given.go_on(std::make_shared<HttpChunksHandle<Stream>>(std::move(chunks)));
            });
    }

    void finish() {
        if constexpr (std::is_same_v<Stream, TlsStream>) {
            lowest().expires_after(kHandshake);
            stream_.async_shutdown([self = this->shared_from_this()](beast::error_code) {});
        }
    }

    Stream stream_;
    HttpSite site_;
    control::Author author_;
    std::unique_ptr<Release> release_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    std::optional<http::response<http::string_body>> response_;
    std::optional<http::response_serializer<http::string_body>> serializer_;
    HttpRequest request_;
};

}  // namespace isthmus::admin::detail
