#include "control/explain.h"

#include "base/codes.h"
#include "base/spelling.h"
#include "policy/explanation.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace isthmus::control {

namespace json = boost::json;

using policy::Gate;

namespace {

constexpr std::string_view kNotServed = "IST-POL-006";

GateVerdict about_own_domain(const OwnDomains& own, std::string_view domain) {
    GateVerdict made{.name = "served-domain", .code = kNotServed};
    made.is_open = own.serves(domain);
    made.sentence =
        policy::as_sentence(made.is_open ? fmt::format("the domain {} is served here", domain)
                                         : own.not_served(domain));
    if (const codes::Code* code = codes::find(kNotServed); !made.is_open && code != nullptr) {
        made.fix = code->fix;
    }
    return made;
}

/// What policy does not know: which domains are ours, and what may have been meant.
void add_to_missing_partner(GateVerdict& gate,
                            const policy::Policy& policy,
                            const OwnDomains& own,
                            std::string_view domain) {
    if (own.is_own(domain)) {
        gate.sentence = fmt::format(
            "'{}' is one of our own domains: a partner is another organisation's.", domain);
        gate.fix = "Reach users of our own domains by SIP: no gateway is between them.";
    } else if (const std::string near = nearest_partner_domain(policy.partners(), domain);
               !near.empty()) {
        gate.sentence += fmt::format(" Did you mean {}?", near);
    }
}

}  // namespace

std::string nearest_partner_domain(const policy::PartnerTable& partners, std::string_view domain) {
    text::NearestSearch search(domain);
    for (const policy::Partner& partner : partners) {
        search.offer(partner.domain);
        for (const std::string& other : partner.additional_domains) {
            search.offer(other);
        }
    }
    return search.best();
}

const GateVerdict* Explanation::closed() const {
    const auto found = std::ranges::find_if(
        gates, [](const GateVerdict& one) { return one.was_asked && !one.is_open; });
    return found == gates.end() ? nullptr : &*found;
}

Explanation explain(const policy::Policy& policy,
                    const OwnDomains& own,
                    const policy::Query& query,
                    std::optional<bool> is_contact) {
    Explanation made;
    bool is_decided = false;
    const auto add = [&](GateVerdict one) {
        one.was_asked = !is_decided;
        is_decided |= !one.is_open;
        made.gates.push_back(std::move(one));
    };
    if (!query.user_domain.empty()) {
        add(about_own_domain(own, query.user_domain));
    }
    policy::Decision looked_at = policy.decide(query);
    // The gates behind the one that decided are asked as well.
    for (std::size_t i = 1; i < policy::kGates; ++i) {
        const auto gate = static_cast<Gate>(i);
        GateVerdict one{
            .gate = gate, .name = policy::gate_name(gate), .code = policy::gate_code(gate)};
        one.is_open = policy.passes(gate, query, looked_at);
        if (gate == Gate::PartnerType && looked_at.asks_for_contact()) {
            one.is_open = is_contact.value_or(true);
        }
        policy::GateNote note = policy::describe(gate, one.is_open, query, looked_at, is_contact);
        one.object = std::move(note.object);
        one.sentence = policy::as_sentence(std::move(note.why));
        one.fix = std::move(note.fix);
        if (gate == Gate::Partner && !one.is_open) {
            add_to_missing_partner(one, policy, own, query.remote_domain);
        }
        add(std::move(one));
    }
    return made;
}

json::object to_json(const Explanation& explanation) {
    json::array gates;
    for (const GateVerdict& gate : explanation.gates) {
        gates.push_back(json::object{{"gate", gate.name},
                                     {"verdict", gate.is_open ? "open" : "closed"},
                                     {"asked", gate.was_asked},
                                     {"object", gate.object},
                                     {"sentence", gate.sentence},
                                     {"fix", gate.fix}});
    }
    const GateVerdict* closed = explanation.closed();
    const GateVerdict open{.name = policy::gate_name(Gate::Open),
                           .code = {},
                           .object = {},
                           .sentence = "They may talk to each other.",
                           .fix = {}};
    const GateVerdict& decided = closed != nullptr ? *closed : open;
    return {{"verdict", closed == nullptr ? "allowed" : "refused"},
            {"decided_by", decided.name},
            {"object", decided.object},
            {"code", decided.code},
            {"sentence", decided.sentence},
            {"fix", decided.fix},
            {"gates", std::move(gates)}};
}

}  // namespace isthmus::control
