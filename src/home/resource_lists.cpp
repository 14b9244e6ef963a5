// A user's contact list as a resource list: one subscription, the presence of all. RFC 4662; the
// list is sip:USER@DOMAIN;list=contacts.
#include "base/buffer.h"
#include "xml/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "home/lync_words.h"
#include "home/presence_agent.h"

namespace isthmus::home {

namespace {

constexpr std::string_view kBoundary = "isthmus-part";

}  // namespace

/// All of it: the first document names every contact and tells of as many as fit, others follow.
void PresenceAgent::tell_list(Person& person, DeviceDialog& dialog) {
    if (dialog.in_flight >= kInFlight / 2) {
        dialog.is_full_owed = true;
        return;
    }
    std::vector<std::string> all;
    for (const Contact& contact : person.list.contacts()) {
        all.push_back(contact.address);
    }
    const bool is_last = timers_.now() >= dialog.expires_at;
    for (const std::string& address : all) {
        if (!is_last && address != person.key) {
            watch(person, address);
        }
    }
    const std::span<const std::string> whole(all);
    std::size_t at = std::min(kPerNotify, all.size());
    notify_list(person, dialog, whole.first(at), true);
    while (at < all.size() && !dialog.is_over) {
        const std::size_t size = std::min(kPerNotify, all.size() - at);
        notify_list(person, dialog, whole.subspan(at, size), false);
        at += size;
    }
}

void PresenceAgent::notify_list(Person& person,
                                DeviceDialog& dialog,
                                std::span<const std::string> of,
                                bool is_full) {
    if (dialog.in_flight >= kInFlight) {
        return owe(dialog, of);
    }
    Buffer list;
    xml::Writer writer(list);
    writer.open("list")
        .attribute("xmlns", "urn:ietf:params:xml:ns:rlmi")
        .attribute("uri", fmt::format("sip:{};list=contacts", person.key))
        .attribute("version", std::to_string(dialog.version++))
        .attribute("fullState", is_full ? "true" : "false");
    std::string parts;
    const auto open_resource = [&](const std::string& address) {
        writer.open("resource").attribute("uri", fmt::format("sip:{}", address));
        const Contact* contact = person.list.find(address);
        if (contact != nullptr && !contact->name.empty()) {
            writer.element("name", contact->name);
        }
    };
    std::size_t number = 0;
    for (const std::string& address : of) {
        const auto watched = std::ranges::find(person.watched, address, &Watched::address);
        const bool is_known = watched != person.watched.end();
        const bool is_gone = is_known && watched->handle == 0 && !is_home(address);
        const PresenceState state = address == person.key ? state_of(person)
                                    : is_known            ? watched->state
                                                          : PresenceState{};
        const std::string cid = fmt::format("{}@isthmus", ++number);
        open_resource(address);
        writer.open("instance")
            .attribute("id", "1")
            .attribute("state",
                       is_gone                           ? "terminated"
                       : is_known && watched->is_pending ? "pending"
                                                         : "active")
            .attribute("cid", cid)
            .close("instance")
            .close("resource");
        parts += fmt::format("--{}\r\nContent-ID: <{}>\r\nContent-Type: {}\r\n\r\n{}\r\n",
                             kBoundary,
                             cid,
                             sip::kPresenceDocument,
                             to_pidf(address, state));
    }
    if (is_full) {
        for (std::size_t i = of.size(); i < person.list.contacts().size(); ++i) {
            open_resource(person.list.contacts()[i].address);
            writer.close("resource");
        }
    }
    writer.close("list");
    notify(dialog,
           fmt::format("multipart/related;type=\"application/rlmi+xml\";start=\"<list@isthmus>\";"
                       "boundary={}",
                       kBoundary),
           fmt::format("--{0}\r\nContent-ID: <list@isthmus>\r\n"
                       "Content-Type: application/rlmi+xml\r\n\r\n{1}\r\n{2}--{0}--\r\n",
                       kBoundary,
                       list.view(),
                       parts));
}

}  // namespace isthmus::home
