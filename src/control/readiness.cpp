#include "control/readiness.h"

#include "base/policy_name.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace isthmus::control {

namespace json = boost::json;

using policy::Homed;
using policy::Partner;

namespace {

constexpr std::string_view kBefore[] = {"cut-over", "switch-off"};

/// Keeps the findings in their order and counts what each concerns.
class Judge {
  public:
    Judge(const policy::Policy& policy, const UserFacts& users) : policy_(policy), users_(users) {}

    Readiness run() {
        count_users();
        judge_users();
        judge_switches();
        judge_policies();
        judge_blocks();
        judge_allowed_domains();
        judge_partners();
        std::ranges::move(later_, std::back_inserter(made_.findings));
        return std::move(made_);
    }

  private:
    std::vector<Finding>& list_of(Before before) {
        return before == Before::CutOver ? made_.findings : later_;
    }

    Finding& add(std::string_view id, Before before) {
        Finding& made = list_of(before).emplace_back();
        made.id = id;
        made.before = before;
        return made;
    }

    /// The finding of that id, made when it is first met.
    Finding& find_or_add(std::string_view id, Before before) {
        auto& list = list_of(before);
        const auto there = std::ranges::find(list, id, &Finding::id);
        return there == list.end() ? add(id, before) : *there;
    }

    static void note(Finding& finding, std::string name, std::string note = {}) {
        ++finding.total;
        if (finding.objects.size() < Finding::kMostObjects) {
            finding.objects.push_back({std::move(name), std::move(note)});
        }
    }

    void count_users() {
        for (const store::UserGroup& group : users_.groups) {
            made_.users += group.count;
            if (!group.enabled) {
                disabled_not_moved_ += group.homed == Homed::Legacy ? group.count : 0;
                continue;
            }
            made_.not_moved += group.homed == Homed::Legacy ? group.count : 0;
            const policy::Effective effective =
                policy_.effective({group.policy, group.site, group.pool, group.enabled});
            made_.may_talk_xmpp += allows_xmpp(policy_.rules()[effective.rule]) ? group.count : 0;
        }
    }

    void judge_users() {
        if (made_.not_moved > 0) {
            Finding& made = add("users-not-moved", Before::CutOver);
            made.sentence = fmt::format(
                "{} user{} not moved yet: they lose every partner that is enabled here.",
                made_.not_moved,
                made_.not_moved == 1 ? " is" : "s are");
            made.command = "isthmus user list --homed legacy";
            for (const policy::User& user : users_.not_moved) {
                note(made, user.uri, user.display_name);
            }
            made.total = made_.not_moved;
        }
        if (disabled_not_moved_ > 0) {
            Finding& made = add("disabled-users-not-moved", Before::SwitchOff);
            made.sentence =
                fmt::format("{} disabled user{} still homed on the old system: move or delete.",
                            disabled_not_moved_,
                            disabled_not_moved_ == 1 ? " is" : "s are");
            made.command = "isthmus user list --homed legacy --enabled false";
            made.total = disabled_not_moved_;
        }
    }

    void judge_switches() {
        if (!policy_.access_edge().allow_federated_users) {
            Finding& made = add("federation-off", Before::CutOver);
            made.sentence = "Federation is switched off for the whole organisation.";
            made.command = "isthmus access-edge set --allow-federated-users true";
        }
        if (!policy_.gateway().enabled) {
            Finding& made = add("gateway-off", Before::CutOver);
            made.sentence = "The XMPP gateway is switched off.";
            made.command = "isthmus gateway set --enabled true";
        }
    }

    /// Users whom nobody entered are under Global, so it counts although no group has it.
    void judge_policies() {
        if (made_.may_talk_xmpp > 0 || allows_xmpp(policy_.rules().front())) {
            return;
        }
        Finding& made = add("nobody-allowed", Before::CutOver);
        const auto open = std::ranges::find_if(policy_.rules(), policy::allows_xmpp);
        if (open == policy_.rules().end()) {
            made.sentence =
                "No policy allows both federation and XMPP: nobody may talk to any partner.";
            made.command =
                "isthmus policy create NAME --enable-federation-access true "
                "--enable-xmpp-access true";
            return;
        }
        made.sentence =
            fmt::format("{} allows XMPP but holds for nobody: nobody may talk to any partner.",
                        text::policy_name(open->identity));
        made.command = open->identity.starts_with("Site:")
                           ? fmt::format("isthmus user set USER --site \"{}\"",
                                         open->identity.substr(sizeof "Site:" - 1))
                           : fmt::format("isthmus policy grant --user USER \"{}\"",
                                         open->identity.substr(sizeof "Tag:" - 1));
    }

    void judge_blocks() {
        for (const Partner& partner : policy_.partners()) {
            for_each_domain(partner, [&](const std::string& domain) {
                const policy::BlockedDomain* block = policy_.block_of(domain);
                if (block == nullptr) {
                    return;
                }
                Finding& made = find_or_add("partner-blocked", Before::CutOver);
                if (made.total == 0) {
                    made.command = fmt::format("isthmus partner unblock \"{}\"", block->domain);
                }
                note(made, domain, fmt::format("blocked by {}", block->domain));
                made.sentence = fmt::format(
                    "{} domain{} of partners on the block list, which beats every partner.",
                    made.total,
                    made.total == 1 ? " is" : "s are");
            });
        }
    }

