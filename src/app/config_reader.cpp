#include "app/config_reader.h"

#include "base/spelling.h"
#include "base/text.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace isthmus::app {

namespace json = boost::json;

namespace {

json::object list_of_strings() {
    return {{"type", "array"}, {"items", json::object{{"type", "string"}}}};
}

json::value to_json(const std::string& text) {
    return json::value(text);
}

json::value to_json(std::size_t number) {
    return json::value(number);
}

json::value to_json(bool flag) {
    return json::value(flag);
}

json::value to_json(const std::optional<bool>& flag) {
    return flag ? json::value(*flag) : json::value();
}

json::value to_json(const std::vector<std::string>& list) {
    return json::array(list.begin(), list.end());
}

template <class T>
json::value to_json(const std::map<std::string, T>& table) {
    json::object made;
    for (const auto& [name, value] : table) {
        made[name] = to_json(value);
    }
    return made;
}

// NOLINTNEXTLINE(misc-no-recursion): the parser has bounded the depth
void note_table(const toml::table& table, const std::string& name, Places& to) {
    to.note({name, ""}, place_of(table.source()));
    const std::string prefix = name.empty() ? "" : name + ".";
    for (const auto& [key, value] : table) {
        const std::string_view word = key.str();
        to.note({name, word}, place_of(value.source()));
        if (const toml::table* below = value.as_table()) {
            note_table(*below, fmt::format("{}{}", prefix, word), to);
        }
        const toml::array* list = value.as_array();
        for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
            const toml::node& item = *list->get(i);
            to.note({name, word, static_cast<int>(i)}, place_of(item.source()));
            if (const toml::table* below = item.as_table()) {
                note_table(*below, fmt::format("{}{}[{}]", prefix, word, i), to);
            }
        }
    }
}

/// What stands there, for the sentence about it.
std::string shown(const toml::node& node) {
    const auto text = node.value_exact<std::string>();
    return text ? fmt::format(", not '{}'", text::escape_for_log(*text, 80)) : "";
}

}  // namespace

void note_places(const toml::table& document, Places& to) {
    note_table(document, "", to);
}

void TableReader::take(std::string_view key, std::string& to) {
    note(key, {{"type", "string"}}, to, "a string, in quotes", [&](const toml::node& node) {
        const auto value = node.value_exact<std::string>();
        return value ? (to = *value, true) : false;
    });
}

void TableReader::take(std::string_view key,
                       std::size_t& to,
                       std::int64_t least,
                       std::int64_t most) {
    note(key,
         {{"type", "integer"}, {"minimum", least}, {"maximum", most}},
         to,
         fmt::format("a whole number from {} to {}", least, most),
         [&](const toml::node& node) {
             const auto value = node.value_exact<std::int64_t>();
             const bool good = value && *value >= least && *value <= most;
             return good ? (to = static_cast<std::size_t>(*value), true) : false;
         });
}

void TableReader::take(std::string_view key, bool& to) {
    note(key, {{"type", "boolean"}}, to, "true or false", [&](const toml::node& node) {
        const auto value = node.value_exact<bool>();
        return value ? (to = *value, true) : false;
    });
}

void TableReader::take(std::string_view key, std::optional<bool>& to) {
    note(key, {{"type", "boolean"}}, to, "true or false", [&](const toml::node& node) {
        to = node.value_exact<bool>();
        return to.has_value();
    });
}

void TableReader::take(std::string_view key, std::vector<std::string>& to) {
    note(key,
         list_of_strings(),
         to,
         R"(a list of strings, as in ["one", "two"])",
         [&](const toml::node& node) { return strings(node, to); });
}

void TableReader::take(std::string_view key, std::map<std::string, std::string>& to) {
    note(key,
         {{"type", "object"}, {"additionalProperties", json::object{{"type", "string"}}}},
         to,
         R"(a table of strings, as in { "a" = "b" })",
         [&](const toml::node& node) {
             const toml::table* table = node.as_table();
             for (const auto& [name, value] : table != nullptr ? *table : toml::table{}) {
                 const auto text = value.value_exact<std::string>();
                 if (!text) {
                     return false;
                 }
                 to[std::string(name.str())] = *text;
             }
             return table != nullptr;
         });
}

