// Values as the parameters want them. The messages are PowerShell's where scripts may look for
// them.
#include "base/text.h"
#include "cli/cs_binding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace isthmus::cli::cs {

namespace {

constexpr std::size_t kMaxText = 8192;

[[noreturn]] void fail(const Parameter& parameter,
                       const Value& value,
                       const std::string& why,
                       const std::string& fix) {
    throw Fault(
        fmt::format(R"(Cannot bind parameter '{}'. Cannot convert value "{}" to type "{}".)",
                    parameter.name,
                    text::escape_for_log(to_text(value), 100),
                    type_name(parameter)),
        why,
        fix);
}

Value to_boolean(const Parameter& parameter, const Value& value) {
    if (value.as<bool>() != nullptr) {
        return value;
    }
    std::int64_t number = 0;
    if (to_number(value, number)) {
        return number != 0;
    }
    const std::string text = to_text(value);
    const bool is_word = value.as<std::string>() != nullptr;
    if (is_word && (text::iequals(text, "true") || text::iequals(text, "$true"))) {
        return true;
    }
    if (is_word && (text::iequals(text, "false") || text::iequals(text, "$false"))) {
        return false;
    }
    fail(parameter,
         value,
         "Boolean parameters accept only Boolean values and numbers, such as $True, $False, 1 or 0",
         text.empty() ? "a shell replaces $true and $false by nothing: put the whole line between "
                        "single quotes, isthmus cs '...'"
                      : "write $true or $false");
}

Value to_uint32(const Parameter& parameter, const Value& value) {
    if (value.is_null()) {
        return {};
    }
    std::int64_t number = 0;
    if (!to_number(value, number) || number < 0 || number > INT64_C(4294967295)) {
        fail(parameter, value, "it must be a whole number from 0 to 4294967295", "write a number");
    }
    return number;
}

Value to_choice(const Parameter& parameter, const Value& value) {
    const std::vector<std::string> choices = split_choices(parameter.choices);
    const std::string given = to_text(value);
    std::vector<std::string> found;
    for (const std::string& choice : choices) {
        if (text::iequals(choice, given)) {
            return choice;
        }
        if (!given.empty() && text::istarts_with(choice, given)) {
            found.push_back(choice);
        }
    }
    if (found.size() == 1) {
        return found.front();
    }
    // One page prints "-VerificationLevel 2".
    std::int64_t number = 0;
    if (std::string_view(parameter.choices) == kVerificationLevels && to_number(value, number) &&
        number >= 0 && number < static_cast<std::int64_t>(choices.size())) {
        return choices[static_cast<std::size_t>(number)];
    }
    const std::string near = nearest(given, choices);
    fail(parameter,
         value,
         fmt::format("possible values are {}", fmt::join(choices, ", ")),
         near.empty() ? "use one of them" : fmt::format("did you mean {}?", near));
}

void add_texts(const Value& value, List& to) {
    if (value.is_null()) {
        return;
    }
    if (const auto* list = value.as<List>(); list != nullptr) {
        for (const Value& one : *list) {
            add_texts(one, to);
        }
        return;
    }
    const std::string text = to_text(value);
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        const std::string_view part = text::trim(std::string_view(text).substr(at, comma - at));
        if (!part.empty()) {
            to.emplace_back(std::string(part));
        }
        at = comma + 1;
    }
}

Value to_list(const Parameter& parameter, const Value& value) {
    if (const auto* table = value.as<Table>(); table != nullptr) {
        Table made;
        for (const auto& [key, items] : *table) {
            const char* const known[] = {"Add", "Remove", "Replace"};
            const auto* name = std::ranges::find_if(
                known, [&](const char* one) { return text::iequals(one, key); });
            if (name == std::end(known)) {
                fail(parameter,
                     key,
                     "@{ } changes a list by Add, Remove and Replace",
                     fmt::format("write for example -{} @{{Add=\"a.example\"}}", parameter.name));
            }
            List texts;
            add_texts(items, texts);
            made.emplace_back(*name, std::move(texts));
        }
        const bool replaces =
            std::ranges::any_of(made, [](const auto& one) { return one.first == "Replace"; });
        if (replaces && made.size() > 1) {
            fail(parameter,
                 "Replace",
                 "Replace sets the whole list, so Add and Remove have nothing to add",
                 "give Replace alone");
        }
        return made;
    }
    List made;
    add_texts(value, made);
    return made;
}

Value to_choices(const Parameter& parameter, const Value& value) {
    const Value texts = to_list(parameter, value);
    List made;
    for (const Value& one : *texts.as<List>()) {
        made.push_back(to_choice(parameter, one));
    }
    return made;
}

Value to_string(const Parameter& parameter, const Value& value) {
    if (value.is_null()) {
        return {};
    }
    if (value.as<List>() != nullptr || value.as<Table>() != nullptr) {
        fail(parameter,
             value,
             "one text is wanted, and this is a list",
             "put quotes around it if the commas belong to the text");
    }
    const auto* item = value.as<ItemPtr>();
    std::string text =
        item != nullptr && *item && !(*item)->id.empty() ? (*item)->id : to_text(value);
    if (text.size() > kMaxText) {
        fail(parameter,
             text.substr(0, 20),
             fmt::format("it has {} octets, the limit is {}", text.size(), kMaxText),
             "shorten it");
    }
    return text;
}

Value to_instance(const Parameter& parameter, const Value& value) {
    if (value.as<ItemPtr>() == nullptr) {
        fail(parameter,
             value,
             "an object is wanted, as a New- or Get- cmdlet gives it",
             "keep it in a variable first: $x = Get-...; then -Instance $x");
    }
    return value;
}

}  // namespace

Value convert(const Parameter& parameter, const Value& value) {
    switch (parameter.type) {
        case Type::Boolean:
        case Type::Switch:
            return to_boolean(parameter, value);
        case Type::UInt32:
            return to_uint32(parameter, value);
        case Type::Choice:
            return to_choice(parameter, value);
        case Type::Choices:
            return to_choices(parameter, value);
        case Type::Texts:
            return to_list(parameter, value);
        case Type::Instance:
            return to_instance(parameter, value);
        case Type::Filter:
        case Type::Expressions:
            return value;
        default:
            return to_string(parameter, value);
    }
}

}  // namespace isthmus::cli::cs
