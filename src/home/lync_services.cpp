// The SERVICE requests of Lync clients: changes of the contact list, publications, whom the user
// lets see him and whom he blocks. [MS-PRES], [MS-SIP]; measured with SIPE 1.25.
#include "base/buffer.h"
#include "base/log.h"
#include "base/text.h"
#include "translate/address.h"
#include "xml/writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "home/lync_words.h"
#include "home/presence_agent.h"

namespace isthmus::home {

namespace {

constexpr std::string_view kSoap = "application/SOAP+xml";

/// The Display of an address that is only the address says nothing.
std::string_view display_of(std::string_view display, std::string_view address) {
    const auto as_address = contact_address(display);
    return as_address && *as_address == address ? std::string_view() : display;
}

std::string soap(std::string_view call,
                 std::string_view ns,
                 std::string_view id_name,
                 std::uint32_t id) {
    Buffer out;
    xml::Writer writer(out);
    const std::string name = fmt::format("m:{}", call);
    writer.open("SOAP-ENV:Envelope")
        .attribute("xmlns:SOAP-ENV", "http://schemas.xmlsoap.org/soap/envelope/")
        .open("SOAP-ENV:Body")
        .open(name)
        .attribute("xmlns:m", ns);
    if (id != 0) {
        writer.element(id_name, std::to_string(id));
    } else {
        writer.text("");
    }
    writer.close(name).close("SOAP-ENV:Body").close("SOAP-ENV:Envelope");
    return std::string(out.view());
}

}  // namespace

void PresenceAgent::on_service(const sip::Request& request,
                               const Caller& caller,
                               const Device* device,
                               std::unique_ptr<sip::IncomingRequest> transaction) {
    const auto self = contact_address(request.uri.text);
    if (device == nullptr || !self || *self != caller.key) {
        return transaction->respond(403);
    }
    Person& one = person(caller.key);
    arena_.reset();
    const auto is = [&](std::string_view type) {
        return text::istarts_with(request.content_type, type);
    };
    if (is(kSoap)) {
        return on_list_call(request, one, *device, std::move(transaction));
    }
    if (is("application/msrtc-category-publish+xml")) {
        return on_category_publish(request, one, *device, std::move(transaction));
    }
    if (is("application/msrtc-presence-setsubscriber+xml")) {
        const auto acknowledged = parse_acknowledged(request.body, arena_);
        if (!acknowledged) {
            return transaction->respond(400);
        }
        for (const std::string& address : *acknowledged) {
            if (consent_of(one, address) == Consent::Open) {
                allow(one, address);
            }
        }
        return save_list(one,
                         [held = std::shared_ptr<sip::IncomingRequest>(std::move(transaction))](
                             bool is_stored) { held->respond(is_stored ? 200 : 500); });
    }
    if (is("application/msrtc-setcontainermembers+xml")) {
        return on_memberships(request, one, std::move(transaction));
    }
    // What else a client may ask for is not here: it goes on without.
    transaction->respond(501);
}

/// Whom he blocks, and whom no more. His clients hear of it: they can take back only what they
/// know.
void PresenceAgent::on_memberships(const sip::Request& request,
                                   Person& person,
                                   std::unique_ptr<sip::IncomingRequest> transaction) {
    const auto members = parse_memberships(request.body, arena_);
    if (!members) {
        return transaction->respond(400);
    }
    const ContactList before = person.list;
    for (const Membership& member : *members) {
        if (member.is_blocked && member.is_added) {
            block(person, member.address);
        } else if (member.is_blocked) {
            person.list.forget(member.address);
        } else if (member.is_added) {
            allow(person, member.address);
        }
    }
    save_list(
        person,
        [this,
         key = person.key,
         has_changed = person.list != before,
         held = std::shared_ptr<sip::IncomingRequest>(std::move(transaction))](bool is_stored) {
            held->respond(is_stored ? 200 : 500);
            if (is_stored && has_changed) {
                Person& now = this->person(key);
                notify_all(now, DeviceEvent::Self, kSelfType, self_document(now));
            }
        });
}

/// How he is, by this device and by his own choice: told to others when it is stored.
void PresenceAgent::on_category_publish(const sip::Request& request,
                                        Person& person,
                                        const Device& device,
                                        std::unique_ptr<sip::IncomingRequest> transaction) {
    const auto published = parse_publish(request.body, arena_);
    if (!published) {
        return transaction->respond(400);
    }
    PresenceState& state = person.devices[device.id];
    const PresenceState before = state;
    const auto user_before = person.user_state;
    const std::string note_before = person.note;
    state.availability = published->machine_state.value_or(state.availability);
    person.user_state = published->user_state ? published->user_state : person.user_state;
    person.note = published->note.value_or(person.note);
    if (state == before && person.user_state == user_before && person.note == note_before) {
        return transaction->respond(200);
    }
    save_state(
        person,
        [this,
         key = person.key,
         from = device.id,
         before,
         user_before,
         note_before,
         held = std::shared_ptr<sip::IncomingRequest>(std::move(transaction))](bool is_stored) {
            Person& now = this->person(key);
            if (!is_stored) {
                now.user_state = user_before;
                now.note = note_before;
                if (const auto found = now.devices.find(from); found != now.devices.end()) {
                    found->second = before;
                }
                return held->respond(500);
            }
            held->respond(200);
            on_own_change(now);
        });
}

void PresenceAgent::on_list_call(const sip::Request& request,
                                 Person& person,
                                 const Device& device,
                                 std::unique_ptr<sip::IncomingRequest> transaction) {
    const auto call = parse_list_call(request.body, arena_);
    if (!call) {
        return transaction->respond(400);
    }
    int status = 200;
    const ContactList before = person.list;
    const std::string body = apply(person, *call, status);
    if (status != 200) {
        return transaction->respond(status);
    }
    if (person.list == before) {
        sip::OutgoingResponse response;
        response.status = 200;
        response.content_type = kSoap;
        response.body = body;
        return transaction->respond(response);
    }
    std::vector<std::string> added;
    if (const auto address = contact_address(call->uri);
        address && person.list.find(*address) != nullptr && before.find(*address) == nullptr) {
        added.push_back(*address);
    }
    // Nothing is told before it is stored; what could not be is taken back.
    save_list(
        person,
        [this,
         key = person.key,
         from = device.id,
         before,
         delta = person.list.to_delta(before),
         added = std::move(added),
         body,
         held = std::shared_ptr<sip::IncomingRequest>(std::move(transaction))](bool is_stored) {
            if (!is_stored) {
                this->person(key).list = before;
                return held->respond(500);
            }
            sip::OutgoingResponse response;
            response.status = 200;
            response.content_type = kSoap;
            response.body = body;
            held->respond(response);
            push_list(this->person(key), from, delta, added);
        });
}

/// To his other devices, which have the list as it was. SIPE asks for the presence of its contacts
/// once, so who is new comes into what it has asked for.
void PresenceAgent::push_list(Person& person,
                              std::uint64_t from,
                              std::string_view delta,
                              const std::vector<std::string>& added) {
    for (const auto& dialog : person.dialogs) {
        if (dialog->event == DeviceEvent::ResourceList) {
            tell_list(person, *dialog);
        } else if (dialog->event == DeviceEvent::Contacts && dialog->device != from) {
            notify(*dialog, kContactsType, delta);
        }
    }
    for (const auto& dialog : person.dialogs) {
        if (dialog->event != DeviceEvent::Presence || dialog->device == from) {
            continue;
        }
        for (const std::string& address : added) {
            const auto place = std::ranges::lower_bound(dialog->addresses, address);
            if (place != dialog->addresses.end() && *place == address) {
                continue;
            }
            dialog->addresses.insert(place, address);
            if (address != person.key) {
                watch(person, address);
            }
            notify_presence(person, *dialog, std::span(&address, 1));
        }
    }
}

/// The status of the answer.
int PresenceAgent::set_contact(Person& person, const ListCall& call) {
    const auto address = contact_address(call.uri);
    Contact contact;
    if (!address) {
        return 400;
    }
    contact.address = *address;
    contact.name = display_of(call.display_name, *address);
    contact.is_subscribed = call.is_subscribed;
    std::string_view left = call.groups;
    while (!left.empty()) {
        const std::size_t blank = left.find(' ');
        contact.groups.push_back(
            static_cast<std::uint32_t>(text::to_number(left.substr(0, blank)).value_or(0)));
        left = blank == std::string_view::npos ? "" : left.substr(blank + 1);
    }
    if (!person.list.set_contact(std::move(contact))) {
        log::event(log::Level::Warning,
                   "home.limit",
                   {{"code", "IST-HOME-006"}, {"user", person.key}, {"msg", "contacts"}});
        return 403;
    }
    // She is on his list: she may see him, and goes on to when he takes her off it again.
    if (!person.list.is_blocked(*address)) {
        person.list.allow(*address);
    }
    for (const Watcher& one : person.watchers) {
        if (one.address == *address) {
            notifiers_->changed(one.handle);
        }
    }
    return 200;
}

/// What is answered.
std::string PresenceAgent::apply(Person& person, const ListCall& call, int& status) {
    ContactList& list = person.list;
    std::uint32_t group = 0;
    const auto id = static_cast<std::uint32_t>(text::to_number(call.group_id).value_or(0));
    if (call.name == "setContact") {
        status = set_contact(person, call);
        if (status != 200) {
            return {};
        }
    } else if (call.name == "deleteContact") {
        const auto address = contact_address(call.uri);
        if (address && list.erase_contact(*address)) {
            Arena arena;  // the call lives in the other one
            const std::string uri = "sip:" + *address;
            const auto jid = translate::to_jid(uri, arena);
            if (jid && !is_home(*address)) {
                // Before the watch ends: that alone would only be taken for a sign-out.
                outside_.remove_contact(person.key, jid->jid.to_bare_string());
            }
            unwatch(person, *address);
            for (const auto& dialog : person.dialogs) {
                std::erase(dialog->addresses, *address);
            }
        }
    } else if (call.name == "addGroup") {
        const auto made = list.add_group(call.group_name);
        if (!made) {
            status = 403;
            return {};
        }
        group = *made;
    } else if (call.name == "modifyGroup") {
        status = list.rename_group(id, call.group_name) ? 200 : 404;
    } else if (call.name == "deleteGroup") {
        list.erase_group(id);
    } else if (call.name == "setACE") {
        // COMPAT(SIPE 1.25, 2026-11): rights of clients of LCS 2005, "BD" is to block.
    } else {
        status = 501;
    }
    return soap(call.name, call.ns, "m:groupID", group);
}

}  // namespace isthmus::home
