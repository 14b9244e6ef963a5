// Properties of the API's answers as people read them.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace isthmus::cli {

/// A text of an answer, at most `limit` octets, with controls escaped: peers may have sent it.
/// Empty if it is none.
std::string shown(const boost::json::value& value, std::size_t limit = 2000);
std::string text_of(const boost::json::object& object,
                    std::string_view name,
                    std::size_t limit = 2000);
/// What is no text as JSON; empty if it is not there.
std::string value_of(const boost::json::object& object, std::string_view name);
/// 0 if it is none.
double number_of(const boost::json::object& object, std::string_view name);
std::int64_t count_of(const boost::json::object& object, std::string_view name);
bool is_set(const boost::json::object& object, std::string_view name);

}  // namespace isthmus::cli
