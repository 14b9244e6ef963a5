#include "cli/cs_compare.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <regex>

namespace isthmus::cli::cs {

namespace {

constexpr std::size_t kMaxPattern = 256;
constexpr std::size_t kMaxSubject = 1024;  ///< no property is longer

bool matches(const Value& left, const std::string& pattern, bool is_case_sensitive) {
    if (pattern.size() > kMaxPattern) {
        throw Fault("The regular expression is too long.",
                    fmt::format("it has {} octets, the limit is {}", pattern.size(), kMaxPattern),
                    "use a shorter one");
    }
    const std::string subject = to_text(left).substr(0, kMaxSubject);
    try {
        // The polynomial kind: no pattern takes exponential time.
        auto flags = std::regex::ECMAScript | std::regex_constants::__polynomial;
        if (!is_case_sensitive) {
            flags |= std::regex::icase;
        }
        return std::regex_search(subject, std::regex(pattern, flags));
    } catch (const std::regex_error& error) {
        throw Fault(fmt::format("'{}' is no regular expression.", text::escape_for_log(pattern)),
                    error.what(),
                    "quote special characters with \\, or use -like with * instead");
    }
}

/// "7/31/2013", "7/31/2013 2:05 PM" and ISO 8601 in one order of letters; empty if it is no date.
std::string sortable_date(const std::string& text) {
    static const std::regex kAmerican(
        R"((\d{1,2})/(\d{1,2})/(\d{4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([AaPp])[Mm])?)?)");
    static const std::regex kIso(
        R"((\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?Z?)?)");
    constexpr std::size_t kLongest = 40;
    std::smatch found;
    if (text.empty() || text.size() > kLongest || !text::is_digit(text[0])) {
        return {};
    }
    const auto part = [&](std::size_t i) { return text::to_number(found[i].str()).value_or(0); };
    if (std::regex_match(text, found, kIso)) {
        return fmt::format(
            "{:04}{:02}{:02}{:02}{:02}{:02}", part(1), part(2), part(3), part(4), part(5), part(6));
    }
    if (!std::regex_match(text, found, kAmerican)) {
        return {};
    }
    std::uint64_t hour = part(4);
    if (found[7].matched) {
        const bool is_pm = text::lower(found[7].str()[0]) == 'p';
        hour = hour % 12 + (is_pm ? 12 : 0);
    }
    return fmt::format(
        "{:04}{:02}{:02}{:02}{:02}{:02}", part(3), part(1), part(2), hour, part(5), part(6));
}

int sign(std::int64_t a, std::int64_t b) {
    return a < b ? -1 : a > b ? 1 : 0;
}

/// The left side says what the right side is taken for, as in PowerShell.
std::optional<int> order(const Value& left, const Value& right, bool is_case_sensitive) {
    if (left.is_null() || right.is_null()) {
        // An empty text is what the API gives where the original has $null.
        const auto is_nothing = [](const Value& one) {
            const auto* text = one.as<std::string>();
            const auto* list = one.as<List>();
            return one.is_null() || (text != nullptr && text->empty()) ||
                   (list != nullptr && list->empty());
        };
        return is_nothing(left) == is_nothing(right) ? std::optional(0)
               : is_nothing(left)                    ? std::optional(-1)
                                                     : std::optional(1);
    }
    if (const auto* truth = left.as<bool>(); truth != nullptr) {
        return sign(*truth ? 1 : 0, is_true(right) ? 1 : 0);
    }
    std::int64_t a = 0;
    std::int64_t b = 0;
    if (left.as<std::int64_t>() != nullptr) {
        return to_number(left, a) && to_number(right, b) ? std::optional(sign(a, b)) : std::nullopt;
    }
    std::string one = to_text(left);
    std::string other = to_text(right);
    const std::string one_date = sortable_date(one);
    const std::string other_date = one_date.empty() ? std::string() : sortable_date(other);
    if (!other_date.empty()) {
        return one_date.compare(other_date);
    }
    if (!is_case_sensitive) {
        one = text::to_lower(one);
        other = text::to_lower(other);
    }
    return one.compare(other);
}

bool contains(const Value& left, const Value& right, bool is_case_sensitive) {
    const auto* list = left.as<List>();
    if (list == nullptr) {
        return order(left, right, is_case_sensitive) == 0;
    }
    return std::ranges::any_of(
        *list, [&](const Value& one) { return order(one, right, is_case_sensitive) == 0; });
}

bool compare_one(std::string_view name, bool is_exact, const Value& left, const Value& right) {
    if (name == "like" || name == "notlike") {
        const std::string pattern = to_text(right);
        return is_like(to_text(left), pattern) == (name == "like");
    }
    if (name == "match" || name == "notmatch") {
        return matches(left, to_text(right), is_exact) == (name == "match");
    }
    const std::optional<int> result = order(left, right, is_exact);
    if (name == "eq" || name == "ne") {
        return (result == 0) == (name == "eq");
    }
    if (!result) {
        return false;
    }
    return name == "gt"   ? *result > 0
           : name == "ge" ? *result >= 0
           : name == "lt" ? *result < 0
                          : *result <= 0;
}

}  // namespace

bool compare(std::string_view name, bool is_case_sensitive, const Value& left, const Value& right) {
    if (name == "contains" || name == "notcontains") {
        return contains(left, right, is_case_sensitive) == (name == "contains");
    }
    if (name == "in" || name == "notin") {
        // NOLINTNEXTLINE(readability-suspicious-call-argument): what is in which is the other way
        return contains(right, left, is_case_sensitive) == (name == "in");
    }
    // A list on the left: whether any of its items does.
    const auto* list = left.as<List>();
    if (list == nullptr || right.is_null()) {
        return compare_one(name, is_case_sensitive, left, right);
    }
    return std::ranges::any_of(
        *list, [&](const Value& one) { return compare_one(name, is_case_sensitive, one, right); });
}

bool holds(const Condition& condition, const Evaluate& evaluate) {
    const auto part = [&](std::size_t i) { return holds(condition.parts[i], evaluate); };
    switch (condition.is) {
        case Condition::Is::Truth:
            return is_true(evaluate(condition.operands[0]));
        case Condition::Is::Compare:
            return compare(condition.compare,
                           condition.is_case_sensitive,
                           evaluate(condition.operands[0]),
                           evaluate(condition.operands[1]));
        case Condition::Is::And:
            return part(0) && part(1);
        case Condition::Is::Or:
            return part(0) || part(1);
        case Condition::Is::Xor:
            return part(0) != part(1);
        default:
            return !part(0);
    }
}

}  // namespace isthmus::cli::cs
