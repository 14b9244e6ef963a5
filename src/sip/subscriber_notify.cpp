// What comes in our subscriptions: NOTIFY, and the first one on the back of a 200. RFC 6665 §4.1.3.
#include "base/text.h"
#include "sip/subscriber_set.h"

#include <algorithm>

namespace isthmus::sip {

/// Whether a 200 to SUBSCRIBE has the first NOTIFY on its back.
bool SubscriberSet::carries_notify(const Response& response) {
    return !response.body.empty() &&
           std::ranges::any_of(response.headers, [](const HeaderField& field) {
               return field.id == HeaderId::Other && text::iequals(field.name, "ms-piggyback-cseq");
           });
}

/// The 200 makes the dialog and is the first NOTIFY as well ([MS-PRES] §3.4.5).
void SubscriberSet::on_carried_notify(Subscription& entry, const Response& response) {
    const auto state_text = response.header(HeaderId::SubscriptionState);
    const auto state = parse_subscription_state(state_text.value_or("active"));
    if (!state || entry.dialog.establish(response) != nullptr) {
        return finish(entry, SubscriptionEnd::Refused, response.status, {});
    }
    entry.dialog.remote_cseq = 1;
    const auto expires = seconds_of(response, HeaderId::Expires);
    entry.plan.grant(
        timers_.now(), expires.value_or(entry.plan.wanted()), config_.least_expires, random_);
    const std::uint64_t owner = entry.owner;
    const bool is_heard = !entry.is_ending;
    if (state->state == SubscriptionState::Terminated || entry.is_fetch) {
        erase(entry);
    } else if (entry.is_ending) {
        return unsubscribe(entry);
    } else {
        schedule(entry);
    }
    if (is_heard) {
        handler_.on_notify(
            owner,
            {.state = state->state,
             .reason = state->reason,
             .retry_after = state->retry_after,
             .content_type = response.content_type,
             .content_language = response.header(HeaderId::ContentLanguage).value_or(""),
             .body = response.body});
    }
}

void SubscriberSet::on_notify(const Request& request, IncomingRequest& transaction) {
    const auto event_text = request.header(HeaderId::Event);
    const auto event = event_text ? parse_event(*event_text) : std::nullopt;
    if (event && event->package != kPresencePackage) {
        return answer_bad_event(transaction);
    }
    Subscription* entry = find(request);
    // RFC 3856 §6.9: of a SUBSCRIBE that forked, the first dialog is kept. Our Event has no id.
    if (entry == nullptr || (event && !event->id.empty()) ||
        (entry->dialog.is_established() &&
         entry->dialog.remote_tag() != request.from.tag().value_or(""))) {
        return answer(transaction, 481);
    }
    if (!event) {
        return answer_bad_request(transaction, "Event: missing or malformed");
    }
    const auto state_text = request.header(HeaderId::SubscriptionState);
    const auto state = state_text ? parse_subscription_state(*state_text) : std::nullopt;
    if (!state) {
        return answer_bad_request(transaction, "Subscription-State: missing or malformed");
    }
    if (request.cseq.number < entry->dialog.remote_cseq) {
        return answer(transaction, 500);  // RFC 3261 §12.2.2
    }
    const bool is_last = state->state == SubscriptionState::Terminated || entry->is_fetch;
    if (!is_last) {
        if (const char* fault = accept(*entry, request, *state)) {
            return answer_bad_request(transaction, fault);
        }
    }
    const std::uint64_t owner = entry->owner;
    const bool is_heard = !entry->is_ending;
    if (is_last) {
        erase(*entry);
    }
    int status = 200;
    if (is_heard) {
        status = handler_.on_notify(
            owner,
            {.state = state->state,
             .reason = state->reason,
             .retry_after = state->retry_after,
             .content_type = request.content_type,
             .content_language = request.header(HeaderId::ContentLanguage).value_or(""),
             .body = request.body});
    }
    status == 415 ? answer(transaction, status, {"Accept", kPresenceDocument})
                  : answer(transaction, status);
}

/// A NOTIFY that does not end it. Null if all is well.
const char* SubscriberSet::accept(Subscription& entry,
                                  const Request& request,
                                  const SubscriptionStateValue& state) {
    const bool is_first = !entry.dialog.is_established();
    if (is_first) {
        // RFC 6665 §4.4.1: NOTIFY makes the dialog, not the 200.
        if (const char* fault = entry.dialog.establish(request)) {
            return fault;
        }
        entry.timer.cancel();
        if (!entry.plan.is_granted()) {
            entry.plan.grant(timers_.now(), entry.plan.wanted(), config_.least_expires, random_);
        }
    } else {
        entry.dialog.refresh_target(request);
    }
    entry.dialog.remote_cseq = request.cseq.number;
    if (entry.is_ending) {
        if (is_first && !entry.is_asking) {
            unsubscribe(entry);
        }
        return nullptr;
    }
    bool is_news = is_first;
    if (state.expires) {
        entry.was_told_expiry = entry.is_initial;
        is_news = entry.plan.tell(timers_.now(), *state.expires, config_.least_expires, random_) ||
                  is_first;
    }
    if (is_news) {
        schedule(entry);
    }
    return nullptr;
}

}  // namespace isthmus::sip
