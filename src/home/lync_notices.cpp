// What Lync clients are told in NOTIFY: their lists, the presence of their contacts, who has added
// them, which policy is in force. [MS-PRES], [MS-SIPREGE]; measured with SIPE 1.25.
#include "base/buffer.h"
#include "base/utc.h"
#include "xml/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <span>

#include "home/lync_words.h"
#include "home/presence_agent.h"

namespace isthmus::home {

namespace {

constexpr std::string_view kRoamingSelf = "http://schemas.microsoft.com/2006/09/sip/roaming-self";
constexpr std::string_view kContainers = "http://schemas.microsoft.com/2006/09/sip/containers";
constexpr unsigned kEventBits = 3;

/// Who sees him, and who is blocked: SIPE can only take back a block that it has heard of, and
/// fills in the first two where they are missing. Those in the last one are what our list says.
void write_containers(const ContactList& list, xml::Writer& writer) {
    writer.open("containers").attribute("xmlns", kContainers);
    for (const auto& [id, members] :
         {std::pair{"100", "federated"}, std::pair{"200", "sameEnterprise"}}) {
        writer.open("container").attribute("id", id).attribute("version", "1");
        writer.open("member").attribute("type", members).close("member").close("container");
    }
    writer.open("container").attribute("id", "32000").attribute("version", "1");
    for (const std::string& address : list.blocked()) {
        writer.open("member").attribute("type", "user").attribute("value", address).close("member");
    }
    writer.close("container").close("containers");
}

}  // namespace

void PresenceAgent::notify(DeviceDialog& dialog,
                           std::string_view content_type,
                           std::string_view body) {
    const Device* device = registrar_.find(dialog.device);
    if (device == nullptr || dialog.is_over) {
        return;
    }
    ++dialog.in_flight;
    const auto left =
        is_of_lync(dialog.event)
            ? std::chrono::seconds(kLongestDialog)
            : std::chrono::ceil<std::chrono::seconds>(dialog.expires_at - timers_.now());
    dialog.is_over = left.count() <= 0;
    const std::string state = dialog.is_over ? std::string("terminated;reason=timeout")
                                             : fmt::format("active;expires={}", left.count());
    const sip::OutgoingHeader headers[] = {{"Contact", outside_.contact()},
                                           {"Event", package_of(dialog.event)},
                                           {"Subscription-State", state},
                                           {"Require", kListTag}};
    const bool is_list = dialog.event == DeviceEvent::ResourceList;
    const sip::OutgoingRequest request{.method = sip::Method::Notify,
                                       .request_uri = device->contact,
                                       .from = dialog.dialog.local(),
                                       .to = dialog.dialog.remote(),
                                       .call_id = dialog.dialog.call_id(),
                                       .from_tag = dialog.dialog.local_tag(),
                                       .cseq = ++dialog.dialog.local_cseq,
                                       .headers = std::span(headers).first(is_list ? 4U : 3U),
                                       .content_type = content_type,
                                       .body = body};
    const std::uint64_t cookie =
        dialog.device << kEventBits | static_cast<std::uint64_t>(dialog.event);
    outside_.send_to_device(request, device->target, *this, cookie);
}

void PresenceAgent::notify_all(Person& person,
                               DeviceEvent event,
                               std::string_view content_type,
                               std::string_view body) {
    for (const auto& dialog : person.dialogs) {
        if (dialog->event == event) {
            notify(*dialog, content_type, body);
        }
    }
}

void PresenceAgent::notify_presence(Person& person,
                                    DeviceDialog& dialog,
                                    std::span<const std::string> of) {
    if (dialog.event == DeviceEvent::ResourceList) {
        return notify_list(person, dialog, of, false);
    }
    if (dialog.in_flight >= kInFlight) {
        return owe(dialog, of);
    }
    const std::string time = utc_now_text();
    const auto document = [&](const std::string& address) {
        const auto watched = std::ranges::find(person.watched, address, &Watched::address);
        const Contact* contact = person.list.find(address);
        const PresenceState state = address == person.key             ? state_of(person)
                                    : watched == person.watched.end() ? PresenceState{}
                                                                      : watched->state;
        return to_categories(
            address, contact == nullptr ? std::string_view() : contact->name, state, time);
    };
    if (of.size() == 1) {
        return notify(dialog, kCategoriesType, document(of.front()));
    }
    Buffer list;
    xml::Writer writer(list);
    writer.open("list")
        .attribute("xmlns", "urn:ietf:params:xml:ns:rlmi")
        .attribute("uri", fmt::format("sip:{}", person.key))
        .attribute("version", "0")
        .attribute("fullState", "false");
    std::string parts;
    constexpr std::string_view kBoundary = "isthmus-part";
    for (std::size_t i = 0; i < of.size(); ++i) {
        const std::string cid = fmt::format("c{}@isthmus", i);
        writer.open("resource")
            .attribute("uri", fmt::format("sip:{}", of[i]))
            .open("instance")
            .attribute("id", "0")
            .attribute("state", "active")
            .attribute("cid", cid)
            .close("instance")
            .close("resource");
        // COMPAT(SIPE 1.25, 2026-11): libpurple cuts four octets off each part.
        parts += fmt::format("--{}\r\nContent-ID: <{}>\r\nContent-Type: {}\r\n\r\n{}\r\n\r\n",
                             kBoundary,
                             cid,
                             kCategoriesType,
                             document(of[i]));
    }
    writer.close("list");
    const std::string body = fmt::format(
        "--{0}\r\nContent-ID: <resourceList>\r\nContent-Type: application/rlmi+xml\r\n\r\n"
        "{1}\r\n\r\n{2}--{0}--\r\n",
        kBoundary,
        list.view(),
        parts);
    notify(dialog,
           fmt::format("multipart/related; type=\"application/rlmi+xml\";start=resourceList;"
                       "boundary={}",
                       kBoundary),
           body);
}

/// A client that does not acknowledge costs one entry for each contact, no more.
void PresenceAgent::owe(DeviceDialog& dialog, std::span<const std::string> of) const {
    for (const std::string& address : of) {
        const auto place = std::ranges::lower_bound(dialog.owed, address);
        if (place == dialog.owed.end() || *place != address) {
            dialog.owed.insert(place, address);
        }
    }
}

void PresenceAgent::tell_owed(Person& person, DeviceDialog& dialog) {
    if (dialog.in_flight >= kInFlight / 2) {
        return;
    }
    if (std::exchange(dialog.is_full_owed, false)) {
        dialog.owed.clear();
        return tell_all(person, dialog);
    }
    if (dialog.owed.empty()) {
        return;
    }
    const std::vector<std::string> owed = std::exchange(dialog.owed, {});
    for (std::size_t i = 0; i < owed.size(); i += kPerNotify) {
        notify_presence(
            person, dialog, std::span(owed).subspan(i, std::min(kPerNotify, owed.size() - i)));
    }
}

void PresenceAgent::on_response(std::uint64_t cookie, const sip::Response& response) {
    on_outcome_(cookie >> kEventBits, true);
    settle(cookie, sip::ends_subscription(response.status));
}

void PresenceAgent::on_no_response(std::uint64_t cookie, const Error& error) {
    if (error.kind == ErrorKind::Timeout) {
        on_outcome_(cookie >> kEventBits, false);
    }
    settle(cookie, false);
}

void PresenceAgent::settle(std::uint64_t cookie, bool is_gone) {
    const std::uint64_t device = cookie >> kEventBits;
    const auto event = static_cast<DeviceEvent>(cookie & ((1U << kEventBits) - 1));
    Person* one = find(registrar_.user_of(device));
    if (one == nullptr) {
        return;
    }
    const auto found = std::ranges::find_if(one->dialogs, [&](const auto& dialog) {
        return dialog->device == device && dialog->event == event;
    });
    if (found == one->dialogs.end()) {
        return;
    }
    DeviceDialog& dialog = **found;
    dialog.in_flight -= dialog.in_flight == 0 ? 0 : 1;
    if (is_gone || dialog.is_over) {
        one->dialogs.erase(found);
    } else {
        tell_owed(*one, dialog);
    }
}

/// "X has added you."
void PresenceAgent::announce(Person& person, std::string_view address) {
    (void)address;
    notify_all(person, DeviceEvent::Self, kSelfType, self_document(person));
}

/// Who has asked and was not answered; the document must not be empty, or nothing is published.
std::string PresenceAgent::self_document(const Person& person) const {
    Buffer out;
    xml::Writer writer(out);
    writer.open("roamingData").attribute("xmlns", kRoamingSelf);
    write_containers(person.list, writer);
    bool has_some = false;
    for (const Watcher& one : person.watchers) {
        if (consent_of(person, one.address) != Consent::Open) {
            continue;
        }
        if (!std::exchange(has_some, true)) {
            writer.open("subscribers")
                .attribute("xmlns",
                           "http://schemas.microsoft.com/2006/09/sip/presence-subscribers");
        }
        writer.open("subscriber")
            .attribute("user", one.address)
            .attribute("displayName", one.address.substr(0, one.address.find('@')))
            .attribute("acknowledged", "false")
            .attribute("type", "federated")
            .close("subscriber");
    }
    if (has_some) {
        writer.close("subscribers");
    }
    writer.close("roamingData");
    return std::string(out.view());
}

/// The user's external access policy, by the names that administrators know.
std::string PresenceAgent::provisioning(const Person& person) const {
    const policy::Policy& policy = outside_.policy();
    const std::size_t at = person.key.rfind('@');
    policy::Standing standing;
    if (const auto& users = policy.objects().users) {
        standing = users->standings()[users->find(std::string_view(person.key).substr(0, at),
                                                  std::string_view(person.key).substr(at + 1))];
    }
    const policy::Effective effective = policy.effective(standing);
    const policy::AccessRule& rule = policy.rules()[effective.rule];
    const auto word = [](bool is) { return is ? "true" : "false"; };
    Buffer out;
    xml::Writer writer(out);
    writer.open("provisionGroupList")
        .attribute("xmlns",
                   "http://schemas.microsoft.com/2006/09/sip/provisiongrouplist-notification")
        .open("provisionGroup")
        .attribute("name", "ServerConfiguration")
        .element("ucPC2PCAVEncryption", "SupportEncryption")
        .close("provisionGroup")
        .open("provisionGroup")
        .attribute("name", "ucPolicy")
        .element("EnableFederationAccess",
                 word(rule.enable_federation_access && policy.access_edge().allow_federated_users))
        .element("EnableXmppAccess",
                 word(policy::allows_xmpp(rule) && policy.access_edge().allow_federated_users))
        .element("EnablePublicCloudAccess", word(rule.enable_public_cloud_access))
        .element("EnableOutsideAccess", word(rule.enable_outside_access))
        .element("ExternalAccessPolicy", rule.identity)
        .close("provisionGroup")
        .close("provisionGroupList");
    return std::string(out.view());
}

/// [MS-SIPREGE]: the client ends, and does not come back by itself.
void PresenceAgent::sign_out(Person& person, const Device& device) {
    const std::string local = fmt::format("<sip:{}>", person.key);
    const sip::OutgoingHeader headers[] = {{"Event", "registration-notify"},
                                           {"Subscription-State", "terminated;expires=0"}};
    const sip::OutgoingRequest request{.method = sip::Method::Notify,
                                       .request_uri = device.contact,
                                       .from = local,
                                       .to = local,
                                       .call_id = {},
                                       .headers = headers,
                                       .content_type = "text/registration-event",
                                       .body = "deregistered;event=rejected\r\n"};
    outside_.send_to_device(request, device.target, *this, device.id << kEventBits);
}

}  // namespace isthmus::home
