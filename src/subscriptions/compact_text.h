// A text that is kept a million times: one pointer, one allocation of just its size.
#pragma once

#include "base/prefetch.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace isthmus::subscriptions {

class CompactText {
  public:
    CompactText() = default;

    explicit CompactText(std::string_view text) { assign(text); }

    std::string_view view() const {
        if (data_ == nullptr) {
            return {};
        }
        std::uint32_t size = 0;
        std::memcpy(&size, data_.get(), sizeof size);
        return {data_.get() + sizeof size, size};
    }

    /// Brings near what is probably all of it; its size is not known before.
    void prefetch() const {
        constexpr std::size_t kLikely = 96;
        isthmus::prefetch(data_.get(), data_ == nullptr ? 0 : kLikely);
    }

    bool empty() const { return data_ == nullptr; }

    /// `text` may be part of what is kept now.
    void assign(std::string_view text) {
        if (text.empty()) {
            data_.reset();
            return;
        }
        const auto size = static_cast<std::uint32_t>(text.size());
        if (const std::size_t before = view().size(); size <= before && before - size < kSpare) {
            std::memmove(data_.get() + sizeof size, text.data(), text.size());
            std::memcpy(data_.get(), &size, sizeof size);
            return;
        }
        // Not make_unique: nobody needs it cleared first.
        std::unique_ptr<char[]> made(new char[sizeof size + text.size()]);
        std::memcpy(made.get(), &size, sizeof size);
        std::memcpy(made.get() + sizeof size, text.data(), text.size());
        data_ = std::move(made);
    }

    void clear() { data_.reset(); }

  private:
    /// A text so little shorter than the one before takes its place; the allocator rounds, too.
    static constexpr std::size_t kSpare = 16;

    std::unique_ptr<char[]> data_;
};

}  // namespace isthmus::subscriptions
