#include "home/sign_in.h"

#include "base/text.h"

#include <utility>

namespace isthmus::home {

namespace {

constexpr int kOfAddress = 10;  // times what one account may fail

std::string_view network_of(const net::IpAddress& address) {
    return address.is_v4() ? address.octets() : address.octets().substr(0, 8);
}

}  // namespace

SignIn::SignIn(const std::vector<std::string>& domains, Timers& clock, Random& random)
    : clock_(clock) {
    for (const std::string& domain : domains) {
        realms_.try_emplace(domain, domain, clock, random);
    }
}

void SignIn::set(std::string_view user, std::optional<policy::SipCredentials> credentials) {
    if (credentials) {
        accounts_.insert_or_assign(std::string(user), *std::move(credentials));
    } else {
        accounts_.erase(std::string(user));
    }
}

/// `username` may be the address or its local part; either way it must be the one who asks.
bool SignIn::has(std::string_view user, const policy::SipCredentials& credentials) const {
    const auto found = accounts_.find(std::string(user));
    return found != accounts_.end() && found->second == credentials;
}

std::vector<std::string> SignIn::users() const {
    std::vector<std::string> made;
    made.reserve(accounts_.size());
    for (const auto& [user, credentials] : accounts_) {
        made.push_back(user);
    }
    return made;
}

std::optional<std::string> SignIn::ha1(std::string_view username,
                                       std::string_view realm,
                                       sip::DigestAlgorithm algorithm) {
    const auto found = accounts_.find(std::string(asked_));
    const std::string_view local = asked_.substr(0, asked_.rfind('@'));
    const bool by_address = username.find('@') != std::string_view::npos;
    if (found == accounts_.end() || asked_.substr(local.size() + 1) != realm ||
        username != (by_address ? asked_ : local)) {
        return std::nullopt;
    }
    const policy::SipCredentials& one = found->second;
    const bool is_md5 = algorithm == sip::DigestAlgorithm::Md5;
    return by_address ? (is_md5 ? one.md5_by_address : one.sha256_by_address)
                      : (is_md5 ? one.md5_by_local : one.sha256_by_local);
}

SignIn::Verdict SignIn::check(const sip::Request& request,
                              const sip::Origin& origin,
                              std::string_view user,
                              std::string_view domain) {
    const auto realm = realms_.find(domain);
    auto value = request.header(sip::HeaderId::Authorization);
    if (!value) {
        value = request.header(sip::HeaderId::ProxyAuthorization);
    }
    if (realm == realms_.end() || !value || !text::istarts_with(*value, "digest")) {
        return Verdict::None;
    }
    const std::uint64_t address = hash_(network_of(origin.remote.address));
    const std::uint64_t account = hash_.add(address, user);
    if (is_locked(account) || is_locked(address)) {
        return Verdict::Locked;
    }
    asked_ = user;
    const sip::DigestCheck checked =
        realm->second.check(*value, request.method_text, request.uri.text, *this);
    asked_ = {};
    switch (checked.verdict) {
        case sip::DigestVerdict::Good:
            failures_.erase(account);
            return Verdict::Good;
        case sip::DigestVerdict::Stale:
            return Verdict::Stale;
        case sip::DigestVerdict::Failed:
            break;
    }
    count_failure(account, kFreeFailures);
    count_failure(address, kFreeFailures * kOfAddress);
    return Verdict::Wrong;
}

bool SignIn::is_locked(std::uint64_t key) const {
    const auto found = failures_.find(key);
    return found != failures_.end() && clock_.now() < found->second.locked_until;
}

void SignIn::count_failure(std::uint64_t key, int allowed) {
    const TimePoint now = clock_.now();
    if (failures_.size() >= kMostKeys) {
        // Whoever fills the table frees nobody who is locked.
        std::erase_if(failures_, [now](const auto& one) {
            return now >= one.second.locked_until && now - one.second.last > kForgotten;
        });
        if (failures_.size() >= kMostKeys) {
            std::erase_if(failures_,
                          [now](const auto& one) { return now >= one.second.locked_until; });
        }
    }
    Failures& failures = failures_[key];
    if (now - failures.last > kForgotten) {
        failures.count = 0;
    }
    failures.last = now;
    if (++failures.count >= allowed) {
        failures.count = 0;
        failures.locked_until = now + kLock;
    }
}

std::vector<std::string> SignIn::challenges(std::string_view domain, bool is_stale, bool only_md5) {
    const auto realm = realms_.find(domain);
    return realm == realms_.end() ? std::vector<std::string>()
                                  : realm->second.challenges(is_stale, only_md5);
}

}  // namespace isthmus::home