    /// While a partner is disabled its entry is the way to the old gateway; with the partner
    /// enabled it leads the original past us. The entries are also all that says what else the old
    /// gateway serves, so that is found out before any of them goes.
    void judge_allowed_domains() {
        std::set<std::string_view> old_gateways;
        for (const policy::AllowedDomain& allowed : policy_.objects().allowed_domains) {
            if (policy_.partner_of(allowed.domain) != nullptr && !allowed.proxy_fqdn.empty()) {
                old_gateways.insert(allowed.proxy_fqdn);
            }
        }
        for (const policy::AllowedDomain& allowed : policy_.objects().allowed_domains) {
            if (policy_.partner_of(allowed.domain) == nullptr &&
                old_gateways.contains(allowed.proxy_fqdn)) {
                without_partner(allowed);
            }
        }
        for (const policy::AllowedDomain& allowed : policy_.objects().allowed_domains) {
            if (const Partner* partner = policy_.partner_of(allowed.domain); partner != nullptr) {
                leftover(allowed, partner->enabled);
            }
        }
    }

    void leftover(const policy::AllowedDomain& allowed, bool is_cut_over) {
        Finding& made = is_cut_over ? find_or_add("leftover-allowed-domain", Before::CutOver)
                                    : find_or_add("allowed-domain-in-use", Before::SwitchOff);
        if (made.total == 0) {
            made.command = fmt::format("isthmus sip-domain delete {}", allowed.domain);
        }
        note(made,
             allowed.domain,
             allowed.proxy_fqdn.empty()
                 ? std::string("no proxy")
                 : fmt::format("points at {}, the old gateway", allowed.proxy_fqdn));
        made.sentence =
            is_cut_over ? fmt::format(
                              "{} XMPP domain{} still a SIP allowed domain as well: the SIP system "
                              "would go on sending to the old gateway.",
                              made.total,
                              made.total == 1 ? " is" : "s are")
                        : fmt::format(
                              "{} allowed SIP domain{} the way to partners that are not cut over: "
                              "delete it in the hour in which its partner is enabled.",
                              made.total,
                              made.total == 1 ? " is" : "s are");
    }

    void without_partner(const policy::AllowedDomain& allowed) {
        Finding& made = find_or_add("domain-without-partner", Before::CutOver);
        if (made.total == 0) {
            made.command =
                fmt::format("isthmus partner create {} --sasl-negotiation Optional --enabled false",
                            allowed.domain);
        }
        note(made, allowed.domain, fmt::format("points at {}", allowed.proxy_fqdn));
        made.sentence =
            fmt::format("{} SIP allowed domain{} at the old gateway and {} no partner here.",
                        made.total,
                        made.total == 1 ? " points" : "s point",
                        made.total == 1 ? "has" : "have");
    }

    void judge_partners() {
        made_.partners = policy_.partners().size();
        if (made_.partners == 0) {
            Finding& made = add("no-partner", Before::CutOver);
            made.sentence = "There is no XMPP partner: the old gateway serves all of them.";
            made.command =
                "isthmus partner create DOMAIN --sasl-negotiation Optional --enabled false";
            return;
        }
        for (const Partner& partner : policy_.partners()) {
            if (partner.enabled) {
                ++made_.served_here;
                continue;
            }
            Finding& made = find_or_add("partners-at-old-gateway", Before::SwitchOff);
            if (made.total == 0) {
                made.command = fmt::format("isthmus partner enable {}", partner.domain);
            }
            note(made, partner.domain, partner.description);
            made.sentence =
                fmt::format("{} partner{} disabled here: the old gateway still serves {}.",
                            made.total,
                            made.total == 1 ? " is" : "s are",
                            made.total == 1 ? "it" : "them");
        }
    }

    template <class Visit>
    static void for_each_domain(const Partner& partner, Visit visit) {
        visit(partner.domain);
        for (const std::string& domain : partner.additional_domains) {
            visit(domain);
        }
    }

    const policy::Policy& policy_;
    const UserFacts& users_;
    Readiness made_;              ///< with the findings before the cut-over
    std::vector<Finding> later_;  ///< those before the switch-off
    std::uint64_t disabled_not_moved_ = 0;
};

}  // namespace

bool Readiness::has(Before before) const {
    return std::ranges::find(findings, before, &Finding::before) != findings.end();
}

std::string_view Readiness::verdict() const {
    return has(Before::CutOver) ? "not-ready" : has(Before::SwitchOff) ? "ready" : "done";
}

UserFacts read_user_facts(const store::ConfigStore& store) {
    return {.groups = store.group_users(),
            .not_moved =
                store
                    .find_users(
                        {.homed = Homed::Legacy, .enabled = true, .limit = Finding::kMostObjects})
                    .users};
}

Readiness judge_readiness(const policy::Policy& policy, const UserFacts& users) {
    return Judge(policy, users).run();
}

json::object to_json(const Readiness& readiness) {
    json::array findings;
    for (const Finding& finding : readiness.findings) {
        json::array objects;
        for (const Finding::Object& object : finding.objects) {
            objects.push_back(json::object{{"name", object.name}, {"note", object.note}});
        }
        findings.push_back(
            json::object{{"id", finding.id},
                         {"before", kBefore[static_cast<std::size_t>(finding.before)]},
                         {"sentence", finding.sentence},
                         {"command", finding.command},
                         {"total", finding.total},
                         {"objects", std::move(objects)}});
    }
    return {{"verdict", readiness.verdict()},
            {"ready", !readiness.has(Before::CutOver)},
            {"users",
             json::object{{"entered", readiness.users},
                          {"not_moved", readiness.not_moved},
                          {"may_talk_xmpp", readiness.may_talk_xmpp}}},
            {"partners",
             json::object{{"total", readiness.partners},
                          {"served_here", readiness.served_here},
                          {"served_by_old_gateway", readiness.partners - readiness.served_here}}},
            {"findings", std::move(findings)}};
}

}  // namespace isthmus::control
