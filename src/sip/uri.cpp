#include "sip/uri.h"

#include "base/text.h"
#include "sip/grammar.h"
#include "sip/readers.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace isthmus::sip {

namespace {

using grammar::skip;
using grammar::skip_escaped;
using text::iequals;

// RFC 3261 §25.1: [user [":" password] "@"]. `at` is behind the colon of the scheme and moves to
// the host.
bool parse_userinfo(Uri& uri, std::string_view text, std::size_t& at) {
    const std::size_t sign = text.find('@', at);
    if (sign == std::string_view::npos) {
        return true;
    }
    const std::size_t user_end = skip_escaped(text, at, grammar::kUser);
    if (user_end == at) {
        return false;
    }
    uri.has_user = true;
    uri.user = text.substr(at, user_end - at);
    if (user_end < sign && text[user_end] == ':') {
        uri.has_password = true;
        uri.password = text.substr(user_end + 1, sign - user_end - 1);
        at = skip_escaped(text, user_end + 1, grammar::kPassword);
    } else {
        at = user_end;
    }
    if (at != sign) {
        return false;
    }
    ++at;
    return true;
}

// `at` is behind the opening '?' or ';' list; every element must be name[=value].
bool parse_params(std::string_view text, std::size_t& at) {
    while (at < text.size() && text[at] == ';') {
        const std::size_t name = at + 1;
        at = skip_escaped(text, name, grammar::kParam);
        if (at == name) {
            return false;
        }
        if (at < text.size() && text[at] == '=') {
            const std::size_t value = at + 1;
            at = skip_escaped(text, value, grammar::kParam);
            if (at == value) {
                return false;
            }
        }
    }
    return true;
}

Fault read_sip_uri(Uri& uri, std::size_t at) {
    const std::string_view text = uri.text;
    if (!parse_userinfo(uri, text, at)) {
        return "URI with a malformed user part";
    }
    if (!grammar::parse_host(text, at, uri.host)) {
        return "URI with a malformed host";
    }
    if (at < text.size() && text[at] == ':' && !grammar::parse_port(text, ++at, uri.port)) {
        return "URI with a malformed port";
    }
    const std::size_t params = at;
    if (!parse_params(text, at)) {
        return "URI with a malformed parameter";
    }
    if (at != params) {
        uri.params = text.substr(params + 1, at - params - 1);
    }
    if (at < text.size() && text[at] == '?') {
        const std::size_t headers = at + 1;
        at = skip_escaped(text, headers, grammar::kUriHeader);
        uri.headers = text.substr(headers, at - headers);
        if (uri.headers.empty()) {
            return "URI with an empty header part";
        }
    }
    if (at != text.size()) {
        return "URI with an illegal octet";
    }
    return nullptr;
}

}  // namespace

bool Uri::is_sip() const {
    return grammar::is_word(scheme, "sip");
}

bool Uri::is_sips() const {
    return grammar::is_word(scheme, "sips");
}

std::optional<std::string_view> Uri::param(std::string_view name) const {
    std::string_view left = params;
    while (!left.empty()) {
        const std::string_view one = left.substr(0, left.find(';'));
        left.remove_prefix(std::min(one.size() + 1, left.size()));
        const std::size_t equals = one.find('=');
        if (iequals(one.substr(0, equals), name)) {
            return equals == std::string_view::npos ? std::string_view() : one.substr(equals + 1);
        }
    }
    return std::nullopt;
}

Fault read_uri(std::string_view text, Uri& uri) {
    const std::size_t colon = text.find(':');
    if (colon == 0 || colon == std::string_view::npos || !text::is_alpha(text[0]) ||
        skip(text, 0, grammar::kScheme) != colon) {
        return "URI without a scheme";
    }
    uri.text = text;
    uri.scheme = text.substr(0, colon);
    if ((colon == 3 || colon == 4) && (uri.is_sip() || uri.is_sips())) {
        return read_sip_uri(uri, colon + 1);
    }
    uri.opaque = text.substr(colon + 1);
    if (uri.opaque.empty() || skip_escaped(text, colon + 1, grammar::kOpaque) != text.size()) {
        return "URI with an illegal octet";
    }
    return nullptr;
}

