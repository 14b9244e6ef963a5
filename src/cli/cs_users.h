// Finding users by the forms of -Identity that the original takes.
#pragma once

#include "cli/cs_actions.h"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace isthmus::cli::cs {

ItemPtr user_item(const boost::json::object& user);
std::string user_text(const boost::json::object& user, const char* name);

/// SIP address, user principal name, DOMAIN\logon, distinguished name, display name; with a
/// wildcard any number, else one. Throws Fault if there is none, or more than one without a
/// wildcard.
std::vector<boost::json::object> find_users(Call& call, const std::string& identity);

/// Those of -Identity, or of what came down the pipeline. Faults of single ones are reported.
std::vector<boost::json::object> users_of(Call& call);

}  // namespace isthmus::cli::cs
