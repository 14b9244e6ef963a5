#include "admin/http_session.h"

#include "admin/answers.h"
#include "admin/http_chunks.h"
#include "admin/http_fields.h"
#include "admin/routes.h"
#include "base/text.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace isthmus::admin::detail {

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

constexpr std::uint64_t kMaxBody = std::uint64_t{1} << 20U;
constexpr std::uint64_t kMostBody = kMaxBackup;
constexpr std::uint32_t kMaxHeader = 16U * 1024;
constexpr auto kPatience = std::chrono::seconds(15);
constexpr auto kHandshake = std::chrono::seconds(5);
constexpr std::size_t kPiece = 65536;
// Of a body that was refused, so much is read and thrown away, that the client hears why.
constexpr std::uint64_t kMostRefused = std::uint64_t{256} << 20U;
constexpr auto kRefusal = std::chrono::seconds(30);

class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(std::unique_ptr<net::AnyStream> stream,
            HttpSite site,
            control::Author author,
            std::unique_ptr<Release> release)
        : stream_(std::move(stream)),
          site_(std::move(site)),
          author_(std::move(author)),
          release_(std::move(release)) {}

    void start(std::function<void()> on_secure) {
        stream_->expires_after(kHandshake);
        stream_->handshake(
            [self = shared_from_this(), on_secure = std::move(on_secure)](beast::error_code error) {
                if (on_secure) {
                    on_secure();
                }
                if (!error) {
                    self->read_head();
                }
            });
    }

  private:
    void read_head() {
        parser_.emplace();
        parser_->body_limit(kMostBody);
        parser_->header_limit(kMaxHeader);
        stream_->expires_after(kPatience);
        http::async_read_header(*stream_,
                                buffer_,
                                *parser_,
                                [self = shared_from_this()](beast::error_code error, std::size_t) {
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
            refuse_body(limit);
            return;
        }
        parser_->body_limit(limit);
        try {
            request_.upload = site_.spool ? site_.spool(request_) : nullptr;
        } catch (const std::exception& fault) {
            answer(problem(make_error(ErrorKind::Internal,
                                      "IST-API-035",
                                      "There is no room for the upload.",
                                      fault.what())),
                   false,
                   Unread::Body);
            return;
        }
        if (request_.upload) {
            upload_.emplace(std::move(*parser_));
            piece_.resize(kPiece);
            receive_upload();
            return;
        }
        // A large one gets more time, but no more than a slow line needs.
        stream_->expires_after(kPatience + std::chrono::seconds(limit >> 20U));
        http::async_read(*stream_,
                         buffer_,
                         *parser_,
                         [self = shared_from_this()](beast::error_code failed, std::size_t) {
                             self->on_body(failed);
                         });
    }

    /// The body piece by piece into the file; each gets its own time.
    void receive_upload() {
        auto& body = upload_->get().body();
        body.data = piece_.data();
        body.size = piece_.size();
        body.more = true;
        stream_->expires_after(kPatience);
        http::async_read(*stream_,
                         buffer_,
                         *upload_,
                         [self = shared_from_this()](beast::error_code error, std::size_t) {
                             self->on_upload(error);
                         });
    }

    void on_upload(beast::error_code error) {
        if (error && error != http::error::need_buffer) {
            on_fault(error);
            return;
        }
        try {
            request_.upload->write({piece_.data(), piece_.size() - upload_->get().body().size});
            if (!upload_->is_done()) {
                receive_upload();
                return;
            }
            request_.upload->rewind();
        } catch (const std::exception& fault) {
            answer(problem(make_error(ErrorKind::Internal,
                                      "IST-API-035",
                                      "The upload could not be kept on the disk.",
                                      fault.what())),
                   false,
                   Unread::Body);
            return;
        }
        hand_over(upload_->get().keep_alive());
    }

    void on_body(beast::error_code error) {
        if (error) {
            on_fault(error);
            return;
        }
        request_.body = std::move(parser_->get().body());
        hand_over(parser_->get().keep_alive());
    }

    void hand_over(bool keep_alive) {
        stream_->expires_never();
        // A reply that never comes ends the session when it is let go.
        site_.handler(request_, [self = shared_from_this(), keep_alive](HttpResponse response) {
            self->answer(std::move(response), keep_alive);
        });
        request_.body = {};  // who needs it later has kept it
        request_.upload.reset();
    }

    void on_fault(beast::error_code error) {
        if (error == http::error::body_limit) {
            refuse_body(site_.body_limit ? site_.body_limit(request_) : kMaxBody);
        } else if (error == http::error::header_limit || error == http::error::buffer_overflow) {
            refuse(ErrorKind::TooLong, "IST-API-052", "The header is too large.");
        } else if (error.category() == http::make_error_code(http::error::bad_method).category() &&
                   error != http::error::end_of_stream && error != http::error::partial_message) {
            refuse(ErrorKind::Syntax, "IST-API-001", "The request is malformed.");
        }
        // Else the connection is gone or its time is up.
    }

    void refuse_body(std::uint64_t limit) {
        HttpResponse refusal =
            problem(make_error(ErrorKind::TooLong,
                               "IST-API-050",
                               "The body is too large.",
                               fmt::format("at most {} octets are taken here from you", limit)));
        refusal.status = 413;
        answer(std::move(refusal), false, Unread::Body);
    }

    /// The request is not read any further.
    void refuse(ErrorKind kind, std::string_view code, std::string sentence) {
        answer(problem(make_error(kind, code, std::move(sentence), {})), false);
    }

    /// What of the request is still on its way when it is answered.
    enum class Unread : std::uint8_t { Nothing, Body };

    void answer(HttpResponse response, bool keep_alive, Unread unread = Unread::Nothing) {
        response_.emplace();
        response_->version(11);
        response_->result(static_cast<unsigned>(response.status));
        set_fields(*response_, response, stream_->is_secure());
        if (response.go_on) {
            return go_on(std::move(response));
        }
        response_->keep_alive(keep_alive);
        if (response.file) {
            send_head(std::move(response.file), keep_alive);
            return;
        }
        response_->body() = std::move(response.body);
        response_->prepare_payload();
        stream_->expires_after(kPatience);
        http::async_write(
            *stream_,
            *response_,
            [self = shared_from_this(), keep_alive, unread](beast::error_code error, std::size_t) {
                if (!error && keep_alive) {
                    self->read_head();
                } else if (!error) {
                    self->finish(unread);
                }
            });
    }

    /// A file of any size, piece by piece.
    void send_head(std::shared_ptr<SpoolFile> file, bool keep_alive) {
        response_->content_length(file->size());
        head_serializer_.emplace(*response_);
        stream_->expires_after(kPatience);
        http::async_write_header(*stream_,
                                 *head_serializer_,
                                 [self = shared_from_this(), file = std::move(file), keep_alive](
                                     beast::error_code error, std::size_t) {
                                     if (!error) {
                                         self->piece_.resize(kPiece);
                                         self->send_piece(file, keep_alive);
                                     }
                                 });
    }

    void send_piece(std::shared_ptr<SpoolFile> file, bool keep_alive) {
        std::size_t size = 0;
        try {
            size = file->read(piece_.data(), piece_.size());
        } catch (const std::exception&) {
            return;  // the client sees that it is not whole
        }
        if (size == 0) {
            keep_alive ? read_head() : finish(Unread::Nothing);
            return;
        }
        stream_->expires_after(kPatience);
        asio::async_write(*stream_,
                          asio::buffer(piece_.data(), size),
                          [self = shared_from_this(), file = std::move(file), keep_alive](
                              beast::error_code error, std::size_t) {
                              if (!error) {
                                  self->send_piece(file, keep_alive);
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
        stream_->expires_after(kPatience);
        http::async_write_header(
            *stream_,
            *serializer_,
            [self = shared_from_this(), is_chunked, given = std::move(response)](
                beast::error_code error, std::size_t) {
                if (error) {
                    return;
                }
                auto chunks = std::make_shared<HttpChunks>(
                    std::shared_ptr<net::AnyStream>(self, self->stream_.get()), is_chunked);
                chunks->start();
                if (!given.body.empty()) {
                    chunks->write(given.body);
                }
                given.go_on(std::make_shared<HttpChunksHandle>(std::move(chunks)));
            });
    }

    void finish(Unread unread) {
        stream_->expires_after(kHandshake);
        stream_->shut_down([self = shared_from_this(), unread] {
            if (unread == Unread::Body) {
                self->drain();
            }
        });
    }

    /// A connection that is closed over unread octets is reset, and the answer lost with it.
    void drain() {
        stream_->end_sending();
        stream_->expires_after(kRefusal);
        piece_.resize(kPiece);
        drain_more(kMostRefused);
    }

    void drain_more(std::uint64_t left) {
        stream_->read_raw(
            asio::buffer(piece_),
            [self = shared_from_this(), left](beast::error_code error, std::size_t size) {
                if (!error && size <= left) {
                    self->drain_more(left - size);
                }
            });
    }

    std::unique_ptr<net::AnyStream> stream_;
    HttpSite site_;
    control::Author author_;
    std::unique_ptr<Release> release_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    std::optional<http::request_parser<http::buffer_body>> upload_;
    std::string piece_;  ///< of an upload, or a file that is sent
    std::optional<http::response<http::string_body>> response_;
    std::optional<http::response_serializer<http::string_body>> head_serializer_;
    std::optional<http::response_serializer<http::string_body>> serializer_;
    HttpRequest request_;
};

}  // namespace

void serve(std::unique_ptr<net::AnyStream> stream,
           const HttpSite& site,
           control::Author author,
           std::unique_ptr<Release> release,
           std::function<void()> on_secure) {
    std::make_shared<Session>(std::move(stream), site, std::move(author), std::move(release))
        ->start(std::move(on_secure));
}

}  // namespace isthmus::admin::detail
