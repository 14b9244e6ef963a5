#include "home/presence_agent.h"

#include "base/buffer.h"
#include "base/log.h"
#include "base/text.h"
#include "sip/pidf.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::home {

namespace {

constexpr Duration kBetweenDocuments = std::chrono::seconds(1);

}  // namespace

PresenceAgent::PresenceAgent(const std::vector<std::string>& domains,
                             Outside& outside,
                             const Registrar& registrar,
                             std::function<void(std::uint64_t, bool)> on_outcome,
                             Timers& timers,
                             Random& random)
    : domains_(domains),
      outside_(outside),
      registrar_(registrar),
      on_outcome_(std::move(on_outcome)),
      timers_(timers),
      subscribers_(sip::make_subscribers({}, *this, timers, random, own_metrics_, *this)),
      notifiers_(sip::make_notifiers(
          {.interval = kBetweenDocuments}, *this, timers, random, own_metrics_, *this)),
      retry_timer_(timers, [this] { on_retry(); }),
      lapse_timer_(timers, [this] { lapse(); }),
      watchers_timer_(timers, [this] { on_watchers_due(); }) {}

PresenceAgent::~PresenceAgent() = default;

// --- people -----------------------------------------------------------------------------------

Person& PresenceAgent::person(std::string_view user) {
    auto& made = people_[std::string(user)];
    if (made == nullptr) {
        made = std::make_unique<Person>();
        made->key = user;
    }
    return *made;
}

Person* PresenceAgent::find(std::string_view user) const {
    const auto found = people_.find(std::string(user));
    return found == people_.end() ? nullptr : found->second.get();
}

bool PresenceAgent::is_home(std::string_view address) const {
    const std::string_view domain = address.substr(address.rfind('@') + 1);
    return std::ranges::find(domains_, domain) != domains_.end();
}

std::size_t PresenceAgent::dialogs() const {
    std::size_t count = subscribers_->size() + notifiers_->size();
    for (const auto& [key, one] : people_) {
        count += one->dialogs.size();
    }
    return count;
}

void PresenceAgent::restore(const KeptDocument& document) {
    Person& one = person(document.user);
    std::string_view body = document.body;
    if (document.kind == "contacts") {
        one.list = ContactList::load(body);
        return;
    }
    while (!body.empty()) {
        const std::size_t end = body.find('\n');
        const std::string_view line = body.substr(0, end);
        body = end == std::string_view::npos ? std::string_view() : body.substr(end + 1);
        if (line.starts_with("state\t")) {
            one.user_state = availability_of(line.substr(6));
        } else if (line.starts_with("note\t")) {
            one.note = line.substr(5);
        }
    }
}

void PresenceAgent::restore_all(const std::vector<KeptDocument>& documents) {
    struct Before {
        ContactList list;
        std::optional<std::uint16_t> user_state;
        std::string note;
    };

    std::unordered_map<std::string, Before> before;
    for (const auto& [key, one] : people_) {
        before.emplace(key,
                       Before{std::exchange(one->list, ContactList()),
                              std::exchange(one->user_state, std::nullopt),
                              std::exchange(one->note, {})});
    }
    for (const KeptDocument& document : documents) {
        restore(document);
    }
    for (auto& [key, was] : before) {
        Person& one = *people_.at(key);
        if (one.list != was.list) {
            list_replaced(one);
        }
        if (one.user_state != was.user_state || one.note != was.note) {
            on_own_change(one);
        }
    }
}

/// Devices get the whole of it, whoever watches is asked about anew.
void PresenceAgent::list_replaced(Person& person) {
    for (const auto& dialog : person.dialogs) {
        if (dialog->event == DeviceEvent::Contacts || dialog->event == DeviceEvent::ResourceList) {
            tell_all(person, *dialog);
        }
    }
    std::vector<std::string> refused;
    for (const Watcher& one : person.watchers) {
        if (consent_of(person, one.address) == Consent::Refused) {
            refused.push_back(one.address);
        } else {
            notifiers_->changed(one.handle);
        }
    }
    for (const std::string& address : refused) {
        block(person, address);
    }
    on_own_change(person);
    watchers_changed(person);
}

void PresenceAgent::save_list(Person& person, Done done) {
    outside_.save(person.key, DocumentKind::Contacts, person.list.save(), std::move(done));
}

void PresenceAgent::save_state(const Person& person, Outside::Done done) {
    std::string body;
    if (person.user_state) {
        body += fmt::format("state\t{}\n", *person.user_state);
    }
    if (!person.note.empty()) {
        std::string line = person.note;
        std::ranges::replace(line, '\n', ' ');
        body += fmt::format("note\t{}\n", line);
    }
    outside_.save(person.key, DocumentKind::Presence, std::move(body), std::move(done));
}

