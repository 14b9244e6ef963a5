#include "cli/yaml.h"

#include "base/text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

// What one of the versions of YAML takes for something else than a text.
constexpr std::string_view kWords[] = {
    "true", "false", "yes", "no", "on", "off", "null", "y", "n", "t", "f"};

/// Whether a text may stand without quotes: a letter, then letters, digits and what means nothing
/// in YAML, single blanks between them.
bool is_plain(std::string_view text) {
    const bool is_word = std::ranges::any_of(
        kWords, [text](std::string_view word) { return text::iequals(word, text); });
    bool good = !text.empty() && text.size() <= 200 && text::is_alpha(text.front()) &&
                text.back() != ' ' && !is_word;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool is_blank = c == ' ' && i != 0 && text[i - 1] != ' ';
        good = good && (text::is_alnum(c) || is_blank ||
                        std::string_view("_-./@+").find(c) != std::string_view::npos);
    }
    return good;
}

bool is_printable(char32_t c) {
    // YAML 1.2 §5.1, without the line ends of YAML 1.1, which would be folded.
    return (c >= 0x20 && c <= 0x7E) || (c >= 0xA0 && c < 0x2028) ||
           (c > 0x2029 && c <= 0xFFFD && c != 0xFEFF) || c >= 0x10000;
}

std::string yaml_quoted(std::string_view text) {
    std::string out = "\"";
    for (std::size_t at = 0; at < text.size();) {
        const char32_t c = text::next_code_point(text, at);
        if (c == '"' || c == '\\') {
            out += {'\\', static_cast<char>(c)};
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (is_printable(c)) {
            text::append_utf8(out, c);
        } else {
            out += fmt::format("\\u{:04X}", static_cast<std::uint32_t>(c));
        }
    }
    return out + '"';
}

std::string yaml_text(std::string_view text) {
    return is_plain(text) ? std::string(text) : yaml_quoted(text);
}

/// With a point: YAML 1.1 reads 1e+20 as a text.
std::string yaml_number(double number) {
    std::string out = fmt::format("{}", number);
    const std::size_t exponent = out.find('e');
    if (out.find('.') == std::string::npos && out.find_first_not_of("-0123456789e+") == out.npos) {
        out.insert(std::min(exponent, out.size()), ".0");
    }
    return out;
}

std::string scalar(const json::value& value) {
    return value.is_string()   ? yaml_text(value.get_string())
           : value.is_double() ? yaml_number(value.get_double())
                               : json::serialize(value);
}

bool nests(const json::value& value) {
    return (value.is_object() && !value.get_object().empty()) ||
           (value.is_array() && !value.get_array().empty());
}

void write(const json::value& value, std::size_t indent, std::string& out) {
    const std::string margin(indent, ' ');
    if (!nests(value)) {
        out += fmt::format("{}{}\n", margin, scalar(value));
    } else if (const json::object* object = value.if_object(); object != nullptr) {
        for (const auto& [name, item] : *object) {
            out += margin + yaml_text(name) + ":";
            if (nests(item)) {
                out += '\n';
                write(item, indent + 2, out);
            } else {
                out += " " + scalar(item) + "\n";
            }
        }
    } else {
        for (const json::value& item : value.get_array()) {
            std::string inner;
            write(item, indent + 2, inner);
            inner[indent] = '-';
            out += inner;
        }
    }
}

}  // namespace

std::string to_yaml(const json::value& value) {
    std::string out;
    write(value, 0, out);
    return out;
}

}  // namespace isthmus::cli
