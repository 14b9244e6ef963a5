// The sending end of one link: what all of its stanzas go through, whether the link is a stream to
// a partner's server or the component stream. Traffic thread; the hot path out.
#pragma once

#include "base/clock.h"
#include "net/wire.h"
#include "xmpp/environment.h"
#include "xmpp/journal.h"
#include "xmpp/outbox.h"
#include "xmpp/server.h"
#include "xmpp/stream_management.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace isthmus::xmpp {

class Link {
  public:
    explicit Link(Environment& environment);
    virtual ~Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    Link(Link&&) = delete;
    Link& operator=(Link&&) = delete;

    /// `write(Buffer&)` serialises one stanza. Null: accepted, an outcome follows. Otherwise the
    /// reason for the refusal; it stays valid until the next call. The reserve is a quarter of each
    /// limit.
    template <class Write>
    const Error* send(Kind kind,
                      std::uint64_t cookie,
                      const Write& write,
                      bool may_use_reserve = false) {
        const TimePoint now = environment_.timers.now();
        Tap& tap = *environment_.config.tap;
        if (up_ != nullptr) {
            Buffer& out = up_->output();
            const std::size_t limit = environment_.config.max_output_octets;
            const std::size_t held = out.size() + outbox_.kept_octets();
            if (held > limit && (!may_use_reserve || held > limit + limit / 4)) {
                return be_full(now);
            }
            const std::size_t before = out.size();
            write(out);
            if (tap.is_on()) [[unlikely]] {
                show(tap, out, before);
            }
            outbox_.sent_up_to(up_->appended(), out.view().substr(before), cookie, now);
            last_used_ = now;
            if (outbox_.awaits_acks() && (cookie != 0 || keeps_much())) {
                ask_for_ack();
            }
            up_->flush();
        } else {
            if (const Error* refusal = may_wait(may_use_reserve)) {
                return refusal;
            }
            const std::size_t before = outbox_.waiting_octets();
            write(outbox_.waiting_output());
            if (tap.is_on()) [[unlikely]] {
                show(tap, outbox_.waiting_output(), before);
            }
            outbox_.keep(cookie, now);
            on_waiting();
        }
        counters_.count(kind);
        ++sent_;
        if (!patience_.is_armed()) {
            patience_.arm(environment_.config.queue_patience);
        }
        return nullptr;
    }

    virtual LinkStatus status() const = 0;
    /// In order, from our side. False: there is no connection.
    virtual bool close_stream() = 0;

    /// Of this run; never given twice.
    std::uint64_t number() const { return number_; }

    bool is_up() const { return up_ != nullptr; }

    std::size_t pending() const { return outbox_.waiting() + outbox_.in_output(); }

  protected:
    /// Something waits: connect, unless that is under way.
    virtual void on_waiting() = 0;
    /// Null, or why nothing can wait for this link now.
    virtual const Error* refusal() = 0;
    /// The peer has not taken what was sent for as long as our patience lasts.
    virtual void on_stalled(const Error& why) = 0;
    /// It was full and is not any more.
    virtual void on_drained() = 0;
    /// What to tell those whose patience has ended.
    virtual std::string last_trouble() const = 0;

    void come_up(net::ByteStream& stream);
    /// The same, with acknowledgements (XEP-0198); a stream that goes on where another ended has
    /// had its answer to <resume/>.
    void come_up_with_acks(net::ByteStream& stream, bool may_resume);
    void come_up_resumed(net::ByteStream& stream);
    /// The stream is up, and the peer counts from here on.
    void count_from_here();

    /// What the peer says about acknowledgements. False: it counts more than it was sent.
    bool on_management(const management::Element& element);

    void on_written(std::uint64_t total);

    /// From now on stanzas wait; those in the output may still be written.
    void stop_sending() { up_ = nullptr; }

    /// When the last stanza went into the stream, or when it came up.
    TimePoint last_used() const { return last_used_; }

    void set_counters(StanzaCounters counters) { counters_ = counters; }

    Environment& environment() { return environment_; }

    const Environment& environment() const { return environment_; }

    Outbox& outbox() { return outbox_; }

    const Outbox& outbox() const { return outbox_; }

    void fill(LinkStatus& status) const;

  private:
    /// What is behind the first `before` octets.
    void show(Tap& tap, const Buffer& buffer, std::size_t before) const;
    void be_up(net::ByteStream& stream);

    /// Nobody waits for the outcome of what is kept, but it takes room.
    bool keeps_much() const { return outbox_.kept_octets() > 64UL * 1024; }

    /// One question at a time: the next goes out with the answer, for all that has come since.
    void ask_for_ack();
    const Error* may_wait(bool may_use_reserve);
    const Error* be_full(TimePoint now);
    void on_patience();

    Environment& environment_;
    Outbox outbox_;
    net::ByteStream* up_ = nullptr;
    bool has_asked_for_ack_ = false;
    StanzaCounters counters_;
    TimePoint last_used_{};
    std::uint64_t number_;
    std::uint64_t sent_ = 0;  ///< stanzas, on this stream or waiting for the next
    Timer patience_;
    TimePoint full_since_ = TimePoint::max();  ///< and some stanza was refused
    Error output_full_;
    Error queue_full_;
};

}  // namespace isthmus::xmpp
