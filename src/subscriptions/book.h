// All pairs of a SIP user and an XMPP user, found by both names in constant time, however many
// there are: a keyed open-addressing index over a slab whose handles tell reuse. 8 octets a slot of
// the index, no allocation a pair but its texts.
#pragma once

#include "base/hash.h"
#include "base/slot_index.h"
#include "base/stable_array.h"
#include "subscriptions/compact_text.h"

#include <cstddef>
#include <cstdint>
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

        /// Once the entry has arrived.
        void prefetch_names() const { names_.prefetch(); }

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
        const std::uint32_t found =
            index_.find(hash_of(user, contact_local, contact_domain), [&](std::uint32_t number) {
                const Entry& entry = cells_[number];
                return entry.user() == user &&
                       is_contact(entry.contact(), contact_local, contact_domain);
            });
        return found == SlotIndex::kNone ? 0 : handle_of(found);
    }

    /// For who fetches pairs from memory before they are needed: each step asks for what the next
    /// one reads, so it is worth while for several pairs at once.
    std::uint32_t hash_of(std::string_view user,
                          std::string_view local,
                          std::string_view domain) const {
        return SlotIndex::fold(hash_.add(hash_.add(hash_.add(hash_.seed(), user), local), domain));
    }

    void prefetch_index(std::uint32_t hash) const { index_.prefetch(hash); }

    /// Null if there is none. It must not be read before it has arrived. Its names are not
    /// compared, which would be reading.
    const Entry* prefetch_entry(std::uint32_t hash) const {
        const std::uint32_t found =
            index_.find(hash, [](std::uint32_t /*number*/) { return true; });
        if (found == SlotIndex::kNone) {
            return nullptr;
        }
        isthmus::prefetch(cells_[found]);
        return &cells_[found];
    }

    /// The same, if the handle is known.
    void prefetch_entry(PairHandle handle) const {
        const auto at = static_cast<std::uint32_t>(handle);
        if (at < cells_.size()) {
            isthmus::prefetch(cells_[at]);
        }
    }

    /// There must be no such pair.
    PairHandle make(std::string_view user,
                    std::string_view contact_local,
                    std::string_view contact_domain) {
        const std::uint32_t at = take_cell();
        Entry& entry = cells_[at];
        scratch_.assign(user).append(contact_local);
        if (!contact_local.empty()) {
            scratch_.push_back('@');
        }
        scratch_.append(contact_domain);
        entry.names_.assign(scratch_);
        entry.user_size_ = static_cast<std::uint16_t>(user.size());
        entry.hash_ = hash_of(user, contact_local, contact_domain);
        entry.in_use_ = true;
        index_.insert(entry.hash_, at);
        return handle_of(at);
    }

    /// Null if the handle is stale.
    Entry* get(PairHandle handle) {
        const auto at = static_cast<std::uint32_t>(handle);
        if (at >= cells_.size()) {
            return nullptr;
        }
        Entry& entry = cells_[at];
        return entry.in_use_ && (handle >> 32U & kGenerations) == entry.generation_ ? &entry
                                                                                    : nullptr;
    }

    const Entry* get(PairHandle handle) const { return const_cast<Book*>(this)->get(handle); }

    void erase(PairHandle handle) {
        const auto at = static_cast<std::uint32_t>(handle);
        Entry& entry = cells_[at];
        index_.erase(entry.hash_, at);
        entry.value = T{};
        entry.names_.clear();
        entry.in_use_ = false;
        entry.generation_ = entry.generation_ == kGenerations ? 1 : entry.generation_ + 1;
        free_.push_back(at);
    }

    /// For walks in slices: the first pair at or behind `place`, which moves behind it; 0 at the
    /// end. Pairs that are made meanwhile may be met or not.
    PairHandle next(std::uint32_t& place) const {
        while (place < cells_.size()) {
            const std::uint32_t at = place++;
            if (cells_[at].in_use_) {
                return handle_of(at);
            }
        }
        return 0;
    }

    /// Room for so many without a pause for growing.
    void reserve(std::size_t pairs) { index_.reserve(pairs); }

    std::size_t size() const { return index_.size(); }

  private:
    static constexpr std::uint64_t kGenerations = 0xffffffU;

    static bool is_contact(std::string_view kept, std::string_view local, std::string_view domain) {
        if (local.empty()) {
            return kept == domain;
        }
        return kept.size() == local.size() + 1 + domain.size() && kept.starts_with(local) &&
               kept[local.size()] == '@' && kept.ends_with(domain);
    }

    PairHandle handle_of(std::uint32_t at) const {
        return std::uint64_t{cells_[at].generation_} << 32U | at;
    }

    std::uint32_t take_cell() {
        if (!free_.empty()) {
            const std::uint32_t at = free_.back();
            free_.pop_back();
            return at;
        }
        return cells_.add();
    }

    KeyedHash hash_;
    SlotIndex index_;
    StableArray<Entry> cells_;
    std::vector<std::uint32_t> free_;
    std::string scratch_;
};

}  // namespace isthmus::subscriptions
