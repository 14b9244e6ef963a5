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

/// What a device hears of its own user: the event packages of Lync clients, and for plain SIP
/// clients who watches him (RFC 3857) and his contacts as a resource list (RFC 4662).
enum class DeviceEvent : std::uint8_t {
    Contacts,
    Self,
    Provisioning,
    Presence,
    WatcherInfo,
    ResourceList,
};

/// One SUBSCRIBE dialog of a device; of each kind it has one.
struct DeviceDialog {
    std::uint64_t device = 0;
    DeviceEvent event = DeviceEvent::Contacts;
    sip::Dialog dialog;
    std::vector<std::string> addresses;  ///< Presence: whom it asked for; sorted
    std::vector<std::string> owed;       ///< Presence, ResourceList: news that had to wait
    std::size_t in_flight = 0;           ///< NOTIFYs without answer
    TimePoint expires_at{};
    std::uint32_t version = 0;  ///< of the next document that has one
    bool is_full_owed = false;  ///< ResourceList: the list itself has changed meanwhile
    bool is_over = false;       ///< its final NOTIFY is under way
};

/// Somebody whom our user watches, for all his devices together.
struct Watched {
    std::string address;
    sip::SubscriptionHandle handle = 0;  ///< 0: one of us, or there is none now
    std::uint64_t owner = 0;             ///< its number at the subscriber
    TimePoint retry_at{};                ///< the epoch: not at all
    bool is_pending = false;             ///< she has not said yes
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
    std::map<std::uint64_t, bool> is_lync;         ///< of the same devices
    std::map<std::uint64_t, TimePoint> published;  ///< until when, of those that have (RFC 3903)
    std::vector<std::unique_ptr<DeviceDialog>> dialogs;
    std::vector<Watched> watched;
    std::vector<Watcher> watchers;
};

}  // namespace isthmus::home
