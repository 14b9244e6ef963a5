// One connection that carries an XML stream: octets through the parser to the owner's machine, the
// STARTTLS and restart turns in between, the deadline of a stanza, the orderly end. RFC 6120 §4-§5.
#pragma once

#include "base/clock.h"
#include "net/wire.h"
#include "xml/parser.h"
#include "xmpp/server.h"
#include "xmpp/stream.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace isthmus::xmpp {

/// So many refused or ignored elements end a stream: each is a line in the log.
constexpr int kMaxNotes = 16;

/// The parser's own limits, with so many octets an element.
xml::Limits limits_of(std::size_t octets);

/// Base of incoming, outgoing and component connections. Nothing is called any more once end() has
/// run; whoever owns the object then drops it, through a Graveyard if that may be inside a call.
class StreamConnection : private net::StreamHandler, private xml::StreamSink {
  public:
    StreamConnection(Timers& timers, xml::Limits limits, Duration stanza_deadline);
    ~StreamConnection() override = default;
    StreamConnection(const StreamConnection&) = delete;
    StreamConnection& operator=(const StreamConnection&) = delete;
    StreamConnection(StreamConnection&&) = delete;
    StreamConnection& operator=(StreamConnection&&) = delete;

    /// Null until a connection is there.
    net::ByteStream* stream() const { return stream_.get(); }

    bool has_ended() const { return has_ended_; }

    /// Nothing more is taken from the peer.
    bool is_finishing() const { return is_finishing_; }

    /// When octets came in last, or when the connection was made.
    TimePoint last_heard() const { return last_heard_; }

    /// Both sides have ended the stream, we first.
    bool was_end_answered() const { return was_end_answered_; }

  protected:
    // The peer's side of the stream.
    virtual void handle_header(const StreamHeader& header) = 0;
    virtual void handle_element(const xml::Element& element) = 0;

    /// It comes by handle_element() soon, if nothing ends the stream before.
    virtual void handle_element_ahead(const xml::Element& element) { (void)element; }

    virtual void handle_end() = 0;
    /// Not XML, too large, too slow or a flood: nothing more is read. `code`: for the log.
    virtual void handle_fault(StreamCondition condition,
                              std::string_view code,
                              std::string_view detail) = 0;

    // The wire.
    virtual void handle_written(std::uint64_t total) = 0;

    virtual void handle_secured() {}

    /// The connection is gone; stream() is still there. end() has run.
    virtual void handle_closed(const Error& reason) = 0;

    /// Asked before that: true if the owner has set_aside() the stream and goes on with another.
    virtual bool goes_on_without(const Error& /*reason*/) { return false; }

    /// The answers to want_tls(), once the element just read is known to be the last of the input.
    virtual void handle_tls_turn(bool has_octets_behind) { (void)has_octets_behind; }

    void adopt(std::unique_ptr<net::ByteStream> stream);
    /// From inside goes_on_without(): stream() is null until the next adopt().
    void set_aside();
    /// From inside handle_element: stop reading, then handle_tls_turn().
    void want_tls();
    /// From handle_tls_turn(), or at once on a direct TLS connection.
    void start_tls(std::shared_ptr<const net::TlsContext> context, net::TlsOptions options);
    /// From inside handle_element: a new header follows.
    void want_restart();
    /// From inside handle_element: nothing more is taken for so long; the peer's kernel notices.
    void want_rest(Duration rest);

    /// From inside handle_header: nothing more is taken until go_on().
    void want_pause();
    void go_on();

    void set_limits(xml::Limits limits) { parser_.set_limits(limits); }

    /// Sends what is left and closes; handle_closed() follows, at the latest when the peer has let
    /// five seconds pass.
    void finish();
    /// Our end tag is written: reads on until the peer's comes, then finishes (RFC 6120 §4.4).
    void finish_when_answered();
    /// Silence from now on.
    void end();

    /// Octets both ways and the certificate, as far as there is a connection.
    void describe_stream(LinkStatus& status) const;

    Arena& arena() { return parser_.arena(); }

    Buffer& output() { return stream_->output(); }

    void flush() { stream_->flush(); }

  private:
    std::size_t on_octets(std::string_view unread) final;
    void on_written(std::uint64_t total) final;
    void on_secured() final;
    void on_closed(const Error& reason) final;
    void on_stream_open(const xml::Element& root, std::string_view default_ns) final;
    void on_element(const xml::Element& element) final;

    void on_element_ahead(const xml::Element& element) final { handle_element_ahead(element); }

    void on_stream_close() final;
    bool take_turn(bool has_octets_behind);
    bool may_be_idle(std::size_t octets);
    void watch_stanza(bool has_moved_on);
    void on_deadline();

    enum class Turn : std::uint8_t { None, Tls, Restart, Rest };

    Timers& timers_;
    xml::StreamParser parser_;
    Duration stanza_deadline_;
    Timer deadline_;
    Timer rest_;
    std::unique_ptr<net::ByteStream> stream_;
    std::unique_ptr<net::ByteStream> set_aside_;  ///< it may be on the stack
    Turn turn_ = Turn::None;
    TimePoint last_heard_{};
    TimePoint idle_since_{};  ///< when idle_allowance_ was last reckoned
    std::uint64_t octets_in_ = 0;
    std::size_t idle_allowance_ = 0;  ///< octets of white space that may still come
    bool is_finishing_ = false;
    bool awaits_end_ = false;
    bool was_end_answered_ = false;
    bool has_ended_ = false;
    bool has_moved_on_ = false;  ///< a header or an element was completed in this read
};

/// Drops connections after the call they have ended in; those that still say goodbye are kept until
/// they have.
class Graveyard {
  public:
    explicit Graveyard(Timers& timers) : timer_(timers, [this] { sweep(); }) {}

    void bury(std::unique_ptr<StreamConnection> connection) {
        buried_.push_back(std::move(connection));
        timer_.arm({});
    }

    std::size_t size() const { return buried_.size(); }

  private:
    void sweep();

    std::vector<std::unique_ptr<StreamConnection>> buried_;
    Timer timer_;
};

}  // namespace isthmus::xmpp
