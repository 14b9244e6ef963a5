// What an administrator sees of presence, and how he steers it.
#include "base/codes.h"
#include "gateway/presence_flow.h"
#include "translate/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

namespace isthmus::gateway {

namespace {

using subscriptions::Standing;

/// Number of the pair and a letter for the direction.
std::string id_of(PairHandle handle, Watch watch) {
    char digits[20];
    char* const end = std::to_chars(digits, digits + sizeof digits, handle, 16).ptr;
    return std::string(digits, end) + (watch == Watch::XmppWatchesSip ? "x" : "s");
}

struct Named {
    PairHandle pair = 0;
    Watch watch = Watch::XmppWatchesSip;
};

std::optional<Named> named(std::string_view id) {
    if (id.size() < 2 || (id.back() != 'x' && id.back() != 's')) {
        return std::nullopt;
    }
    Named made{.watch = id.back() == 'x' ? Watch::XmppWatchesSip : Watch::SipWatchesXmpp};
    const char* const end = id.data() + id.size() - 1;
    return std::from_chars(id.data(), end, made.pair, 16).ptr == end ? std::optional(made)
                                                                     : std::nullopt;
}

std::string presence_text(const KeptPresence& kept, const xmpp::Jid& from, Arena& arena) {
    std::vector<xmpp::Presence> all;
    kept.read(from, {}, arena, all);
    std::string text;
    for (const xmpp::Presence& presence : all) {
        text.append(text.empty() ? "" : "; ");
        if (!presence.from.resource.empty()) {
            text.append(presence.from.resource).append(": ");
        }
        text.append(presence.type == xmpp::PresenceType::Available ? "available" : "unavailable");
        if (!presence.show.empty()) {
            text.append(", ").append(presence.show);
        }
    }
    return text;
}

}  // namespace

std::string PresenceFlow::why_of(const Entry& entry, Watch watch) const {
    using State = OfSip::State;
    const Pair& pair = entry.value;
    if (watch == Watch::SipWatchesXmpp) {
        switch (pair.sip_watches_xmpp.state()) {
            case OfXmpp::State::Pending:
                return why_pending(entry);
            case OfXmpp::State::Saving:
            case OfXmpp::State::Granting:
                return "It is being stored.";
            default:
                return pair.dialogs.empty() &&
                               pair.sip_watches_xmpp.state() == OfXmpp::State::Active
                           ? "No device of the SIP user is watching at the moment."
                           : "";
        }
    }
    if (is_peer_down(entry.user().substr(entry.user().rfind('@') + 1))) {
        return "The SIP system does not answer.";
    }
    switch (pair.xmpp_watches_sip.state()) {
        case State::Saving:
        case State::Ending:
            return "It is being stored.";
        case State::Subscribing:
            return "The SIP side was asked and has not told the state yet.";
        case State::Live:
            return pair.xmpp_watches_sip.standing() == Standing::Pending
                       ? "The SIP user has not allowed it yet."
                       : "";
        case State::Waiting:
            return "The last attempt failed; another one follows.";
        case State::Resting:
            return "The SIP side has no state of that user and asked not to be asked again.";
        default:
            return "";
    }
}

/// He watches her, and she has not decided; or was she asked at all?
std::string PresenceFlow::why_pending(const Entry& entry) const {
    const std::size_t at = entry.value.failure[static_cast<std::size_t>(Watch::SipWatchesXmpp)];
    const std::string_view code = at == 0 ? std::string_view() : codes::all()[at - 1].id;
    if (code == "IST-XMPP-006") {
        return "The XMPP user's server answered the request with an error.";
    }
    if (!code.empty() || is_away(xmpp::Jid::from_prepared(entry.contact()).domain)) {
        return "The request has not reached the XMPP user's server yet.";
    }
    return "The XMPP user has not answered the request yet.";
}

std::int64_t PresenceFlow::next_attempt_in(const Entry& entry, Watch watch) const {
    const auto until = [this](TimePoint due) {
        return std::chrono::ceil<std::chrono::seconds>(std::max(Duration{}, due - timers_.now()))
            .count();
    };
    const Pair& pair = entry.value;
    // All of a partner that is away is told when it answers.
    if (watch == Watch::SipWatchesXmpp && pair.sip_watches_xmpp.state() != OfXmpp::State::None &&
        is_away(xmpp::Jid::from_prepared(entry.contact()).domain)) {
        return until(watch_due_);
    }
    if (const TimePoint due = pair.retry_due[static_cast<std::size_t>(watch)]; due != TimePoint{}) {
        return until(due);
    }
    const bool is_due = watch == Watch::XmppWatchesSip &&
                        pair.xmpp_watches_sip.state() == OfSip::State::Waiting &&
                        is_peer_down(entry.user().substr(entry.user().rfind('@') + 1));
    return is_due ? until(watch_due_) : -1;
}

SubscriptionStatus PresenceFlow::status_of(PairHandle handle,
                                           const Entry& entry,
                                           Watch watch) const {
    Arena arena(1024);
    const Pair& pair = entry.value;
    const Ends ends = ends_of(entry, arena);
    SubscriptionStatus made;
    made.id = id_of(handle, watch);
    made.direction = watch_name(watch);
    made.user = entry.user();
    made.contact = entry.contact();
    if (const auto* partner = admission_.policy().partner_of(ends.contact.domain)) {
        made.partner = partner->domain;
    }
    made.standing = standing_of(pair, watch);
    made.why = why_of(entry, watch);
    if (const std::size_t at = pair.failure[static_cast<std::size_t>(watch)]; at != 0) {
        made.code = codes::all()[at - 1].id;
    }
    made.since = pair.since;
    made.next_attempt_in = next_attempt_in(entry, watch);
    if (watch == Watch::XmppWatchesSip) {
        made.last_notify = presence_text(pair.sip_presence, ends.user, arena);
        made.last_notify_at = pair.last_notify;
        if (pair.xmpp_watches_sip.is_told()) {
            made.last_presence = made.last_notify;
            made.last_presence_at = made.last_notify_at;
        }
        made.state = subscriptions::state_name(pair.xmpp_watches_sip.state());
        made.dialogs = pair.dialog != 0 ? 1 : 0;
        return made;
    }
    made.state = subscriptions::state_name(pair.sip_watches_xmpp.state());
    made.last_presence = presence_text(pair.xmpp_presence, ends.contact, arena);
    made.last_presence_at = pair.last_presence;
    if (!pair.dialogs.empty()) {
        made.last_notify = made.last_presence;
        made.last_notify_at = made.last_presence_at;
    }
    pair.dialogs.each([&](sip::SubscriptionHandle dialog) {
        ++made.dialogs;
        made.expires_in = std::max(made.expires_in, std::int64_t{notifiers_->seconds_left(dialog)});
    });
    return made;
}

std::optional<SubscriptionStatus> PresenceFlow::get(std::string_view id) const {
    const auto which = named(id);
    const Entry* entry = which ? book_.get(which->pair) : nullptr;
    if (entry == nullptr || standing_of(entry->value, which->watch) == Standing::None) {
        return std::nullopt;
    }
    return status_of(which->pair, *entry, which->watch);
}

bool PresenceFlow::refresh(std::string_view id) {
    const Turn turn(*this);
    const auto which = named(id);
    if (!which || !get(id)) {
        return false;
    }
    if (which->watch == Watch::XmppWatchesSip) {
        act(which->pair, OfSip::Event::Refresh);
    } else {
        act(which->pair, OfXmpp::Event::Refresh);
    }
    return true;
}

bool PresenceFlow::end(std::string_view id) {
    const Turn turn(*this);
    const auto which = named(id);
    if (!which || !get(id)) {
        return false;
    }
    if (which->watch == Watch::XmppWatchesSip) {
        act(which->pair, OfSip::Event::Withdrawn);
    } else {
        act(which->pair, OfXmpp::Event::Withdrawn);
        check_consent(which->pair);
    }
    return true;
}

void PresenceFlow::add_contact(std::string_view user, std::string_view jid, Done done) {
    const Turn turn(*this);
    const std::size_t at = user.rfind('@');
    const auto contact = xmpp::parse_jid(jid, arena_);
    const ServedDomain* served =
        at == std::string_view::npos ? nullptr : admission_.served_sip(user.substr(at + 1));
    if (!contact) {
        return done(make_error(ErrorKind::NotFound, "There is no such XMPP address."));
    }
    if (served == nullptr || !sip_side_->serves(served->sip)) {
        return done(make_error(ErrorKind::NotFound,
                               "IST-POL-006",
                               "That is none of our users.",
                               fmt::format("no SIP peer serves the domain of {}", user)));
    }
    if (admission_.served_xmpp(contact->domain) != nullptr) {
        return done(make_error(ErrorKind::NotFound,
                               "IST-API-002",
                               "That is no XMPP user of a partner.",
                               fmt::format("{} is a domain of ours", contact->domain)));
    }
    const policy::Query query{
        .user = user.substr(0, at), .user_domain = served->sip, .remote_domain = contact->domain};
    const policy::Decision decision = admission_.decide(query);
    if (!decision.is_allowed()) {
        return done(make_error(ErrorKind::NotAuthorized,
                               policy::gate_code(decision.gate),
                               "Policy does not allow it.",
                               explain_in_full({decision, query})));
    }
    PairHandle handle = find(user, *contact);
    if (handle != 0 &&
        standing_of(book_.get(handle)->value, Watch::SipWatchesXmpp) != Standing::None) {
        return done(make_error(ErrorKind::Conflict, "The contact is there already."));
    }
    if (handle == 0) {
        const auto uri = translate::to_uri(
            {.local = user.substr(0, at), .domain = served->xmpp, .resource = {}},
            arena_,
            {.with_resource = false,
             .sip_domain = served->sip == served->xmpp ? std::string_view() : served->sip});
        if (!uri || book_.size() >= config_.max_pairs) {
            return done(make_error(ErrorKind::Limit, "There is no room for it."));
        }
        handle = make(user, *contact, *uri);
    }
    tell_when_saved(handle, std::move(done));
    act(handle, OfXmpp::Event::Added);
}

void PresenceFlow::remove_contact(std::string_view user, std::string_view jid, Done done) {
    const Turn turn(*this);
    const auto contact = xmpp::parse_jid(jid, arena_);
    const PairHandle handle = contact ? find(user, *contact) : 0;
    if (handle == 0 ||
        standing_of(book_.get(handle)->value, Watch::SipWatchesXmpp) == Standing::None) {
        return done(make_error(ErrorKind::NotFound, "There is no such contact."));
    }
    tell_when_saved(handle, std::move(done));
    act(handle, OfXmpp::Event::Withdrawn);
    check_consent(handle);
}

}  // namespace isthmus::gateway
