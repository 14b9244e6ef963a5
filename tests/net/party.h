// One end of a real connection under test: records what it hears.
#pragma once

#include "base/metrics.h"
#include "net/event_loop.h"
#include "net/network.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace isthmus::net {

class Party final : public StreamHandler {
  public:
    void take(std::unique_ptr<ByteStream> made) {
        stream = std::move(made);
        stream->set_handler(this);
    }

    void say(std::string_view text) const {
        stream->output().append(text);
        stream->flush();
    }

    std::size_t on_octets(std::string_view unread) override {
        ++calls;
        if (consume) {
            return consume(unread);
        }
        heard += unread;
        return unread.size();
    }

    void on_written(std::uint64_t total) override {
        written = total;
        if (when_written) {
            when_written();
        }
    }

    void on_secured() override {
        secured = true;
        if (when_secured) {
            when_secured();
        }
    }

    void on_closed(const Error& reason) override {
        closed = reason;
        if (when_closed) {
            when_closed();
        }
    }

    std::unique_ptr<ByteStream> stream;
    std::string heard;
    int calls = 0;
    std::uint64_t written = 0;
    bool secured = false;
    std::optional<Error> closed;
    std::function<std::size_t(std::string_view)> consume;
    std::function<void()> when_written;
    std::function<void()> when_secured;
    std::function<void()> when_closed;
};

inline Endpoint at(std::string_view text) {
    return Endpoint::parse(text).value();
}

/// A loop, a network and two parties that can be connected over loopback.
class RealWire {
  public:
    /// A connected pair: client and server.
    void connect(std::string_view address = "127.0.0.1:0") {
        acceptor = network
                       .listen(at(address),
                               [this](std::unique_ptr<ByteStream> accepted) {
                                   server.take(std::move(accepted));
                               })
                       .value();
        const auto pending =
            network.connect({acceptor->local()}, std::chrono::seconds(10), [this](auto result) {
                client.take(std::move(result).value());
            });
        loop.run_until([this] { return client.stream && server.stream; });
    }

    /// The server takes an octet and rests, again and again, while the client has said all and
    /// left.
    void rest_after_each_octet() {
        server.consume = [this](std::string_view unread) {
            server.heard += unread.substr(0, 1);
            server.stream->pause_reading(true);
            return std::size_t{1};
        };
        client.say("abcd");
        client.stream->shut_down();
        for (const char* heard : {"a", "ab", "abc"}) {
            EXPECT_TRUE(loop.run_until([&] { return server.heard == heard; }));
            loop.run_once(std::chrono::milliseconds(5));
            EXPECT_FALSE(server.closed.has_value());
            server.stream->pause_reading(false);
        }
        EXPECT_TRUE(loop.run_until([&] { return server.closed.has_value(); }));
        EXPECT_EQ(server.heard, "abcd");
    }

    EventLoop loop;
    metrics::Registry metrics;
    SystemNetwork network{loop, metrics};
    std::unique_ptr<Acceptor> acceptor;
    Party client;
    Party server;
};

}  // namespace isthmus::net
