// How many streams there may be with one partner, and with all of them: the limits of the original
// (ConnectionLimit, PartnerConnectionLimit). Traffic thread.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace isthmus::xmpp {

/// Streams with partners, both directions. A stream counts once it is authenticated, or from the
/// moment that we dial it; who only claims to be a partner takes nothing from it.
class Quotas {
  public:
    /// Null: there is room. Else IST-LIM-010 or IST-LIM-011.
    std::optional<Error> fault(std::string_view partner,
                               std::size_t partner_limit,
                               std::size_t limit) const {
        const auto found = by_partner_.find(partner);
        const std::size_t held = found == by_partner_.end() ? 0 : found->second;
        if (held >= partner_limit) {
            return make_error(ErrorKind::Limit,
                              "IST-LIM-010",
                              "too many streams with this partner",
                              std::to_string(held) + " streams with " + std::string(partner) +
                                  ", the limit is " + std::to_string(partner_limit));
        }
        if (total_ >= limit) {
            return make_error(ErrorKind::Limit,
                              "IST-LIM-011",
                              "too many streams",
                              std::to_string(total_) + " streams with all partners, the limit is " +
                                  std::to_string(limit));
        }
        return std::nullopt;
    }

    void take(std::string_view partner) {
        ++by_partner_[std::string(partner)];
        ++total_;
    }

    void release(std::string_view partner) {
        const auto found = by_partner_.find(partner);
        if (found == by_partner_.end()) {
            return;
        }
        --total_;
        if (--found->second == 0) {
            by_partner_.erase(found);
        }
    }

    std::size_t total() const { return total_; }

  private:
    std::map<std::string, std::size_t, std::less<>> by_partner_;
    std::size_t total_ = 0;
};

/// Holds one place in the quotas until it dies.
class QuotaPlace {
  public:
    QuotaPlace() = default;

    QuotaPlace(Quotas& quotas, std::string partner)
        : quotas_(&quotas), partner_(std::move(partner)) {
        quotas_->take(partner_);
    }

    QuotaPlace(const QuotaPlace&) = delete;
    QuotaPlace& operator=(const QuotaPlace&) = delete;

    QuotaPlace(QuotaPlace&& other) noexcept
        : quotas_(std::exchange(other.quotas_, nullptr)), partner_(std::move(other.partner_)) {}

    QuotaPlace& operator=(QuotaPlace&& other) noexcept {
        if (this != &other) {
            give_back();
            quotas_ = std::exchange(other.quotas_, nullptr);
            partner_ = std::move(other.partner_);
        }
        return *this;
    }

    ~QuotaPlace() { give_back(); }

    void give_back() {
        if (quotas_ != nullptr) {
            std::exchange(quotas_, nullptr)->release(partner_);
        }
    }

  private:
    Quotas* quotas_ = nullptr;
    std::string partner_;
};

}  // namespace isthmus::xmpp
