// One SIP connection, TCP or TLS, whoever opened it: framing, deadlines and limits. What is read
// goes up to its handler; what is to be sent is appended to output(). RFC 3261 §18, RFC 5923.
#pragma once

#include "base/clock.h"
#include "net/wire.h"
#include "sip/framer.h"
#include "sip/headers.h"
#include "sip/user_agent.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::sip {

class Connection;

class ConnectionHandler {
  public:
    virtual ~ConnectionHandler() = default;
    /// Ready for messages: connected, and secured where it has to be.
    virtual void on_open(Connection& connection) = 0;
    /// A message, or what is left of the stream if it cannot be followed (frame.kind Fault). Views
    /// die on return.
    virtual void on_frame(Connection& connection, const Frame& frame) = 0;
    /// That message comes by on_frame() soon, unless the connection closes before.
    virtual void on_frame_ahead(const Frame& frame) = 0;
    /// Its last call. The object must live until the handler returns to the loop.
    virtual void on_closed(Connection& connection, const Error& reason) = 0;
};

/// A link in the list of those who have to know when their connection is gone.
class ConnectionUser {
  public:
    ConnectionUser() = default;
    ConnectionUser(const ConnectionUser&) = delete;
    ConnectionUser& operator=(const ConnectionUser&) = delete;
    ConnectionUser(ConnectionUser&&) = delete;
    ConnectionUser& operator=(ConnectionUser&&) = delete;

    virtual ~ConnectionUser() { detach(); }

    void attach(Connection& connection);
    void detach();

    /// Null: none, or it is gone.
    Connection* connection() const { return connection_; }

  private:
    friend class Connection;

    /// Something is still to come on the connection, so that it is not idle.
    virtual bool is_expecting() const { return true; }

    /// Already detached when called.
    virtual void on_connection_lost(const Error& reason) = 0;

    Connection* connection_ = nullptr;
    ConnectionUser* next_user_ = nullptr;
    ConnectionUser** user_link_ = nullptr;  // the pointer that points at us
};

/// Whoever wanted the connection: the first to use it.
class ConnectionOpener : public ConnectionUser {
  public:
    /// It is ready. An error: the peer is not who it has to be, and the connection is closed.
    virtual std::optional<Error> on_connection_open(Connection& connection) = 0;

  private:
    bool is_expecting() const override { return false; }
};

struct ConnectionLimits {
    std::size_t message_octets = 65536;
    Duration handshake = std::chrono::seconds(10);
    Duration message = std::chrono::seconds(20);  ///< from its first to its last octet
    Duration idle = std::chrono::minutes(10);
    Duration idle_stranger = std::chrono::minutes(1);  ///< peer not known
    /// Of one on which somebody has signed in: he is reached by it for as long as he is bound, and
    /// not every client sends keep-alives.
    Duration idle_device = std::chrono::hours(2);
    Duration ping =
        std::chrono::seconds(110);             ///< RFC 5626 §4.4.1: 95 to 120 s, where we connected
    Duration pong = std::chrono::seconds(10);  ///< of peers that have answered one before
    std::size_t output_pause = std::size_t{4} << 20U;  ///< no more requests are read beyond
    std::size_t output_full = std::size_t{16} << 20U;  ///< no more requests are sent beyond
};

class Connection final : public net::StreamHandler {
  public:
    enum class Side : std::uint8_t { Accepted, Opened };
    enum class State : std::uint8_t { Handshake, Open, Closing, Closed };

    Connection(std::unique_ptr<net::ByteStream> stream,
               Transport transport,
               Side side,
               const ConnectionLimits& limits,
               Timers& timers,
               ConnectionHandler& handler);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    Connection(Connection&&) = delete;
    Connection& operator=(Connection&&) = delete;
    ~Connection() override;

    /// Starts working, TLS first if that is its transport. An opener hears of it from here on.
    void start(std::shared_ptr<const net::TlsContext> context,
               net::TlsOptions options,
               ConnectionOpener* opener = nullptr);

    /// Append one whole message here, then call flush().
    Buffer& output() { return stream_->output(); }

    void flush();

    /// The reader at the other end is too far behind.
    bool is_full() const { return stream_->output().size() > limits_.output_full; }

    /// Somebody expects something of it.
    bool is_in_use() const;

    bool is_open() const { return state_ == State::Open; }

    /// on_open() has been called.
    bool was_open() const { return was_open_; }

    /// When the last whole message came, or it was opened.
    TimePoint last_message() const { return last_message_; }

    /// Sends what is there, closes in order; nothing is read any more.
    void shut_down();
    /// At once. on_closed follows from inside this call.
    void abort(const Error& reason);

    const Origin& origin() const { return origin_; }

    void set_peer(int peer) { origin_.peer = peer; }

    /// RFC 5923 §8.1: the port at which the peer says it is reached by this connection as well, as
    /// its first request on it had it; 0: it has not said so.
    std::uint16_t alias_port() const { return alias_port_; }

    /// To be called with each request; looks at the first one only.
    void note_alias(const Via& via);

    void set_flow(std::uint64_t flow) { origin_.flow = flow; }

    /// It counts against what strangers of its address may open.
    bool counts_as_stranger() const { return counts_as_stranger_; }

    void set_counts_as_stranger(bool counts) { counts_as_stranger_ = counts; }

    Side side() const { return side_; }

    /// What goes into the Via of our requests on this connection.
    const std::string& sent_by() const { return sent_by_; }

    void set_sent_by(std::string sent_by) { sent_by_ = std::move(sent_by); }

    std::size_t on_octets(std::string_view unread) override;
    void on_written(std::uint64_t total) override;
    void on_secured() override;
    void on_closed(const Error& reason) override;

  private:
    friend class ConnectionUser;

    void take(const Frame& frame);
    void open();
    void close(const Error& reason);
    void watch();
    void on_watch();
    TimePoint deadline() const;

    bool sends_pings() const { return side_ == Side::Opened && state_ == State::Open; }

    TimePoint ping_due() const;
    /// True if the peer, which has answered before, is silent.
    bool keep_alive();

    std::unique_ptr<net::ByteStream> stream_;
    ConnectionHandler& handler_;
    const ConnectionLimits& limits_;
    Timers& timers_;
    Timer watch_;
    TimePoint watch_at_ = TimePoint::max();
    TimePoint last_message_;
    TimePoint message_began_ = TimePoint::max();
    TimePoint last_heard_;
    std::optional<TimePoint> pinged_;  ///< and nothing was heard since
    bool answers_pings_ = false;
    Framer framer_;
    Origin origin_;
    std::string sent_by_;
    ConnectionUser* users_ = nullptr;
    ConnectionOpener* opener_ = nullptr;  // until it is open
    Side side_;
    State state_ = State::Handshake;
    std::uint16_t alias_port_ = 0;
    bool has_looked_for_alias_ = false;
    bool was_open_ = false;
    bool is_paused_ = false;
    bool counts_as_stranger_ = true;
};

}  // namespace isthmus::sip
