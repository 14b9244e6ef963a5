// The flows behind one face: requests of the SIP wing and stanzas of the XMPP wing come in here,
// the snapshot in force is held here. Traffic thread only.
#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "gateway/admission.h"
#include "gateway/counters.h"
#include "gateway/gateway_config.h"
#include "gateway/message_flow.h"
#include "gateway/presence_flow.h"
#include "gateway/presence_status.h"
#include "gateway/session_listing.h"
#include "gateway/sip_side.h"
#include "gateway/traces.h"
#include "policy/policy.h"
#include "sip/sessions.h"
#include "sip/user_agent.h"
#include "xmpp/server.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::gateway {

/// What the settings of a partner mean for its streams.
xmpp::LinkPolicy link_policy_of(const policy::Partner& partner);

class Gateway final : public sip::RequestHandler, public xmpp::StanzaHandler {
  public:
    Gateway(GatewayConfig config, Timers& timers, Random& random, metrics::Registry& metrics);

    /// Joins the wings; before any traffic. All must outlive the gateway's last call.
    void attach(SipSide& sip_side,
                sip::SessionPort& events,
                xmpp::Server& server,
                subscriptions::Store& store);

    /// What was stored before the restart; after set_policy(), before traffic.
    void restore(const std::vector<subscriptions::Record>& records) { presence_.restore(records); }

    /// The listeners are open: what was restored comes to life.
    void begin() { presence_.begin(); }

    Subscriptions& subscriptions() { return presence_; }

    SessionListing& sessions() { return session_listing_; }

    /// Puts a snapshot in force: every message from now on is decided by it, subscriptions that it
    /// does not allow are ended, and then the streams to domains that are no partners any more.
    /// The snapshot that was in force comes back: a large one is best destroyed elsewhere.
    std::shared_ptr<const policy::Policy> set_policy(std::shared_ptr<const policy::Policy> policy);

    /// Before the wings go: forgets what is under way.
    void abandon() {
        if (sessions_ != nullptr) {
            sessions_->abandon();
        }
        messages_.abandon();
        presence_.abandon();
    }

    const policy::Policy& policy() const { return admission_.policy(); }

    /// For the wings, which show it what passes; and for administrators.
    Traces& traces() { return traces_; }

    const Counters& counters() const { return counters_; }

    /// See MessageFilter::after_row.
    std::uint64_t last_message_row() const { return messages_.last_row(); }

    bool go_on(MessageListing& listing) const { return messages_.go_on(listing); }

    std::size_t subscription_count() const { return presence_.subscription_count(); }

    /// Changes of pairs ever; see Subscriptions::news().
    std::uint64_t presence_changes() const { return presence_.change_count(); }

    std::size_t dialog_count() const { return presence_.dialog_count(); }

    std::size_t pending() const { return messages_.pending() + presence_.pending(); }

    std::size_t queued() const { return messages_.queued(); }

    Duration oldest_queued() const { return messages_.oldest_queued(); }

    /// A user whose sessions others hold has closed the window in which he wrote with that contact;
    /// SIP URIs.
    void on_left(std::string_view user, std::string_view contact) {
        messages_.on_session_over({.local = contact, .remote = user}, sip::SessionEnd::Left);
    }

    // sip::RequestHandler
    int identify(const sip::Origin& origin) override;
    void on_request(const sip::Request& request,
                    const sip::Origin& origin,
                    std::unique_ptr<sip::IncomingRequest> transaction) override;

    void on_benotify(const sip::Request& request, const sip::Origin& origin) override;
    bool on_ack(const sip::Request& request, const sip::Origin& origin) override;
    void on_notify_ahead(std::string_view call_id) override;

    // xmpp::StanzaHandler
    void on_message(const xmpp::Message& message) override;
    void on_presence_ahead(const xmpp::Jid& from, const xmpp::Jid& to) override;
    void on_presence(const xmpp::Presence& presence) override;
    void on_sent(std::uint64_t cookie) override;
    void on_not_sent(std::uint64_t cookie, const Error& error) override;
    void on_link(std::string_view remote_domain, xmpp::LinkEvent event) override;
    std::optional<xmpp::LinkPolicy> link_policy(std::string_view remote_domain) override;
    Error link_refusal(std::string_view remote_domain) override;

  private:
    void dispatch(const sip::Request& request,
                  const sip::Origin& origin,
                  std::unique_ptr<sip::IncomingRequest> transaction);

    GatewayConfig config_;
    Timers& timers_;
    Random& random_;
    metrics::Registry& metrics_;
    Admission admission_;
    Counters counters_;
    Traces traces_;
    PresenceFlow presence_;
    MessageFlow messages_;
    std::unique_ptr<sip::Sessions> sessions_;
    SessionListing session_listing_;
    xmpp::Server* server_ = nullptr;
};

}  // namespace isthmus::gateway
