// The SUBSCRIBE dialogs in which devices hear of their own user: his contact list, who watches him,
// the presence of his contacts; and those of plain clients who watch a colleague. [MS-PRES],
// [MS-SIP], measured with SIPE 1.25; RFC 3856, RFC 3857, RFC 4662.
#include "base/text.h"
#include "sip/session_description.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "home/lync_words.h"
#include "home/presence_agent.h"

namespace isthmus::home {

namespace {

constexpr std::uint32_t kUsualExpires = 3600;  // RFC 3857 §4.4, RFC 3856 §6.4

bool is_batch(const sip::Request& request) {
    return text::istarts_with(request.content_type, "application/msrtc-adrl-categorylist+xml");
}

/// What it asks for; nothing if we have no such package.
std::optional<DeviceEvent> event_of(const sip::Request& request) {
    const auto value = sip::parse_event(request.header(sip::HeaderId::Event).value_or(""));
    if (!value) {
        return std::nullopt;
    }
    if (text::iequals(value->package, sip::kPresencePackage)) {
        return request.uri.param("list") == "contacts" ? DeviceEvent::ResourceList
                                                       : DeviceEvent::Presence;
    }
    for (const DeviceEvent event : {DeviceEvent::Contacts,
                                    DeviceEvent::Self,
                                    DeviceEvent::Provisioning,
                                    DeviceEvent::WatcherInfo}) {
        if (text::iequals(package_of(event), value->package)) {
            return event;
        }
    }
    return std::nullopt;
}

/// Answers what RFC 6665 and RFC 4662 have us refuse.
bool check_plain(const sip::Request& request,
                 DeviceEvent event,
                 std::uint32_t expires,
                 sip::IncomingRequest& transaction) {
    if (expires != 0 && expires < kLeastExpires) {
        sip::answer(transaction, 423, {"Min-Expires", std::to_string(kLeastExpires)});
        return false;
    }
    if (event == DeviceEvent::ResourceList &&
        !sip::lists(request, sip::HeaderId::Supported, kListTag)) {
        sip::answer(transaction, 421, {"Require", kListTag});  // RFC 4662 §4.2
        return false;
    }
    const bool says = request.header(sip::HeaderId::Accept).has_value();
    if (event == DeviceEvent::WatcherInfo && says &&
        !sip::lists(request, sip::HeaderId::Accept, kWatcherInfoType)) {
        sip::answer(transaction, 406, {"Accept", kWatcherInfoType});
        return false;
    }
    return true;
}

}  // namespace

void PresenceAgent::on_subscribe(const sip::Request& request,
                                 const Caller& caller,
                                 const Device* device,
                                 std::unique_ptr<sip::IncomingRequest> transaction) {
    Person& one = person(caller.key);
    if (request.to.tag()) {
        if (!continue_dialog(request, one, *transaction)) {
            notifiers_->on_refresh(request, *transaction);
        }
        return;
    }
    const auto event = event_of(request);
    if (!event) {
        return sip::answer_bad_event(*transaction);
    }
    const bool is_lync = device != nullptr && device->is_lync;
    if (*event == DeviceEvent::Presence && !(is_lync && is_batch(request))) {
        return watch_colleague(request, one, device, std::move(transaction));
    }
    const auto self = contact_address(request.uri.text);
    if (device == nullptr || !self || *self != one.key) {
        return transaction->respond(device == nullptr ? 480 : 403);  // somebody else's contact list
    }
    if (is_lync || !is_of_lync(*event)) {
        return open_dialog(request, one, *device, *event, *transaction);
    }
    if (*event != DeviceEvent::Contacts) {
        return sip::answer_bad_event(*transaction);
    }
    // COMPAT(libpurple 2.14 SIMPLE, 2026-11): it reads its list in the answer, and once.
    answer_fetch(one, *event, *transaction);
}

/// One of ours watches another, by RFC 3856.
void PresenceAgent::watch_colleague(const sip::Request& request,
                                    Person& watcher,
                                    const Device* device,
                                    std::unique_ptr<sip::IncomingRequest> transaction) {
    const auto whom = contact_address(request.uri.text);
    const auto granted = notifiers_->check(request, *transaction);
    if (!granted) {
        return;
    }
    if (!whom || !is_home(*whom)) {
        return transaction->respond(404);
    }
    Person& presentity = person(*whom);
    if (device == nullptr || consent_of(presentity, watcher.key) == Consent::Refused) {
        return transaction->respond(device == nullptr ? 480 : 403);
    }
    const std::uint64_t owner = ++last_owner_;
    presentity.watchers.push_back({.owner = owner, .address = watcher.key});
    watchers_by_owner_.emplace(owner, &presentity);
    const sip::SubscriptionHandle handle =
        notifiers_->accept(request, *transaction, *granted, fmt::format("#{}", device->id), owner);
    const auto place = std::ranges::find(presentity.watchers, owner, &Watcher::owner);
    if (handle == 0) {
        watchers_by_owner_.erase(owner);
        presentity.watchers.erase(place);
    } else {
        place->handle = handle;
        watchers_changed(presentity);
    }
}

/// What was asked for once: in the answer itself, as the client wants it (ms-piggyback).
void PresenceAgent::answer_fetch(const Person& person,
                                 DeviceEvent event,
                                 sip::IncomingRequest& transaction) const {
    const bool is_known = event != DeviceEvent::Presence;
    const std::string body = event == DeviceEvent::Contacts ? person.list.to_roaming_contacts()
                             : event == DeviceEvent::Self   ? self_document(person)
                             : is_known                     ? provisioning(person)
                                                            : std::string();
    const sip::OutgoingHeader headers[] = {{"Event", package_of(event)},
                                           {"Expires", "0"},
                                           {"Subscription-State", "terminated;expires=0"},
                                           {"ms-piggyback-cseq", "1"},
                                           {"Contact", outside_.contact()}};
    sip::OutgoingResponse response;
    response.status = 200;
    response.headers = headers;
    response.content_type = !is_known                        ? std::string_view()
                            : event == DeviceEvent::Contacts ? kContactsType
                            : event == DeviceEvent::Self     ? kSelfType
                                                             : kProvisioningType;
    response.body = body;
    transaction.respond(response);
}

void PresenceAgent::grant(DeviceEvent event,
                          std::uint32_t expires,
                          sip::IncomingRequest& transaction) const {
    const std::string seconds = std::to_string(expires);
    const std::string state = expires == 0 ? std::string("terminated;expires=0")
                                           : fmt::format("active;expires={}", expires);
    const sip::OutgoingHeader headers[] = {{"Event", package_of(event)},
                                           {"Expires", seconds},
                                           {"Subscription-State", state},
                                           {"Contact", outside_.contact()},
                                           {"Require", kListTag}};
    sip::OutgoingResponse response;
    response.status = 200;
    response.headers =
        std::span(headers).first(event == DeviceEvent::ResourceList ? 5U : 4U);  // RFC 4662 §4.4
    transaction.respond(response);
}

std::uint32_t PresenceAgent::granted_to(const sip::Request& request, DeviceEvent event) {
    return std::min(sip::seconds_of(request, sip::HeaderId::Expires)
                        .value_or(is_of_lync(event) ? kLongestDialog : kUsualExpires),
                    kLongestDialog);
}

void PresenceAgent::open_dialog(const sip::Request& request,
                                Person& person,
                                const Device& device,
                                DeviceEvent event,
                                sip::IncomingRequest& transaction) {
    const std::uint32_t expires = granted_to(request, event);
    if (!is_of_lync(event) && !check_plain(request, event, expires, transaction)) {
        return;
    }
    const std::string local = event == DeviceEvent::ResourceList
                                  ? fmt::format("<{}>", request.to.uri.text)
                                  : fmt::format("<sip:{}>", person.key);
    auto made = std::make_unique<DeviceDialog>();
    auto dialog = sip::Dialog::start({.call_id = request.call_id,
                                      .local_tag = transaction.to_tag(),
                                      .local = local,
                                      .remote = {},
                                      .target = {},
                                      .sip_domain = {},
                                      .event = {}});
    if (!dialog || dialog->establish(request) != nullptr) {
        return transaction.respond(400);
    }
    if (expires == 0 && is_of_lync(event)) {
        return answer_fetch(person, event, transaction);
    }
    grant(event, expires, transaction);
    made->device = device.id;
    made->event = event;
    made->dialog = *std::move(dialog);
    made->dialog.remote_cseq = request.cseq.number;
    made->expires_at = timers_.now() + std::chrono::seconds(expires);
    if (expires == 0) {
        return tell_all(person, *made);  // one NOTIFY, and no subscription
    }
    // One of each kind is enough for a device: the newest.
    std::erase_if(person.dialogs,
                  [&](const auto& one) { return one->device == device.id && one->event == event; });
    person.dialogs.push_back(std::move(made));
    DeviceDialog& opened = *person.dialogs.back();
    if (event == DeviceEvent::Presence) {
        return take_batch(request, person, opened);
    }
    tell_all(person, opened);
}

/// All that a dialog is for; of Presence nothing, for it has told that already.
void PresenceAgent::tell_all(Person& person, DeviceDialog& dialog) {
    switch (dialog.event) {
        case DeviceEvent::Contacts:
            return notify(dialog, kContactsType, person.list.to_roaming_contacts());
        case DeviceEvent::Self:
            return notify(dialog, kSelfType, self_document(person));
        case DeviceEvent::Provisioning:
            return notify(dialog, kProvisioningType, provisioning(person));
        case DeviceEvent::Presence:
            return;
        case DeviceEvent::WatcherInfo:
            return tell_watchers(person, dialog);
        case DeviceEvent::ResourceList:
            return tell_list(person, dialog);
    }
}

/// False: of no dialog of ours.
bool PresenceAgent::continue_dialog(const sip::Request& request,
                                    Person& person,
                                    sip::IncomingRequest& transaction) {
    const auto found = std::ranges::find_if(person.dialogs, [&](const auto& one) {
        return one->dialog.call_id() == request.call_id && !one->is_over &&
               one->dialog.local_tag() == request.to.tag().value_or("");
    });
    if (found == person.dialogs.end()) {
        return false;
    }
    DeviceDialog& dialog = **found;
    const std::uint32_t expires = granted_to(request, dialog.event);
    if (request.cseq.number <= dialog.dialog.remote_cseq) {
        transaction.respond(500);
        return true;
    }
    if (!is_of_lync(dialog.event) && !check_plain(request, dialog.event, expires, transaction)) {
        return true;
    }
    dialog.dialog.remote_cseq = request.cseq.number;
    dialog.expires_at = timers_.now() + std::chrono::seconds(expires);
    grant(dialog.event, expires, transaction);
    if (dialog.event == DeviceEvent::Presence && is_batch(request)) {
        take_batch(request, person, dialog);
    } else if (!is_of_lync(dialog.event)) {
        tell_all(person, dialog);  // RFC 6665 §4.2.1.2; the last one where nothing is granted
    }
    if (expires == 0) {
        std::erase_if(person.dialogs, [&](const auto& one) { return one.get() == &dialog; });
    }
    return true;
}

/// The list is additive: what the dialog had stays.
void PresenceAgent::take_batch(const sip::Request& request, Person& person, DeviceDialog& dialog) {
    arena_.reset();
    const auto asked = parse_batch(request.body, arena_);
    if (!asked) {
        return;
    }
    std::vector<std::string> fresh;
    for (const std::string& address : *asked) {
        const auto place = std::ranges::lower_bound(dialog.addresses, address);
        const bool is_known = place != dialog.addresses.end() && *place == address;
        if (!is_known && dialog.addresses.size() >= ContactList::kMaxContacts) {
            continue;
        }
        if (!is_known) {
            dialog.addresses.insert(place, address);
        }
        if (address != person.key) {
            watch(person, address);
        }
        fresh.push_back(address);
    }
    for (std::size_t i = 0; i < fresh.size(); i += kPerNotify) {
        notify_presence(
            person, dialog, std::span(fresh).subspan(i, std::min(kPerNotify, fresh.size() - i)));
    }
}

}  // namespace isthmus::home
