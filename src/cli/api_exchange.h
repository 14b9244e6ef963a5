// One request and its answer, on a context of their own. Part of api_client.cpp, which alone
// includes it.
#pragma once

#include "cli/api_client.h"
#include "net/any_stream.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::cli {

/// Bodies of any size go through in pieces, each of which gets its own time.
struct ApiClient::Exchange {
    static constexpr std::size_t kPiece = 65536;
    static constexpr std::size_t kMostProblem = std::size_t{1} << 20U;

    boost::beast::http::request<boost::beast::http::string_body> request;
    boost::beast::http::response_parser<boost::beast::http::string_body> parser;
    boost::beast::flat_buffer buffer;
    boost::asio::io_context context;
    boost::beast::error_code outcome = boost::asio::error::timed_out;

    Transfer* transfer = nullptr;
    /// Of a body in chunks; false: that is enough.
    std::function<bool(std::string_view)> on_piece = {};
    std::chrono::seconds patience{30};

    void run(net::AnyStream& stream) {
        namespace http = boost::beast::http;
        if (on_piece) {
            return run_in_pieces(stream);
        }
        if (transfer != nullptr) {
            send(stream);
        } else {
            http::async_write(stream, request, [&](boost::beast::error_code, std::size_t) {
                // Who refuses a body says why while it is still being sent.
                http::async_read(
                    stream, buffer, parser, [&](boost::beast::error_code failed, std::size_t) {
                        outcome = failed;
                    });
            });
        }
        context.restart();
        context.run();
    }

    /// Waits for one step of the connection.
    template <class Start>
    boost::beast::error_code wait(Start start) {
        boost::beast::error_code result = boost::asio::error::timed_out;
        start([&result](boost::beast::error_code error, const auto&...) { result = error; });
        context.restart();
        context.run();
        return result;
    }

  private:
    void run_in_pieces(net::AnyStream& stream) {
        namespace http = boost::beast::http;
        outcome = wait([&](auto done) { http::async_write(stream, request, done); });
        auto take = [this](std::uint64_t,
                           boost::beast::string_view piece,
                           boost::beast::error_code& error) {
            error = {};
            is_enough_ = is_enough_ || !on_piece({piece.data(), piece.size()});
            return piece.size();
        };
        parser.on_chunk_body(take);
        parser.eager(true);
        while (!outcome && !is_enough_ && !parser.is_done()) {
            stream.expires_after(patience);
            outcome = wait([&](auto done) { http::async_read_some(stream, buffer, parser, done); });
        }
    }

    void send(net::AnyStream& stream) {
        namespace http = boost::beast::http;
        piece_.resize(kPiece);
        if (transfer->source) {
            request.content_length(transfer->size);
        }
        serializer_.emplace(request);
        stream.expires_after(patience);
        if (!transfer->source) {
            http::async_write(
                stream, *serializer_, [&](boost::beast::error_code, std::size_t) { read(stream); });
            return;
        }
        http::async_write_header(
            stream, *serializer_, [&](boost::beast::error_code error, std::size_t) {
                error ? read(stream) : send_piece(stream);
            });
    }

    void send_piece(net::AnyStream& stream) {
        const std::size_t size = transfer->source(piece_.data(), piece_.size());
        if (size == 0) {
            return read(stream);
        }
        stream.expires_after(patience);
        boost::asio::async_write(stream,
                                 boost::asio::buffer(piece_.data(), size),
                                 [&](boost::beast::error_code error, std::size_t) {
                                     error ? read(stream) : send_piece(stream);
                                 });
    }

    void read(net::AnyStream& stream) {
        answer_.emplace();
        answer_->body_limit(boost::none);
        stream.expires_after(patience);
        boost::beast::http::async_read_header(
            stream, buffer, *answer_, [&](boost::beast::error_code error, std::size_t) {
                if (error) {
                    outcome = error;
                    return;
                }
                // The parts that call() asks for.
                parser.get().result(answer_->get().result());
                for (const auto& field : answer_->get()) {
                    parser.get().insert(field.name_string(), field.value());
                }
                read_piece(stream);
            });
    }

    void read_piece(net::AnyStream& stream) {
        auto& body = answer_->get().body();
        body.data = piece_.data();
        body.size = piece_.size();
        stream.expires_after(patience);
        boost::beast::http::async_read(
            stream, buffer, *answer_, [&](boost::beast::error_code error, std::size_t) {
                if (error && error != boost::beast::http::error::need_buffer) {
                    outcome = error;
                    return;
                }
                take({piece_.data(), piece_.size() - answer_->get().body().size});
                if (answer_->is_done()) {
                    outcome = {};
                } else {
                    read_piece(stream);
                }
            });
    }

    void take(std::string_view octets) {
        if (transfer->sink && answer_->get().result_int() < 300) {
            transfer->sink(octets);
        } else if (parser.get().body().size() + octets.size() <= kMostProblem) {
            parser.get().body() += octets;
        }
    }

    bool is_enough_ = false;
    std::string piece_;
    std::optional<boost::beast::http::request_serializer<boost::beast::http::string_body>>
        serializer_;
    std::optional<boost::beast::http::response_parser<boost::beast::http::buffer_body>> answer_;
};

}  // namespace isthmus::cli
