#include "policy/partner_table.h"

#include <algorithm>
#include <utility>

namespace isthmus::policy {

namespace {

/// Places that nobody has any more, besides as many as there are partners.
constexpr std::size_t kMostGaps = 1024;

template <class Visit>
void for_each_domain(const Partner& partner, Visit visit) {
    visit(partner.domain);
    for (const std::string& domain : partner.additional_domains) {
        visit(domain);
    }
}

}  // namespace

PartnerTable::PartnerTable(std::initializer_list<Partner> partners) {
    for (const Partner& partner : partners) {
        push_back(partner);
    }
}

void PartnerTable::push_back(Partner partner) {
    const std::uint32_t place = places_;
    if (place % kChunk == 0) {
        chunks_.push_back(std::make_shared<const Chunk>());
    }
    ++places_;
    ++size_;
    claim(partner, place);
    put(place, std::make_shared<const Partner>(std::move(partner)));
}

void PartnerTable::replace(std::uint32_t place, Partner partner) {
    release(*at(place), place);
    claim(partner, place);
    put(place, std::make_shared<const Partner>(std::move(partner)));
}

void PartnerTable::erase(std::uint32_t place) {
    release(*at(place), place);
    put(place, nullptr);
    --size_;
}

std::uint32_t PartnerTable::find(std::string_view domain) const {
    if (overlay_.size() != 0) {
        if (const auto found = overlay_.find(domain)) {
            return *found;
        }
    }
    return base_ ? base_->find(domain).value_or(kNone) : kNone;
}

void PartnerTable::put(std::uint32_t place, std::shared_ptr<const Partner> partner) {
    std::shared_ptr<const Chunk>& chunk = chunks_[place / kChunk];
    auto changed = std::make_shared<Chunk>(*chunk);
    (*changed)[place % kChunk] = std::move(partner);
    chunk = std::move(changed);
}

void PartnerTable::claim(const Partner& partner, std::uint32_t place) {
    for_each_domain(partner, [&](const std::string& domain) {
        if (find(domain) == kNone) {
            overlay_.set(domain, place);
        } else {
            contested_.emplace_back(domain, place);
        }
    });
}

void PartnerTable::release(const Partner& partner, std::uint32_t place) {
    for_each_domain(partner, [&](const std::string& domain) { release(domain, place); });
}

void PartnerTable::release(const std::string& domain, std::uint32_t place) {
    const bool holds = find(domain) == place;
    const auto other = std::ranges::find_if(contested_, [&](const auto& claim) {
        return claim.first == domain && (holds || claim.second == place);
    });
    if (holds) {
        overlay_.set(domain, other == contested_.end() ? kNone : other->second);
    }
    if (other != contested_.end()) {
        contested_.erase(other);
    }
}

void PartnerTable::settle() {
    if (places_ > 2 * size_ + kMostGaps) {
        PartnerTable packed;
        for (const Partner& partner : *this) {
            packed.push_back(partner);
        }
        *this = std::move(packed);
    }
    if (overlay_.size() <= kOverlay) {
        return;
    }
    if (!base_) {
        base_ = std::make_shared<const KeyMap>(std::exchange(overlay_, {}));
        return;
    }
    auto merged = std::make_shared<KeyMap>();
    merged->reserve(base_->size() + overlay_.size());
    overlay_.for_each([&](std::string_view domain, std::uint32_t place) {
        if (place != kNone) {
            merged->insert(domain, place);
        }
    });
    base_->for_each([&](std::string_view domain, std::uint32_t place) {
        if (!overlay_.find(domain)) {
            merged->insert(domain, place);
        }
    });
    base_ = std::move(merged);
    overlay_ = {};
}

}  // namespace isthmus::policy
