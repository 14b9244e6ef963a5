// The partners and who holds which domain, for a hundred thousand of them. A copy shares with its
// original all that neither changes afterwards, so what a change costs does not depend on how many
// partners there are.
#pragma once

#include "policy/key_map.h"
#include "policy/partner.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::policy {

class PartnerTable {
  public:
    /// No place.
    static constexpr std::uint32_t kNone = 0xffffffffU;

    using value_type = Partner;

    PartnerTable() = default;
    PartnerTable(std::initializer_list<Partner> partners);

    /// The place of a partner is his as long as he is there, in this table and in those that come
    /// of it, until settle() closes the gaps.
    void push_back(Partner partner);
    /// At a place that somebody has.
    void replace(std::uint32_t place, Partner partner);
    void erase(std::uint32_t place);

    /// The place of the partner that holds a domain, primary or additional; kNone if none does.
    std::uint32_t find(std::string_view domain) const;

    /// Null if the place is nobody's.
    const Partner* at(std::uint32_t place) const {
        return place < places_ ? (*chunks_[place / kChunk])[place % kChunk].get() : nullptr;
    }

    /// A domain that two partners claim; null if there is none.
    const std::string* contested() const {
        return contested_.empty() ? nullptr : &contested_.front().first;
    }

    std::size_t size() const { return size_; }

    bool empty() const { return size_ == 0; }

    /// One more than the greatest place there may be.
    std::uint32_t places() const { return places_; }

    /// Before it is shared: what many changes left behind is put in order.
    void settle();

    class Iterator {
      public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = Partner;
        using difference_type = std::ptrdiff_t;
        using pointer = const Partner*;
        using reference = const Partner&;

        Iterator() = default;

        Iterator(const PartnerTable* table, std::uint32_t place) : table_(table), place_(place) {
            skip_gaps();
        }

        reference operator*() const { return *table_->at(place_); }

        pointer operator->() const { return table_->at(place_); }

        Iterator& operator++() {
            ++place_;
            skip_gaps();
            return *this;
        }

        Iterator operator++(int) {
            Iterator before = *this;
            ++*this;
            return before;
        }

        bool operator==(const Iterator&) const = default;

        std::uint32_t place() const { return place_; }

      private:
        void skip_gaps() {
            while (place_ < table_->places_ && table_->at(place_) == nullptr) {
                ++place_;
            }
        }

        const PartnerTable* table_ = nullptr;
        std::uint32_t place_ = 0;
    };

    Iterator begin() const { return {this, 0}; }

    Iterator end() const { return {this, places_}; }

  private:
    static constexpr std::size_t kChunk = 64;
    static constexpr std::size_t kOverlay = 1024;

    using Chunk = std::array<std::shared_ptr<const Partner>, kChunk>;

    void put(std::uint32_t place, std::shared_ptr<const Partner> partner);
    void claim(const Partner& partner, std::uint32_t place);
    void release(const Partner& partner, std::uint32_t place);
    void release(const std::string& domain, std::uint32_t place);

    std::vector<std::shared_ptr<const Chunk>> chunks_;
    std::uint32_t places_ = 0;
    std::size_t size_ = 0;
    std::shared_ptr<const KeyMap> base_;
    KeyMap overlay_;  ///< beats the base; kNone: nobody holds it any more
    std::vector<std::pair<std::string, std::uint32_t>> contested_;
};

}  // namespace isthmus::policy
