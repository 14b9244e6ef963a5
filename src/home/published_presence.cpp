// What devices publish about their user. RFC 3903: our entity tags name the device, so what it
// publishes replaces what it had.
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "home/presence_agent.h"

namespace isthmus::home {

namespace {

constexpr std::size_t kMaxPublished = 65536;
constexpr std::uint32_t kPublishExpires = 3600;

}  // namespace

void PresenceAgent::on_publish(const sip::Request& request,
                               const Caller& caller,
                               const Device* device,
                               std::unique_ptr<sip::IncomingRequest> transaction) {
    const auto event = sip::parse_event(request.header(sip::HeaderId::Event).value_or(""));
    if (!event || event->package != sip::kPresencePackage) {
        return sip::answer_bad_event(*transaction);
    }
    if (device == nullptr) {
        return transaction->respond(480);  // of a device that has not registered
    }
    Person& one = person(caller.key);
    PresenceState& state = one.devices[device->id];
    const std::uint32_t expires =
        std::min(sip::seconds_of(request, sip::HeaderId::Expires).value_or(kPublishExpires),
                 kPublishExpires);
    const std::string tag = fmt::format("d{}", device->id);
    bool is_refresh = false;
    for (const sip::HeaderField& field : request.headers) {
        if (!text::iequals(field.name, "SIP-If-Match")) {
            continue;
        }
        if (field.value != tag || !one.published.contains(device->id)) {
            return transaction->respond(412);  // RFC 3903 §6 step 3
        }
        is_refresh = true;
    }
    if (expires != 0 && expires < kLeastExpires) {
        return sip::answer(*transaction, 423, {"Min-Expires", std::to_string(kLeastExpires)});
    }
    const PresenceState before = state;
    if (expires == 0) {
        state = {.availability = kOffline, .note = {}};
    } else if (!request.body.empty()) {
        arena_.reset();
        if (!text::istarts_with(request.content_type, sip::kPresenceDocument)) {
            return sip::answer(*transaction, 415, {"Accept", sip::kPresenceDocument});
        }
        const auto read = request.body.size() <= kMaxPublished ? state_of_pidf(request.body, arena_)
                                                               : std::optional<PresenceState>();
        if (!read) {
            return sip::answer_bad_request(*transaction, "the presence document cannot be read");
        }
        state = *read;
    } else if (!is_refresh) {
        return sip::answer_bad_request(*transaction, "nothing is published");  // §4.1, table 1
    }
    end_publication(one, device->id);
    if (expires != 0) {
        const TimePoint until = timers_.now() + std::chrono::seconds(expires);
        one.published[device->id] = until;
        publications_.insert({until, device->id});
        lapse_timer_.arm(publications_.begin()->first - timers_.now());
    }
    const std::string granted = std::to_string(expires);
    const sip::OutgoingHeader headers[] = {{"SIP-ETag", tag}, {"Expires", granted}};
    sip::OutgoingResponse response;
    response.status = 200;
    response.headers = headers;
    transaction->respond(response);
    if (state != before) {
        on_own_change(one);
    }
}

void PresenceAgent::end_publication(Person& person, std::uint64_t device) {
    const auto found = person.published.find(device);
    if (found != person.published.end()) {
        publications_.erase({found->second, device});
        person.published.erase(found);
    }
}

/// RFC 3903 §6: what was not refreshed is gone; the device is still signed in.
void PresenceAgent::lapse() {
    while (!publications_.empty() && publications_.begin()->first <= timers_.now()) {
        const std::uint64_t device = publications_.begin()->second;
        publications_.erase(publications_.begin());
        Person* one = find(registrar_.user_of(device));
        if (one == nullptr || one->published.erase(device) == 0) {
            continue;
        }
        const PresenceState signed_in{.availability = kOnline, .note = {}};
        PresenceState& state = one->devices[device];
        if (state != signed_in) {
            state = signed_in;
            on_own_change(*one);
        }
    }
    if (!publications_.empty()) {
        lapse_timer_.arm(publications_.begin()->first - timers_.now());
    }
}

}  // namespace isthmus::home
