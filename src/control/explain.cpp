#include "control/explain.h"

#include "policy/explanation.h"

#include <boost/json/array.hpp>

#include <cstddef>
#include <utility>

namespace isthmus::control {

namespace json = boost::json;

using policy::Gate;

Explanation explain(const policy::Policy& policy,
                    const policy::Query& query,
                    std::optional<bool> is_contact) {
    Explanation made{.decision = policy.decide(query), .gates = {}};
    if (is_contact) {
        made.decision.judge_contact(*is_contact);
    }
    // The gates behind the one that decided are asked as well, for a copy of the decision.
    policy::Decision looked_at = made.decision;
    for (std::size_t i = 1; i < policy::kGates; ++i) {
        const auto gate = static_cast<Gate>(i);
        GateVerdict one{.gate = gate};
        one.is_open = policy.passes(gate, query, looked_at);
        if (gate == Gate::PartnerType && looked_at.asks_for_contact()) {
            one.is_open = is_contact.value_or(true);
        }
        one.was_asked = made.decision.is_allowed() || gate <= made.decision.gate;
        policy::GateNote note = policy::describe(gate, one.is_open, query, looked_at, is_contact);
        one.object = std::move(note.object);
        one.sentence = policy::as_sentence(std::move(note.why));
        one.fix = std::move(note.fix);
        made.gates.push_back(std::move(one));
    }
    return made;
}

json::object to_json(const Explanation& explanation) {
    const Gate decided = explanation.decision.gate;
    json::array gates;
    GateVerdict closed;
    for (const GateVerdict& gate : explanation.gates) {
        if (gate.gate == decided) {
            closed = gate;
        }
        gates.push_back(json::object{{"gate", policy::gate_name(gate.gate)},
                                     {"verdict", gate.is_open ? "open" : "closed"},
                                     {"asked", gate.was_asked},
                                     {"object", gate.object},
                                     {"sentence", gate.sentence},
                                     {"fix", gate.fix}});
    }
    const bool is_allowed = explanation.decision.is_allowed();
    return {{"verdict", is_allowed ? "allowed" : "refused"},
            {"decided_by", policy::gate_name(decided)},
            {"object", closed.object},
            {"code", policy::gate_code(decided)},
            {"sentence", is_allowed ? "They may talk to each other." : closed.sentence},
            {"fix", closed.fix},
            {"gates", std::move(gates)}};
}

}  // namespace isthmus::control
