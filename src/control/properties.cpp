#include "control/properties.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace isthmus::control {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxDomains = 1000;

std::optional<std::int64_t> as_number(const json::value& value) {
    if (value.is_int64()) {
        return value.get_int64();
    }
    if (value.is_uint64() && value.get_uint64() <= INT64_MAX) {
        return static_cast<std::int64_t>(value.get_uint64());
    }
    return std::nullopt;
}

bool has_control_characters(std::string_view text) {
    return std::ranges::any_of(text, [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
    });
}

bool is_host(std::string_view given) {
    return given.size() <= 253 && !given.starts_with('.') && !given.starts_with('-') &&
           given.find("..") == std::string_view::npos && std::ranges::all_of(given, [](char c) {
               return text::is_alnum(c) || c == '-' || c == '.';
           });
}

std::string_view without_dot(std::string_view host) {
    return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

/// Secrets are not repeated in a message.
bool is_secret(std::string_view name) {
    return name.ends_with("passphrase") || name.ends_with("password");
}

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t i = 0; i < row.size(); ++i) {
        row[i] = i;
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t corner = std::exchange(row[0], i + 1);
        for (std::size_t k = 0; k < b.size(); ++k) {
            const std::size_t best =
                std::min({row[k] + 1, row[k + 1] + 1, corner + (a[i] == b[k] ? 0U : 1U)});
            corner = std::exchange(row[k + 1], best);
        }
    }
    return row.back();
}

}  // namespace

const json::value* Properties::find(const char* name) {
    taken_.emplace_back(name);
    return fault_ ? nullptr : given_.if_contains(name);
}

const json::value* Properties::find(const char* name,
                                    std::string_view wanted,
                                    bool (json::value::*is_good)() const noexcept) {
    const json::value* value = find(name);
    if (value != nullptr && !(value->*is_good)()) {
        fail(name, wanted);
        return nullptr;
    }
    return value;
}

void Properties::fail(const char* name, std::string_view rule) {
    if (fault_) {
        return;
    }
    const json::value* value = given_.if_contains(name);
    const std::string shown = value == nullptr || is_secret(name)
                                  ? std::string()
                                  : " " + text::escape_for_log(json::serialize(*value), 80);
    fault_ = fmt::format("{}{}: must be {}.", name, shown, rule);
}

void Properties::fail_alone(const char* name, std::string_view sentence) {
    if (!fault_) {
        fault_ = fmt::format("{}: {}", name, sentence);
    }
}

void Properties::flag(const char* name, bool& to) {
    if (const json::value* value = find(name, "true or false", &json::value::is_bool)) {
        to = value->get_bool();
    }
}

void Properties::fixed(const char* name, std::string_view value) {
    const json::value* given = find(name, value, &json::value::is_string);
    if (given != nullptr && given->get_string() != value) {
        fail(name, value);
    }
}

void Properties::text(const char* name, std::string& to, std::size_t limit) {
    if (const json::value* value = find(name, "a text", &json::value::is_string)) {
        const std::string_view given = value->get_string();
        if (given.size() > limit || !text::is_utf8(given) || has_control_characters(given)) {
            fail(name,
                 fmt::format("a text of at most {} octets without control characters", limit));
        } else {
            to = given;
        }
    }
}

void Properties::number(const char* name,
                        std::uint32_t& to,
                        std::int64_t least,
                        std::int64_t most) {
    const json::value* value = find(name);
    if (value == nullptr) {
        return;
    }
    const auto given = as_number(*value);
    if (!given || *given < least || *given > most) {
        fail(name, fmt::format("a whole number from {} to {}", least, most));
    } else {
        to = static_cast<std::uint32_t>(*given);
    }
}

void Properties::optional_number(const char* name,
                                 std::optional<std::uint32_t>& to,
                                 std::int64_t least,
                                 std::int64_t most) {
    const json::value* value = given_.if_contains(name);
    if (value != nullptr && value->is_null()) {
        taken_.emplace_back(name);
        to.reset();
        return;
    }
    std::uint32_t given = to.value_or(0);
    number(name, given, least, most);
    if (value != nullptr && !fault_) {
        to = given;
    }
}