bool PresenceAgent::blocks(std::string_view user, std::string_view address) const {
    const Person* one = find(user);
    return one != nullptr && one->list.is_blocked(address);
}

// --- how our users are ------------------------------------------------------------------------

PresenceState PresenceAgent::state_of(const Person& person) const {
    PresenceState made{.availability = kOffline, .note = person.note, .name = {}};
    for (const auto& [id, state] : person.devices) {
        made.availability = std::min(made.availability, state.availability);
        if (made.note.empty()) {
            made.note = state.note;
        }
    }
    // What he chose by hand counts for all his devices, but does not bring him online.
    if (made.is_online() && person.user_state) {
        made.availability = *person.user_state;
    }
    return made;
}

/// One tuple for each device: contacts see them come and go one by one.
std::string PresenceAgent::document_of(const Person& person) const {
    const PresenceState all = state_of(person);
    const std::string entity = fmt::format("sip:{}", person.key);
    std::vector<std::string> ids;
    ids.reserve(person.devices.size() + 1);
    sip::Pidf pidf;
    pidf.entity = entity;
    const auto add = [&](std::string id, std::uint16_t availability) {
        ids.push_back(std::move(id));
        sip::PidfTuple tuple;
        tuple.id = ids.back();
        const bool is_open = availability < kOffline;
        tuple.basic = is_open ? sip::PidfBasic::Open : sip::PidfBasic::Closed;
        if (is_open) {
            tuple.show = show_of(availability);
            if (const std::string_view activity = activity_of(availability); !activity.empty()) {
                tuple.activities.push_back(activity);
            }
        }
        if (!all.note.empty()) {
            tuple.notes.push_back({{}, all.note});
        }
        pidf.tuples.push_back(std::move(tuple));
    };
    for (const auto& [id, state] : person.devices) {
        const bool counts = state.is_online();
        add(fmt::format("ID-home{}", id),
            !counts             ? std::uint16_t{kOffline}
            : person.user_state ? *person.user_state
                                : state.availability);
    }
    if (person.devices.empty()) {
        add("ID-home", kOffline);
    }
    Buffer out;
    sip::write_pidf(pidf, out);
    return std::string(out.view());
}

void PresenceAgent::on_own_change(Person& person) {
    for (const Watcher& one : person.watchers) {
        notifiers_->changed(one.handle);
    }
    const auto colleagues = colleagues_.find(person.key);
    if (colleagues == colleagues_.end()) {
        return;
    }
    for (const std::string& key : colleagues->second) {
        Person* watcher = find(key);
        if (watcher == nullptr) {
            continue;
        }
        for (Watched& watched : watcher->watched) {
            if (watched.address == person.key) {
                on_news(*watcher, watched, seen_by(*watcher, person.key));
            }
        }
    }
}

void PresenceAgent::on_arrival(const std::string& user, const Device& device) {
    Person& one = person(user);
    const bool is_new = !one.devices.contains(device.id);
    one.is_lync[device.id] = device.is_lync;
    if (!is_new) {
        return;
    }
    // Until it says how its user is, a device that has signed in is there.
    one.devices[device.id] = {.availability = kOnline, .note = {}, .name = {}};
    if (!device.is_lync) {
        // A plain SIP client has no way to be asked: policy alone says who may see its user.
        accept_all_open(one);
    }
    on_own_change(one);
}

void PresenceAgent::on_departure(const std::string& user, const Device& device, Departure why) {
    Person* one = find(user);
    if (one == nullptr) {
        return;
    }
    if (why == Departure::Dismissed && device.is_lync) {
        sign_out(*one, device);
    }
    drop_device(*one, device.id);
    if (one->devices.empty()) {
        unwatch_all(*one);
    }
    on_own_change(*one);
}

void PresenceAgent::drop_device(Person& person, std::uint64_t device) {
    person.devices.erase(device);
    person.is_lync.erase(device);
    end_publication(person, device);
    std::erase_if(person.dialogs, [device](const auto& one) { return one->device == device; });
}

// --- sip::EventSender -------------------------------------------------------------------------

/// `to`: "#7" is a device, anything else the flows.
void PresenceAgent::send(const sip::OutgoingRequest& request,
                         std::string_view to,
                         std::string_view /*next_hop*/,
                         sip::ResponseHandler& handler,
                         std::uint64_t cookie) {
    if (!to.starts_with('#')) {
        return outside_.send_to_flows(request, handler, cookie);
    }
    const Device* device = registrar_.find(text::to_number(to.substr(1)).value_or(0));
    sip::Target gone;
    gone.flow = UINT64_MAX;  // nobody's: the sender is told so in a later turn
    outside_.send_to_device(request, device != nullptr ? device->target : gone, handler, cookie);
}

std::string_view PresenceAgent::contact(std::string_view /*to*/) const {
    return outside_.contact();
}

}  // namespace isthmus::home
