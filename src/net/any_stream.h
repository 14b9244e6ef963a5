// A connection whose kind is known at run time only. Beast and Asio are templates over the type of
// the stream: what is written against this one (HTTP, in admin/ and cli/) is compiled once, not
// anew for clear text, TLS and sockets of the file system.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace isthmus::net {

/// AsyncStream as Asio understands it, with the time limits of beast::basic_stream. All calls and
/// all completions are on the executor's thread.
class AnyStream {
  public:
    using executor_type = boost::asio::any_io_executor;
    using Done = std::function<void(boost::system::error_code, std::size_t)>;

    AnyStream() = default;
    AnyStream(const AnyStream&) = delete;
    AnyStream& operator=(const AnyStream&) = delete;
    AnyStream(AnyStream&&) = delete;
    AnyStream& operator=(AnyStream&&) = delete;
    virtual ~AnyStream() = default;

    virtual executor_type get_executor() = 0;
    virtual bool is_secure() const = 0;
    /// For operations that begin from now on; then they fail with beast::error::timeout.
    virtual void expires_after(std::chrono::steady_clock::duration patience) = 0;
    virtual void expires_never() = 0;
    virtual void close() = 0;
    /// TLS as the server, and its orderly end. Without TLS both are done before they return.
    virtual void handshake(std::function<void(boost::system::error_code)> done) = 0;
    virtual void shut_down(std::function<void()> done) = 0;
    /// Nothing more is sent, below TLS as well.
    virtual void end_sending() = 0;
    /// Octets as they come, below TLS as well.
    virtual void read_raw(boost::asio::mutable_buffer into, Done done) = 0;

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        boost::asio::mutable_buffer into;
        const auto end = boost::asio::buffer_sequence_end(buffers);
        for (auto at = boost::asio::buffer_sequence_begin(buffers); into.size() == 0 && at != end;
             ++at) {
            into = *at;
        }
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [this, into](auto handler) { read_some(into, shared(std::move(handler))); }, token);
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        Gathered from;
        const auto end = boost::asio::buffer_sequence_end(buffers);
        for (auto at = boost::asio::buffer_sequence_begin(buffers);
             from.count < from.items.size() && at != end;
             ++at) {
            const boost::asio::const_buffer one = *at;
            from.items[from.count] = one;
            from.count += one.size() == 0 ? 0U : 1U;
        }
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [this, from](auto handler) { write_some(from, shared(std::move(handler))); }, token);
    }

  protected:
    /// The first buffers of any sequence; what has no place is for the next call.
    struct Gathered {
        using value_type = boost::asio::const_buffer;
        using const_iterator = const value_type*;

        const_iterator begin() const { return items.data(); }

        const_iterator end() const { return items.data() + count; }

        std::array<value_type, 8> items;
        std::size_t count = 0;
    };

    virtual void read_some(boost::asio::mutable_buffer into, Done done) = 0;
    virtual void write_some(const Gathered& from, Done done) = 0;

  private:
    /// Handlers of composed operations can be moved but not copied.
    template <class Handler>
    static Done shared(Handler handler) {
        return [kept = std::make_shared<Handler>(std::move(handler))](
                   boost::system::error_code error, std::size_t size) {
            std::move (*kept)(error, size);
        };
    }
};

/// One of Beast's streams: a basic_stream, or TLS over one.
template <class Stream>
class StreamOf final : public AnyStream {
  public:
    template <class... Arguments>
    explicit StreamOf(Arguments&&... arguments) : stream_(std::forward<Arguments>(arguments)...) {}

    Stream& stream() { return stream_; }

    executor_type get_executor() override { return stream_.get_executor(); }

    bool is_secure() const override { return kIsSecure; }

    void expires_after(std::chrono::steady_clock::duration patience) override {
        lowest().expires_after(patience);
    }

    void expires_never() override { lowest().expires_never(); }

    void close() override { lowest().close(); }

    void handshake(std::function<void(boost::system::error_code)> done) override {
        if constexpr (kIsSecure) {
            stream_.async_handshake(boost::asio::ssl::stream_base::server, std::move(done));
        } else {
            done({});
        }
    }

    void shut_down(std::function<void()> done) override {
        if constexpr (kIsSecure) {
            stream_.async_shutdown([done = std::move(done)](boost::system::error_code) { done(); });
        } else {
            done();
        }
    }

    void end_sending() override {
        boost::system::error_code ignored;
        lowest().socket().shutdown(boost::asio::socket_base::shutdown_send, ignored);
    }

    void read_raw(boost::asio::mutable_buffer into, Done done) override {
        lowest().async_read_some(into, std::move(done));
    }

  private:
    static constexpr bool kIsSecure =
        requires(Stream& stream) { stream.async_shutdown([](boost::system::error_code) {}); };

    auto& lowest() { return boost::beast::get_lowest_layer(stream_); }

    void read_some(boost::asio::mutable_buffer into, Done done) override {
        stream_.async_read_some(into, std::move(done));
    }

    void write_some(const Gathered& from, Done done) override {
        stream_.async_write_some(from, std::move(done));
    }

    Stream stream_;
};

}  // namespace isthmus::net
