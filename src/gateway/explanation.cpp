#include "gateway/explanation.h"

#include "policy/explanation.h"

#include <fmt/format.h>

#include <utility>

namespace isthmus::gateway {

Explanation explain(const PolicyRefusal& refusal) {
    const policy::Query& query = refusal.query;
    policy::GateNote note =
        policy::describe(refusal.decision.gate, false, query, refusal.decision, false);
    const std::string who =
        query.user.empty()
            ? fmt::format("No federation with {}", query.remote_domain)
            : fmt::format(
                  "{}@{} may not talk to {}", query.user, query.user_domain, query.remote_domain);
    return {fmt::format("{}: {}.", who, note.why), std::move(note.fix)};
}

std::string explain_in_full(const PolicyRefusal& refusal) {
    const Explanation made = explain(refusal);
    return fmt::format("{} To change that: {}", made.sentence, made.fix);
}

std::string_view scope_of(const policy::AccessRule& rule) {
    return rule.identity == "Global"            ? "global"
           : rule.identity.starts_with("Site:") ? "site"
                                                : "tag";
}

}  // namespace isthmus::gateway
