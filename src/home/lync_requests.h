// What a Lync client says in the bodies of its SUBSCRIBEs and SERVICEs. [MS-PRES], [MS-SIP]. Pure;
// bounded; what is not understood is left out.
#pragma once

#include "base/arena.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::home {

/// The addresses (contact_address()) that a batchSub names; nothing if it is none.
std::optional<std::vector<std::string>> parse_batch(std::string_view body, Arena& arena);

/// application/SOAP+xml: one call on the contact list.
struct ListCall {
    std::string_view name;  ///< "setContact", "addGroup", ...
    std::string_view ns;
    std::string_view uri;
    std::string_view display_name;  ///< of a contact
    std::string_view groups;        ///< ids with blanks between
    std::string_view group_name;    ///< of a group
    std::string_view group_id;
    bool is_subscribed = true;
};

std::optional<ListCall> parse_list_call(std::string_view body, Arena& arena);

/// application/msrtc-category-publish+xml: what counts of it here.
struct Published {
    std::optional<std::uint16_t> user_state;     ///< chosen by hand
    std::optional<std::uint16_t> machine_state;  ///< of that device
    std::optional<std::string> note;             ///< empty: taken back
};

std::optional<Published> parse_publish(std::string_view body, Arena& arena);

/// application/msrtc-presence-setsubscriber+xml: whom the user has been told of.
std::optional<std::vector<std::string>> parse_acknowledged(std::string_view body, Arena& arena);

/// application/msrtc-setcontainermembers+xml: whom the user blocks (container 32000), or not any
/// more; domains and other kinds of members are left out.
struct Membership {
    std::string address;
    bool is_blocked = false;
    bool is_added = false;
};

std::optional<std::vector<Membership>> parse_memberships(std::string_view body, Arena& arena);

}  // namespace isthmus::home
