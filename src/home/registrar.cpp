#include "home/registrar.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>

namespace isthmus::home {

namespace {

using sip::HeaderId;

constexpr std::size_t kMaxContact = 1024;
constexpr std::size_t kContactsOfRequest = 4;

std::optional<std::uint32_t> seconds(std::string_view text) {
    const auto number = text::to_number(text::trim(text));
    return number && *number <= UINT32_MAX ? std::optional(static_cast<std::uint32_t>(*number))
                                           : std::nullopt;
}

bool lists(const sip::Request& request, HeaderId id, std::string_view wanted) {
    for (const sip::HeaderField& field : request.headers) {
        if (field.id != id) {
            continue;
        }
        std::string_view left = field.value;
        while (!left.empty()) {
            const std::size_t comma = left.find(',');
            if (text::iequals(text::trim(left.substr(0, comma)), wanted)) {
                return true;
            }
            left = comma == std::string_view::npos ? "" : left.substr(comma + 1);
        }
    }
    return false;
}

bool is_from_libpurple(const sip::Request& request) {
    return request.header(HeaderId::UserAgent).value_or("").starts_with("Purple/") &&
           !Registrar::is_from_lync(request);
}

}  // namespace

/// One Contact of a REGISTER.
struct Registrar::Asked {
    std::string_view uri;
    std::string_view instance;
    std::uint32_t expires = 0;
    bool replaces = false;  ///< proxy=replace: [MS-SIPRE] §3.1.5, the way is the connection anyhow
    bool is_lync = false;
};

/// All Contacts of a REGISTER.
struct Registrar::Wish {
    std::vector<Asked> all;
    bool is_everything = false;  ///< "*"
};

Registrar::Registrar(RegistrarConfig config,
                     Timers& timers,
                     Random& random,
                     RegistrarHandler& handler)
    : config_(config),
      timers_(timers),
      handler_(handler),
      gruu_key_(random.hex(16)),
      timer_(timers, [this] { on_time(); }) {}

bool Registrar::is_from_lync(const sip::Request& request) {
    return lists(request, HeaderId::Supported, "msrtc-event-categories") ||
           std::ranges::any_of(request.headers, [](const sip::HeaderField& field) {
               return field.id == HeaderId::Other && text::iequals(field.name, "ms-keep-alive");
           });
}

const std::vector<std::unique_ptr<Device>>* Registrar::devices(std::string_view user) const {
    const auto found = by_user_.find(std::string(user));
    return found == by_user_.end() ? nullptr : &found->second;
}

Device* Registrar::find(std::uint64_t id) const {
    const auto owner = by_id_.find(id);
    if (owner == by_id_.end()) {
        return nullptr;
    }
    for (const auto& device : by_user_.at(owner->second)) {
        if (device->id == id) {
            return device.get();
        }
    }
    return nullptr;
}

std::string_view Registrar::user_of(std::uint64_t id) const {
    const auto owner = by_id_.find(id);
    return owner == by_id_.end() ? std::string_view() : std::string_view(owner->second);
}

std::string Registrar::gruu_of(std::string_view user, std::string_view instance) const {
    // The same for one instance whenever it signs in while we run, and nobody can guess another's.
    return digest::hmac_sha256_hex(gruu_key_, fmt::format("{}\n{}", user, instance)).substr(0, 22);
}

/// 0, or why it is refused. RFC 3261 §10.3 step 6: all or none, so all are read before one counts.
int Registrar::read(const sip::Request& request, Wish& into) const {
    const std::uint32_t all_expire =
        seconds(request.header(HeaderId::Expires).value_or("")).value_or(config_.default_expires);
    const bool is_lync = is_from_lync(request);
    for (const sip::HeaderField& field : request.headers) {
        if (field.id != HeaderId::Contact) {
            continue;
        }
        if (field.value == "*") {
            into.is_everything = true;
            continue;
        }
        std::string_view left = field.value;
        while (!left.empty()) {
            const auto contact = sip::parse_name_addr(left, &left);
            if (!contact || contact->uri.text.size() > kMaxContact ||
                into.all.size() == kContactsOfRequest) {
                return 400;
            }
            Asked& asked = into.all.emplace_back();
            asked.uri = contact->uri.text;
            asked.instance = sip::find_param(contact->params, "+sip.instance").value_or("");
            const auto own = sip::find_param(contact->params, "expires");
            asked.expires = own ? seconds(*own).value_or(config_.default_expires) : all_expire;
            asked.is_lync = is_lync;
            if (asked.expires != 0 && asked.expires < config_.least_expires) {
                return 423;
            }
        }
    }
    return into.is_everything && (!into.all.empty() || all_expire != 0) ? 400 : 0;
}

void Registrar::on_register(const sip::Request& request,
                            const sip::Origin& origin,
                            const Caller& caller,
                            sip::IncomingRequest& transaction) {
    const auto refuse = [&](int status, std::string_view name, std::string_view value) {
        const sip::OutgoingHeader header{name, value};
        sip::OutgoingResponse response;
        response.status = status;
        response.headers = std::span(&header, name.empty() ? 0U : 1U);
        transaction.respond(response);
    };
    Wish wish;
    const int wrong = read(request, wish);
    if (wrong == 423) {
        return refuse(wrong, "Min-Expires", std::to_string(config_.least_expires));
    }
    if (wrong != 0) {
        return refuse(wrong, {}, {});
    }
    if (wish.is_everything) {
        while (const Devices* list = devices(caller.key)) {
            remove(caller.key, list->front()->id, Departure::SignedOut);
        }
    }
    for (const Asked& asked : wish.all) {
        if (const int status = bind(request, origin, caller, asked); status != 200) {
            return refuse(status, {}, {});
        }
    }
    answer(request, caller, transaction, origin.transport);
    // Behind the 200: what the arrival of a device sets off reaches it after that.
    for (const Asked& asked : wish.all) {
        const Devices* list = asked.expires != 0 ? devices(caller.key) : nullptr;
        if (list == nullptr) {
            continue;
        }
        for (const auto& device : *list) {
            if (device->contact == asked.uri) {
                handler_.on_arrival(std::string(caller.key), *device);
                break;
            }
        }
    }
}

int Registrar::bind(const sip::Request& request,
                    const sip::Origin& origin,
                    const Caller& caller,
                    const Asked& asked) {
    const std::string user(caller.key);
    Device* device = nullptr;
    if (const Devices* list = devices(user)) {
        for (const auto& one : *list) {
            // RFC 5626 §6: an instance has one place, whatever its Contact.
            const bool is_same = asked.instance.empty() || one->instance.empty()
                                     ? one->contact == asked.uri
                                     : one->instance == asked.instance;
            if (is_same) {
                device = one.get();
            }
        }
    }
    // RFC 3261 §10.3 step 7: an older request of the same client changes nothing.
    if (device != nullptr && device->call_id == request.call_id &&
        request.cseq.number < device->cseq) {
        return 500;
    }
    if (asked.expires == 0) {
        if (device != nullptr) {
            remove(user, device->id, Departure::SignedOut);
        }
        return 200;
    }
    if (device != nullptr && device->target.flow != origin.flow) {
        // It has come back by another connection: what stood on the old one is over.
        remove(user, device->id, Departure::Replaced);
        device = nullptr;
    }
    if (device == nullptr) {
        if (by_id_.size() >= config_.max_devices) {
            report_full(user);
            return 503;
        }
        Devices& list = by_user_[user];
        if (list.size() >= config_.devices_per_user) {
            const auto first =
                std::ranges::min_element(list, {}, [](const auto& one) { return one->expires_at; });
            remove(user, (*first)->id, Departure::Crowded);
        }
        auto made = std::make_unique<Device>();
        device = made.get();
        device->id = ++last_id_;
        device->target.flow = origin.flow;
        by_user_[user].push_back(std::move(made));
        by_id_.emplace(device->id, user);
        if (origin.flow != 0) {
            by_flow_[origin.flow].push_back(device->id);
        }
    } else {
        by_expiry_.erase({device->expires_at, device->id});
    }
    device->target.host = origin.remote.address.to_string();
    device->target.port = origin.remote.port;
    device->target.transport = origin.transport;
    device->target.peer = origin.peer;
    device->contact = asked.uri;
    device->instance = asked.instance;
    device->gruu = asked.instance.empty() ? std::string() : gruu_of(user, asked.instance);
    device->call_id = request.call_id;
    device->cseq = request.cseq.number;
    device->is_lync = asked.is_lync;
    device->needs_bare_from = is_from_libpurple(request);
    device->unanswered = 0;
    device->expires_at =
        timers_.now() + std::chrono::seconds(std::min(asked.expires, config_.greatest_expires));
    schedule(*device);
    return 200;
}

void Registrar::answer(const sip::Request& request,
                       const Caller& caller,
                       sip::IncomingRequest& transaction,
                       sip::Transport transport) const {
    const bool is_lync = is_from_lync(request);
    std::vector<std::string> contacts;
    std::uint32_t longest = 0;
    if (const Devices* list = devices(caller.key)) {
        for (const auto& device : *list) {
            const auto left = std::chrono::duration_cast<std::chrono::seconds>(device->expires_at -
                                                                               timers_.now());
            const auto expires =
                static_cast<std::uint32_t>(std::max<std::int64_t>(left.count(), 0));
            longest = std::max(longest, expires);
            std::string& text =
                contacts.emplace_back(fmt::format("<{}>;expires={}", device->contact, expires));
            if (!device->instance.empty()) {
                text += fmt::format(";+sip.instance={}", device->instance);
            }
            if (!device->gruu.empty() && device->is_lync) {
                text += fmt::format(
                    ";gruu=\"sip:{};opaque=user:epid:{};gruu\"", caller.key, device->gruu);
            } else if (!device->gruu.empty() && lists(request, HeaderId::Supported, "gruu")) {
                // RFC 5627 §5.3
                text += fmt::format(";pub-gruu=\"sip:{};gr={}\"", caller.key, device->gruu);
            }
        }
    }
    std::vector<sip::OutgoingHeader> headers;
    headers.reserve(contacts.size());
    for (const std::string& contact : contacts) {
        headers.push_back({"Contact", contact});
    }
    const std::string expires = std::to_string(longest);
    if (is_lync) {
        // COMPAT(SIPE 1.25, 2026-11): without Expires it is not signed on; it compares each
        // Supported whole, and splits Allow-Events at commas without trimming.
        headers.push_back({"Expires", expires});
        headers.push_back({"Allow-Events",
                           "vnd-microsoft-provisioning-v2,vnd-microsoft-roaming-contacts,"
                           "vnd-microsoft-roaming-self"});
        headers.push_back({"Supported", "adhoclist"});
        headers.push_back({"Supported", "msrtc-event-categories"});
        headers.push_back({"ms-keep-alive", "UAS; tcp=no; hop-hop=yes; end-end=no; timeout=300"});
    }
    if (is_from_libpurple(request) && transport == sip::Transport::Udp) {
        // COMPAT(libpurple 2.14 SIMPLE, 2026-11): it asks for its list if this is among them; by
        // TCP it falls behind for good when two answers come in one piece.
        headers.push_back({"Allow-Events",
                           "presence, presence.winfo, vnd-microsoft-provisioning, "
                           "vnd-microsoft-roaming-contacts"});
    }
    sip::OutgoingResponse response;
    response.status = 200;
    response.headers = headers;
    transaction.respond(response);
}

void Registrar::remove(std::string_view user, std::uint64_t id, Departure why) {
    const auto found = by_user_.find(std::string(user));
    if (found == by_user_.end()) {
        return;
    }
    Devices& list = found->second;
    const auto place =
        std::ranges::find_if(list, [id](const auto& device) { return device->id == id; });
    if (place == list.end()) {
        return;
    }
    const std::unique_ptr<Device> gone = std::move(*place);
    list.erase(place);
    by_id_.erase(id);
    by_expiry_.erase({gone->expires_at, id});
    if (const auto flow = by_flow_.find(gone->target.flow); flow != by_flow_.end()) {
        std::erase(flow->second, id);
        if (flow->second.empty()) {
            by_flow_.erase(flow);
        }
    }
    const std::string name = found->first;
    if (list.empty()) {
        by_user_.erase(found);
    }
    handler_.on_departure(name, *gone, why);
}

void Registrar::report_full(std::string_view user) {
    if (timers_.now() < next_report_) {
        return;
    }
    next_report_ = timers_.now() + std::chrono::seconds(1);
    log::event(log::Level::Warning,
               "home.limit",
               {{"code", "IST-HOME-006"}, {"user", user}, {"msg", "devices of all"}});
}

void Registrar::on_flow_closed(std::uint64_t flow) {
    const auto found = by_flow_.find(flow);
    if (found == by_flow_.end()) {
        return;
    }
    for (const std::uint64_t id : std::vector(found->second)) {
        remove(std::string(user_of(id)), id, Departure::FlowGone);
    }
}

void Registrar::dismiss(std::string_view user) {
    while (const Devices* list = devices(user)) {
        remove(user, list->front()->id, Departure::Dismissed);
    }
}

void Registrar::dismiss_device(std::uint64_t id, Departure why) {
    remove(std::string(user_of(id)), id, why);
}

void Registrar::schedule(const Device& device) {
    by_expiry_.insert({device.expires_at, device.id});
    timer_.arm(by_expiry_.begin()->first - timers_.now());
}

void Registrar::on_time() {
    while (!by_expiry_.empty() && by_expiry_.begin()->first <= timers_.now()) {
        const std::uint64_t id = by_expiry_.begin()->second;
        remove(std::string(user_of(id)), id, Departure::Expired);
    }
    if (!by_expiry_.empty()) {
        timer_.arm(by_expiry_.begin()->first - timers_.now());
    }
}

}  // namespace isthmus::home
