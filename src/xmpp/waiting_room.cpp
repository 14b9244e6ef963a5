#include "xmpp/waiting_room.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace isthmus::xmpp {

namespace {

/// An IPv6 user has a whole /64 of addresses.
net::IpAddress prefix_of(const net::IpAddress& address) {
    if (address.is_v4()) {
        return address;
    }
    std::array<std::uint8_t, 16> prefix{};
    const std::string_view octets = address.octets();
    std::copy_n(octets.begin(), 8, prefix.begin());
    return net::IpAddress::v6(prefix);
}

}  // namespace

bool WaitingRoom::has_place_for(const net::IpAddress& address) const {
    const auto found = by_prefix_.find(prefix_of(address));
    return found == by_prefix_.end() ||
           found->second->waiting.size() + found->second->ending < limit_of_one_;
}

WaitingRoom::Networks& WaitingRoom::level(std::size_t number) {
    if (levels_.size() <= number) {
        levels_.resize(number + 1);
    }
    return levels_[number];
}

/// To the end of those that have as many waiting now.
void WaitingRoom::move(Networks::iterator network, std::size_t from) {
    Networks& to = level(network->waiting.size());
    to.splice(to.end(), levels_[from], network);
}

void WaitingRoom::enter(Guest& guest, const net::IpAddress& address) {
    const net::IpAddress prefix = prefix_of(address);
    auto found = by_prefix_.find(prefix);
    if (found == by_prefix_.end()) {
        Networks& nobody = level(0);
        nobody.push_back({prefix, {}, 0});
        found = by_prefix_.emplace(prefix, std::prev(nobody.end())).first;
    }
    const Networks::iterator network = found->second;
    network->waiting.push_back(&guest);
    places_[&guest] = {network, std::prev(network->waiting.end()), true};
    move(network, network->waiting.size() - 1);
    ++size_;
}

WaitingRoom::Guest* WaitingRoom::first_to_go() const {
    for (std::size_t number = levels_.size(); number-- > 1;) {
        if (!levels_[number].empty()) {
            return levels_[number].front().waiting.front();
        }
    }
    return nullptr;
}

void WaitingRoom::stop_waiting(Place& place) {
    if (!place.is_waiting) {
        return;
    }
    place.is_waiting = false;
    place.network->waiting.erase(place.position);
    ++place.network->ending;
    move(place.network, place.network->waiting.size() + 1);
    --size_;
}

void WaitingRoom::stop_waiting(Guest& guest) {
    if (const auto found = places_.find(&guest); found != places_.end()) {
        stop_waiting(found->second);
    }
}

void WaitingRoom::leave(Guest& guest) {
    const auto found = places_.find(&guest);
    if (found == places_.end()) {
        return;
    }
    stop_waiting(found->second);
    const Networks::iterator network = found->second.network;
    places_.erase(found);
    if (--network->ending == 0 && network->waiting.empty()) {
        by_prefix_.erase(network->prefix);
        levels_[0].erase(network);
    }
}

}  // namespace isthmus::xmpp
