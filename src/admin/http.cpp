#include "admin/http.h"

#include "base/text.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace isthmus::admin {

namespace {

std::optional<std::string> decode(std::string_view text, bool plus_is_blank) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const bool is_whole = i + 2 < text.size();
            const int high = is_whole ? text::hex_value(text[i + 1]) : -1;
            const int low = is_whole ? text::hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0)) {
                return std::nullopt;
            }
            out.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        } else {
            out.push_back(plus_is_blank && text[i] == '+' ? ' ' : text[i]);
        }
    }
    // Names are UTF-8; what is not cannot be the name of anything.
    return text::is_utf8(out) ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view() : found->second;
}

std::string decode_segment(std::string_view raw) {
    return decode(raw, false).value_or(std::string());
}

bool parse_target(std::string_view target, HttpRequest& into) {
    // What a request line cannot hold (RFC 9112 §3.2) is refused here as well: others call too.
    const bool is_printable = std::ranges::all_of(
        target, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F; });
    if (!is_printable) {
        return false;
    }
    const std::size_t mark = target.find('?');
    const auto path = decode(target.substr(0, mark), false);
    if (!path || !path->starts_with('/')) {
        return false;
    }
    into.path = *path;
    into.raw_path = std::string(target.substr(0, mark));
    std::string_view rest = mark == std::string_view::npos ? "" : target.substr(mark + 1);
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
        const std::size_t equals = pair.find('=');
        const auto name = decode(pair.substr(0, equals), true);
        const auto value =
            decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
        if (!name || !value) {
            return false;
        }
        into.query[*name] = *value;
    }
    return true;
}

}  // namespace isthmus::admin
