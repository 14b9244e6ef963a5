#include "policy/explanation.h"

#include "base/policy_name.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace isthmus::policy {

std::string shell_word(std::string_view text) {
    const bool is_plain = !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (text::lower(c) >= 'a' && text::lower(c) <= 'z') ||
               static_cast<unsigned char>(c) >= 0x80 ||
               std::string_view("@:._-").find(c) != std::string_view::npos;
    });
    if (is_plain) {
        return std::string(text);
    }
    std::string made = "'";
    for (const char c : text) {
        made += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return made + '\'';
}

namespace {

GateNote about_block(bool is_open, const Query& query, const Decision& decision) {
    if (is_open) {
        return {{}, fmt::format("the block list has nothing about {}", query.remote_domain), {}};
    }
    const std::string& entry = decision.block->domain;
    return {"blocked-domain/" + entry,
            fmt::format("the block list has {}", entry),
            fmt::format("isthmus partner unblock {}", shell_word(entry))};
}

GateNote about_partner(bool is_open, const Query& query, const Decision& decision) {
    const std::string_view domain = query.remote_domain;
    if (!is_open) {
        return {{},
                fmt::format("no partner holds the domain {}", domain),
                fmt::format("isthmus partner create {} --partner-type Federated "
                            "--sasl-negotiation Optional",
                            shell_word(domain))};
    }
    const std::string& name = decision.partner->domain;
    return {"partner/" + name, fmt::format("the partner {} holds the domain {}", name, domain), {}};
}

GateNote about_partner_state(bool is_open, const Decision& decision) {
    if (decision.partner == nullptr) {
        return {{}, "there is no partner who could be disabled", {}};
    }
    const std::string& name = decision.partner->domain;
    return {"partner/" + name,
            fmt::format("the partner {} is {}", name, is_open ? "enabled" : "disabled"),
            is_open ? "" : fmt::format("isthmus partner enable {}", shell_word(name))};
}

GateNote about_user_state(bool is_open, const Query& query) {
    const std::string user = fmt::format("{}@{}", query.user, query.user_domain);
    return {"user/" + user,
            fmt::format("the user {} is {}", user, is_open ? "enabled" : "disabled"),
            is_open ? "" : fmt::format("isthmus user set {} --enabled true", shell_word(user))};
}

GateNote about_rule(bool is_open, const Decision& decision) {
    constexpr std::string_view kWhy[] = {"it holds for everybody without a closer one",
                                         "it holds for the user's site",
                                         "it was granted to the user"};
    const AccessRule& rule = *decision.rule;
    const std::string name = text::policy_name(rule.identity);
    const char* what = is_open                         ? "allows federation and XMPP"
                       : rule.enable_federation_access ? "has EnableXmppAccess off"
                       : rule.enable_xmpp_access       ? "has EnableFederationAccess off"
                                                       : "has EnableFederationAccess and "
                                                         "EnableXmppAccess off";
    return {
        "policy/" + rule.identity,
        fmt::format(
            "the policy {} {} ({})", name, what, kWhy[static_cast<std::size_t>(decision.scope)]),
        is_open ? ""
                : fmt::format("isthmus policy set {} --enable-federation-access true "
                              "--enable-xmpp-access true",
                              shell_word(name))};
}

GateNote about_contact(bool is_open, const Decision& decision, std::optional<bool> is_contact) {
    if (decision.partner == nullptr) {
        return {{}, "there is no partner whose type could be asked", {}};
    }
    const std::string& name = decision.partner->domain;
    const std::string object = "partner/" + name;
    if (!decision.asks_for_contact()) {
        return {object, fmt::format("the users of the partner {} need no invitation", name), {}};
    }
    if (!is_open) {
        return {
            object,
            fmt::format("the partner {} is PublicUnverified, and the user has neither added "
                        "the sender as a contact nor written first; the user may write all the "
                        "same; if its users can be trusted, give it another type",
                        name),
            fmt::format("isthmus partner set {} --partner-type PublicVerified", shell_word(name))};
    }
    return {object,
            fmt::format("the partner {} is PublicUnverified: its users reach only those who added "
                        "them as a contact or wrote to them within a day{}",
                        name,
                        is_contact ? "; this contact was added"
                                   : "; ask about one contact to see how it stands"),
            {}};
}

}  // namespace

GateNote describe(Gate gate,
                  bool is_open,
                  const Query& query,
                  const Decision& decision,
                  std::optional<bool> is_contact) {
    switch (gate) {
        case Gate::AccessEdge:
            return {"access-edge",
                    fmt::format("federation is switched {} for the whole organisation",
                                is_open ? "on" : "off"),
                    is_open ? "" : "isthmus access-edge set --allow-federated-users true"};
        case Gate::Gateway:
            return {"gateway",
                    fmt::format("the XMPP gateway is switched {}", is_open ? "on" : "off"),
                    is_open ? "" : "isthmus gateway set --enabled true"};
        case Gate::Block:
            return about_block(is_open, query, decision);
        case Gate::Partner:
            return about_partner(is_open, query, decision);
        case Gate::PartnerState:
            return about_partner_state(is_open, decision);
        case Gate::UserState:
            return about_user_state(is_open, query);
        case Gate::User:
            return about_rule(is_open, decision);
        case Gate::PartnerType:
            return about_contact(is_open, decision, is_contact);
        case Gate::Open:
            break;
    }
    return {{}, "they may talk to each other", {}};
}

std::string as_sentence(std::string why) {
    if (!why.empty() && why.front() >= 'a' && why.front() <= 'z') {
        why.front() = static_cast<char>(why.front() - 'a' + 'A');
    }
    return why + '.';
}

}  // namespace isthmus::policy
