// Messages to our users, from each other and from the flows, and what else the flows want of them.
// RFC 3428, RFC 3261 §16.
#include <algorithm>
#include <utility>

#include "home/home.h"
#include "home/refusals.h"

namespace isthmus::home {

namespace {

using sip::Method;

constexpr std::uint16_t kSilences = 2;  // then the device is gone

}  // namespace

void Home::on_message(const sip::Request& request,
                      std::unique_ptr<sip::IncomingRequest> transaction,
                      bool is_in_session) {
    if (const auto to = caller_of(request.uri)) {
        return deliver(request, *to, std::move(transaction));
    }
    outside_.pass_to_flows(request, std::move(transaction), is_in_session);
}

/// To all devices of one of our users, or to the one that the URI names.
void Home::deliver(const sip::Request& request,
                   const Caller& to,
                   std::unique_ptr<sip::IncomingRequest> transaction) {
    if (request.max_forwards == 0U) {
        return transaction->respond(483);
    }
    const auto from = contact_address(request.from.uri.text);
    if (!from || agent_.blocks(to.key, *from)) {
        return transaction->respond(403);
    }
    const auto* devices = registrar_.devices(to.key);
    if (devices == nullptr) {
        return home::refuse(
            *transaction, sign_in_.knows(to.key) ? 480 : 404, {}, outside_.server_name());
    }
    std::vector<const Device*> chosen;
    const auto named = request.uri.param("opaque").value_or("");
    const auto gr = request.uri.param("gr").value_or("");
    for (const auto& device : *devices) {
        const bool is_named =
            !device->gruu.empty() && (gr == device->gruu || named == "user:epid:" + device->gruu);
        if (is_named) {
            chosen = {device.get()};
            break;
        }
        chosen.push_back(device.get());
    }
    std::uint64_t in_session = 0;
    if (request.method == Method::Message) {
        in_session = choose_session(request, to, *from, chosen);
        if (chosen.empty()) {
            return transaction->respond(200);  // a typing notice that nobody would see
        }
    }
    forks_.send(request, chosen, std::move(transaction), in_session);
}

/// The one of these devices that gets it in a session: that in which he talks with the contact, or
/// the Lync client that signed in last. Nobody opens a session for a typing notice.
std::uint64_t Home::choose_session(const sip::Request& request,
                                   const Caller& to,
                                   std::string_view from,
                                   std::vector<const Device*>& chosen) const {
    const std::uint64_t talking = sessions_.device_with(to.key, from);
    std::uint64_t in_session = 0;
    for (const Device* device : chosen) {
        if (device->is_lync && (device->id == talking || talking == 0)) {
            in_session = device->id;
        }
    }
    const bool is_typing = request.content_type.starts_with("application/im-iscomposing+xml");
    if (is_typing) {
        const bool is_open = in_session != 0 && sessions_.is_open(to.key, from);
        std::erase_if(chosen, [&](const Device* device) {
            return device->is_lync && !(is_open && device->id == in_session);
        });
    }
    return in_session;
}

void Home::on_outcome(std::uint64_t id, bool has_answered) {
    Device* device = registrar_.find(id);
    if (device == nullptr) {
        return;
    }
    device->unanswered = has_answered ? 0 : static_cast<std::uint16_t>(device->unanswered + 1);
    if (device->unanswered >= kSilences) {
        registrar_.dismiss_device(id, Departure::Silent);
    }
}

void Home::on_flow_request(const sip::Request& request,
                           std::unique_ptr<sip::IncomingRequest> transaction) {
    arena_.reset();
    const auto to = caller_of(request.uri);
    switch (request.method) {
        case Method::Options:
            return transaction->respond(200);
        case Method::Message:
            return to ? deliver(request, *to, std::move(transaction)) : transaction->respond(404);
        case Method::Subscribe: {
            const auto whom = caller_of(request.to.uri);
            return whom && sign_in_.knows(whom->key)
                       ? agent_.on_flow_subscribe(request, *whom, std::move(transaction))
                       : transaction->respond(404);
        }
        case Method::Notify:
            return forward_notify(request, std::move(transaction));
        default:
            return transaction->respond(481);
    }
}

/// Of a subscription of ours, or of one that a device made by itself and that we only passed on.
void Home::forward_notify(const sip::Request& request,
                          std::unique_ptr<sip::IncomingRequest> transaction) {
    const auto to = caller_of(request.to.uri);
    const auto* devices = to ? registrar_.devices(to->key) : nullptr;
    if (devices != nullptr && outside_.contact().find(request.uri.text) == std::string::npos) {
        const Device* chosen = devices->size() == 1 ? devices->front().get() : nullptr;
        for (const auto& device : *devices) {
            if (device->contact == request.uri.text) {
                chosen = device.get();
            }
        }
        if (chosen != nullptr) {
            return forks_.send(request, std::span(&chosen, 1), std::move(transaction));
        }
    }
    agent_.on_flow_notify(request, *transaction);
}

}  // namespace isthmus::home
