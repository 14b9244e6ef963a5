#include "net/tls_sessions.h"

#include <algorithm>
#include <utility>

namespace isthmus::net {

void TlsSessions::keep(const std::string& key, const std::string& owner, KeptSession session) {
    const std::lock_guard lock(mutex_);
    if (given_up_.contains(key)) {
        return;
    }
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
        erase(found->second);
    }
    make_room(owner);
    entries_.push_back({key, owner, std::move(session)});
    by_key_.emplace(key, std::prev(entries_.end()));
    ++held_by_[owner];
}

void TlsSessions::make_room(const std::string& owner) {
    const auto held = held_by_.find(owner);
    if (held != held_by_.end() && held->second >= kLimitOfOne) {
        erase(std::ranges::find(entries_, owner, &Entry::owner));
    } else if (entries_.size() >= kLimit) {
        erase(entries_.begin());
    }
}

void TlsSessions::erase(Entries::iterator entry) {
    const auto held = held_by_.find(entry->owner);
    if (--held->second == 0) {
        held_by_.erase(held);
    }
    by_key_.erase(entry->key);
    entries_.erase(entry);
}

std::optional<KeptSession> TlsSessions::find(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) {
        return std::nullopt;
    }
    const KeptSession& kept = found->second->kept;
    SSL_SESSION_up_ref(kept.session.get());
    return KeptSession{SessionPointer(kept.session.get()), kept.times, kept.peer, kept.good_until};
}

std::optional<KeptSession> TlsSessions::take(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) {
        return std::nullopt;
    }
    std::optional<KeptSession> taken(std::move(found->second->kept));
    erase(found->second);
    return taken;
}

void TlsSessions::give_up(const std::string& key) {
    const std::lock_guard lock(mutex_);
    if (given_up_.size() < kLimit) {
        given_up_.insert(key);
    }
}

std::size_t TlsSessions::size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

}  // namespace isthmus::net
