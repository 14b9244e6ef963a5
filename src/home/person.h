// What the presence agent knows of one user of ours.
#pragma once

#include "base/clock.h"
#include "sip/dialog.h"
#include "sip/subscriber.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "home/contact_list.h"
#include "home/presence_state.h"

namespace isthmus::home {

/// Event packages of a Lync client.
enum class LyncEvent : std::uint8_t { Contacts, Self, Provisioning, Presence };

/// One SUBSCRIBE dialog of a Lync client.
struct LyncDialog {
    std::uint64_t device = 0;
    LyncEvent event = LyncEvent::Contacts;
    sip::Dialog dialog;
    std::vector<std::string> addresses;  ///< Presence: whom it asked for; sorted
    std::vector<std::string> owed;       ///< Presence: of whom there is news that had to wait
    std::size_t in_flight = 0;           ///< NOTIFYs without answer
};

/// Somebody whom our user watches, for all his devices together.
struct Watched {
    std::string address;
    sip::SubscriptionHandle handle = 0;  ///< 0: one of us, or there is none now
    std::uint64_t owner = 0;             ///< its number at the subscriber
    TimePoint retry_at{};                ///< the epoch: not at all
    PresenceState state;
};

/// Somebody who watches our user.
struct Watcher {
    std::uint64_t owner = 0;  ///< its number at the notifier
    std::string address;
    sip::SubscriptionHandle handle = 0;
};

struct Person {
    std::string key;  ///< "alice@contoso.example"
    ContactList list;
    std::optional<std::uint16_t> user_state;  ///< chosen by hand; stays when he signs out
    std::string note;                         ///< likewise
    std::map<std::uint64_t, PresenceState> devices;
    std::map<std::uint64_t, bool> is_lync;  ///< of the same devices
    std::vector<std::unique_ptr<LyncDialog>> dialogs;
    std::vector<Watched> watched;
    std::vector<Watcher> watchers;
};

}  // namespace isthmus::home