Result<Uri> parse_uri(std::string_view text) {
    Uri uri;
    if (Fault fault = read_uri(text, uri)) {
        return make_error(ErrorKind::Syntax, fault);
    }
    return uri;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            out.push_back(text[at]);
            continue;
        }
        if (text.size() - at < 3) {
            return std::nullopt;
        }
        const int high = text::hex_value(text[at + 1]);
        const int low = text::hex_value(text[at + 2]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        out.push_back(static_cast<char>(high * 16 + low));
        at += 2;
    }
    return out;
}

namespace {

// One octet, decoded unless it is reserved: an escaped reserved octet is not the same as a plain
// one (RFC 3261 §19.1.4), so it comes with a mark.
int next_octet(std::string_view text, std::size_t& at) {
    if (text[at] != '%' || text.size() - at < 3) {
        return static_cast<unsigned char>(text[at++]);
    }
    const int octet = text::hex_value(text[at + 1]) * 16 + text::hex_value(text[at + 2]);
    at += 3;
    constexpr std::string_view kReserved = ";/?:@&=+$,";
    return kReserved.find(static_cast<char>(octet)) == std::string_view::npos ? octet : octet + 256;
}

bool equals_decoded(std::string_view a, std::string_view b, bool ignore_case) {
    const auto fold = [&](int c) {
        return ignore_case && c < 256 ? text::lower(static_cast<char>(c)) : c;
    };
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() && j < b.size()) {
        if (fold(next_octet(a, i)) != fold(next_octet(b, j))) {
            return false;
        }
    }
    return i == a.size() && j == b.size();
}

struct Pair {
    std::string_view name;
    std::string_view value;
};

// Enough for any URI that is meant well; a longer list compares by text only.
constexpr std::size_t kMaxPairs = 32;

struct Pairs {
    std::array<Pair, kMaxPairs> list;
    std::size_t size = 0;
    bool is_too_long = false;

    Pairs(std::string_view text, char separator) {
        while (!text.empty() && !is_too_long) {
            const std::string_view one = text.substr(0, text.find(separator));
            text.remove_prefix(std::min(one.size() + 1, text.size()));
            const std::size_t equals = std::min(one.find('='), one.size());
            if (size == kMaxPairs) {
                is_too_long = true;
            } else {
                list[size++] = {one.substr(0, equals),
                                one.substr(std::min(equals + 1, one.size()))};
            }
        }
    }

    const Pair* find(std::string_view name) const {
        for (std::size_t i = 0; i < size; ++i) {
            if (equals_decoded(list[i].name, name, true)) {
                return &list[i];
            }
        }
        return nullptr;
    }
};

// Parameters that never match their absence: RFC 3261 §19.1.4, and its examples for transport.
bool matters_alone(std::string_view name) {
    constexpr std::string_view kNames[] = {"user", "ttl", "method", "maddr", "transport"};
    return std::ranges::any_of(
        kNames, [&](std::string_view one) { return equals_decoded(name, one, true); });
}

bool covers(const Pairs& a, const Pairs& b, bool all_matter) {
    for (std::size_t i = 0; i < a.size; ++i) {
        const Pair* other = b.find(a.list[i].name);
        if (other == nullptr ? all_matter || matters_alone(a.list[i].name)
                             : !equals_decoded(a.list[i].value, other->value, true)) {
            return false;
        }
    }
    return true;
}

bool match_lists(std::string_view a, std::string_view b, char separator, bool all_matter) {
    if (a == b) {
        return true;
    }
    const Pairs left(a, separator);
    const Pairs right(b, separator);
    return !left.is_too_long && !right.is_too_long && covers(left, right, all_matter) &&
           covers(right, left, all_matter);
}

}  // namespace

bool are_equivalent(const Uri& a, const Uri& b) {
    const bool is_same_scheme = (a.is_sip() && b.is_sip()) || (a.is_sips() && b.is_sips());
    if (!is_same_scheme) {
        return false;
    }
    return a.has_user == b.has_user && a.has_password == b.has_password && a.port == b.port &&
           iequals(a.host, b.host) && equals_decoded(a.user, b.user, false) &&
           equals_decoded(a.password, b.password, false) &&
           match_lists(a.params, b.params, ';', false) &&
           match_lists(a.headers, b.headers, '&', true);
}

}  // namespace isthmus::sip
