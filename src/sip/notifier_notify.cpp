// The NOTIFYs of the dialogs: when one leaves, what it says, and what its answer means.
// RFC 6665 §4.2.2; RFC 3856 §6.10.
#include "sip/notifier_set.h"
#include "sip/refresh_plan.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace isthmus::sip {

namespace {

using std::chrono::seconds;

constexpr std::uint32_t kChallengeCseqs = 2;  // each takes a CSeq
constexpr Duration kRetry = seconds(5);       // of a NOTIFY that failed, and up to as much again

}  // namespace

/// Sends what is due, now or when it may.
void NotifierSet::pump(Watch& entry) {
    if (!entry.is_changed || entry.is_notifying || entry.is_prepared) {
        return;
    }
    if (timers_.now() >= entry.next_notify_at && !is_describing_) {
        return notify(entry);
    }
    if (!entry.is_waiting && entry.next_notify_at < entry.expires_at) {
        entry.is_waiting = true;
        entry.timer.arm(std::max(entry.next_notify_at - timers_.now(), Duration{}));
    }
}

void NotifierSet::notify(Watch& entry) {
    const SubscriptionHandle handle = entry.handle;
    NotifyContent content{.format = format_of(entry.dialog)};
    entry.is_changed = false;
    arena_.reset();
    is_describing_ = true;
    handler_.describe(entry.owner, arena_, content);
    is_describing_ = false;
    Watch* still = slots_.find(handle);
    if (still == nullptr) {
        return;
    }
    still->is_notifying = true;
    still->next_notify_at = timers_.now() + config_.interval;
    transmit(still->dialog, content, left(*still), handle);
}

/// RFC 6665 §4.4.3: one NOTIFY, and no subscription.
void NotifierSet::fetch(Dialog& dialog, std::uint64_t owner) {
    NotifyContent content{.format = format_of(dialog)};
    Arena arena(1024);  // this may be somebody's describe(), rarely
    handler_.describe(owner, arena, content);
    content.state = SubscriptionState::Terminated;
    content.reason = TerminationReason::Timeout;
    transmit(dialog, content, 0, 0);
}

void NotifierSet::transmit(Dialog& dialog,
                           const NotifyContent& content,
                           std::uint32_t expires,
                           std::uint64_t cookie) {
    SubscriptionStateValue state{
        .state = content.state, .reason = content.reason, .expires = {}, .retry_after = {}};
    if (content.state == SubscriptionState::Terminated) {
        state.retry_after = content.retry_after;
    } else {
        state.expires = expires;  // §4.2.2: always
    }
    const SubscriptionStateText state_text(state);
    dialog.local_cseq = std::max(dialog.local_cseq + 1, config_.epoch_seconds());

    std::array<OutgoingHeader, 5> headers{{
        {"Event", dialog.event()},
        {"Subscription-State", state_text.view()},
        {"Contact", sender_.contact(dialog.sip_domain())},
    }};
    std::size_t count = 3;
    if (!dialog.route().empty()) {
        headers[count++] = {"Route", dialog.route()};
    }
    if (!content.body.empty() && !content.content_language.empty()) {
        headers[count++] = {"Content-Language", content.content_language};
    }
    OutgoingRequest request = dialog.request(Method::Notify);
    request.headers = std::span(headers).first(count);
    request.content_type =
        content.body.empty() ? std::string_view() : content_type_of(format_of(dialog));
    request.body = content.body;
    sender_.send(request, dialog.sip_domain(), dialog.next_hop(), *this, cookie);
}

void NotifierSet::end(SubscriptionHandle handle, const NotifyContent& content) {
    Watch* entry = slots_.find(handle);
    if (entry == nullptr) {
        return;
    }
    NotifyContent last = content;
    last.state = SubscriptionState::Terminated;
    if (entry->is_notifying) {
        entry->dialog.local_cseq += kChallengeCseqs;  // which may be answered yet
    }
    transmit(entry->dialog, last, 0, 0);
    erase(*entry);
}

/// RFC 6665 §4.2.1.4 and, for Expires 0, §4.1.2.3.
void NotifierSet::finish(Watch& entry, NotifierHandler::End end) {
    const SubscriptionHandle handle = entry.handle;
    const std::uint64_t owner = entry.owner;
    NotifyContent content{.format = format_of(entry.dialog)};
    Arena arena(1024);
    handler_.describe_end(owner, arena, content);
    if (slots_.find(handle) == nullptr) {
        return;
    }
    content.reason = TerminationReason::Timeout;
    this->end(handle, content);
    handler_.on_end(owner, end);
}

void NotifierSet::on_time(Watch& entry) {
    entry.is_waiting = false;
    if (timers_.now() >= entry.expires_at) {
        return finish(entry, NotifierHandler::End::Expired);
    }
    entry.timer.arm(entry.expires_at - timers_.now());
    pump(entry);
}

void NotifierSet::on_response(std::uint64_t cookie, const Response& response) {
    Watch* entry = slots_.find(cookie);
    if (entry == nullptr || response.status < 200) {
        return;
    }
    std::uint32_t& cseq = entry->dialog.local_cseq;  // an answer to a challenge took the next one
    cseq = std::clamp(response.cseq.number, cseq, cseq + kChallengeCseqs);
    entry->is_notifying = false;
    entry->silences = 0;
    if (ends_subscription(response.status)) {
        return lose(*entry);
    }
    if (response.status >= 300) {
        return retry_later(*entry, seconds_of(response, HeaderId::RetryAfter).value_or(0));
    }
    pump(*entry);
}

void NotifierSet::on_no_response(std::uint64_t cookie, const Error& error) {
    Watch* entry = slots_.find(cookie);
    if (entry == nullptr) {
        return;
    }
    entry->is_notifying = false;
    entry->dialog.local_cseq += kChallengeCseqs;
    if (error.kind == ErrorKind::Timeout) {
        return on_silence(*entry);
    }
    retry_later(*entry, 0);  // it never left: the watcher knows nothing of it and still waits
}

/// RFC 6665 §4.2.2 lets a dialog go whose NOTIFY met silence. A proxy that restarts is silent too,
/// so one more is tried; and if the whole peer is away, the watcher's dialog is not to blame.
void NotifierSet::on_silence(Watch& entry) {
    if (handler_.is_peer_away(entry.owner)) {
        return;
    }
    if (++entry.silences > 1) {
        return lose(entry);
    }
    retry_later(entry, 0);
}

/// What was to be told is not known yet.
void NotifierSet::retry_later(Watch& entry, std::uint32_t retry_after) {
    const auto spread = static_cast<std::uint64_t>(kRetry / std::chrono::milliseconds(1));
    const Duration delay =
        std::max<Duration>(kRetry + std::chrono::milliseconds(random_.below(spread)),
                           seconds(std::min(retry_after, kGreatestRetryAfter)));
    entry.is_changed = true;
    entry.next_notify_at = std::max(entry.next_notify_at, timers_.now() + delay);
    pump(entry);
}

void NotifierSet::lose(Watch& entry) {
    const std::uint64_t owner = entry.owner;
    erase(entry);
    handler_.on_end(owner, NotifierHandler::End::DialogGone);
}

}  // namespace isthmus::sip
