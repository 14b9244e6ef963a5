// A text that is kept a million times: one pointer, one allocation of just its size.
#pragma once

#include "base/prefetch.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace isthmus::subscriptions {

class CompactText {
  public:
    CompactText() = default;

    explicit CompactText(std::string_view text) { assign(text); }

    std::string_view view() const {
        if (data_ == nullptr) {
            return {};
        }
        return {data_.get() + sizeof(Head), head().size()};
    }

    /// Brings near what is probably all of it; its size is not known before.
    void prefetch() const {
        constexpr std::size_t kLikely = 96;
        isthmus::prefetch(data_.get(), data_ == nullptr ? 0 : kLikely);
    }

    bool empty() const { return data_ == nullptr; }

    /// `text` may be part of what is kept now; of more than 16 MiB nothing is kept.
    void assign(std::string_view text) {
        if (text.empty() || text.size() > kMaxSize) {
            data_.reset();
            return;
        }
        const Head before = head();
        if (text.size() <= before.room() && before.room() - text.size() < kSpare) {
            put({text.size(), before.steps()}, text);
            return;
        }
        const std::size_t steps = (sizeof(Head) + text.size() + kStep - 1) / kStep;
        const std::size_t octets = steps <= kMaxSteps ? steps * kStep : sizeof(Head) + text.size();
        // Not make_unique: nobody needs it cleared first. The one before goes last: `text` may be
        // of it.
        const std::unique_ptr<char[]> kept =
            std::exchange(data_, std::unique_ptr<char[]>(new char[octets]));
        put({text.size(), steps <= kMaxSteps ? steps : 0}, text);
    }

    void clear() { data_.reset(); }

  private:
    static constexpr std::size_t kMaxSize = (1U << 24U) - 1;
    static constexpr std::size_t kStep = 16;  // what allocators round to
    static constexpr std::size_t kMaxSteps = 255;
    /// A text so much shorter than its room stays there: what comes and goes, as a status does,
    /// needs no allocation.
    static constexpr std::size_t kSpare = 64;

    class Head {
      public:
        Head() = default;

        /// `steps`: all octets, the head's too, at most kMaxSteps; 0: just enough.
        Head(std::size_t size, std::size_t steps)
            : octets_(static_cast<std::uint32_t>(steps << 24U | size)) {}

        std::size_t size() const { return octets_ & kMaxSize; }

        std::size_t steps() const { return octets_ >> 24U; }

        std::size_t room() const { return steps() == 0 ? size() : steps() * kStep - sizeof(Head); }

      private:
        std::uint32_t octets_ = 0;
    };

    Head head() const {
        Head found;
        if (data_ != nullptr) {
            std::memcpy(&found, data_.get(), sizeof found);
        }
        return found;
    }

    void put(Head head, std::string_view text) {
        std::memmove(data_.get() + sizeof head, text.data(), text.size());
        std::memcpy(data_.get(), &head, sizeof head);
    }

    std::unique_ptr<char[]> data_;
};

}  // namespace isthmus::subscriptions
