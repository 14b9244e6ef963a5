#include "cli/toml.h"

#include "base/text.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

/// TOML 1.0, "String": what no string may hold, and what a terminal would obey.
std::string toml_quoted(std::string_view text) {
    std::string made = "\"";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const bool is_c1 =
            c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
        if (is_c1) {
            made += fmt::format("\\u{:04X}", static_cast<unsigned char>(text[++i]));
        } else if (c < 0x20 || c == 0x7F) {
            made += fmt::format("\\u{:04X}", c);
        } else {
            made += c == '"' || c == '\\' ? "\\" : "";
            made += text[i];
        }
    }
    return made + '"';
}

std::string key_of(std::string_view name) {
    const bool is_bare = !name.empty() && std::ranges::all_of(name, [](char c) {
        return text::is_alnum(c) || c == '-' || c == '_';
    });
    return is_bare ? std::string(name) : toml_quoted(name);
}

bool is_table(const json::value& value) {
    return value.is_object() && !value.get_object().empty();
}

bool is_list_of_tables(const json::value& value) {
    return value.is_array() && !value.get_array().empty() && value.get_array().front().is_object();
}

// NOLINTNEXTLINE(misc-no-recursion): lists of texts only
std::string toml_text(const json::value& value) {
    if (value.is_string()) {
        return toml_quoted(value.get_string());
    }
    if (value.is_array()) {
        std::string made;
        for (const json::value& one : value.get_array()) {
            made += made.empty() ? "" : ", ";
            made += toml_text(one);
        }
        return "[" + made + "]";
    }
    return value.is_object() ? "{}" : json::serialize(value);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the configuration file's tables
void write_table(const json::object& table, const std::string& path, std::string& to) {
    for (const auto& [name, value] : table) {
        if (!value.is_null() && !is_table(value) && !is_list_of_tables(value)) {
            to += fmt::format("{} = {}\n", key_of(name), toml_text(value));
        }
    }
    for (const auto& [name, value] : table) {
        const std::string below = path.empty() ? key_of(name) : path + "." + key_of(name);
        if (is_table(value)) {
            to += fmt::format("\n[{}]\n", below);
            write_table(value.get_object(), below, to);
        } else if (is_list_of_tables(value)) {
            for (const json::value& one : value.get_array()) {
                to += fmt::format("\n[[{}]]\n", below);
                write_table(one.get_object(), below, to);
            }
        }
    }
}

}  // namespace

std::string to_toml(const json::object& document) {
    std::string made;
    write_table(document, "", made);
    return made;
}

std::string toml_comment(std::string_view text) {
    return text::escape_for_log(text);
}

}  // namespace isthmus::cli
