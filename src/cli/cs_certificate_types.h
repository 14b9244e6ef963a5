// What the cmdlets of certificates have in common: the original's types and our uses, and how
// certificates are put out.
#pragma once

#include "cli/cs_actions.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::cli::cs {

[[noreturn]] void fail_set(const char* why, const char* fix);

/// The uses that -Type means here; a warning for each that means nothing.
std::vector<std::string> uses_of(Call& call);
/// The same, but it must be given, and mean something.
std::vector<std::string> required_uses(Call& call);
/// The type that is shown of a use.
std::string_view type_of(std::string_view use);

boost::json::array as_array(const std::vector<std::string>& texts);
/// Empty if there is no such text.
std::string text_of(const boost::json::object& object, const char* name);

/// Puts out the properties as titles and names say, and one more if it has a name.
void put_properties(Call& call,
                    const boost::json::object& from,
                    std::span<const std::pair<const char*, const char*>> shown,
                    std::string_view name = {},
                    std::string_view value = {});

}  // namespace isthmus::cli::cs
