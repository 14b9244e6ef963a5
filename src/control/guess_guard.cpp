#include "control/guess_guard.h"

#include "base/digest.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

namespace isthmus::control {

std::int64_t GuessGuard::locked_for(std::string_view key, std::int64_t now) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? 0
                                   : std::max<std::int64_t>(0, found->second.locked_until - now);
}

bool GuessGuard::fail(std::string_view key, std::int64_t now) {
    auto found = entries_.find(key);
    if (found != entries_.end() &&
        now - std::max(found->second.last, found->second.locked_until) > limits_.forget_after) {
        erase(found);
        found = entries_.end();
    }
    if (found == entries_.end()) {
        if (entries_.size() >= limits_.most_keys) {
            erase(entries_.find(by_age_.front()));
        }
        found = entries_.emplace(std::string(key), Entry{}).first;
        found->second.place = by_age_.insert(by_age_.end(), found->first);
    }
    Entry& entry = found->second;
    by_age_.splice(by_age_.end(), by_age_, entry.place);
    entry.last = now;
    const int over = ++entry.failures - limits_.free_failures;
    if (over <= 0) {
        return false;
    }
    constexpr int kMostDoublings = 20;
    const std::int64_t lock = limits_.first_lock << std::min(over - 1, kMostDoublings);
    entry.locked_until = now + std::min(lock, limits_.most_lock);
    entry.is_told = false;
    return true;
}

void GuessGuard::take_back(std::string_view key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
        return;
    }
    found->second.locked_until = 0;
    if (--found->second.failures <= 0) {
        erase(found);
    }
}

void GuessGuard::forget(std::string_view key) {
    if (const auto found = entries_.find(key); found != entries_.end()) {
        erase(found);
    }
}

bool GuessGuard::is_first_try_while_locked(std::string_view key) {
    const auto found = entries_.find(key);
    return found != entries_.end() && !std::exchange(found->second.is_told, true);
}

void GuessGuard::erase(Entries::iterator entry) {
    by_age_.erase(entry->second.place);
    entries_.erase(entry);
}

std::string address_key(std::string_view address) {
    std::array<unsigned char, 16> octets{};
    std::string text(address);
    if (inet_pton(AF_INET6, text.c_str(), octets.data()) != 1) {
        return text;
    }
    return "net " + digest::to_hex({reinterpret_cast<const char*>(octets.data()), 8});
}

}  // namespace isthmus::control