std::optional<std::size_t> Properties::choice_of(const char* name,
                                                 std::span<const std::string_view> names) {
    const json::value* value = find(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    for (std::size_t i = 0; value->is_string() && i < names.size(); ++i) {
        if (text::iequals(value->get_string(), names[i])) {
            return i;
        }
    }
    fail(name, fmt::format("one of {}", fmt::join(names, ", ")));
    return std::nullopt;
}

void Properties::name(const char* name,
                      std::string& to,
                      const Canonical& canonical,
                      std::string_view noun,
                      bool may_be_empty) {
    const json::value* value = find(name, noun, &json::value::is_string);
    if (value == nullptr) {
        return;
    }
    const std::string_view given = value->get_string();
    if (given.empty() && may_be_empty) {
        to.clear();
        return;
    }
    // What no name can be that long for need not be prepared.
    auto made = given.size() <= 3072 && text::is_utf8(given)
                    ? canonical(given)
                    : Result<std::string>(make_error(ErrorKind::TooLong, "too long"));
    if (!made) {
        fail(name, noun);
    } else {
        to = std::move(*made);
    }
}

void Properties::list(const char* name,
                      std::vector<std::string>& to,
                      const Canonical& canonical,
                      std::string_view noun) {
    const json::value* value =
        find(name, fmt::format("a list of {}s", noun), &json::value::is_array);
    if (value == nullptr) {
        return;
    }
    if (value->get_array().size() > kMaxDomains) {
        fail_alone(name, fmt::format("must be a list of at most {} {}s.", kMaxDomains, noun));
        return;
    }
    std::vector<std::string> made;
    for (const json::value& item : value->get_array()) {
        auto domain = item.is_string() && item.get_string().size() <= 1024
                          ? canonical(item.get_string())
                          : Result<std::string>(make_error(ErrorKind::Syntax, "no text"));
        if (!domain) {
            fail_alone(
                name,
                fmt::format(
                    "{} is not a {}.", text::escape_for_log(json::serialize(item), 80), noun));
            return;
        }
        if (std::ranges::find(made, *domain) == made.end()) {
            made.push_back(std::move(*domain));
        }
    }
    to = std::move(made);
}

void Properties::fqdn(const char* name, std::string& to) {
    const json::value* value = find(name, "a host name", &json::value::is_string);
    if (value == nullptr) {
        return;
    }
    const std::string_view given = value->get_string();
    if (!is_host(given)) {
        fail(name, "a host name (letters, digits, hyphens, dots; at most 253 octets)");
        return;
    }
    to = text::to_lower(without_dot(given));
}

void Properties::host(const char* name, std::string& to) {
    const json::value* value = given_.if_contains(name);
    if (value == nullptr || !value->is_string()) {
        return fqdn(name, to);
    }
    const std::string_view given = value->get_string();
    const std::size_t colon = given.rfind(':');
    const auto port =
        colon == std::string_view::npos ? std::nullopt : text::to_number(given.substr(colon + 1));
    if (colon != std::string_view::npos &&
        (!port || *port == 0 || *port > 65535 || !is_host(given.substr(0, colon)) || colon == 0)) {
        find(name);
        fail(name, "a host name, or HOST:PORT with a port from 1 to 65535");
    } else if (colon == std::string_view::npos) {
        fqdn(name, to);
    } else if (find(name) != nullptr) {
        to = fmt::format("{}:{}", text::to_lower(without_dot(given.substr(0, colon))), *port);
    }
}

Result<void> Properties::finish() {
    for (const auto& [key, value] : given_) {
        const std::string_view name = key;
        if (fault_ || std::ranges::find(taken_, name) != taken_.end()) {
            continue;
        }
        const auto nearest = std::ranges::min_element(taken_, {}, [name](std::string_view known) {
            return distance(known, name.substr(0, 64));
        });
        const std::string shown = text::escape_for_log(name, 64);
        fault_ = nearest != taken_.end() && distance(*nearest, name.substr(0, 64)) <= 3
                     ? fmt::format("{} is not a property; did you mean {}?", shown, *nearest)
                     : fmt::format(
                           "{} is not a property; there are: {}.", shown, fmt::join(taken_, ", "));
    }
    if (fault_) {
        return make_error(ErrorKind::Syntax, "IST-API-001", *fault_, {});
    }
    return {};
}

}  // namespace isthmus::control
