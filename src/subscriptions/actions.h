// What the machines of the two directions share: a short list of actions, and the delay before the
// next attempt.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace isthmus::subscriptions {

/// At most five actions, in the order in which they are to be done.
template <class Do>
class Actions {
  public:
    struct Item {
        Do what{};
        std::uint32_t value = 0;  ///< seconds or a status, for the actions that say so

        bool operator==(const Item&) const = default;
    };

    Actions() = default;

    Actions(std::initializer_list<Item> items) {
        for (const Item& item : items) {
            add(item.what, item.value);
        }
    }

    Actions& add(Do what, std::uint32_t value = 0) {
        items_[size_++] = {what, value};
        return *this;
    }

    Actions& add_if(bool condition, Do what, std::uint32_t value = 0) {
        return condition ? add(what, value) : *this;
    }

    const Item* begin() const { return items_.data(); }

    const Item* end() const { return items_.data() + size_; }

    std::size_t size() const { return size_; }

    bool operator==(const Actions& other) const {
        return size_ == other.size_ && items_ == other.items_;
    }

  private:
    std::array<Item, 5> items_{};
    std::size_t size_ = 0;
};

inline constexpr std::uint32_t kFirstRetry = 5;
inline constexpr std::uint32_t kLastRetry = 600;

/// Seconds before the next attempt after so many failures in a row; the caller adds the jitter.
constexpr std::uint32_t backoff(unsigned failures) {
    std::uint32_t delay = kFirstRetry;
    while (failures-- != 0 && delay < kLastRetry) {
        delay *= 2;
    }
    return delay < kLastRetry ? delay : kLastRetry;
}

}  // namespace isthmus::subscriptions
