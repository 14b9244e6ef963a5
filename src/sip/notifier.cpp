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

std::uint32_t system_epoch_seconds() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint32_t>(std::chrono::duration_cast<seconds>(since).count());
}

/// RFC 6665 §4.1.3 has whole Event values compared; only the id can differ here.
std::string_view id_of(const Dialog& dialog) {
    return parse_event(dialog.event())->id;
}

}  // namespace

std::optional<WatchRequest> NotifierSet::check(const Request& request,
                                               IncomingRequest& transaction) {
    const auto expires = check_terms(request, terms_, transaction);
    if (!expires) {
        return std::nullopt;
    }
    if (!request.header(HeaderId::Contact)) {
        answer_bad_request(transaction, "Contact: missing");
        return std::nullopt;
    }
    if (slots_.size() >= config_.max_dialogs) {
        answer(transaction, 503, {"Retry-After", std::to_string(60 + random_.below(60))});
        return std::nullopt;
    }
    return WatchRequest{.expires = *expires};
}

SubscriptionHandle NotifierSet::accept(const Request& request,
                                       IncomingRequest& transaction,
                                       const WatchRequest& granted,
                                       std::string_view sip_domain,
                                       std::uint64_t owner) {
    const auto event = presence_event(request);
    std::string local("<");
    local.append(request.to.uri.text).append(">");
    auto dialog =
        Dialog::start({.call_id = request.call_id,
                       .local_tag = transaction.to_tag(),
                       .local = local,
                       .remote = {},
                       .target = {},
                       .sip_domain = sip_domain,
                       .event = event && !event->id.empty() ? *request.header(HeaderId::Event)
                                                            : std::string_view()});
    if (!event || !dialog || request.count(HeaderId::RecordRoute) > kMaxRecordRoutes) {
        answer(transaction, 500);
        return 0;
    }
    if (const char* fault = dialog->establish(request)) {
        answer_bad_request(transaction, fault);
        return 0;
    }
    dialog->remote_cseq = request.cseq.number;
    dialog->document = static_cast<std::uint8_t>(
        choose_format(request, sender_.presence(sip_domain)).value_or(PresenceFormat::Pidf));
    answer_granted(transaction, granted.expires, sender_.contact(sip_domain), &request);
    if (granted.expires == 0) {
        fetch(*dialog, owner);
        return 0;
    }
    Watch& entry = keep(std::move(*dialog), owner, granted.expires);
    const SubscriptionHandle handle = entry.handle;
    notify(entry);
    return handle;
}

Watch& NotifierSet::keep(Dialog dialog, std::uint64_t owner, std::uint32_t expires) {
    Watch& entry = slots_.make(*this, timers_);
    count_.set(static_cast<std::int64_t>(slots_.size()));
    entry.dialog = std::move(dialog);
    entry.owner = owner;
    entry.expires_at = timers_.now() + seconds(expires);
    entry.timer.arm(seconds(expires));
    by_dialog_.insert(hash_of(entry.dialog.call_id(), entry.dialog.local_tag()),
                      slots_.number_of(entry.handle));
    return entry;
}

Watch* NotifierSet::find(const Request& request) {
    const std::string_view ours = request.to.tag().value_or("");
    const std::string_view theirs = request.from.tag().value_or("");
    const std::uint32_t found =
        by_dialog_.find(hash_of(request.call_id, ours), [&](std::uint32_t number) {
            const Dialog& dialog = slots_.at(number).dialog;
            return dialog.call_id() == request.call_id && dialog.local_tag() == ours &&
                   dialog.remote_tag() == theirs;
        });
    return found == SlotIndex::kNone ? nullptr : &slots_.at(found);
}

