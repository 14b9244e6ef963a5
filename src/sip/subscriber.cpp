#include "sip/presence_format.h"
#include "sip/random_token.h"
#include "sip/subscriber_set.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

namespace isthmus::sip {

namespace {

constexpr int kMaxBrief = 2;  // answers 423 that are obeyed
constexpr std::uint32_t kGreatestMinExpires = 604'800;
constexpr std::uint32_t kSubscriberCseqs = 2;  // each takes a CSeq

/// RFC 6665 §4.1.2.2; RFC 8048 §5.2.2 adds what says that the authorisation is gone.
bool ends_refreshed(int status) {
    return ends_subscription(status) || status == 403 || status == 603;
}

}  // namespace

SubscriptionHandle SubscriberSet::subscribe(const SubscribeTo& to, std::uint64_t owner) {
    if (slots_.size() >= config_.max_subscriptions) {
        return 0;
    }
    // RFC 6665 §4.1.2.2: each subscription has a Call-ID and a tag of its own.
    RandomToken<16> call_id;
    RandomToken<8> tag;
    call_id.renew(random_);
    tag.renew(random_);
    std::string remote("<");
    remote.append(to.presentity).append(">");
    auto dialog = Dialog::start({.call_id = call_id.view(),
                                 .local_tag = tag.view(),
                                 .local = to.watcher,
                                 .remote = remote,
                                 .target = to.presentity,
                                 .sip_domain = to.sip_domain,
                                 .event = {}});
    if (!dialog) {
        return 0;
    }
    Subscription& entry = slots_.make(*this, timers_);
    count_.set(static_cast<std::int64_t>(slots_.size()));
    entry.dialog = std::move(*dialog);
    entry.owner = owner;
    entry.plan = RefreshPlan(to.expires);
    if (to.is_one_of_many) {
        entry.plan.scatter();
    }
    entry.is_fetch = to.expires == 0;
    by_call_id_.insert(hash_of(call_id.view()), slots_.number_of(entry.handle));
    ask(entry, entry.plan.wanted());
    entry.timer.arm(config_.timer_n);  // RFC 6665 §4.1.2.4
    return entry.handle;
}

void SubscriberSet::refresh(SubscriptionHandle handle, bool is_one_of_many) {
    Subscription* entry = slots_.find(handle);
    if (entry != nullptr && entry->dialog.is_established() && !entry->is_asking &&
        !entry->is_ending) {
        entry->timer.cancel();
        if (is_one_of_many) {
            entry->plan.scatter();
        }
        ask(*entry, entry->plan.wanted());
    }
}

void SubscriberSet::end(SubscriptionHandle handle) {
    Subscription* entry = slots_.find(handle);
    if (entry == nullptr || entry->is_ending) {
        return;
    }
    entry->is_ending = true;
    if (entry->dialog.is_established() && !entry->is_asking) {
        unsubscribe(*entry);
    }
    // Else when the dialog is there and the SUBSCRIBE under way has its answer.
}

void SubscriberSet::ask(Subscription& entry, std::uint32_t expires) {
    Dialog& dialog = entry.dialog;
    ++dialog.local_cseq;
    entry.is_asking = true;
    std::array<char, 12> digits;
    const char* const end = std::to_chars(digits.begin(), digits.end(), expires).ptr;
    const bool is_plain = sender_.presence(dialog.sip_domain()) == PresencePreference::Pidf;
    std::array<OutgoingHeader, 7> headers{{
        {"Event", kPresencePackage},
        {"Accept", is_plain ? kPresenceDocument : kAllPresenceFormats},
        {"Expires", {digits.data(), static_cast<std::size_t>(end - digits.data())}},
        {"Contact", sender_.contact(dialog.sip_domain())},
        {"Allow-Events", kPresencePackage},  // RFC 6665 §4.4.4
    }};
    std::size_t count = 5;
    if (!is_plain) {
        headers[count++] = {"Supported", "ms-piggyback-first-notify"};
    }
    if (!dialog.route().empty()) {
        headers[count++] = {"Route", dialog.route()};
    }
    OutgoingRequest request = dialog.request(Method::Subscribe);
    request.headers = std::span(headers).first(count);
    const std::string_view next_hop =
        dialog.is_established() ? dialog.next_hop() : std::string_view();
    sender_.send(request, dialog.sip_domain(), next_hop, *this, entry.handle);
}

/// RFC 6665 §4.1.2.3.
void SubscriberSet::unsubscribe(Subscription& entry) {
    entry.is_unsubscribing = true;
    entry.timer.arm(2 * config_.timer_n);  // for the response, then the final NOTIFY
    ask(entry, 0);
}

void SubscriberSet::on_response(std::uint64_t cookie, const Response& response) {
    Subscription* entry = slots_.find(cookie);
    if (entry == nullptr || response.status < 200) {
        return;
    }
    entry->is_asking = false;
    const bool was_initial = std::exchange(entry->is_initial, false);
    std::uint32_t& cseq = entry->dialog.local_cseq;  // an answer to a challenge took the next one
    cseq = std::clamp(response.cseq.number, cseq, cseq + kSubscriberCseqs);
    if (response.status < 300) {
        return on_granted(*entry, response);  // 202 too: RFC 6665 §8.3.1
    }
    if (response.status == 423 && asks_for_longer(*entry, response)) {
        entry->is_initial = was_initial;
        return;
    }
    on_failed(*entry, was_initial, response.status, seconds_of(response, HeaderId::RetryAfter));
}

void SubscriberSet::on_no_response(std::uint64_t cookie, const Error& /*error*/) {
    if (Subscription* entry = slots_.find(cookie)) {
        entry->is_asking = false;
        entry->is_initial = false;
        entry->dialog.local_cseq += kSubscriberCseqs;
        // A NOTIFY may have come all the same.
        on_failed(*entry, !entry->dialog.is_established(), 0, {});
    }
}

/// RFC 6665 §4.1.2.2 with 423.
bool SubscriberSet::asks_for_longer(Subscription& entry, const Response& response) {
    const auto least = seconds_of(response, HeaderId::MinExpires);
    if (entry.brief == kMaxBrief || entry.is_fetch || entry.is_ending || !least ||
        *least <= entry.plan.wanted() || *least > kGreatestMinExpires) {
        return false;
    }
    ++entry.brief;
    entry.plan.want(*least);
    ask(entry, entry.plan.wanted());
    return true;
}

void SubscriberSet::on_granted(Subscription& entry, const Response& response) {
    entry.plan.forget_failures();
    entry.brief = 0;
    if (!entry.dialog.is_established() && carries_notify(response)) {
        return on_carried_notify(entry, response);
    }
    if (entry.is_ending && entry.dialog.is_established()) {
        return entry.is_unsubscribing ? entry.timer.arm(config_.timer_n) : unsubscribe(entry);
    }
    // What NOTIFY says overrides (RFC 6665 §4.1.3); after a refresh it is still to come.
    const bool overridden = std::exchange(entry.was_told_expiry, false);
    if (!overridden) {
        const auto expires = seconds_of(response, HeaderId::Expires);
        entry.plan.grant(
            timers_.now(), expires.value_or(entry.plan.wanted()), config_.least_expires, random_);
    }
    if (entry.dialog.is_established()) {
        schedule(entry);
    } else if (!entry.timer.is_armed()) {
        entry.timer.arm(config_.timer_n);  // the answer took so long
    }
}

void SubscriberSet::on_failed(Subscription& entry,
                              bool was_initial,
                              int status,
                              std::optional<std::uint32_t> retry_after) {
    if (was_initial || !entry.dialog.is_established()) {
        const auto end = status == 0 ? SubscriptionEnd::Unanswered : SubscriptionEnd::Refused;
        return finish(entry, end, status, retry_after);
    }
    if (entry.is_unsubscribing) {
        return erase(entry);
    }
    if (ends_refreshed(status)) {
        return finish(entry, SubscriptionEnd::DialogGone, status, retry_after);
    }
    if (entry.is_ending) {
        return unsubscribe(entry);
    }
    entry.last_status = static_cast<std::uint16_t>(status);
    entry.brief = 0;
    entry.plan.retry(timers_.now(), retry_after, random_);
    schedule(entry);  // the dialog stands until it expires
}

void SubscriberSet::on_time(Subscription& entry) {
    if (entry.is_ending) {
        return erase(entry);
    }
    if (!entry.dialog.is_established()) {
        if (!entry.is_asking) {
            finish(entry, SubscriptionEnd::NoNotify, 0);
        }
        return;  // or what becomes of the SUBSCRIBE decides
    }
    if (entry.plan.is_expired(timers_.now())) {
        return finish(entry, SubscriptionEnd::Expired, entry.last_status);
    }
    ask(entry, entry.plan.wanted());
}

Subscription* SubscriberSet::find(const Request& request) {
    const std::string_view tag = request.to.tag().value_or("");
    const std::uint32_t found =
        by_call_id_.find(hash_of(request.call_id), [&](std::uint32_t number) {
            const Dialog& dialog = slots_.at(number).dialog;
            return dialog.call_id() == request.call_id && dialog.local_tag() == tag;
        });
    return found == SlotIndex::kNone ? nullptr : &slots_.at(found);
}

void SubscriberSet::expect(std::string_view call_id) {
    if (expected_.size() == kLookAhead) {
        expected_.clear();  // they have come, and were not for us
    }
    expected_.push_back(hash_of(call_id));
}

void SubscriberSet::fetch(std::vector<std::uint64_t>& owners) {
    for (const std::uint32_t hash : expected_) {
        by_call_id_.prefetch(hash);
    }
    std::array<std::uint32_t, kLookAhead> numbers;
    std::size_t count = 0;
    for (const std::uint32_t hash : expected_) {
        numbers[count] = by_call_id_.find(hash, [](std::uint32_t /*number*/) { return true; });
        if (numbers[count] != SlotIndex::kNone) {
            slots_.prefetch(numbers[count++]);
        }
    }
    for (const std::uint32_t number : std::span(numbers).first(count)) {
        const Subscription& entry = slots_.at(number);
        entry.dialog.prefetch();
        owners.push_back(entry.owner);
    }
    expected_.clear();
}

void SubscriberSet::schedule(Subscription& entry) {
    if (!entry.is_asking) {
        entry.timer.arm(entry.plan.next() - timers_.now());
    } else {
        entry.timer.cancel();  // the outcome comes first
    }
}

std::optional<DialogView> SubscriberSet::view(SubscriptionHandle handle) const {
    const Subscription* entry = slots_.find(handle);
    return entry == nullptr
               ? std::nullopt
               : std::optional(
                     view_of(entry->dialog, entry->owner, entry->plan.seconds_left(timers_.now())));
}

void SubscriberSet::finish(Subscription& entry,
                           SubscriptionEnd end,
                           int status,
                           std::optional<std::uint32_t> retry_after) {
    const std::uint64_t owner = entry.owner;
    const bool is_heard = !entry.is_ending;
    erase(entry);
    if (is_heard) {
        handler_.on_end(owner, end, status, retry_after);
    }
}

void SubscriberSet::erase(Subscription& entry) {
    by_call_id_.erase(hash_of(entry.dialog.call_id()), slots_.number_of(entry.handle));
    slots_.erase(entry.handle);
    count_.set(static_cast<std::int64_t>(slots_.size()));
}

std::unique_ptr<Subscribers> make_subscribers(SubscriberConfig config,
                                              EventSender& sender,
                                              Timers& timers,
                                              Random& random,
                                              metrics::Registry& metrics,
                                              SubscriberHandler& handler) {
    return std::make_unique<SubscriberSet>(config, sender, timers, random, metrics, handler);
}

}  // namespace isthmus::sip
