// Objects as PowerShell prints them: "Name : Value" lists, tables where few properties were
// selected.
#include "base/text.h"
#include "cli/cs_shell.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::cli::cs {

namespace json = boost::json;

namespace {

/// Selected properties up to this number make a table, as in PowerShell.
constexpr std::size_t kTableColumns = 4;

std::size_t width_of(const std::string& text) {
    return text::is_utf8(text) ? text::count_code_points(text) : text.size();
}

std::string list_of(const Item& item) {
    std::size_t width = 0;
    for (const Item::Property& property : item.shown) {
        width = std::max(width, property.is_hidden ? 0 : width_of(property.name));
    }
    std::string out;
    for (const Item::Property& property : item.shown) {
        if (property.is_hidden) {
            continue;
        }
        out += property.name;
        out.append(width - width_of(property.name), ' ');
        out += " :";
        const std::string value = display(property.value);
        for (std::size_t at = 0; at <= value.size() && !value.empty();) {
            const std::size_t end = std::min(value.find('\n', at), value.size());
            out += at == 0 ? " " : "\n" + std::string(width + 3, ' ');
            out += value.substr(at, end - at);
            at = end + 1;
        }
        out += '\n';
    }
    return out;
}

bool is_selection(const Value& value) {
    const auto* item = value.as<ItemPtr>();
    return item != nullptr && (*item)->kind == nullptr && (*item)->shown.size() <= kTableColumns;
}

/// A cell: one line.
std::string cell(const Item& item, const std::string& name) {
    const auto* property = item.find(name);
    std::string out = property == nullptr ? std::string() : display(property->value);
    std::ranges::replace(out, '\n', ' ');
    return out;
}

std::string table_of(const List& values,
                     const std::vector<std::string>& columns,
                     bool has_headers) {
    std::vector<std::vector<std::string>> rows;
    if (has_headers) {
        rows.push_back(columns);
        auto& rule = rows.emplace_back();
        for (const std::string& column : columns) {
            rule.emplace_back(width_of(column), '-');
        }
    }
    for (const Value& value : values) {
        const auto* item = value.as<ItemPtr>();
        auto& row = rows.emplace_back();
        for (const std::string& column : columns) {
            row.push_back(item == nullptr ? "" : cell(**item, column));
        }
    }
    std::vector<std::size_t> widths(columns.size());
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], width_of(row[i]));
        }
    }
    std::string out;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            out += row[i];
            if (i + 1 < row.size()) {
                out.append(widths[i] - width_of(row[i]) + 1, ' ');
            }
        }
        while (out.ends_with(' ')) {
            out.pop_back();
        }
        out += '\n';
    }
    return out;
}

json::value to_json(const Value& value) {
    return json_of(value);
}

std::string as_data(const List& values, Format format) {
    json::array items;
    for (const Value& value : values) {
        items.push_back(to_json(value));
    }
    return render(items, format, {});
}

std::string names(const List& values) {
    std::string out;
    for (const Value& value : values) {
        const auto* item = value.as<ItemPtr>();
        out += (item != nullptr && !(*item)->id.empty() ? (*item)->id : display(value)) + "\n";
    }
    return out;
}

}  // namespace

ItemPtr selected(const Value& value, const List& patterns) {
    auto made = std::make_shared<Item>();
    const auto* item = value.as<ItemPtr>();
    if (item == nullptr) {
        made->add("Length", member(value, {"Length"}));
        return made;
    }
    made->id = (*item)->id;
    for (const Value& pattern : patterns) {
        const std::string name = to_text(pattern);
        bool is_found = false;
        for (const Item::Property& property : (*item)->shown) {
            if (is_like(property.name, name)) {
                is_found = true;
                if (std::as_const(*made).find(property.name) == nullptr) {
                    made->add(property.name, property.value);
                }
            }
        }
        if (!is_found && !has_wildcard(name)) {
            made->add(name, {});
        }
    }
    return made;
}

std::string format_as_list(const List& values) {
    std::string out;
    for (const Value& value : values) {
        const auto* item = value.as<ItemPtr>();
        out += item == nullptr ? display(value) + "\n" : "\n" + list_of(**item);
    }
    return out.empty() || out.front() != '\n' ? out : out + "\n";
}

std::string format_as_table(const List& values, bool has_headers) {
    std::vector<std::string> columns;
    for (const Value& value : values) {
        const auto* item = value.as<ItemPtr>();
        for (std::size_t i = 0; item != nullptr && i < (*item)->shown.size(); ++i) {
            const Item::Property& property = (*item)->shown[i];
            if (!property.is_hidden && std::ranges::find(columns, property.name) == columns.end()) {
                columns.push_back(property.name);
            }
        }
    }
    return values.empty() ? std::string() : "\n" + table_of(values, columns, has_headers) + "\n";
}

std::string format_values(const List& values, Format format) {
    if (format == Format::Json || format == Format::Yaml) {
        return values.empty() ? std::string() : as_data(values, format);
    }
    if (format == Format::Name) {
        return names(values);
    }
    std::string out;
    for (std::size_t at = 0; at < values.size();) {
        // What Format- commands and the help have made has its lines; so may a block have, which
        // somebody wrote into a script.
        if (const auto* ready = values[at].as<Block>(); ready != nullptr) {
            out += printable(ready->text);
            ++at;
            continue;
        }
        const bool as_table = is_selection(values[at]);
        std::size_t end = at;
        while (end < values.size() && is_selection(values[end]) == as_table &&
               values[end].as<Block>() == nullptr) {
            ++end;
        }
        const List run(values.begin() + static_cast<std::ptrdiff_t>(at),
                       values.begin() + static_cast<std::ptrdiff_t>(end));
        out += as_table ? format_as_table(run) : format_as_list(run);
        at = end;
    }
    return out;
}

}  // namespace isthmus::cli::cs
