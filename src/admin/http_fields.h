// The header fields of an answer: what the resource has said, and what every answer says. Part of
// http_session.cpp.
#pragma once

#include "admin/http.h"
#include "base/text.h"

#include <boost/beast/http.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace isthmus::admin::detail {

namespace http = boost::beast::http;

/// No control reaches the wire in a field's value, whoever made it.
inline std::string clean(std::string value) {
    std::ranges::replace_if(
        value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return value;
}

/// `is_for_browsers`: what keeps pages of others away as well.
inline void set_fields(http::response<http::string_body>& to,
                       const HttpResponse& given,
                       bool is_for_browsers) {
    const auto set_unless_given = [&](std::string_view name, std::string_view value) {
        const bool is_given = std::ranges::any_of(
            given.headers, [&](const auto& field) { return text::iequals(field.first, name); });
        if (!is_given) {
            to.set(name, value);
        }
    };
    to.set(http::field::content_type, clean(given.content_type));
    if (!given.allow.empty()) {
        to.set(http::field::allow, clean(given.allow));
    }
    for (const auto& [name, value] : given.headers) {
        to.insert(name, clean(value));
    }
    set_unless_given("Cache-Control", "no-store");
    set_unless_given("X-Content-Type-Options", "nosniff");
    if (is_for_browsers) {
        set_unless_given("Strict-Transport-Security", "max-age=31536000");
        set_unless_given("X-Frame-Options", "DENY");
        set_unless_given("Content-Security-Policy",
                         "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
                         "form-action 'none'");
        set_unless_given("Referrer-Policy", "no-referrer");
        set_unless_given("Cross-Origin-Resource-Policy", "same-origin");
    }
}

}  // namespace isthmus::admin::detail
