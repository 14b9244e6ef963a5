// The body of an answer that goes on: chunks out, and an eye on whether the client is still there.
// Part of http_session.cpp. RFC 9112 §7.1.
#pragma once

#include "admin/http.h"
#include "net/any_stream.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/chunk_encode.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace isthmus::admin::detail {

class HttpChunks final : public std::enable_shared_from_this<HttpChunks> {
  public:
    /// `stream` keeps its connection alive.
    HttpChunks(std::shared_ptr<net::AnyStream> stream, bool is_chunked)
        : stream_(std::move(stream)), is_chunked_(is_chunked) {}

    /// Reads, to hear of the client's end; who sends anything now is not understood, and ended.
    void start() {
        stream_->expires_never();
        stream_->async_read_some(
            boost::asio::buffer(unread_),
            [self = shared_from_this()](boost::beast::error_code, std::size_t) { self->lose(); });
    }

    bool write(std::string_view text) {
        if (has_ended_ || is_closing_ || waiting() + text.size() > HttpStream::kMostWaiting) {
            return false;
        }
        next_.append(text);
        pump();
        return true;
    }

    std::size_t waiting() const { return next_.size() + sending_.size(); }

    void close(std::string_view last_words) {
        on_gone_ = nullptr;
        if (has_ended_ || std::exchange(is_closing_, true)) {
            return;
        }
        next_.append(last_words);
        pump();
    }

    void on_gone(std::function<void()> call) {
        on_gone_ = std::move(call);
        if (has_ended_) {
            boost::asio::post(stream_->get_executor(),
                              [self = shared_from_this()] { self->tell(); });
        }
    }

  private:
    static constexpr auto kPatience = std::chrono::seconds(15);

    void pump() {
        if (has_ended_ || !sending_.empty()) {
            return;
        }
        if (next_.empty()) {
            return is_closing_ ? write_end() : void();
        }
        sending_.swap(next_);
        const auto done = [self = shared_from_this()](boost::beast::error_code error, std::size_t) {
            self->sent(error);
        };
        // The read that is under way keeps its own, endless time.
        stream_->expires_after(kPatience);
        if (is_chunked_) {
            boost::asio::async_write(
                *stream_, boost::beast::http::make_chunk(boost::asio::buffer(sending_)), done);
        } else {
            boost::asio::async_write(*stream_, boost::asio::buffer(sending_), done);
        }
    }

    void sent(boost::beast::error_code error) {
        sending_.clear();
        error ? lose() : pump();
    }

    void write_end() {
        if (!is_chunked_) {
            return lose();
        }
        sending_ = "0\r\n\r\n";
        stream_->expires_after(kPatience);
        boost::asio::async_write(
            *stream_,
            boost::asio::buffer(sending_),
            [self = shared_from_this()](boost::beast::error_code, std::size_t) { self->lose(); });
    }

    void lose() {
        if (std::exchange(has_ended_, true)) {
            return;
        }
        next_.clear();
        stream_->close();
        tell();
    }

    void tell() {
        if (auto call = std::exchange(on_gone_, nullptr)) {
            call();
        }
    }

    std::shared_ptr<net::AnyStream> stream_;
    bool is_chunked_;
    bool is_closing_ = false;
    bool has_ended_ = false;
    std::string sending_;  ///< empty: nothing is under way
    std::string next_;
    std::array<char, 512> unread_{};
    std::function<void()> on_gone_;
};

/// What the application holds: when it lets go, the chunks end.
class HttpChunksHandle final : public HttpStream {
  public:
    explicit HttpChunksHandle(std::shared_ptr<HttpChunks> chunks) : chunks_(std::move(chunks)) {}

    HttpChunksHandle(const HttpChunksHandle&) = delete;
    HttpChunksHandle& operator=(const HttpChunksHandle&) = delete;
    HttpChunksHandle(HttpChunksHandle&&) = delete;
    HttpChunksHandle& operator=(HttpChunksHandle&&) = delete;

    // NOLINTNEXTLINE(bugprone-exception-escape): without memory for the end there is none
    ~HttpChunksHandle() override { chunks_->close({}); }

    bool write(std::string_view text) override { return chunks_->write(text); }

    std::size_t waiting() const override { return chunks_->waiting(); }

    void close(std::string_view last_words) override { chunks_->close(last_words); }

    void on_gone(std::function<void()> call) override { chunks_->on_gone(std::move(call)); }

  private:
    std::shared_ptr<HttpChunks> chunks_;
};

}  // namespace isthmus::admin::detail