std::optional<std::uint64_t> NotifierSet::on_refresh(const Request& request,
                                                     IncomingRequest& transaction) {
    Watch* entry = find(request);
    const auto event = presence_event(request);
    if (entry == nullptr || (event && event->id != id_of(entry->dialog))) {
        answer(transaction, 481);
        return std::nullopt;
    }
    if (request.cseq.number < entry->dialog.remote_cseq) {
        answer(transaction, 500);  // RFC 3261 §12.2.2
        return std::nullopt;
    }
    const auto expires = check_terms(request, terms_, transaction);
    if (!expires) {
        return std::nullopt;
    }
    const std::uint64_t owner = entry->owner;
    entry->dialog.remote_cseq = request.cseq.number;
    entry->dialog.refresh_target(request);
    answer_granted(transaction, *expires, sender_.contact(entry->dialog.sip_domain()), nullptr);
    if (*expires == 0) {
        finish(*entry, NotifierHandler::End::Unsubscribed);
        return owner;
    }
    const SubscriptionHandle handle = entry->handle;
    entry->expires_at = timers_.now() + seconds(*expires);
    entry->timer.arm(seconds(*expires));
    entry->is_waiting = false;
    handler_.on_refresh(owner);
    entry = slots_.find(handle);
    if (entry != nullptr) {
        entry->is_changed = true;  // §4.2.1.2: NOTIFY follows each 2xx, whatever the interval
        entry->next_notify_at = timers_.now();
        pump(*entry);
    }
    return owner;
}

void NotifierSet::changed(SubscriptionHandle handle) {
    if (Watch* entry = slots_.find(handle)) {
        entry->is_changed = true;
        pump(*entry);
    }
}

void NotifierSet::fetch(std::span<const SubscriptionHandle> handles) {
    for (const SubscriptionHandle handle : handles) {
        slots_.prefetch(handle);
    }
    for (const SubscriptionHandle handle : handles) {
        if (const Watch* entry = slots_.find(handle)) {
            entry->dialog.prefetch();
        }
    }
}

/// Sends what is due, now or when it may.
void NotifierSet::pump(Watch& entry) {
    if (!entry.is_changed || entry.is_notifying) {
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

void NotifierSet::erase(Watch& entry) {
    by_dialog_.erase(hash_of(entry.dialog.call_id(), entry.dialog.local_tag()),
                     slots_.number_of(entry.handle));
    slots_.erase(entry.handle);
    count_.set(static_cast<std::int64_t>(slots_.size()));
}

std::uint32_t NotifierSet::left(const Watch& entry) const {
    const Duration rest = std::max(entry.expires_at - timers_.now(), Duration{});
    return static_cast<std::uint32_t>(std::chrono::ceil<seconds>(rest).count());
}

std::string NotifierSet::save(SubscriptionHandle handle) const {
    const Watch* entry = slots_.find(handle);
    return entry == nullptr ? std::string() : entry->dialog.save();
}

std::uint32_t NotifierSet::seconds_left(SubscriptionHandle handle) const {
    const Watch* entry = slots_.find(handle);
    return entry == nullptr ? 0 : left(*entry);
}

std::optional<DialogView> NotifierSet::view(SubscriptionHandle handle) const {
    const Watch* entry = slots_.find(handle);
    return entry == nullptr ? std::nullopt
                            : std::optional(view_of(entry->dialog, entry->owner, left(*entry)));
}

SubscriptionHandle NotifierSet::restore(std::string_view saved,
                                        std::uint32_t seconds_left,
                                        std::uint64_t owner) {
    auto dialog = Dialog::load(saved);
    if (!dialog || !dialog->is_established() || !parse_event(dialog->event()) ||
        slots_.size() >= config_.max_dialogs) {
        return 0;
    }
    return keep(std::move(*dialog), owner, seconds_left).handle;
}

std::unique_ptr<Notifiers> make_notifiers(NotifierConfig config,
                                          EventSender& sender,
                                          Timers& timers,
                                          Random& random,
                                          metrics::Registry& metrics,
                                          NotifierHandler& handler) {
    if (config.epoch_seconds == nullptr) {
        config.epoch_seconds = system_epoch_seconds;
    }
    return std::make_unique<NotifierSet>(config, sender, timers, random, metrics, handler);
}

}  // namespace isthmus::sip
