// Objects of the admin API as objects of the shell, and back.
#pragma once

#include "cli/cs_table.h"
#include "cli/cs_value.h"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace isthmus::cli::cs {

/// "redmond" is "Tag:redmond", "site:x" is "Site:x".
std::string policy_identity(std::string_view id);

/// What was changed in an object (of one in memory: all of it) and what the command line gives, by
/// the names of the API.
boost::json::object changes_of(const Item& item, const boost::json::object& given);

}  // namespace isthmus::cli::cs
