#include "cli/fields.h"

#include "base/text.h"

#include <boost/json/serialize.hpp>

namespace isthmus::cli {

namespace json = boost::json;

std::string shown(const json::value& value, std::size_t limit) {
    return value.is_string() ? text::escape_for_log(value.get_string(), limit) : std::string();
}

std::string text_of(const json::object& object, std::string_view name, std::size_t limit) {
    const json::value* value = object.if_contains(name);
    return value == nullptr ? std::string() : shown(*value, limit);
}

std::string value_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value == nullptr     ? std::string()
           : value->is_string() ? shown(*value)
                                : json::serialize(*value);
}

double number_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

std::int64_t count_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    boost::system::error_code failure;
    return value == nullptr ? 0 : value->to_number<std::int64_t>(failure);
}

bool is_set(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

}  // namespace isthmus::cli
