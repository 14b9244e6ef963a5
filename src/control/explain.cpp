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

constexpr std::string_view kNotAsked = "Not asked: an earlier gate has decided.";

/// One question, and how it is asked again with a name that was not misspelt.
class Asker {
  public:
    Asker(const policy::Policy& policy,
          const OwnDomains& own,
          const policy::Query& query,
          const AboutTheTwo& two)
        : policy_(policy), own_(own), query_(query), two_(two) {}

    GateVerdict own_domain() const {
        const std::string_view domain = query_.user_domain;
        GateVerdict made{.name = "served-domain", .code = kNotServed};
        made.is_open = own_.serves(domain);
        made.sentence =
            policy::as_sentence(made.is_open ? fmt::format("the domain {} is served here", domain)
                                             : own_.not_served(domain));
        if (made.is_open) {
            return made;
        }
        if (const codes::Code* code = codes::find(kNotServed); code != nullptr) {
            made.fix = code->fix;
        }
        if (const std::string near = own_.nearest_served(domain); !near.empty()) {
            made.sentence += " " + std::exchange(made.fix, again_for(user_at(near)));
        }
        return made;
    }

    /// `looked_at` is what the gates before have looked at.
    GateVerdict gate(Gate gate, policy::Decision& looked_at) const {
        GateVerdict made{
            .gate = gate, .name = policy::gate_name(gate), .code = policy::gate_code(gate)};
        made.is_open = policy_.passes(gate, query_, looked_at);
        if (gate == Gate::PartnerType && looked_at.asks_for_contact()) {
            made.is_open = two_.is_contact.value_or(true);
        }
        policy::GateNote note =
            policy::describe(gate, made.is_open, query_, looked_at, two_.is_contact);
        made.object = std::move(note.object);
        made.sentence = policy::as_sentence(std::move(note.why));
        made.fix = std::move(note.fix);
        if (gate == Gate::Partner && !made.is_open) {
            missing_partner(made);
        } else if (gate == Gate::UserState && made.is_open && !two_.is_entered) {
            missing_user(made);
        } else if (gate == Gate::User && !made.is_open && !two_.near_user.empty()) {
            meant(made, two_.near_user, query_user(), again_for(two_.near_user));
        }
        return made;
    }

  private:
    std::string user_at(std::string_view domain) const {
        return fmt::format("{}@{}", query_.user, domain);
    }

    std::string query_user() const { return user_at(query_.user_domain); }

    std::string remote_at(std::string_view domain) const {
        return two_.remote_user.empty() ? std::string(domain)
                                        : fmt::format("{}@{}", two_.remote_user, domain);
    }

    static std::string again(std::string_view user, std::string_view to) {
        return fmt::format("isthmus policy explain --user {} --to {}",
                           policy::shell_word(user),
                           policy::shell_word(to));
    }

    std::string again_for(std::string_view user) const {
        return again(user, remote_at(query_.remote_domain));
    }

    /// First the name that is near; what opens the gate comes second, for who meant what he wrote.
    static void meant(GateVerdict& gate,
                      std::string_view near,
                      std::string_view given,
                      std::string ask_again) {
        gate.sentence +=
            fmt::format(" Did you mean {}? If {} is meant, run `{}`.", near, given, gate.fix);
        gate.fix = std::move(ask_again);
    }

    void missing_partner(GateVerdict& gate) const {
        const std::string_view domain = query_.remote_domain;
        if (own_.is_own(domain)) {
            gate.sentence = fmt::format(
                "'{}' is one of our own domains: a partner is another organisation's.", domain);
            gate.fix = "Reach users of our own domains by SIP: no gateway is between them.";
        } else if (const std::string near = nearest_partner_domain(policy_.partners(), domain);
                   !near.empty()) {
            meant(gate,
                  near,
                  domain,
                  query_.user.empty()
                      ? fmt::format("isthmus partner test {}", policy::shell_word(near))
                      : again(query_user(), remote_at(near)));
        }
    }

    void missing_user(GateVerdict& gate) const {
        gate.object.clear();
        gate.sentence = fmt::format("The user {} has no entry, and needs none.", query_user());
        if (!two_.near_user.empty()) {
            gate.sentence += fmt::format(" Did you mean {}?", two_.near_user);
        }
    }

    const policy::Policy& policy_;
    const OwnDomains& own_;
    const policy::Query& query_;
    const AboutTheTwo& two_;
};

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
                    const AboutTheTwo& two) {
    const Asker asker(policy, own, query, two);
    Explanation made;
    bool is_decided = false;
    const auto add = [&](GateVerdict one) {
        is_decided = !one.is_open;
        made.gates.push_back(std::move(one));
    };
    if (!query.user_domain.empty()) {
        add(asker.own_domain());
    }
    policy::Decision looked_at = policy.decide(query);
    for (std::size_t i = 1; i < policy::kGates; ++i) {
        const auto gate = static_cast<Gate>(i);
        if (is_decided) {
            made.gates.push_back({.gate = gate,
                                  .name = policy::gate_name(gate),
                                  .code = policy::gate_code(gate),
                                  .is_open = false,
                                  .was_asked = false,
                                  .object = {},
                                  .sentence = std::string(kNotAsked),
                                  .fix = {}});
        } else {
            add(asker.gate(gate, looked_at));
        }
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
