// All pairs of a SIP user and an XMPP user, found by both names in constant time, however many
// there are: a keyed open-addressing index over a slab whose handles tell reuse. 8 octets a slot of
// the index, no allocation a pair but its texts.
#pragma once

#include "base/hash.h"
#include "subscriptions/compact_text.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::subscriptions {

/// 0 is none. Only the low 56 bits are used. Stale handles are told from live ones.
using PairHandle = std::uint64_t;

/// T is what is kept of a pair besides its names; it comes fresh and dies with the pair.
template <class T>
class Book {
  public:
    struct Entry {
        T value{};

        std::string_view user() const { return names_.view().substr(0, user_size_); }

        std::string_view contact() const { return names_.view().substr(user_size_); }

      private:
        friend class Book;
        CompactText names_;
        std::uint32_t hash_ = 0;
        std::uint32_t generation_ = 1;  // 24 bits
        std::uint16_t user_size_ = 0;
        bool in_use_ = false;
    };

    /// 0 if it is not there. `user` as compared, `contact` a bare JID in two parts.
    PairHandle find(std::string_view user,
                    std::string_view contact_local,
                    std::string_view contact_domain) const {
        if (index_.empty()) {
            return 0;
        }
        const std::uint32_t hash = hash_of(user, contact_local, contact_domain);
        for (std::size_t at = hash & mask(); index_[at].entry != 0; at = (at + 1) & mask()) {
            if (index_[at].hash == hash) {
                const Entry& entry = cell(index_[at].entry - 1);
                if (entry.user() == user &&
                    is_contact(entry.contact(), contact_local, contact_domain)) {
                    return handle_of(index_[at].entry - 1);
                }
            }
        }
        return 0;
    }

    /// There must be no such pair.
    PairHandle make(std::string_view user,
                    std::string_view contact_local,
                    std::string_view contact_domain) {
        if ((size_ + 1) * 4 > index_.size() * 3) {
            grow(index_.empty() ? 16 : index_.size() * 2);
        }
        const std::uint32_t at = take_cell();
        Entry& entry = cell(at);
        scratch_.assign(user).append(contact_local);
        if (!contact_local.empty()) {
            scratch_.push_back('@');
        }
        scratch_.append(contact_domain);
        entry.names_.assign(scratch_);
        entry.user_size_ = static_cast<std::uint16_t>(user.size());
        entry.hash_ = hash_of(user, contact_local, contact_domain);
        entry.in_use_ = true;
        put(entry.hash_, at + 1);
        ++size_;
        return handle_of(at);
    }

    /// Null if the handle is stale.
    Entry* get(PairHandle handle) {
        const auto at = static_cast<std::uint32_t>(handle);
        if (at >= cells_) {
            return nullptr;
        }
        Entry& entry = cell(at);
        return entry.in_use_ && (handle >> 32U & kGenerations) == entry.generation_ ? &entry
                                                                                    : nullptr;
    }

    const Entry* get(PairHandle handle) const { return const_cast<Book*>(this)->get(handle); }

    void erase(PairHandle handle) {
        const auto at = static_cast<std::uint32_t>(handle);
        Entry& entry = cell(at);
        remove_slot(slot_of(entry.hash_, at + 1));
        entry.value = T{};
        entry.names_.clear();
        entry.in_use_ = false;
        entry.generation_ = entry.generation_ == kGenerations ? 1 : entry.generation_ + 1;
        free_.push_back(at);
        --size_;
    }

    /// For walks in slices: the first pair at or behind `place`, which moves behind it; 0 at the
    /// end. Pairs that are made meanwhile may be met or not.
    PairHandle next(std::uint32_t& place) const {
        while (place < cells_) {
            const std::uint32_t at = place++;
            if (cell(at).in_use_) {
                return handle_of(at);
            }
        }
        return 0;
    }

    /// Room for so many without a pause for growing.
    void reserve(std::size_t pairs) {
        std::size_t slots = 16;
        while (pairs * 4 > slots * 3) {
            slots *= 2;
        }
        if (slots > index_.size()) {
            grow(slots);
        }
    }

    std::size_t size() const { return size_; }

  private:
    static constexpr std::uint64_t kGenerations = 0xffffffU;
    static constexpr std::uint32_t kChunk = 1024;

    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t entry = 0;  // its cell + 1; 0: free
    };

    std::uint32_t hash_of(std::string_view user,
                          std::string_view local,
                          std::string_view domain) const {
        const std::uint64_t hash =
            hash_.add(hash_.add(hash_.add(hash_.seed(), user), local), domain);
        return static_cast<std::uint32_t>(hash ^ hash >> 32U);
    }

    static bool is_contact(std::string_view kept, std::string_view local, std::string_view domain) {
        if (local.empty()) {
            return kept == domain;
        }
        return kept.size() == local.size() + 1 + domain.size() && kept.starts_with(local) &&
               kept[local.size()] == '@' && kept.ends_with(domain);
    }

    Entry& cell(std::uint32_t at) { return chunks_[at / kChunk][at % kChunk]; }

    const Entry& cell(std::uint32_t at) const { return chunks_[at / kChunk][at % kChunk]; }

    PairHandle handle_of(std::uint32_t at) const {
        return std::uint64_t{cell(at).generation_} << 32U | at;
    }

    std::size_t mask() const { return index_.size() - 1; }

    std::uint32_t take_cell() {
        if (!free_.empty()) {
            const std::uint32_t at = free_.back();
            free_.pop_back();
            return at;
        }
        if (cells_ % kChunk == 0) {
            chunks_.push_back(std::make_unique<Entry[]>(kChunk));
        }
        return cells_++;
    }

    void put(std::uint32_t hash, std::uint32_t entry) {
        std::size_t at = hash & mask();
        while (index_[at].entry != 0) {
            at = (at + 1) & mask();
        }
        index_[at] = {hash, entry};
    }

    std::size_t slot_of(std::uint32_t hash, std::uint32_t entry) const {
        std::size_t at = hash & mask();
        while (index_[at].entry != entry) {
            at = (at + 1) & mask();
        }
        return at;
    }

    /// Closes the gap, so that no search ends too early and no tombstones gather.
    void remove_slot(std::size_t gap) {
        for (std::size_t at = (gap + 1) & mask(); index_[at].entry != 0; at = (at + 1) & mask()) {
            const std::size_t home = index_[at].hash & mask();
            if (((at - home) & mask()) >= ((at - gap) & mask())) {
                index_[gap] = index_[at];
                gap = at;
            }
        }
        index_[gap] = {};
    }

    void grow(std::size_t slots) {
        std::vector<Slot> old(slots);
        old.swap(index_);
        for (const Slot& slot : old) {
            if (slot.entry != 0) {
                put(slot.hash, slot.entry);
            }
        }
    }

    KeyedHash hash_;
    std::vector<Slot> index_;
    std::vector<std::unique_ptr<Entry[]>> chunks_;
    std::vector<std::uint32_t> free_;
    std::uint32_t cells_ = 0;
    std::size_t size_ = 0;
    std::string scratch_;
};

}  // namespace isthmus::subscriptions
