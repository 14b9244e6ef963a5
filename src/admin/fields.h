// Reading the properties of a body: each fault names the field, and what nobody asked for is one.
#pragma once

#include "base/result.h"
#include "control/rights.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::admin {

/// An error that names the first field that is not among `known`.
Result<void> only_fields(const boost::json::object& body,
                         std::initializer_list<std::string_view> known);
/// Nothing if it is not there; an error if it is no text.
Result<std::optional<std::string>> text_field(const boost::json::object& body,
                                              std::string_view name);
/// The same, but it must be there.
Result<std::string> required_text(const boost::json::object& body, std::string_view name);
/// "NAME VALUE: must be RULE.", without the value if it is a secret or not there.
Error wrong_field(const boost::json::object& body, std::string_view name, std::string_view rule);
/// For answers: the names of what the role may do.
boost::json::array rights_of(control::Role role);
/// For answers: as RFC 3339 has it, null for 0.
boost::json::value time_or_null(std::int64_t seconds);
Result<std::optional<bool>> flag_field(const boost::json::object& body, std::string_view name);

}  // namespace isthmus::admin
