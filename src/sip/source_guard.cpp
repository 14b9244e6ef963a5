#include "sip/source_guard.h"

#include <algorithm>

namespace isthmus::sip {

namespace {

constexpr std::size_t kSlots = 4096;
constexpr Duration kRemembered = std::chrono::seconds(60);

/// What one owner of an address can be assumed to hold.
std::string_view network_part(const net::IpAddress& address) {
    return address.is_v4() ? address.octets() : address.octets().substr(0, 8);
}

}  // namespace

SourceGuard::SourceGuard(Timers& timers, double per_second, double burst)
    : timers_(timers),
      per_second_(per_second),
      burst_(burst),
      known_(kSlots),
      allowances_(kSlots) {}

int SourceGuard::identify(const Origin& origin, RequestHandler& handler) {
    const std::uint64_t hash = hash_.add(origin.remote.port, origin.remote.address.octets());
    Known& known = known_[hash % kSlots];
    if (timers_.now() >= known.until || known.remote != origin.remote ||
        known.local != origin.local) {
        known = {
            origin.remote, origin.local, handler.identify(origin), timers_.now() + kRemembered};
    }
    return known.peer;
}

bool SourceGuard::admit_stranger(const net::IpAddress& address) {
    const std::uint64_t hash = hash_(network_part(address));
    Allowance& allowance = allowances_[hash % kSlots];
    const TimePoint now = timers_.now();
    if (allowance.address != hash) {
        // Whoever collides starts with what the other left: a flood from many addresses must not
        // refill its own slots. An idle slot has filled up anyhow.
        const bool is_unused = allowance.filled == TimePoint{};
        allowance.address = hash;
        if (is_unused) {
            allowance.left = burst_;
            allowance.filled = now;
        }
    }
    const std::chrono::duration<double> passed = now - allowance.filled;
    allowance.left = std::min(burst_, allowance.left + passed.count() * per_second_);
    allowance.filled = now;
    if (allowance.left < 1) {
        return false;
    }
    allowance.left -= 1;
    return true;
}

}  // namespace isthmus::sip
