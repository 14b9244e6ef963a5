// Whom our users watch, and who watches them. What an XMPP user is asked and what she answers is
// the flows' affair: to them we subscribe and notify as any SIP system does.
#include "base/text.h"
#include "translate/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "home/presence_agent.h"

namespace isthmus::home {

namespace {

constexpr std::uint32_t kExpires = 86400;
constexpr Duration kRetry = std::chrono::seconds(90);

}  // namespace

// --- whom our users watch ---------------------------------------------------------------------

PresenceState PresenceAgent::seen_by(const Person& watcher, std::string_view address) const {
    const Person* whom = find(address);
    return whom == nullptr || whom->list.is_blocked(watcher.key) ? PresenceState{}
                                                                 : state_of(*whom);
}

void PresenceAgent::watch(Person& person, std::string_view address) {
    for (const Watched& one : person.watched) {
        if (one.address == address) {
            return;
        }
    }
    Watched& made = person.watched.emplace_back();
    made.address = address;
    made.owner = ++last_owner_;
    if (is_home(address)) {
        colleagues_[made.address].insert(person.key);
        made.state = seen_by(person, address);
        if (const Person* whom = find(address)) {
            watchers_changed(*whom);
        }
        return;
    }
    watched_by_owner_.emplace(made.owner, std::pair(&person, made.address));
    subscribe(person, made);
}

void PresenceAgent::subscribe(Person& person, Watched& watched) {
    watched.retry_at = {};
    const std::string watcher = fmt::format("<sip:{}>", person.key);
    const std::string presentity = fmt::format("sip:{}", watched.address);
    const std::string_view domain = std::string_view(person.key).substr(person.key.rfind('@') + 1);
    watched.handle = subscribers_->subscribe({.watcher = watcher,
                                              .presentity = presentity,
                                              .sip_domain = domain,
                                              .expires = kExpires,
                                              .is_one_of_many = true},
                                             watched.owner);
}

void PresenceAgent::unwatch(Person& person, std::string_view address) {
    const auto found = std::ranges::find(person.watched, address, &Watched::address);
    if (found == person.watched.end()) {
        return;
    }
    if (found->handle != 0) {
        subscribers_->end(found->handle);
    }
    retries_.erase({found->retry_at, found->owner});
    watched_by_owner_.erase(found->owner);
    if (const auto colleagues = colleagues_.find(found->address); colleagues != colleagues_.end()) {
        colleagues->second.erase(person.key);
        if (colleagues->second.empty()) {
            colleagues_.erase(colleagues);
        }
        if (const Person* whom = find(found->address)) {
            watchers_changed(*whom);
        }
    }
    person.watched.erase(found);
}

void PresenceAgent::unwatch_all(Person& person) {
    while (!person.watched.empty()) {
        unwatch(person, std::string(person.watched.back().address));
    }
}

void PresenceAgent::on_news(Person& person,
                            Watched& watched,
                            const PresenceState& state,
                            bool is_pending) {
    if (watched.state == state && watched.is_pending == is_pending) {
        return;
    }
    watched.state = state;
    watched.is_pending = is_pending;
    for (const auto& dialog : person.dialogs) {
        const bool is_asked =
            dialog->event == DeviceEvent::ResourceList
                ? person.list.find(watched.address) != nullptr
                : dialog->event == DeviceEvent::Presence &&
                      std::ranges::binary_search(dialog->addresses, watched.address);
        if (is_asked) {
            notify_presence(person, *dialog, std::span(&watched.address, 1));
        }
    }
}

void PresenceAgent::retry_later(Watched& watched) {
    watched.retry_at = timers_.now() + kRetry;
    retries_.insert({watched.retry_at, watched.owner});
    retry_timer_.arm(retries_.begin()->first - timers_.now());
}

void PresenceAgent::on_retry() {
    while (!retries_.empty() && retries_.begin()->first <= timers_.now()) {
        const std::uint64_t owner = retries_.begin()->second;
        retries_.erase(retries_.begin());
        const auto found = watched_by_owner_.find(owner);
        if (found == watched_by_owner_.end()) {
            continue;
        }
        Person& person = *found->second.first;
        for (Watched& one : person.watched) {
            if (one.owner == owner) {
                subscribe(person, one);
            }
        }
    }
    if (!retries_.empty()) {
        retry_timer_.arm(retries_.begin()->first - timers_.now());
    }
}

void PresenceAgent::recheck() {
    for (const auto& [key, one] : people_) {
        for (Watched& watched : one->watched) {
            if (watched.handle == 0 && !is_home(watched.address)) {
                retries_.erase({watched.retry_at, watched.owner});
                subscribe(*one, watched);
            }
        }
    }
}

int PresenceAgent::on_notify(std::uint64_t owner, const sip::Notification& notification) {
    const auto found = watched_by_owner_.find(owner);
    if (found == watched_by_owner_.end()) {
        return 481;
    }
    Person& person = *found->second.first;
    const auto watched = std::ranges::find(person.watched, owner, &Watched::owner);
    PresenceState state = watched->state;
    int status = 200;
    if (notification.state == sip::SubscriptionState::Pending) {
        state = {};
    } else if (!notification.body.empty()) {
        arena_.reset();
        const auto read = state_of_pidf(notification.body, arena_);
        if (read) {
            state = *read;
        } else {
            status = 400;
        }
    }
    if (notification.state == sip::SubscriptionState::Terminated) {
        state = {};
        watched->handle = 0;
        // RFC 6665 §4.1.3: she has said no, or is not there; else we may ask again.
        if (notification.reason != sip::TerminationReason::Rejected &&
            notification.reason != sip::TerminationReason::NoResource) {
            retry_later(*watched);
        }
    }
    on_news(person, *watched, state, notification.state == sip::SubscriptionState::Pending);
    return status;
}

void PresenceAgent::on_end(std::uint64_t owner,
                           sip::SubscriptionEnd end,
                           int status,
                           std::optional<std::uint32_t> /*retry_after*/) {
    const auto found = watched_by_owner_.find(owner);
    if (found == watched_by_owner_.end()) {
        return;
    }
    Person& person = *found->second.first;
    const auto watched = std::ranges::find(person.watched, owner, &Watched::owner);
    watched->handle = 0;
    const bool is_no = end == sip::SubscriptionEnd::Refused && status / 100 == 4 && status != 480;
    if (!is_no) {
        retry_later(*watched);
    }
    on_news(person, *watched, {});
}

void PresenceAgent::on_flow_notify(const sip::Request& request, sip::IncomingRequest& transaction) {
    subscribers_->on_notify(request, transaction);
}

// --- who watches our users --------------------------------------------------------------------

PresenceAgent::Consent PresenceAgent::consent_of(const Person& person,
                                                 std::string_view address) const {
    if (person.list.is_blocked(address)) {
        return Consent::Refused;
    }
    // Whoever is on his list has been chosen by him, and his colleagues are his colleagues.
    const bool is_given =
        person.list.is_allowed(address) || person.list.find(address) != nullptr || is_home(address);
    return is_given ? Consent::Given : Consent::Open;
}

void PresenceAgent::on_flow_subscribe(const sip::Request& request,
                                      const Caller& whom,
                                      std::unique_ptr<sip::IncomingRequest> transaction) {
    if (request.to.tag()) {
        notifiers_->on_refresh(request, *transaction);
        return;
    }
    const auto address = contact_address(request.from.uri.text);
    const auto granted =
        address ? notifiers_->check(request, *transaction) : std::optional<sip::WatchRequest>();
    if (!address) {
        return transaction->respond(400);
    }
    if (!granted) {
        return;
    }
    Person& one = person(whom.key);
    if (consent_of(one, *address) == Consent::Refused) {
        return transaction->respond(403);
    }
    const std::uint64_t owner = ++last_owner_;
    one.watchers.push_back({.owner = owner, .address = *address});
    watchers_by_owner_.emplace(owner, &one);
    const bool is_plain =
        !one.devices.empty() &&
        std::ranges::none_of(one.is_lync, [](const auto& device) { return device.second; });
    if (consent_of(one, *address) == Consent::Open && is_plain) {
        one.list.allow(*address);
        save_list(one, nullptr);
    }
    const sip::SubscriptionHandle handle =
        notifiers_->accept(request, *transaction, *granted, whom.domain, owner);
    if (handle == 0) {
        watchers_by_owner_.erase(owner);
        std::erase_if(one.watchers, [owner](const Watcher& w) { return w.owner == owner; });
        return;
    }
    std::ranges::find(one.watchers, owner, &Watcher::owner)->handle = handle;
    watchers_changed(one);
    if (consent_of(one, *address) == Consent::Open) {
        announce(one, *address);
    }
}

Watcher* PresenceAgent::watcher(std::uint64_t owner, Person*& whose) {
    const auto found = watchers_by_owner_.find(owner);
    if (found == watchers_by_owner_.end()) {
        return nullptr;
    }
    whose = found->second;
    const auto place = std::ranges::find(whose->watchers, owner, &Watcher::owner);
    return place == whose->watchers.end() ? nullptr : &*place;
}

void PresenceAgent::describe(std::uint64_t owner, Arena& arena, sip::NotifyContent& into) {
    Person* whose = nullptr;
    const Watcher* one = watcher(owner, whose);
    into.state = sip::SubscriptionState::Pending;
    if (one != nullptr && consent_of(*whose, one->address) == Consent::Given) {
        into.state = sip::SubscriptionState::Active;
        into.body = arena.copy(document_of(*whose));
    }
}

void PresenceAgent::describe_end(std::uint64_t owner, Arena& arena, sip::NotifyContent& into) {
    sip::NotifyContent content;
    describe(owner, arena, content);
    into.body = content.body;
}

void PresenceAgent::on_end(std::uint64_t owner, End /*end*/) {
    Person* whose = nullptr;
    if (watcher(owner, whose) != nullptr) {
        std::erase_if(whose->watchers, [owner](const Watcher& w) { return w.owner == owner; });
        watchers_changed(*whose);
    }
    watchers_by_owner_.erase(owner);
}

void PresenceAgent::allow(Person& person, std::string_view address) {
    person.list.allow(address);
    for (const Watcher& one : person.watchers) {
        if (one.address == address) {
            notifiers_->changed(one.handle);
        }
    }
    watchers_changed(person);
}

void PresenceAgent::block(Person& person, std::string_view address) {
    person.list.block(address);
    sip::NotifyContent rejected;
    rejected.state = sip::SubscriptionState::Terminated;
    rejected.reason = sip::TerminationReason::Rejected;
    std::vector<std::uint64_t> gone;
    for (const Watcher& one : person.watchers) {
        if (one.address == address) {
            notifiers_->end(one.handle, rejected);
            gone.push_back(one.owner);
        }
    }
    for (const std::uint64_t owner : gone) {
        watchers_by_owner_.erase(owner);
        std::erase_if(person.watchers, [owner](const Watcher& w) { return w.owner == owner; });
    }
    watchers_changed(person);
    on_own_change(person);  // colleagues see him no more
}

void PresenceAgent::forget(std::string_view user) {
    Person* one = find(user);
    if (one == nullptr) {
        return;
    }
    sip::NotifyContent gone;
    gone.state = sip::SubscriptionState::Terminated;
    gone.reason = sip::TerminationReason::NoResource;
    for (const Watcher& watcher : std::exchange(one->watchers, {})) {
        watchers_by_owner_.erase(watcher.owner);
        notifiers_->end(watcher.handle, gone);
    }
    one->list = {};
    one->user_state.reset();
    one->note.clear();
}

void PresenceAgent::accept_all_open(Person& person) {
    bool is_changed = false;
    for (const Watcher& one : person.watchers) {
        if (consent_of(person, one.address) == Consent::Open) {
            is_changed = person.list.allow(one.address) || is_changed;
        }
    }
    if (is_changed) {
        save_list(person, nullptr);
    }
}

}  // namespace isthmus::home
