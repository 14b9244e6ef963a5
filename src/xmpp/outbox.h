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
        waiting_.push({base_ + waiting_text_.size(), cookie, now});
    }

    /// A stanza was appended to the stream's output up to `end`.
    void sent_up_to(std::uint64_t end, std::uint64_t cookie, TimePoint now) {
        if (cookie != 0) {
            in_output_.push({end, cookie, now});
        }
    }

    /// Moves all that waits into the output of a stream that has come up.
    void pour_into(net::ByteStream& stream, TimePoint now);
    void on_written(std::uint64_t total);
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
        std::uint64_t end = 0;  ///< position behind its last octet
        std::uint64_t cookie = 0;
        TimePoint since{};
    };

    void fail_first(const Error& why);

    StanzaHandler& handler_;
    Buffer waiting_text_;
    std::uint64_t base_ = 0;  ///< octets that have left waiting_text_
    Ring<Entry> waiting_;
    Ring<Entry> in_output_;
};

}  // namespace isthmus::xmpp
