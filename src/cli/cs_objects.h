// Objects of the admin API as objects of the shell, and back.
#pragma once

#include "cli/cs_actions.h"
#include "cli/cs_table.h"
#include "cli/cs_value.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace isthmus::cli::cs {

bool is_single(const Kind& kind);
bool is_policy(const Kind& kind);
std::string target_of(const Kind& kind, std::string_view id);
std::string missing_sentence(const Kind& kind, std::string_view id);
/// Both kinds of domains, and of providers, are in one list of the API.
bool is_of_kind(const Kind& kind, const boost::json::object& object);
[[noreturn]] void fail_not_global(const Kind& kind, std::string_view id);

/// What the command line sets, by the names of the API.
boost::json::object given_properties(const Bound& given);
std::vector<std::string> texts_of(const boost::json::value* value);
/// @{Add=..;Remove=..} on a list as it is now. What is there already and what is not there to be
/// removed is a warning, as nothing is lost.
boost::json::array modified(Call& call, const Table& change, std::vector<std::string> now);
/// Makes the object; a New- cmdlet puts it out.
void create(Call& call, const std::string& id, boost::json::object body);
/// The objects that a Set-, Enable-, Disable- or Remove- cmdlet is for: -Identity, -Instance or
/// what came down the pipeline.
std::vector<Value> targets_of(Call& call);
/// The name in the API of a target: a text or an object of the same kind.
std::string id_of(const Kind& kind, const Value& target);

/// "redmond" is "Tag:redmond", "site:x" is "Site:x".
std::string policy_identity(std::string_view id);

/// What was changed in an object (of one in memory: all of it) and what the command line gives, by
/// the names of the API.
boost::json::object changes_of(const Item& item, const boost::json::object& given);

}  // namespace isthmus::cli::cs
