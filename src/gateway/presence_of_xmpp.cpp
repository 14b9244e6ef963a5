// A SIP user watches an XMPP user: his SUBSCRIBEs and her stanzas meet the machine here.
// RFC 8048 §5.3, RFC 6665 §4.2, RFC 6121 §3 and §4.
#include "gateway/presence_flow.h"
#include "gateway/sender.h"
#include "gateway/watch_owner.h"
#include "translate/diagnostics.h"

#include <ctime>
#include <utility>

namespace isthmus::gateway {

namespace {

using sip::TerminationReason;

constexpr std::size_t kMaxHeld = 50'000;  // pairs whose SUBSCRIBEs wait for the store

subscriptions::SipWatchesXmpp::Event event_of(xmpp::Condition condition) {
    using Event = subscriptions::SipWatchesXmpp::Event;
    using xmpp::Condition;
    switch (condition) {
        case Condition::ItemNotFound:
        case Condition::Gone:
        case Condition::JidMalformed:
            return Event::NoSuchUser;
        case Condition::Forbidden:
        case Condition::NotAcceptable:
        case Condition::NotAllowed:
        case Condition::NotAuthorized:
        case Condition::PolicyViolation:
        case Condition::RegistrationRequired:
        case Condition::SubscriptionRequired:
            return Event::Forbidden;
        default:
            return Event::Unreachable;
    }
}

}  // namespace

// --- requests ---------------------------------------------------------------------------------

void PresenceFlow::on_subscribe(const sip::Request& request,
                                const sip::Origin& origin,
                                std::unique_ptr<sip::IncomingRequest> transaction) {
    const Turn turn(*this);
    if (request.to.tag()) {
        if (!admission_.may_assert(origin.peer, compared_host(request.from.uri.host, arena_))) {
            return transaction->respond(403);
        }
        notifiers_->on_refresh(request, *transaction);
        return;
    }
    ProvedSender sender;
    const auto denied = prove_sender(request, origin, admission_, arena_, sender);
    if (sender.is_decided) {
        decisions_.count_decision(sender.decision);
    }
    if (denied) {
        if (denied->step == "policy") {
            note_refused(
                Watch::SipWatchesXmpp, sender.addresses.to.jid, {sender.decision, sender.query()});
        } else {
            note_refused(Watch::SipWatchesXmpp,
                         request.from.uri.text,
                         request.uri.text,
                         denied->code,
                         denied->text);
        }
        translate::Refusal answer = denied->answer;
        if (origin.peer >= 0) {
            translate::add_diagnostics(answer, denied->code, config_.server_name, arena_);
        }
        return transaction->respond(answer.response());
    }
    const auto granted = notifiers_->check(request, *transaction);
    if (!granted) {
        return;
    }
    const std::string_view user = arena_.concat(sender.user, "@", sender.domain);
    const xmpp::Jid contact = sender.addresses.to.jid.bare();
    PairHandle handle = find(user, contact);
    Asked asked{.request = request, .transaction = transaction, .granted = *granted};
    if (granted->expires == 0 && handle == 0) {
        // Nobody let him see anything: he learns that, and she is not asked.
        notifiers_->accept(request, *transaction, *granted, sender.domain, owner_of(0, kFetch));
        return;
    }
    if (handle == 0) {
        if (book_.size() >= config_.max_pairs) {
            return transaction->respond(503);
        }
        // RFC 3261 §19.1.1: what is asked of him needs no parameters of this request.
        const sip::Uri& uri = request.from.uri;
        const std::string_view spelled =
            arena_.concat(arena_.concat("sip:", uri.user), "@", sender.domain);
        handle = make(user, contact, spelled);
    }
    act(handle, granted->expires == 0 ? OfXmpp::Event::Fetch : OfXmpp::Event::Subscribe, &asked);
}

void PresenceFlow::on_notify(const sip::Request& request,
                             const sip::Origin& origin,
                             std::unique_ptr<sip::IncomingRequest> transaction) {
    const Turn turn(*this);
    // RFC 6665 §4.1.3: who sends it must be who may speak for the presentity.
    if (!admission_.may_assert(origin.peer, compared_host(request.from.uri.host, arena_))) {
        return transaction->respond(403);
    }
    subscribers_->on_notify(request, *transaction);
}

// --- the machine ------------------------------------------------------------------------------

void PresenceFlow::act(PairHandle handle, OfXmpp::Event event, Asked* asked) {
    Entry* entry = book_.get(handle);
    if (entry == nullptr) {
        return;
    }
    Pair& pair = entry->value;
    const Ends ends = ends_of(*entry, arena_);
    const subscriptions::Standing before = pair.sip_watches_xmpp.standing();
    const OfXmpp::State state = pair.sip_watches_xmpp.state();
    const OfXmpp::List list = pair.sip_watches_xmpp.on(
        event,
        {.has_dialogs = pair.dialogs.count() != 0,
         .is_known = !pair.xmpp_presence.is_empty(),
         .is_shown = pair.xmpp_watches_sip.is_told(),
         .is_away = event == OfXmpp::Event::RetryDue && is_away(ends.contact.domain)});
    count_standing(*entry, Watch::SipWatchesXmpp, before);
    if (pair.sip_watches_xmpp.state() != state) {
        recent_.add(handle);
        retry_of(pair, Watch::SipWatchesXmpp) = {};
    }
    perform(handle, *entry, ends, list, asked);
    if (asked != nullptr && asked->is_refused && state == OfXmpp::State::None) {
        return act(handle, OfXmpp::Event::NotSaved);  // as if it had not been asked for
    }
    collect(handle);
}

void PresenceFlow::perform(
    PairHandle handle, Entry& entry, const Ends& ends, const OfXmpp::List& list, Asked* asked) {
    using Do = OfXmpp::Do;
    using xmpp::PresenceType;
    const std::uint64_t cookie = cookie_of(handle, Watch::SipWatchesXmpp);
    for (const auto& [what, value] : list) {
        switch (what) {
            case Do::Save:
                save(handle, entry, Watch::SipWatchesXmpp, true);
                break;
            case Do::SaveDialogs:
                save(handle, entry, Watch::SipWatchesXmpp, false);
                break;
            case Do::Hold:
                hold(handle, entry, ends.sip_domain, *asked);
                if (asked->is_refused) {
                    return;
                }
                break;
            case Do::Accept:
                notifiers_->accept(asked->request,
                                   *asked->transaction,
                                   asked->granted,
                                   ends.sip_domain,
                                   owner_of(handle, kFetch));
                break;
            case Do::AcceptHeld:
                accept_held(handle);
                break;
            case Do::RefuseHeld:
                refuse_held(handle, entry);
                break;
            case Do::Notify:
                notify(entry, ends);
                break;
            case Do::EndRejected:
                end_dialogs(handle, entry, TerminationReason::Rejected, 0);
                entry.value.xmpp_presence.clear();
                break;
            case Do::EndNoResource:
                end_dialogs(handle, entry, TerminationReason::NoResource, 0);
                entry.value.xmpp_presence.clear();
                break;
            case Do::EndProbation:
                end_dialogs(handle, entry, TerminationReason::Probation, value);
                break;
            case Do::SendSubscribe:
                send(ends.user, ends.contact, PresenceType::Subscribe, cookie);
                break;
            case Do::SendUnsubscribe:
                send(ends.user, ends.contact, PresenceType::Unsubscribe, 0);
                break;
            case Do::SendProbe:
                send(ends.user, ends.contact, PresenceType::Probe, cookie);
                break;
            case Do::SendUnavailable:
                send(ends.user, ends.contact, PresenceType::Unavailable, 0);
                break;
            case Do::Forget:
                entry.value.xmpp_presence.leave_all();
                break;
            case Do::Retry:
                plan_retry(handle, entry, Watch::SipWatchesXmpp, value);
                break;
        }
    }
}

void PresenceFlow::hold(PairHandle handle,
                        Entry& entry,
                        std::string_view sip_domain,
                        Asked& asked) {
    asked.is_refused = true;
    if (held_.size() >= kMaxHeld && !held_.contains(handle)) {
        return asked.transaction->respond(503);
    }
    WatchDialogs& dialogs = entry.value.dialogs;
    const auto slot = dialogs.take();
    if (!slot) {
        return asked.transaction->respond(503);
    }
    Held made{
        .dialog = notifiers_->prepare(
            asked.request, *asked.transaction, asked.granted, sip_domain, owner_of(handle, *slot)),
        .slot = *slot};
    if (made.dialog.handle == 0) {
        return dialogs.release(*slot);
    }
    asked.is_refused = false;
    dialogs.set(*slot, made.dialog.handle);
    made.transaction = std::move(asked.transaction);
    held_[handle].push_back(std::move(made));
}

std::vector<PresenceFlow::Held> PresenceFlow::take_held(PairHandle handle) {
    const auto found = held_.find(handle);
    if (found == held_.end()) {
        return {};
    }
    std::vector<Held> waiting = std::move(found->second);
    held_.erase(found);
    return waiting;
}

void PresenceFlow::accept_held(PairHandle handle) {
    for (const Held& held : take_held(handle)) {
        if (notifiers_->confirm(held.dialog, *held.transaction)) {
            recent_.add(handle);
        } else {
            held.transaction->respond(500);
        }
    }
}

void PresenceFlow::refuse_held(PairHandle handle, Entry& entry) {
    for (const Held& held : take_held(handle)) {
        notifiers_->drop(held.dialog.handle);
        entry.value.dialogs.release(held.slot);
        held.transaction->respond(500);
    }
}

void PresenceFlow::end_dialogs(PairHandle handle,
                               Entry& entry,
                               TerminationReason reason,
                               std::uint32_t retry_after) {
    if (entry.value.dialogs.empty()) {
        return;
    }
    accept_held(handle);  // who is told that it has ended must know that it began
    recent_.add(handle);
    sip::NotifyContent content;
    content.state = sip::SubscriptionState::Terminated;
    content.reason = reason;
    if (retry_after != 0) {
        content.retry_after = retry_after;
    }
    entry.value.dialogs.each(
        [&](sip::SubscriptionHandle dialog) { notifiers_->end(dialog, content); });
    entry.value.dialogs.clear();
}

void PresenceFlow::notify(Entry& entry, const Ends& ends) {
    if (is_peer_down(ends.sip_domain)) {
        return;  // all hear it when it is back
    }
    entry.value.dialogs.each(
        [this](sip::SubscriptionHandle dialog) { notifiers_->changed(dialog); });
}

// --- stanzas ----------------------------------------------------------------------------------

void PresenceFlow::take_presence(PairHandle handle, const xmpp::Presence& presence) {
    Entry* entry = book_.get(handle);
    if (entry == nullptr || !entry->value.sip_watches_xmpp.takes_presence()) {
        const std::uint32_t label =
            entry != nullptr ? entry->value.label
                             : counters_.label_of(admission_.policy(), presence.from.domain);
        return counters_.count(Watch::SipWatchesXmpp, label, Update::Ignored);
    }
    Pair& pair = entry->value;
    pair.last_presence = static_cast<std::uint32_t>(std::time(nullptr));
    if (!pair.xmpp_presence.keep(presence, 1)) {
        return counters_.count(Watch::SipWatchesXmpp, pair.label, Update::Unchanged);
    }
    counters_.count(Watch::SipWatchesXmpp, pair.label, Update::Passed);
    note_update(*entry, Watch::SipWatchesXmpp, 1);
    act(handle, OfXmpp::Event::Presence);
}

void PresenceFlow::take_error(PairHandle handle, const xmpp::Presence& presence) {
    Entry* entry = book_.get(handle);
    if (entry == nullptr || !presence.error) {
        return;
    }
    if (entry->value.sip_watches_xmpp.state() != OfXmpp::State::None) {
        fail(*entry,
             Watch::SipWatchesXmpp,
             "IST-XMPP-006",
             xmpp::condition_name(presence.error->condition));
    }
    act(handle, event_of(presence.error->condition));
    check_consent(handle);
}

void PresenceFlow::check_consent(PairHandle handle) {
    Entry* entry = book_.get(handle);
    if (entry == nullptr ||
        entry->value.xmpp_watches_sip.standing() == subscriptions::Standing::None) {
        return;
    }
    const std::string_view user = entry->user();
    const xmpp::Jid contact = xmpp::Jid::from_prepared(entry->contact());
    const policy::Query query{.user = user.substr(0, user.rfind('@')),
                              .user_domain = user.substr(user.rfind('@') + 1),
                              .remote_domain = contact.domain};
    const policy::Decision decision =
        admission_.decide_from_xmpp(query, contact, *this, Approach::Subscription, timers_.now());
    if (!decision.is_allowed()) {
        fail(*entry,
             Watch::XmppWatchesSip,
             policy::gate_code(decision.gate),
             explain_in_full({decision, query}));
        act(handle, OfSip::Event::Withdrawn);
    }
}

}  // namespace isthmus::gateway
