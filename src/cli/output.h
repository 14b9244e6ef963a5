// Answers of the API as tables, lists, JSON or YAML. Data only; talk goes to stderr elsewhere.
#pragma once

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::cli {

enum class Format : std::uint8_t { Table, Wide, Json, Yaml, Name };

std::optional<Format> format_of(std::string_view name);

/// Of a list that is a property of the one object shown.
struct ListColumns {
    std::string property;
    std::vector<std::string> table;
    std::vector<std::string> wide;  ///< additional ones
};

struct Columns {
    std::vector<std::string> table;       ///< property names, the first is the object's name
    std::vector<std::string> wide;        ///< additional ones
    std::vector<ListColumns> lists = {};  ///< others show what their first row has
};

/// `value` is one object, or an object whose "items" are the rows. Control characters in values
/// are shown escaped (abuse case F06).
std::string render(const boost::json::value& value, Format format, const Columns& columns);

}  // namespace isthmus::cli
