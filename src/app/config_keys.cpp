#include "app/config_keys.h"

#include "base/text.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>

namespace isthmus::app {

namespace json = boost::json;

namespace {

/// What the checks demand beyond types.
constexpr std::pair<std::string_view, std::string_view> kRequired[] = {
    {"", "server"}, {"server", "name"}, {"sip.peer", "name"}, {"sip.peer", "target"}};

/// "sip.peer[0]" as "sip", then "peer" with its place in a list.
struct Step {
    std::string_view name;
    std::optional<std::size_t> place;
};

std::vector<Step> steps_of(std::string_view table) {
    std::vector<Step> made;
    while (!table.empty()) {
        const std::string_view segment = table.substr(0, table.find('.'));
        table.remove_prefix(std::min(table.size(), segment.size() + 1));
        const std::size_t bracket = segment.find('[');
        Step step{segment.substr(0, bracket), std::nullopt};
        if (bracket != std::string_view::npos) {
            const auto number =
                text::to_number(segment.substr(bracket + 1, segment.size() - bracket - 2));
            step.place = static_cast<std::size_t>(number.value_or(0));
        }
        made.push_back(step);
    }
    return made;
}

json::object& object_in(json::object& parent, std::string_view name) {
    json::value& found = parent[name];
    return found.is_object() ? found.get_object() : found.emplace_object();
}

/// The object of a table, made if need be.
json::object& table_in(json::object& root, std::string_view table) {
    json::object* at = &root;
    for (const Step& step : steps_of(table)) {
        if (!step.place) {
            at = &object_in(*at, step.name);
            continue;
        }
        json::value& found = (*at)[step.name];
        json::array& list = found.is_array() ? found.get_array() : found.emplace_array();
        while (list.size() <= *step.place) {
            list.emplace_back(json::object());
        }
        at = &list[*step.place].get_object();
    }
    return *at;
}

json::value masked(const json::value& value) {
    return value.is_string() ? json::value(without_password(value.get_string())) : value;
}

/// The names in backticks of one cell, "[sip]" and "listen" apart.
std::vector<std::string_view> words_of(std::string_view cell) {
    std::vector<std::string_view> made;
    for (std::size_t at = cell.find('`'); at != std::string_view::npos;) {
        const std::size_t end = cell.find('`', at + 1);
        std::string_view word = cell.substr(at + 1, end - at - 1);
        if (word.starts_with('[')) {
            const std::size_t close = word.rfind(']') + 1;
            made.push_back(word.substr(0, close));
            word = text::trim(word.substr(close));
        }
        if (!word.empty()) {
            made.push_back(word);
        }
        at = end == std::string_view::npos ? end : cell.find('`', end + 1);
    }
    return made;
}

/// "sip.peer" of "[[sip.peer]]".
std::string_view bare_table(std::string_view title) {
    title.remove_prefix(std::min(title.find_first_not_of('['), title.size()));
    return title.substr(0, title.find(']'));
}

/// "sip.peer/target" -> what the table of docs/configuration.md says of it.
std::map<std::string, std::string, std::less<>> meanings() {
    std::map<std::string, std::string, std::less<>> made;
    std::string_view rest = config_documentation();
    std::string_view table;
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        const std::size_t first = line.find(" | ");
        const std::size_t second = line.find(" | ", first + 1);
        if (!line.starts_with("| `") || second == std::string_view::npos) {
            continue;
        }
        std::string_view meaning = line.substr(second + 3);
        meaning = text::trim(meaning.substr(0, meaning.rfind('|')));
        for (const std::string_view word : words_of(line.substr(0, first))) {
            if (word.starts_with('[')) {
                table = bare_table(word);
                made[std::string(table)] = meaning;  // a table whose keys the administrator names
            } else {
                made[fmt::format("{}/{}", table, word)] = meaning;
            }
        }
    }
    return made;
}

/// "sip.peer" of "sip.peer[0]".
std::string without_places(std::string_view table) {
    std::string made;
    for (const Step& step : steps_of(table)) {
        made += made.empty() ? "" : ".";
        made += step.name;
    }
    return made;
}

json::object table_schema(std::string_view table) {
    json::array required;
    for (const auto& [where, name] : kRequired) {
        if (where == table) {
            required.emplace_back(name);
        }
    }
    json::object made{
        {"type", "object"}, {"additionalProperties", false}, {"properties", json::object()}};
    if (!required.empty()) {
        made["required"] = std::move(required);
    }
    return made;
}

/// The schema of a table in that of the file.
json::object& table_schema_in(json::object& root, std::string_view table) {
    json::object* at = &root;
    std::string path;
    for (const Step& step : steps_of(table)) {
        path += path.empty() ? "" : ".";
        path += step.name;
        json::object& known = at->at("properties").get_object();
        json::value& found = known[step.name];
        if (found.is_null()) {
            found = step.place ? json::object{{"type", "array"}, {"items", table_schema(path)}}
                               : table_schema(path);
        }
        at = step.place ? &found.get_object().at("items").get_object() : &found.get_object();
    }
    return *at;
}

}  // namespace

std::string without_password(std::string_view url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) {
        return std::string(url);
    }
    std::string made(url);
    const std::size_t from = scheme + 3;
    const std::size_t end = std::min(made.find_first_of("/?", from), made.size());
    const std::size_t at = made.rfind('@', end);
    const std::size_t colon = made.find(':', from);
    if (at != std::string::npos && at > from && at < end && colon < at) {
        made.replace(colon + 1, at - colon - 1, "***");
    }
    // libpq takes any of its parameters from the query.
    for (std::size_t name = made.find("password="); name != std::string::npos;
         name = made.find("password=", name + 1)) {
        const std::size_t value = name + 9;
        made.replace(value, std::min(made.find('&', value), made.size()) - value, "***");
    }
    return made;
}

json::object shown_config(const ConfigKeys& keys, bool is_effective) {
    json::object made;
    for (const ConfigKey& one : keys) {
        if ((one.is_given || is_effective) && !one.value.is_null()) {
            table_in(made, one.table)[one.key] = masked(one.value);
        }
    }
    return made;
}

json::object schema_of(const ConfigKeys& keys) {
    const auto known = meanings();
    json::object root = table_schema("");
    for (const ConfigKey& one : keys) {
        const std::string table = without_places(one.table);
        json::object schema = one.kind;
        if (const auto found = known.find(fmt::format("{}/{}", table, one.key));
            found != known.end()) {
            schema["description"] = found->second;
        } else if (const auto of_table = known.find(fmt::format("{}.{}", table, one.key));
                   of_table != known.end()) {
            schema["description"] = of_table->second;
        }
        const bool is_required = std::ranges::find(kRequired,
                                                   std::pair<std::string_view, std::string_view>(
                                                       table, one.key)) != std::end(kRequired);
        if (!is_required && !one.usual.is_null()) {
            schema["default"] = one.usual;
        }
        table_schema_in(root, one.table).at("properties").get_object()[one.key] = std::move(schema);
    }
    json::object made{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                      {"title", "Configuration file of Isthmus (TOML)"}};
    made.insert(root.begin(), root.end());
    return made;
}

}  // namespace isthmus::app
