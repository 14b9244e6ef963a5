#include "cli/output.h"

#include "base/policy_name.h"
#include "base/text.h"
#include "cli/yaml.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

std::string cell(const json::value* value) {
    if (value == nullptr || value->is_null()) {
        return "-";
    }
    if (value->is_string()) {
        return value->get_string().empty() ? "-" : text::escape_for_log(value->get_string(), 200);
    }
    if (value->is_double()) {
        return fmt::format("{:.1f}", value->get_double());
    }
    if (value->is_array()) {
        std::string out;
        for (const json::value& item : value->get_array()) {
            out += (out.empty() ? "" : ",") + cell(&item);
        }
        return out.empty() ? "-" : out;
    }
    return json::serialize(*value);
}

/// Policies as people call them: the identity stands where the property is called so.
std::string cell_of(std::string_view property, const json::value* value) {
    constexpr std::string_view kPolicy = "policy/";
    if (value != nullptr && value->is_string() && !value->get_string().empty()) {
        const std::string_view text = value->get_string();
        if (property == "policy" || property == "effective_policy") {
            return text::escape_for_log(text::policy_name(text), 200);
        }
        if (property == "object" && text.starts_with(kPolicy)) {
            return text::escape_for_log(
                fmt::format("{}{}", kPolicy, text::policy_name(text.substr(kPolicy.size()))), 200);
        }
    }
    return cell(value);
}

std::string heading(std::string_view property) {
    std::string out(property);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c == '_' ? ' ' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    });
    return out;
}

std::string table(const json::array& rows, const std::vector<std::string>& columns) {
    std::vector<std::vector<std::string>> cells(1);
    for (const std::string& column : columns) {
        cells[0].push_back(heading(column));
    }
    for (const json::value& row : rows) {
        auto& line = cells.emplace_back();
        for (const std::string& column : columns) {
            line.push_back(
                cell_of(column, row.is_object() ? row.get_object().if_contains(column) : nullptr));
        }
    }
    std::vector<std::size_t> widths(columns.size());
    for (const auto& line : cells) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            widths[i] = std::max(widths[i], text::count_code_points(line[i]));
        }
    }
    std::string out;
    for (const auto& line : cells) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            out += line[i];
            if (i + 1 < line.size()) {
                out.append(widths[i] - text::count_code_points(line[i]) + 2, ' ');
            }
        }
        out += '\n';
    }
    return out;
}

std::vector<std::string> columns_of(std::string_view property,
                                    const json::array& rows,
                                    const Columns& columns,
                                    bool is_wide) {
    const auto known = std::ranges::find(columns.lists, property, &ListColumns::property);
    std::vector<std::string> made;
    if (known != columns.lists.end()) {
        made = known->table;
        if (is_wide) {
            made.insert(made.end(), known->wide.begin(), known->wide.end());
        }
        return made;
    }
    for (const auto& [column, ignored] : rows.front().get_object()) {
        made.emplace_back(column);
    }
    return made;
}

// NOLINTNEXTLINE(misc-no-recursion): answers of the API are a few levels deep
std::string list_of_properties(const json::object& object, const Columns& columns, bool is_wide) {
    std::size_t width = 0;
    for (const auto& [name, value] : object) {
        width = std::max(width, name.size());
    }
    // A plain value behind a heading would be read as one of what is under it.
    std::string plain;
    std::string headed;
    for (const auto& [name, value] : object) {
        const bool is_rows =
            value.is_array() && !value.get_array().empty() && value.get_array().front().is_object();
        if (is_rows) {
            const json::array& rows = value.get_array();
            headed += fmt::format(
                "\n{}\n{}", heading(name), table(rows, columns_of(name, rows, columns, is_wide)));
        } else if (value.is_object() && !value.get_object().empty()) {
            headed += fmt::format("\n{}\n{}",
                                  heading(name),
                                  list_of_properties(value.get_object(), columns, is_wide));
        } else {
            plain +=
                fmt::format("{:<{}}  {}\n", std::string_view(name), width, cell_of(name, &value));
        }
    }
    return plain + headed;
}

}  // namespace

std::optional<Format> format_of(std::string_view name) {
    constexpr std::string_view kFormats[] = {"table", "wide", "json", "yaml", "name"};
    const auto* at = std::ranges::find(kFormats, name);
    return at == std::end(kFormats) ? std::nullopt
                                    : std::optional(static_cast<Format>(at - std::begin(kFormats)));
}

std::string render(const json::value& value, Format format, const Columns& columns) {
    if (format == Format::Json) {
        return json::serialize(value) + "\n";
    }
    if (format == Format::Yaml) {
        return to_yaml(value);
    }
    if (!value.is_object()) {
        return {};
    }
    const json::object& object = value.get_object();
    const json::value* items = object.if_contains("items");
    const std::string name = columns.table.empty() ? "name" : columns.table.front();
    if (format == Format::Name) {
        if (items == nullptr) {
            return cell(object.if_contains(name)) + "\n";
        }
        std::string out;
        for (const json::value& row : items->as_array()) {
            out += cell(row.as_object().if_contains(name)) + "\n";
        }
        return out;
    }
    if (items == nullptr) {
        return list_of_properties(object, columns, format == Format::Wide);
    }
    std::vector<std::string> shown = columns.table;
    if (format == Format::Wide) {
        shown.insert(shown.end(), columns.wide.begin(), columns.wide.end());
    }
    return table(items->as_array(), shown);
}

}  // namespace isthmus::cli
