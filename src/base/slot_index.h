// Finds the numbers of things by a hash of their names, in constant time however many there are:
// open addressing, 8 octets a place, so that a search nearly always ends in the cache line where it
// begins. What the numbers stand for is the owner's.
#pragma once

#include "base/huge_pages.h"
#include "base/prefetch.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace isthmus {

/// The hash must be keyed (base/hash.h) if its input comes from outside.
class SlotIndex {
  public:
    static constexpr std::uint32_t kNone = 0xffffffff;

    static std::uint32_t fold(std::uint64_t hash) {
        return static_cast<std::uint32_t>(hash ^ hash >> 32U);
    }

    /// The first number with that hash for which `is_it` says yes, or kNone.
    template <class Predicate>
    std::uint32_t find(std::uint32_t hash, Predicate&& is_it) const {
        if (places_.empty()) {
            return kNone;
        }
        for (std::size_t at = hash & mask(); places_[at].number != kNone; at = (at + 1) & mask()) {
            if (places_[at].hash == hash && is_it(places_[at].number)) {
                return places_[at].number;
            }
        }
        return kNone;
    }

    /// Brings near what find() will look at.
    void prefetch(std::uint32_t hash) const {
        if (!places_.empty()) {
            isthmus::prefetch(places_[hash & mask()]);
        }
    }

    void insert(std::uint32_t hash, std::uint32_t number) {
        reserve(size_ + 1);
        put({hash, number});
        ++size_;
    }

    /// It must be there. Closes the gap, so that no search ends too early and no tombstones gather.
    void erase(std::uint32_t hash, std::uint32_t number) {
        std::size_t gap = hash & mask();
        while (places_[gap].number != number) {
            gap = (gap + 1) & mask();
        }
        for (std::size_t at = (gap + 1) & mask(); places_[at].number != kNone;
             at = (at + 1) & mask()) {
            const std::size_t home = places_[at].hash & mask();
            if (((at - home) & mask()) >= ((at - gap) & mask())) {
                places_[gap] = places_[at];
                gap = at;
            }
        }
        places_[gap] = {};
        --size_;
    }

    /// Room for so many without a pause for growing.
    void reserve(std::size_t size) {
        std::size_t places = places_.empty() ? kSmallest : places_.size();
        while (size * 4 > places * 3) {
            places *= 2;
        }
        if (places != places_.size()) {
            grow(places);
        }
    }

    std::size_t size() const { return size_; }

  private:
    static constexpr std::size_t kSmallest = 16;

    struct Place {
        std::uint32_t hash = 0;
        std::uint32_t number = kNone;
    };

    using Places = std::vector<Place, HugePageAllocator<Place>>;

    std::size_t mask() const { return places_.size() - 1; }

    void put(const Place& place) {
        std::size_t at = place.hash & mask();
        while (places_[at].number != kNone) {
            at = (at + 1) & mask();
        }
        places_[at] = place;
    }

    void grow(std::size_t places) {
        Places old(places);
        old.swap(places_);
        for (const Place& place : old) {
            if (place.number != kNone) {
                put(place);
            }
        }
    }

    Places places_;
    std::size_t size_ = 0;
};

}  // namespace isthmus
