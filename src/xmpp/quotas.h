// How many streams there may be: with one partner, with all of them, and of callers who have not
// proved anything yet. The limits of the original (ConnectionLimit, PartnerConnectionLimit) and
// abuse case A21. Traffic thread.
#pragma once

#include "base/result.h"
#include "net/address.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
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

/// How many connections of one address have not authenticated.
class Strangers {
  public:
    explicit Strangers(std::size_t limit) : limit_(limit) {}

    bool admit(const net::IpAddress& address) {
        std::size_t& count = counts_[network_of(address)];
        if (count >= limit_) {
            return false;
        }
        ++count;
        return true;
    }

    void release(const net::IpAddress& address) {
        const auto found = counts_.find(network_of(address));
        if (found != counts_.end() && --found->second == 0) {
            counts_.erase(found);
        }
    }

  private:
    /// An IPv6 user has a whole /64 of addresses.
    static net::IpAddress network_of(const net::IpAddress& address) {
        if (address.is_v4()) {
            return address;
        }
        std::array<std::uint8_t, 16> prefix{};
        const std::string_view octets = address.octets();
        std::copy_n(octets.begin(), 8, prefix.begin());
        return net::IpAddress::v6(prefix);
    }

    std::size_t limit_;
    std::map<net::IpAddress, std::size_t> counts_;
};

}  // namespace isthmus::xmpp
