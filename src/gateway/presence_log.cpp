// What the log says about presence: pres.sub when a standing changes or something failed,
// pres.update at level debug. Never a status.
#include "base/codes.h"
#include "base/log.h"
#include "gateway/presence_flow.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace isthmus::gateway {

namespace {

constexpr std::uint32_t kLogLinesPerSecond = 50;

}  // namespace

void PresenceFlow::count_standing(Entry& entry, Watch watch, subscriptions::Standing before) {
    const subscriptions::Standing now = watch == Watch::XmppWatchesSip
                                            ? entry.value.xmpp_watches_sip.standing()
                                            : entry.value.sip_watches_xmpp.standing();
    if (now == before) {
        return;
    }
    using subscriptions::Standing;
    halves_ += now == Standing::None ? 0 : 1;
    halves_ -= before == Standing::None ? 0 : 1;
    counters_.add(watch, entry.value.label, before, -1);
    counters_.add(watch, entry.value.label, now, 1);
    note(entry, watch, {}, {});
}

/// Abuse case F06: nobody can fill the log by asking.
bool PresenceFlow::may_log() {
    const std::int64_t second =
        std::chrono::duration_cast<std::chrono::seconds>(timers_.now().time_since_epoch()).count();
    if (second != log_second_) {
        log_second_ = second;
        log_budget_ = kLogLinesPerSecond;
    }
    if (log_budget_ == 0) {
        return false;
    }
    --log_budget_;
    return true;
}

void PresenceFlow::note(const Entry& entry,
                        Watch watch,
                        std::string_view code,
                        std::string_view text) {
    if (!may_log()) {
        return;
    }
    const bool is_of_sip = watch == Watch::XmppWatchesSip;
    log::event(log::Level::Info,
               "pres.sub",
               {{"code", code},
                {"msg", text},
                {"direction", watch_name(watch)},
                {"user", entry.user()},
                {"contact", entry.contact()},
                {"standing",
                 subscriptions::standing_name(is_of_sip ? entry.value.xmpp_watches_sip.standing()
                                                        : entry.value.sip_watches_xmpp.standing())},
                {"state",
                 is_of_sip ? subscriptions::state_name(entry.value.xmpp_watches_sip.state())
                           : subscriptions::state_name(entry.value.sip_watches_xmpp.state())}});
}

void PresenceFlow::fail(Entry& entry, Watch watch, std::string_view code, std::string_view text) {
    const auto all = codes::all();
    const auto found = std::ranges::find(all, code, &codes::Code::id);
    const auto failure =
        found == all.end() ? std::uint8_t{0} : static_cast<std::uint8_t>(found - all.begin() + 1);
    const bool is_known =
        std::exchange(entry.value.failure[static_cast<std::size_t>(watch)], failure) == failure;
    // Each answer is evidence of its own; that there was none needs saying once.
    if (!is_known || code == "IST-SIP-006" || code == "IST-XMPP-006") {
        note(entry, watch, code, text);
    }
}

void PresenceFlow::note_refused(Watch watch,
                                std::string_view user,
                                std::string_view contact,
                                std::string_view code,
                                std::string_view text) {
    if (may_log()) {
        log::event(log::Level::Info,
                   "pres.sub",
                   {{"code", code},
                    {"msg", text},
                    {"direction", watch_name(watch)},
                    {"user", user},
                    {"contact", contact},
                    {"standing", "none"}});
    }
}

void PresenceFlow::note_refused(Watch watch,
                                const xmpp::Jid& contact,
                                const PolicyRefusal& refusal) {
    if (!may_log()) {
        return;
    }
    const Explanation about = explain(refusal);
    const policy::AccessRule* rule = refusal.decision.rule;
    log::event(log::Level::Info,
               "pres.sub",
               {{"code", policy::gate_code(refusal.decision.gate)},
                {"msg", about.sentence},
                {"fix", about.fix},
                {"direction", watch_name(watch)},
                {"user", arena_.concat(refusal.query.user, "@", refusal.query.user_domain)},
                {"contact", contact.to_bare_string()},
                {"standing", "none"},
                {"gate", policy::gate_name(refusal.decision.gate)},
                {"policy", rule != nullptr ? std::string_view(rule->identity) : std::string_view()},
                {"policy_scope", rule != nullptr ? scope_of(*rule) : std::string_view()}});
}

std::int64_t PresenceFlow::seconds_since(TimePoint since) const {
    return std::chrono::duration_cast<std::chrono::seconds>(timers_.now() - since).count();
}

/// Two lines an outage, however many pairs and questions it concerns.
void PresenceFlow::note_partner(std::string_view name, const Domain& domain) const {
    const bool is_away = domain.reach == Reach::Down;
    log::event(is_away ? log::Level::Warning : log::Level::Info,
               "pres.partner",
               {{"code", is_away ? "IST-XMPP-002" : ""},
                {"domain", name},
                {"state", is_away ? "away" : "back"},
                {"pairs", domain.pairs},
                {"failures", domain.failures},
                {"seconds", is_away ? 0 : seconds_since(domain.since)}});
}

void PresenceFlow::note_peer(std::size_t index) const {
    const Peer& peer = peers_[index];
    log::event(peer.is_down ? log::Level::Warning : log::Level::Info,
               "pres.peer",
               {{"code", peer.is_down ? "IST-SIP-002" : ""},
                {"domain", config_.domains[index].sip},
                {"state", peer.is_down ? "away" : "back"},
                {"pairs", peer.pairs},
                {"seconds", peer.is_down ? 0 : seconds_since(peer.since)}});
}

void PresenceFlow::note_forgetful(std::size_t index) const {
    log::event(log::Level::Warning,
               "pres.peer",
               {{"code", "IST-SIP-006"},
                {"domain", config_.domains[index].sip},
                {"state", "forgetful"},
                {"pairs", peers_[index].pairs}});
}

void PresenceFlow::note_update(const Entry& entry, Watch watch, std::size_t stanzas) const {
    if (log::is_enabled(log::Level::Debug)) {
        log::event(log::Level::Debug,
                   "pres.update",
                   {{"direction", watch_name(watch)},
                    {"user", entry.user()},
                    {"contact", entry.contact()},
                    {"count", stanzas}});
    }
}

}  // namespace isthmus::gateway
