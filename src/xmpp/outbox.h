// Stanzas on their way out of one link: first waiting for a stream, then in a stream's output until
// the kernel has them. Each is serialised once and keeps its place; each has exactly one outcome.
#pragma once

#include "base/buffer.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/wire.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace isthmus::xmpp {

class StanzaHandler;

/// A growing ring; no allocation once it has reached its size.
template <class T>
class Ring {
  public:
    bool empty() const { return size_ == 0; }

    std::size_t size() const { return size_; }

    T& front() { return slots_[head_]; }

    const T& front() const { return slots_[head_]; }

    void push(const T& value) {
        if (size_ == slots_.size()) {
            grow();
        }
        slots_[(head_ + size_) & (slots_.size() - 1)] = value;
        ++size_;
    }

    T pop() {
        T value = slots_[head_];
        head_ = (head_ + 1) & (slots_.size() - 1);
        --size_;
        return value;
    }

  private:
    void grow() {
        std::vector<T> larger(slots_.empty() ? 16 : slots_.size() * 2);
        for (std::size_t i = 0; i < size_; ++i) {
            larger[i] = slots_[(head_ + i) & (slots_.size() - 1)];
        }
        slots_ = std::move(larger);
        head_ = 0;
    }

    std::vector<T> slots_;
    std::size_t head_ = 0;
    std::size_t size_ = 0;
};

class Outbox {
  public:
    explicit Outbox(StanzaHandler& handler) : handler_(handler) {}

    /// Where a stanza to be kept is serialised; keep() must follow.
    Buffer& waiting_output() { return waiting_text_; }

    void keep(std::uint64_t cookie, TimePoint now) {
        waiting_.push({base_ + waiting_text_.size(), 0, cookie, now});
    }

    /// A stanza, `text`, was appended to the stream's output up to `end`.
    void sent_up_to(std::uint64_t end, std::string_view text, std::uint64_t cookie, TimePoint now) {
        ++sent_;
        if (cookie != 0) {
            in_output_.push({end, sent_, cookie, now});
        }
        if (keeps_texts_) {
            kept_text_.append(text);
            kept_.push({sent_, text.size()});
        }
    }

    /// Moves all that waits into the output of a stream that has come up.
    void pour_into(net::ByteStream& stream, TimePoint now);
    void on_written(std::uint64_t total);

    // XEP-0198: with acknowledgements a stanza is sent when the peer says so.

    /// From here on the peer counts what is appended; the texts are kept for a stream that resumes.
    void begin_acks(bool keeps_texts);
    /// The peer has refused to: written is sent again.
    void stop_acks();
    /// The session cannot be resumed, so texts need not be kept.
    void drop_texts();
    /// The peer has handled so many, modulo 2^32. False: more than were sent.
    bool on_acked(std::uint32_t h);
    /// Appends what the peer has not handled to the output of the stream that resumes.
    void send_again(net::ByteStream& stream);

    bool awaits_acks() const { return awaits_acks_; }

    /// Stanzas that the peer has not acknowledged, whether anybody waits for that or not.
    std::uint64_t unacknowledged() const { return awaits_acks_ ? sent_ - acked_ : 0; }

    std::size_t kept_octets() const { return kept_text_.size(); }

    /// The connection is gone: what was appended and not written has failed.
    void fail_output(const Error& why);
    void fail_waiting(const Error& why);
    /// Fails what has waited since before `limit`.
    void expire(TimePoint limit, const Error& why);

    std::size_t waiting() const { return waiting_.size(); }

    std::size_t waiting_octets() const { return waiting_text_.size(); }

    std::size_t in_output() const { return in_output_.size(); }

    /// Of those that wait; there must be one.
    TimePoint oldest_waiting() const { return waiting_.front().since; }

    TimePoint oldest_in_output() const { return in_output_.front().since; }

  private:
    struct Entry {
        std::uint64_t end = 0;     ///< position behind its last octet
        std::uint64_t number = 0;  ///< in the output: its place among all stanzas
        std::uint64_t cookie = 0;
        TimePoint since{};
    };

    struct Kept {
        std::uint64_t number = 0;
        std::size_t octets = 0;
    };

    void fail_first(const Error& why);
    void tell_written();

    StanzaHandler& handler_;
    Buffer waiting_text_;
    std::uint64_t base_ = 0;  ///< octets that have left waiting_text_
    Ring<Entry> waiting_;
    Ring<Entry> in_output_;
    std::uint64_t written_ = 0;
    std::uint64_t sent_ = 0;  ///< stanzas ever appended; from begin_acks() on as the peer counts
    std::uint64_t acked_ = 0;
    Buffer kept_text_;  ///< of those that are not acknowledged
    Ring<Kept> kept_;
    bool awaits_acks_ = false;
    bool keeps_texts_ = false;
};

}  // namespace isthmus::xmpp
