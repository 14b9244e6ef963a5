#include "admin/fields.h"

#include "base/text.h"
#include "base/utc.h"
#include "control/faults.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

/// As control/properties says it. Secrets are not repeated.
Error wrong(std::string_view name, const json::value& value, std::string_view rule) {
    const bool is_secret = name.ends_with("passphrase") || name.ends_with("password") ||
                           name == "current" || name == "new" || name == "link" || name == "code";
    return control::invalid(
        fmt::format("{}{}: must be {}.",
                    name,
                    is_secret ? "" : " " + text::escape_for_log(json::serialize(value), 80),
                    rule));
}

}  // namespace

json::array rights_of(control::Role role) {
    json::array made;
    for (const control::Right right : control::kGivenRights) {
        if (control::may(role, right)) {
            made.emplace_back(control::name_of(right));
        }
    }
    return made;
}

json::value time_or_null(std::int64_t seconds) {
    return seconds == 0 ? json::value() : json::value(utc_text(seconds));
}

Error wrong_field(const json::object& body, std::string_view name, std::string_view rule) {
    const json::value* value = body.if_contains(name);
    return value == nullptr ? control::invalid(fmt::format("{}: must be {}.", name, rule))
                            : wrong(name, *value, rule);
}

Result<void> only_fields(const json::object& body, std::initializer_list<std::string_view> known) {
    for (const auto& member : body) {
        const std::string_view name(member.key());
        if (std::ranges::find(known, name) == known.end()) {
            return control::invalid(fmt::format("{} is not a property; there are: {}.",
                                                text::escape_for_log(name, 64),
                                                fmt::join(known, ", ")));
        }
    }
    return {};
}

Result<std::optional<std::string>> text_field(const json::object& body, std::string_view name) {
    const json::value* value = body.if_contains(name);
    if (value == nullptr) {
        return std::optional<std::string>();
    }
    if (!value->is_string()) {
        return wrong(name, *value, "a text");
    }
    return std::optional(std::string(value->get_string()));
}

Result<std::string> required_text(const json::object& body, std::string_view name) {
    auto found = text_field(body, name);
    if (!found) {
        return found.error();
    }
    if (!*found) {
        return control::invalid(fmt::format("{}: is required.", name));
    }
    return std::move(**found);
}

Result<std::optional<bool>> flag_field(const json::object& body, std::string_view name) {
    const json::value* value = body.if_contains(name);
    if (value == nullptr) {
        return std::optional<bool>();
    }
    if (!value->is_bool()) {
        return wrong(name, *value, "true or false");
    }
    return std::optional(value->get_bool());
}

}  // namespace isthmus::admin
