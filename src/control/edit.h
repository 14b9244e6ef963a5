// What comes with every change: who makes it, on what ground, and how seriously.
#pragma once

#include "base/result.h"
#include "control/author.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

struct Edit {
    Author author;
    std::string reason;    ///< kept with the revision; may be empty
    std::string if_match;  ///< ETag of the object as the author saw it; empty: do not compare
    bool dry_run = false;  ///< validate and answer what would be, change nothing
    bool force = false;    ///< do it although something still uses the object
};

/// A change that is stored (or, with dry_run, would be).
struct Committed {
    std::uint64_t revision = 0;
    bool is_in_force = false;  ///< false: stored, the gateway has not confirmed it in time
    bool is_dry_run = false;
    boost::json::object object{};         ///< as it is now, without secrets; empty after a deletion
    std::vector<std::string> warnings{};  ///< what was accepted, but deserves a look
};

/// A strong ETag of an object: its content says it all. Quoted, as in the header field.
std::string etag_of(const boost::json::object& object);

/// Conflict with IST-API-005: what the author saw is no more.
Error changed_meanwhile(std::string_view object);

}  // namespace isthmus::control
