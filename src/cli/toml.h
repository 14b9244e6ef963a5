// Objects as TOML 1.0, in the form of the boot file.
#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace isthmus::cli {

/// Tables of tables, values and lists of either; nulls are left out. With a line end.
std::string to_toml(const boost::json::object& document);

/// A text that fits into one line of a comment.
std::string toml_comment(std::string_view text);

}  // namespace isthmus::cli
