// The SUBSCRIBE dialogs of Lync clients, and those of plain clients who watch a colleague.
// [MS-PRES], [MS-SIP]; measured with SIPE 1.25.
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "home/lync_words.h"
#include "home/presence_agent.h"

namespace isthmus::home {

namespace {

std::optional<LyncEvent> event_of(std::string_view package) {
    for (const LyncEvent event :
         {LyncEvent::Contacts, LyncEvent::Self, LyncEvent::Provisioning, LyncEvent::Presence}) {
        if (text::iequals(lync_package(event), package)) {
            return event;
        }
    }
    return std::nullopt;
}

bool is_batch(const sip::Request& request) {
    return text::istarts_with(request.content_type, "application/msrtc-adrl-categorylist+xml");
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
    const auto value = sip::parse_event(request.header(sip::HeaderId::Event).value_or(""));
    const auto event = value ? event_of(value->package) : std::optional<LyncEvent>();
    if (!event) {
        return sip::answer_bad_event(*transaction);
    }
    const bool is_lync = device != nullptr && device->is_lync &&
                         (*event != LyncEvent::Presence || is_batch(request));
    if (is_lync) {
        const auto self = contact_address(request.uri.text);
        if (!self || *self != one.key) {
            return transaction->respond(403);  // somebody else's contact list
        }
        return open_dialog(request, one, *device, *event, *transaction);
    }
    if (*event != LyncEvent::Presence) {
        return sip::answer_bad_event(*transaction);
    }
    // One of ours watches another, by RFC 3856.
    const auto whom = contact_address(request.uri.text);
    const auto granted = notifiers_->check(request, *transaction);
    if (!granted) {
        return;
    }
    if (!whom || !is_home(*whom)) {
        return transaction->respond(404);
    }
    Person& presentity = person(*whom);
    if (device == nullptr || consent_of(presentity, one.key) == Consent::Refused) {
        return transaction->respond(device == nullptr ? 480 : 403);
    }
    const std::uint64_t owner = ++last_owner_;
    presentity.watchers.push_back({.owner = owner, .address = one.key});
    watchers_by_owner_.emplace(owner, &presentity);
    const sip::SubscriptionHandle handle =
        notifiers_->accept(request, *transaction, *granted, fmt::format("#{}", device->id), owner);
    const auto place = std::ranges::find(presentity.watchers, owner, &Watcher::owner);
    if (handle == 0) {
        watchers_by_owner_.erase(owner);
        presentity.watchers.erase(place);
    } else {
        place->handle = handle;
    }
}

/// What was asked for once: in the answer itself, as the client wants it (ms-piggyback).
void PresenceAgent::answer_fetch(const Person& person,
                                 LyncEvent event,
                                 sip::IncomingRequest& transaction) const {
    const bool is_known = event != LyncEvent::Presence;
    const std::string body = event == LyncEvent::Contacts ? person.list.to_roaming_contacts()
                             : event == LyncEvent::Self   ? self_document(person)
                             : is_known                   ? provisioning(person)
                                                          : std::string();
    const sip::OutgoingHeader headers[] = {{"Event", lync_package(event)},
                                           {"Expires", "0"},
                                           {"Subscription-State", "terminated;expires=0"},
                                           {"ms-piggyback-cseq", "1"},
                                           {"Contact", outside_.contact()}};
    sip::OutgoingResponse response;
    response.status = 200;
    response.headers = headers;
    response.content_type = !is_known                      ? std::string_view()
                            : event == LyncEvent::Contacts ? kContactsType
                            : event == LyncEvent::Self     ? kSelfType
                                                           : kProvisioningType;
    response.body = body;
    transaction.respond(response);
}

void PresenceAgent::grant(LyncEvent event,
                          std::uint32_t expires,
                          sip::IncomingRequest& transaction) const {
    const std::string seconds = std::to_string(expires);
    const std::string state = expires == 0 ? std::string("terminated;expires=0")
                                           : fmt::format("active;expires={}", expires);
    const sip::OutgoingHeader headers[] = {{"Event", lync_package(event)},
                                           {"Expires", seconds},
                                           {"Subscription-State", state},
                                           {"Contact", outside_.contact()}};
    sip::OutgoingResponse response;
    response.status = 200;
    response.headers = headers;
    transaction.respond(response);
}

void PresenceAgent::open_dialog(const sip::Request& request,
                                Person& person,
                                const Device& device,
                                LyncEvent event,
                                sip::IncomingRequest& transaction) {
    const std::uint32_t expires =
        std::min(sip::seconds_of(request, sip::HeaderId::Expires).value_or(kLongestLyncDialog),
                 kLongestLyncDialog);
    const std::string local = fmt::format("<sip:{}>", person.key);
    auto made = std::make_unique<LyncDialog>();
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
    if (expires == 0) {
        return answer_fetch(person, event, transaction);
    }
    grant(event, expires, transaction);
    made->device = device.id;
    made->event = event;
    made->dialog = *std::move(dialog);
    // One of each kind is enough for a device: the newest.
    std::erase_if(person.dialogs,
                  [&](const auto& one) { return one->device == device.id && one->event == event; });
    person.dialogs.push_back(std::move(made));
    LyncDialog& opened = *person.dialogs.back();
    switch (event) {
        case LyncEvent::Contacts:
            return notify(opened, kContactsType, person.list.to_roaming_contacts());
        case LyncEvent::Self:
            return notify(opened, kSelfType, self_document(person));
        case LyncEvent::Provisioning:
            return notify(opened, kProvisioningType, provisioning(person));
        case LyncEvent::Presence:
            return take_batch(request, person, opened);
    }
}

/// False: of no dialog of ours.
bool PresenceAgent::continue_dialog(const sip::Request& request,
                                    Person& person,
                                    sip::IncomingRequest& transaction) {
    const auto found = std::ranges::find_if(person.dialogs, [&](const auto& one) {
        return one->dialog.call_id() == request.call_id &&
               one->dialog.local_tag() == request.to.tag().value_or("");
    });
    if (found == person.dialogs.end()) {
        return false;
    }
    LyncDialog& dialog = **found;
    const std::uint32_t expires =
        std::min(sip::seconds_of(request, sip::HeaderId::Expires).value_or(kLongestLyncDialog),
                 kLongestLyncDialog);
    if (request.cseq.number <= dialog.dialog.remote_cseq) {
        transaction.respond(500);
        return true;
    }
    dialog.dialog.remote_cseq = request.cseq.number;
    grant(dialog.event, expires, transaction);
    if (expires == 0) {
        person.dialogs.erase(found);
    } else if (dialog.event == LyncEvent::Presence && is_batch(request)) {
        take_batch(request, person, dialog);
    }
    return true;
}

/// The list is additive: what the dialog had stays.
void PresenceAgent::take_batch(const sip::Request& request, Person& person, LyncDialog& dialog) {
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
