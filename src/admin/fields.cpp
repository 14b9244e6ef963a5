#include "admin/fields.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

Error invalid(std::string sentence) {
    return make_error(ErrorKind::Syntax, "IST-API-001", std::move(sentence), {});
}

}  // namespace

Result<void> only_fields(const json::object& body, std::initializer_list<std::string_view> known) {
    for (const auto& member : body) {
        const std::string_view name(member.key());
        if (std::ranges::find(known, name) == known.end()) {
            return invalid(fmt::format("There is no field '{}' here; there are: {}.",
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
        return invalid(fmt::format("{} must be a text.", name));
    }
    return std::optional(std::string(value->get_string()));
}

Result<std::string> required_text(const json::object& body, std::string_view name) {
    auto found = text_field(body, name);
    if (!found) {
        return found.error();
    }
    if (!*found) {
        return invalid(fmt::format("{} is required.", name));
    }
    return std::move(**found);
}

Result<std::optional<bool>> flag_field(const json::object& body, std::string_view name) {
    const json::value* value = body.if_contains(name);
    if (value == nullptr) {
        return std::optional<bool>();
    }
    if (!value->is_bool()) {
        return invalid(fmt::format("{} must be true or false.", name));
    }
    return std::optional(value->get_bool());
}

}  // namespace isthmus::admin
