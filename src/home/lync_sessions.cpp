#include "home/lync_sessions.h"

#include "base/text.h"
#include "translate/address.h"
#include "translate/message.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "home/contact_list.h"
#include "home/refusals.h"

namespace isthmus::home {

namespace {

/// Clients of sessions take 200 for "delivered" and know no other success.
class Delivered final : public sip::IncomingRequest {
  public:
    explicit Delivered(std::unique_ptr<sip::IncomingRequest> inner) : inner_(std::move(inner)) {}

    void respond(const sip::OutgoingResponse& response) override {
        sip::OutgoingResponse plain = response;
        if (plain.status / 100 == 2) {
            plain.status = 200;
            plain.reason = {};
        }
        inner_->respond(plain);
    }

    std::string_view to_tag() const override { return inner_->to_tag(); }

    Names names() const override { return inner_->names(); }

  private:
    std::unique_ptr<sip::IncomingRequest> inner_;
};

std::string name_of(std::uint64_t device) {
    return fmt::format("#{}", device);
}

std::uint64_t id_of(std::string_view name) {
    return name.starts_with('#') ? text::to_number(name.substr(1)).value_or(0) : 0;
}

}  // namespace

LyncSessions::LyncSessions(Outside& outside,
                           const Registrar& registrar,
                           Take take,
                           Exists exists,
                           Timers& timers,
                           Random& random,
                           metrics::Registry& metrics)
    : outside_(outside),
      registrar_(registrar),
      take_(std::move(take)),
      exists_(std::move(exists)),
      sessions_(sip::make_sessions({}, *this, timers, random, metrics, *this)) {}

std::string LyncSessions::key_of(std::string_view user, std::string_view contact) {
    return fmt::format("{}\n{}", user, contact);
}

const Device* LyncSessions::device_of(const sip::Origin& origin, std::string_view user) const {
    const auto* devices = registrar_.devices(user);
    if (devices == nullptr) {
        return nullptr;
    }
    for (const auto& device : *devices) {
        if (device->target.flow == origin.flow && origin.flow != 0) {
            return device.get();
        }
    }
    return nullptr;
}

sip::Target LyncSessions::target_of(std::string_view to) const {
    if (const Device* device = registrar_.find(id_of(to))) {
        return device->target;
    }
    sip::Target gone;
    gone.flow = UINT64_MAX;  // nobody's: the sender is told so in a later turn
    return gone;
}

void LyncSessions::on_request(const sip::Request& request,
                              const sip::Origin& origin,
                              std::unique_ptr<sip::IncomingRequest> transaction) {
    sessions_->on_request(request, origin, std::move(transaction));
}

bool LyncSessions::on_ack(const sip::Request& request, const sip::Origin& origin) {
    return sessions_->on_ack(request, origin);
}

std::uint64_t LyncSessions::device_with(std::string_view user, std::string_view contact) const {
    const auto found = devices_.find(key_of(user, contact));
    return found == devices_.end() ? 0 : found->second;
}

bool LyncSessions::is_open(std::string_view user, std::string_view contact) const {
    const std::string local = fmt::format("sip:{}", contact);
    const std::string remote = fmt::format("sip:{}", user);
    return sessions_->is_open({local, remote});
}

void LyncSessions::send(const Device& device,
                        const sip::OutgoingRequest& request,
                        sip::ResponseHandler& handler,
                        std::uint64_t cookie) {
    const auto contact = contact_address(request.from);
    const std::string user(registrar_.user_of(device.id));
    if (contact) {
        devices_[key_of(user, *contact)] = device.id;
    }
    sessions_->send(request, name_of(device.id), handler, cookie);
}

void LyncSessions::end(std::string_view user, std::string_view contact) {
    const auto his = contact_address(user);
    const auto hers = contact_address(contact);
    if (his && hers) {
        devices_.erase(key_of(*his, *hers));
    }
    sessions_->end({contact, user});
}

void LyncSessions::on_departure(std::uint64_t device) {
    std::vector<std::string> gone;
    for (const auto& [key, id] : devices_) {
        if (id == device) {
            gone.push_back(key);
        }
    }
    for (const std::string& key : gone) {
        const std::size_t end = key.find('\n');
        const std::string remote = fmt::format("sip:{}", key.substr(0, end));
        const std::string local = fmt::format("sip:{}", key.substr(end + 1));
        devices_.erase(key);
        sessions_->end({local, remote});
    }
}

// --- sip::SessionPort -------------------------------------------------------------------------

void LyncSessions::send(const sip::OutgoingRequest& request,
                        std::string_view to,
                        std::string_view /*next_hop*/,
                        sip::ResponseHandler& handler,
                        std::uint64_t cookie) {
    outside_.send_to_device(request, target_of(to), handler, cookie);
}

std::string_view LyncSessions::contact(std::string_view /*to*/) const {
    return outside_.contact();
}

void LyncSessions::acknowledge(const sip::OutgoingRequest& request,
                               std::string_view to,
                               std::string_view /*next_hop*/) {
    outside_.acknowledge(request, target_of(to));
}

void LyncSessions::cancel(const sip::ResponseHandler& handler, std::uint64_t cookie) {
    outside_.cancel(handler, cookie);
}

// --- sip::SessionUser -------------------------------------------------------------------------

std::string_view LyncSessions::on_invite(const sip::Request& request,
                                         const sip::Origin& origin,
                                         sip::IncomingRequest& transaction) {
    const auto user = contact_address(request.from.uri.text);
    const auto contact = contact_address(request.uri.text);
    const Device* device = user ? device_of(origin, *user) : nullptr;
    if (device == nullptr || !contact || !exists_(*contact)) {
        refuse(transaction, device == nullptr ? 403 : 404, {}, outside_.server_name());
        return {};
    }
    devices_[key_of(*user, *contact)] = device->id;
    invited_ = name_of(device->id);
    return invited_;
}

bool LyncSessions::may_continue(const sip::Origin& origin, std::string_view to) {
    const Device* device = registrar_.find(id_of(to));
    return device != nullptr && device->target.flow == origin.flow;
}

void LyncSessions::on_session_request(const sip::Request& request,
                                      const sip::Origin& /*origin*/,
                                      std::unique_ptr<sip::IncomingRequest> transaction) {
    auto delivered = std::make_unique<Delivered>(std::move(transaction));
    if (request.method != sip::Method::Info) {
        return take_(request, std::move(delivered));
    }
    // INFO also carries subjects, ink and call control: none of it is a message of anybody.
    if (!translate::is_keyboard_activity(request)) {
        return static_cast<sip::IncomingRequest&>(*delivered).respond(200);
    }
    sip::Request typing = request;
    typing.method = sip::Method::Message;
    typing.method_text = sip::method_name(sip::Method::Message);
    take_(typing, std::move(delivered));
}

std::string LyncSessions::compared(std::string_view uri) {
    return translate::compared_uri(uri);
}

void LyncSessions::on_session_over(const sip::SessionPair& pair, sip::SessionEnd end) {
    const auto user = contact_address(pair.remote);
    const auto contact = contact_address(pair.local);
    if (user && contact) {
        devices_.erase(key_of(*user, *contact));
    }
    if (end == sip::SessionEnd::Left) {
        outside_.leave(pair.remote, pair.local);
    }
}

}  // namespace isthmus::home
