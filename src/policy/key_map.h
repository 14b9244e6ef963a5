// A read-mostly map from text keys to small numbers for millions of users. A slot is one cache line
// and holds the key itself up to 48 octets, so a probe is one miss, and none if it was prefetched;
// longer keys lie in one block.
#pragma once

#include "base/hash.h"
#include "base/huge_pages.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::policy {

class KeyMap {
  public:
    void reserve(std::size_t keys);
    /// False if the key is there already (its value stays).
    bool insert(std::string_view key, std::uint32_t value);
    /// Inserts, or replaces the value.
    void set(std::string_view key, std::uint32_t value);
    /// The key may come in parts ("alice", "@", "contoso.example"); they are never joined.
    std::optional<std::uint32_t> find(std::string_view a,
                                      std::string_view b = {},
                                      std::string_view c = {}) const;

    /// Fetches what find() will look at, while the caller does something else.
    void prefetch(std::string_view a, std::string_view b = {}, std::string_view c = {}) const {
        if (!slots_.empty()) {
            __builtin_prefetch(&slots_[hash(a, b, c) & (slots_.size() - 1)]);
        }
    }

    std::size_t size() const { return size_; }

    /// visit(key, value) for all, in no order.
    template <class Visit>
    void for_each(Visit visit) const {
        for (const Slot& slot : slots_) {
            if (slot.tag != 0) {
                visit(key_of(slot), slot.value);
            }
        }
    }

  private:
    static constexpr std::size_t kInline = 48;

    struct alignas(64) Slot {
        std::uint32_t tag = 0;  ///< upper half of the hash, never 0 if used
        std::uint32_t length = 0;
        std::uint32_t value = 0;
        std::uint32_t long_key = 0;  ///< index in long_keys_, for keys that do not fit
        std::array<char, kInline> text{};
    };

    std::string_view key_of(const Slot& slot) const {
        return slot.length <= kInline ? std::string_view(slot.text.data(), slot.length)
                                      : std::string_view(long_keys_[slot.long_key]);
    }

    std::uint64_t hash(std::string_view a, std::string_view b, std::string_view c) const;
    void grow(std::size_t slots);
    std::size_t free_slot(std::uint64_t hash) const;
    /// Its place, or slots_.size() if it is not there.
    std::size_t place_of(std::string_view a, std::string_view b, std::string_view c) const;

    KeyedHash hash_;
    std::vector<std::string> long_keys_;
    using Slots = std::vector<Slot, HugePageAllocator<Slot>>;

    Slots slots_;
    std::size_t size_ = 0;
};

}  // namespace isthmus::policy
