// How far the move from the old XMPP gateway has come: all users first, then one partner after the
// other, then the old gateway goes. Control thread only.
#pragma once

#include "policy/policy.h"
#include "store/config_store.h"

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

/// What a finding stands in the way of.
enum class Before : std::uint8_t {
    CutOver,    ///< no partner may be enabled here yet
    SwitchOff,  ///< the old gateway must keep running
};

struct Finding {
    static constexpr std::size_t kMostObjects = 100;

    struct Object {
        std::string name;
        std::string note;  ///< may be empty
    };

    std::string_view id;  ///< "users-not-moved"
    Before before = Before::CutOver;
    std::string sentence;
    std::string command;          ///< to run next
    std::uint64_t total = 0;      ///< objects that it concerns; 0 if it concerns none in particular
    std::vector<Object> objects;  ///< the first of them
};

struct Readiness {
    std::uint64_t users = 0;          ///< entered
    std::uint64_t not_moved = 0;      ///< enabled, and still homed on the old system
    std::uint64_t may_talk_xmpp = 0;  ///< enabled, with a policy that says yes
    std::size_t partners = 0;
    std::size_t served_here = 0;    ///< enabled partners
    std::vector<Finding> findings;  ///< in the order in which to deal with them

    bool has(Before before) const;
    /// "not-ready": something is before the cut-over; "ready": partners may be cut over; "done":
    /// the old gateway may go.
    std::string_view verdict() const;
};

/// What the database is asked for.
struct UserFacts {
    std::vector<store::UserGroup> groups;
    std::vector<policy::User> not_moved;  ///< enabled ones, the first Finding::kMostObjects
};

UserFacts read_user_facts(const store::ConfigStore& store);
Readiness judge_readiness(const policy::Policy& policy, const UserFacts& users);
boost::json::object to_json(const Readiness& readiness);

}  // namespace isthmus::control