void TableReader::take(std::string_view key, std::map<std::string, std::vector<std::string>>& to) {
    note(key,
         {{"type", "object"}, {"additionalProperties", list_of_strings()}},
         to,
         "a table",
         [&](const toml::node& node) {
             const toml::table* table = node.as_table();
             for (const auto& [name, value] : table != nullptr ? *table : toml::table{}) {
                 if (!strings(value, to[std::string(name.str())])) {
                     fault(value,
                           fmt::format("[{}.{}] \"{}\" must be a list of strings, as in "
                                       "[\"192.0.2.7\"]",
                                       path_,
                                       key,
                                       name.str()));
                 }
             }
             return table != nullptr;
         });
}

void TableReader::one_of(std::string_view key,
                         std::string& to,
                         std::initializer_list<std::string_view> values) {
    note(key,
         {{"type", "string"}, {"enum", json::array(values.begin(), values.end())}},
         to,
         fmt::format("one of {}", fmt::join(values, ", ")),
         [&](const toml::node& node) {
             const auto value = node.value_exact<std::string>();
             const bool good = value && std::ranges::find(values, *value) != values.end();
             return good ? (to = *value, true) : false;
         });
}

const toml::node* TableReader::node(std::string_view key) {
    known_.emplace_back(key);
    return table_ == nullptr ? nullptr : table_->get(key);
}

TableReader TableReader::table(std::string_view key) {
    const toml::node* found = node(key);
    if (found != nullptr && !found->is_table()) {
        fault(*found, fmt::format("{} must be a table, [{}]", key, key));
    }
    return {findings_,
            found != nullptr ? found->as_table() : nullptr,
            fmt::format("[{}]", key),
            path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key)};
}

void TableReader::finish() const {
    if (table_ == nullptr) {
        return;
    }
    for (const auto& [key, value] : *table_) {
        if (std::ranges::find(known_, key.str()) != known_.end()) {
            continue;
        }
        const std::string near = text::nearest(key.str(), known_);
        findings_.fault(place_of(key.source()),
                        fmt::format("unknown key '{}' in {}; {} {}",
                                    text::escape_for_log(key.str(), 80),
                                    title_,
                                    near.empty() ? "known are" : "the nearest is",
                                    near.empty() ? fmt::format("{}", fmt::join(known_, ", "))
                                                 : fmt::format("'{}'", near)));
    }
}

bool TableReader::strings(const toml::node& node, std::vector<std::string>& to) {
    const toml::array* array = node.as_array();
    if (array == nullptr) {
        return false;
    }
    to.clear();
    for (const toml::node& item : *array) {
        const auto text = item.value_exact<std::string>();
        if (!text) {
            return false;
        }
        to.push_back(*text);
    }
    return true;
}

template <class T>
void TableReader::note(std::string_view key,
                       // NOLINTNEXTLINE(performance-unnecessary-value-param): it is moved
                       json::object kind,
                       T& to,
                       const std::string& wanted,
                       const std::function<bool(const toml::node&)>& convert) {
    ConfigKey one{.table = path_,
                  .key = std::string(key),
                  .kind = std::move(kind),
                  .usual = to_json(to),
                  .value = {},
                  .is_given = table_ != nullptr && table_->contains(key)};
    read(key, wanted, convert);
    one.value = to_json(to);
    findings_.note(std::move(one));
}

void TableReader::read(std::string_view key,
                       const std::string& wanted,
                       const std::function<bool(const toml::node&)>& convert) {
    const toml::node* found = node(key);
    if (found != nullptr && !convert(*found)) {
        fault(*found, fmt::format("{} {} must be {}{}", title_, key, wanted, shown(*found)));
    }
}

}  // namespace isthmus::app
