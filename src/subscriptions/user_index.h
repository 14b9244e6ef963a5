// Which pairs of a Book are one SIP user's: found in constant time, walked one by one, however many
// others there are. Keyed by 32 bits of a hash, so that users may share a chain: who walks it looks
// at the name. 8 octets a pair, and 8 a slot of the table.
#pragma once

#include "base/hash.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

namespace isthmus::subscriptions {

/// Pairs are named by their place, the low 32 bits of their handle.
class UserIndex {
  public:
    static constexpr std::uint32_t kNone = 0xffffffffU;

    /// It must not be in.
    void add(std::uint32_t place, std::string_view user) {
        if ((users_ + 1) * 4 > slots_.size() * 3) {
            grow(slots_.empty() ? 16 : slots_.size() * 2);
        }
        if (links_.size() <= place) {
            links_.resize(std::size_t{place} + 1);
        }
        Slot& slot = slots_[slot_of(hash_of(user))];
        if (slot.first == kNone) {
            slot.hash = hash_of(user);
            ++users_;
        } else {
            links_[slot.first].previous = place;
        }
        links_[place] = {.next = slot.first, .previous = kNone};
        slot.first = place;
    }

    /// It must be in, under that user.
    void remove(std::uint32_t place, std::string_view user) {
        const Link link = links_[place];
        if (link.next != kNone) {
            links_[link.next].previous = link.previous;
        }
        if (link.previous != kNone) {
            links_[link.previous].next = link.next;
            return;
        }
        const std::size_t at = slot_of(hash_of(user));
        slots_[at].first = link.next;
        if (link.next == kNone) {
            remove_slot(at);
            --users_;
        }
    }

    /// The pair of that user that was added last; kNone: there is none. Then next() of each.
    std::uint32_t first(std::string_view user) const {
        return slots_.empty() ? kNone : slots_[slot_of(hash_of(user))].first;
    }

    std::uint32_t next(std::uint32_t place) const { return links_[place].next; }

  private:
    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t first = kNone;  // kNone: free
    };

    struct Link {
        std::uint32_t next = kNone;
        std::uint32_t previous = kNone;
    };

    std::uint32_t hash_of(std::string_view user) const {
        const std::uint64_t hash = hash_(user);
        return static_cast<std::uint32_t>(hash ^ hash >> 32U);
    }

    std::size_t mask() const { return slots_.size() - 1; }

    /// Its own, or the free one where it would be.
    std::size_t slot_of(std::uint32_t hash) const {
        std::size_t at = hash & mask();
        while (slots_[at].first != kNone && slots_[at].hash != hash) {
            at = (at + 1) & mask();
        }
        return at;
    }

    /// Closes the gap, so that no search ends too early and no tombstones gather.
    void remove_slot(std::size_t gap) {
        for (std::size_t at = (gap + 1) & mask(); slots_[at].first != kNone;
             at = (at + 1) & mask()) {
            const std::size_t home = slots_[at].hash & mask();
            if (((at - home) & mask()) >= ((at - gap) & mask())) {
                slots_[gap] = slots_[at];
                gap = at;
            }
        }
        slots_[gap] = {};
    }

    void grow(std::size_t slots) {
        std::vector<Slot> old(slots);
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (slot.first != kNone) {
                slots_[slot_of(slot.hash)] = slot;
            }
        }
    }

    KeyedHash hash_;
    std::vector<Slot> slots_;
    std::deque<Link> links_;  // by place; never moved
    std::size_t users_ = 0;   // of distinct hashes
};

}  // namespace isthmus::subscriptions
