#include "cli/property.h"

#include "base/text.h"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <string_view>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

std::string read_line(std::istream& from) {
    std::string line;
    std::getline(from, line);
    return line;
}

}  // namespace

std::string Property::flag() const {
    std::string flag = std::string("--") + name;
    std::ranges::replace(flag, '_', '-');
    return flag;
}

const char* Property::type_name() const {
    switch (type) {
        case Type::Flag:
            return "true|false";
        case Type::Number:
            return "NUMBER";
        case Type::List:
            return "A,B,...";
        case Type::Secret:
            return "-";
        default:
            return "TEXT";
    }
}

json::value Property::value_of(const std::string& text) const {
    switch (type) {
        case Type::Flag:
            if (text != "true" && text != "false") {
                throw CLI::ValidationError(flag(), "write true or false");
            }
            return text == "true";
        case Type::Number: {
            const auto number = text::to_number(text);
            if (!number) {
                throw CLI::ValidationError(flag(), "write a whole number");
            }
            return *number;
        }
        case Type::List: {
            json::array list;
            for (std::size_t at = 0; !text.empty() && at <= text.size();) {
                const std::size_t comma = std::min(text.find(',', at), text.size());
                list.emplace_back(
                    std::string(text::trim(std::string_view(text).substr(at, comma - at))));
                at = comma + 1;
            }
            return list;
        }
        case Type::Secret:
            if (text != "-") {
                throw CLI::ValidationError(
                    flag(), "write -, and the secret on stdin: arguments can be read by others");
            }
            return json::value(text);
        default:
            return text == "-" ? json::value(read_line(std::cin)) : json::value(text);
    }
}

}  // namespace isthmus::cli
