// The INVITE sessions that Lync clients talk in: between one of their devices and somebody else, an
// XMPP user or a colleague, for whom we hold the other end. To the rest of the home server what is
// said in them are MESSAGE requests outside a dialog, as from any device. Traffic thread only.
#pragma once

#include "base/metrics.h"
#include "base/random.h"
#include "sip/sessions.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "home/device.h"
#include "home/outside.h"
#include "home/registrar.h"

namespace isthmus::home {

class LyncSessions final : private sip::SessionPort, private sip::SessionUser {
  public:
    /// A MESSAGE that a device has sent in a session, for whom its Request-URI names.
    using Take = std::function<void(const sip::Request& request,
                                    std::unique_ptr<sip::IncomingRequest> transaction)>;
    /// Whether there may be somebody of that address ("romeo@fabrikam.example").
    using Exists = std::function<bool(std::string_view address)>;

    LyncSessions(Outside& outside,
                 const Registrar& registrar,
                 Take take,
                 Exists exists,
                 Timers& timers,
                 Random& random,
                 metrics::Registry& metrics);

    /// Of a device whose user has been proved: INVITE, or whatever has a To tag.
    void on_request(const sip::Request& request,
                    const sip::Origin& origin,
                    std::unique_ptr<sip::IncomingRequest> transaction);
    bool on_ack(const sip::Request& request, const sip::Origin& origin);

    /// Which of the user's devices is in a session with that contact, or waits for one; 0: none.
    std::uint64_t device_with(std::string_view user, std::string_view contact) const;
    /// In their session, which is opened if need be; see sip::Sessions::send().
    void send(const Device& device,
              const sip::OutgoingRequest& request,
              sip::ResponseHandler& handler,
              std::uint64_t cookie);
    /// A session is open, so that a typing notice has a place.
    bool is_open(std::string_view user, std::string_view contact) const;

    /// She has closed her window: so ends his session, if there is one. SIP URIs.
    void end(std::string_view user, std::string_view contact);

    void on_departure(std::uint64_t device);

    std::size_t size() const { return sessions_->size(); }

    /// For administrators.
    sip::Sessions& all() { return *sessions_; }

    void abandon() { sessions_->abandon(); }

  private:
    static std::string key_of(std::string_view user, std::string_view contact);
    const Device* device_of(const sip::Origin& origin, std::string_view user) const;
    sip::Target target_of(std::string_view to) const;

    // sip::SessionPort
    void send(const sip::OutgoingRequest& request,
              std::string_view to,
              std::string_view next_hop,
              sip::ResponseHandler& handler,
              std::uint64_t cookie) override;
    std::string_view contact(std::string_view to) const override;
    void acknowledge(const sip::OutgoingRequest& request,
                     std::string_view to,
                     std::string_view next_hop) override;
    void cancel(const sip::ResponseHandler& handler, std::uint64_t cookie) override;
    // sip::SessionUser
    std::string_view on_invite(const sip::Request& request,
                               const sip::Origin& origin,
                               sip::IncomingRequest& transaction) override;
    bool may_continue(const sip::Origin& origin, std::string_view to) override;
    void on_session_request(const sip::Request& request,
                            const sip::Origin& origin,
                            std::unique_ptr<sip::IncomingRequest> transaction) override;
    std::string compared(std::string_view uri) override;
    void on_session_over(const sip::SessionPair& pair, sip::SessionEnd end) override;

    Outside& outside_;
    const Registrar& registrar_;
    Take take_;
    Exists exists_;
    std::string invited_;                                     ///< what on_invite() answered last
    std::unordered_map<std::string, std::uint64_t> devices_;  ///< of user and contact
    std::unique_ptr<sip::Sessions> sessions_;
};

}  // namespace isthmus::home
