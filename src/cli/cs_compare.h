// Whether a condition holds for an object, and the LDAP filters that -LdapFilter takes.
#pragma once

#include "cli/cs_syntax.h"
#include "cli/cs_value.h"

#include <functional>
#include <string>
#include <string_view>

namespace isthmus::cli::cs {

/// Gives the value of an expression; the shell knows the variables.
using Evaluate = std::function<Value(const Expression&)>;

/// Throws Fault for a regular expression that is none.
bool holds(const Condition& condition, const Evaluate& evaluate);
bool compare(std::string_view name, bool is_case_sensitive, const Value& left, const Value& right);

/// The value of a directory attribute (in lower case) of the user at hand, or throws Fault.
using Attribute = std::function<std::string(const std::string& name)>;

/// RFC 4515: (a=b), a=b*c, &, |, !, presence; nothing more. Throws Fault.
bool matches_ldap(std::string_view filter, const Attribute& attribute);

}  // namespace isthmus::cli::cs
