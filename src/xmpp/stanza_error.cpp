#include "xmpp/stanza_error.h"

#include <algorithm>
#include <array>

namespace isthmus::xmpp {

namespace {

constexpr std::string_view kStanzas = "urn:ietf:params:xml:ns:xmpp-stanzas";

struct Row {
    std::string_view name;
    ErrorType type;
};

/// In the order of Condition.
constexpr std::array<Row, 22> kConditions{{
    {"bad-request", ErrorType::Modify},
    {"conflict", ErrorType::Cancel},
    {"feature-not-implemented", ErrorType::Cancel},
    {"forbidden", ErrorType::Auth},
    {"gone", ErrorType::Cancel},
    {"internal-server-error", ErrorType::Cancel},
    {"item-not-found", ErrorType::Cancel},
    {"jid-malformed", ErrorType::Modify},
    {"not-acceptable", ErrorType::Modify},
    {"not-allowed", ErrorType::Cancel},
    {"not-authorized", ErrorType::Auth},
    {"policy-violation", ErrorType::Modify},
    {"recipient-unavailable", ErrorType::Wait},
    {"redirect", ErrorType::Modify},
    {"registration-required", ErrorType::Auth},
    {"remote-server-not-found", ErrorType::Cancel},
    {"remote-server-timeout", ErrorType::Wait},
    {"resource-constraint", ErrorType::Wait},
    {"service-unavailable", ErrorType::Cancel},
    {"subscription-required", ErrorType::Auth},
    {"undefined-condition", ErrorType::Cancel},
    {"unexpected-request", ErrorType::Wait},
}};
static_assert(kConditions.size() == static_cast<std::size_t>(Condition::UnexpectedRequest) + 1);

/// In the order of ErrorType.
constexpr std::array<std::string_view, 5> kTypes{"auth", "cancel", "continue", "modify", "wait"};

const Row& row_of(Condition condition) {
    return kConditions[static_cast<std::size_t>(condition)];
}

}  // namespace

std::string_view condition_name(Condition condition) {
    return row_of(condition).name;
}

std::optional<Condition> condition_of(std::string_view name) {
    const auto* found = std::ranges::find(kConditions, name, &Row::name);
    if (found == kConditions.end()) {
        return std::nullopt;
    }
    return static_cast<Condition>(found - kConditions.begin());
}

std::string_view error_type_name(ErrorType type) {
    return kTypes[static_cast<std::size_t>(type)];
}

ErrorType default_type(Condition condition) {
    return row_of(condition).type;
}

void StanzaError::write(xml::Writer& to) const {
    const std::string_view name = condition_name(condition);
    to.open("error").attribute("type", error_type_name(type));
    to.open(name).attribute("xmlns", kStanzas);
    // RFC 6120 §8.3.3.5, §8.3.3.14: no other condition carries an address.
    if (condition == Condition::Gone || condition == Condition::Redirect) {
        to.text(new_address);
    }
    to.close(name);
    if (!text.empty()) {
        to.open("text").attribute("xmlns", kStanzas).text(text).close("text");
    }
    to.close("error");
}

StanzaError StanzaError::from_xml(const xml::Element& error, Arena& arena) {
    StanzaError out;
    bool has_condition = false;
    for (const xml::Element* i = error.first_element(); i != nullptr; i = i->next_element()) {
        if (i->ns != kStanzas) {
            continue;
        }
        if (i->name == "text") {
            out.text = out.text.empty() ? i->all_text(arena) : out.text;
        } else if (!has_condition) {
            has_condition = true;
            out.condition = condition_of(i->name).value_or(Condition::UndefinedCondition);
            if (out.condition == Condition::Gone || out.condition == Condition::Redirect) {
                out.new_address = i->all_text(arena);
            }
        }
    }
    const auto* type = std::ranges::find(kTypes, error.attribute("type").value_or(""));
    out.type = type == kTypes.end() ? default_type(out.condition)
                                    : static_cast<ErrorType>(type - kTypes.begin());
    return out;
}

}  // namespace isthmus::xmpp
