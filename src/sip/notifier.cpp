#include "sip/notifier_set.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace isthmus::sip {

namespace {

using std::chrono::seconds;

std::uint32_t system_epoch_seconds() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint32_t>(std::chrono::duration_cast<seconds>(since).count());
}

/// RFC 6665 §4.1.3 has whole Event values compared; only the id can differ here.
std::string_view id_of(const Dialog& dialog) {
    return parse_event(dialog.event())->id;
}

std::vector<std::string> record_routes_of(const Request& request) {
    std::vector<std::string> values;
    for (const HeaderField& field : request.headers) {
        if (field.id == HeaderId::RecordRoute) {
            values.emplace_back(field.value);
        }
    }
    return values;
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

/// The dialog that the request makes. Nothing: it is answered.
std::optional<Dialog> NotifierSet::begin(const Request& request,
                                         IncomingRequest& transaction,
                                         std::string_view sip_domain) {
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
        return std::nullopt;
    }
    if (const char* fault = dialog->establish(request)) {
        answer_bad_request(transaction, fault);
        return std::nullopt;
    }
    dialog->remote_cseq = request.cseq.number;
    dialog->document = static_cast<std::uint8_t>(
        choose_format(request, sender_.presence(sip_domain)).value_or(PresenceFormat::Pidf));
    return std::move(*dialog);
}

SubscriptionHandle NotifierSet::accept(const Request& request,
                                       IncomingRequest& transaction,
                                       const WatchRequest& granted,
                                       std::string_view sip_domain,
                                       std::uint64_t owner) {
    if (granted.expires != 0) {
        const PreparedWatch prepared = prepare(request, transaction, granted, sip_domain, owner);
        if (prepared.handle != 0) {
            confirm(prepared, transaction);
        }
        return prepared.handle;
    }
    if (auto dialog = begin(request, transaction, sip_domain)) {
        answer_granted(transaction, 0, sender_.contact(sip_domain), record_routes_of(request));
        fetch(*dialog, owner);
    }
    return 0;
}

PreparedWatch NotifierSet::prepare(const Request& request,
                                   IncomingRequest& transaction,
                                   const WatchRequest& granted,
                                   std::string_view sip_domain,
                                   std::uint64_t owner) {
    auto dialog = begin(request, transaction, sip_domain);
    if (!dialog) {
        return {};
    }
    Watch& entry = keep(std::move(*dialog), owner, granted.expires);
    entry.is_prepared = true;
    return {.handle = entry.handle,
            .expires = granted.expires,
            .record_routes = record_routes_of(request)};
}

bool NotifierSet::confirm(const PreparedWatch& prepared, IncomingRequest& transaction) {
    Watch* entry = slots_.find(prepared.handle);
    if (entry == nullptr) {
        return false;
    }
    entry->is_prepared = false;
    answer_granted(transaction,
                   prepared.expires,
                   sender_.contact(entry->dialog.sip_domain()),
                   prepared.record_routes);
    entry = slots_.find(prepared.handle);
    if (entry != nullptr) {
        entry->is_changed = true;
        pump(*entry);
    }
    return true;
}

void NotifierSet::drop(SubscriptionHandle handle) {
    if (Watch* entry = slots_.find(handle)) {
        erase(*entry);
    }
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
    answer_granted(transaction, *expires, sender_.contact(entry->dialog.sip_domain()), {});
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
