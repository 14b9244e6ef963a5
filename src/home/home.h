// The home server: users sign in here, from Lync clients and from plain SIP clients, and are
// reached here. To the flows it is a SIP system like any other behind the gateway: what they ask
// of its users comes by on_flow_request(), what its users want of XMPP users it passes to them.
// RFC 3261 §10, §16; RFC 3428. Traffic thread only.
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "sip/user_agent.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "home/device.h"
#include "home/forks.h"
#include "home/lync_sessions.h"
#include "home/outside.h"
#include "home/presence_agent.h"
#include "home/registrar.h"
#include "home/sign_in.h"

namespace isthmus::home {

struct HomeConfig {
    std::vector<std::string> domains;  ///< SIP domains whose users are here; lower-case A-labels
    RegistrarConfig registrar;
    bool md5_only = false;  ///< nobody is challenged by SHA-256
};

class Home final : private RegistrarHandler {
  public:
    /// References must outlive it.
    Home(HomeConfig config,
         Outside& outside,
         Timers& timers,
         Random& random,
         metrics::Registry& metrics);
    Home(const Home&) = delete;
    Home& operator=(const Home&) = delete;
    Home(Home&&) = delete;
    Home& operator=(Home&&) = delete;
    ~Home() override;

    /// Nothing: the user has no password any more, and is signed out.
    void set_credentials(std::string_view user, std::optional<policy::SipCredentials> credentials);

    /// He is no user any more: signed out, and nothing of him is known.
    void forget(std::string_view user);

    /// What the database holds, at the start and when a backup has been restored: whoever has no
    /// password any more is signed out, and devices hear of what has changed.
    void restore_all(const std::unordered_map<std::string, policy::SipCredentials>& credentials,
                     const std::vector<KeptDocument>& documents);

    /// A request from outside that no configured SIP peer sent.
    void on_request(const sip::Request& request,
                    const sip::Origin& origin,
                    std::unique_ptr<sip::IncomingRequest> transaction);
    void on_flow_closed(std::uint64_t flow);

    /// False: of no session of ours.
    bool on_ack(const sip::Request& request, const sip::Origin& origin) {
        return sessions_.on_ack(request, origin);
    }

    /// What the flows want of one of our users.
    void on_flow_request(const sip::Request& request,
                         std::unique_ptr<sip::IncomingRequest> transaction);

    /// Another snapshot of the policy is in force: whoever may not sign in any more is signed out.
    void recheck();

    std::size_t devices() const { return registrar_.size(); }

    std::size_t pending() const { return forks_.pending(); }

    /// An XMPP contact has closed the window in which she wrote with that user; SIP URIs.
    void on_left(std::string_view user, std::string_view contact) { sessions_.end(user, contact); }

    /// Those that Lync clients talk in, for administrators.
    sip::Sessions& sessions() { return sessions_.all(); }

    /// Forgets what is under way without an answer: the wings are about to go.
    void abandon();

  private:
    // home
    bool is_here(std::string_view domain) const;
    std::optional<Caller> caller_of(const sip::Uri& uri);
    bool may_sign_in(const Caller& user) const;
    bool authenticate(const sip::Request& request,
                      const sip::Origin& origin,
                      const Caller& caller,
                      sip::IncomingRequest& transaction);
    void challenge(const sip::Request& request,
                   const Caller& caller,
                   bool is_stale,
                   sip::IncomingRequest& transaction);
    void refuse(sip::IncomingRequest& transaction,
                const sip::Request& request,
                const sip::Origin& origin,
                int status,
                std::string_view code,
                std::string_view why);
    void on_message(const sip::Request& request,
                    std::unique_ptr<sip::IncomingRequest> transaction,
                    bool is_in_session);
    void deliver(const sip::Request& request,
                 const Caller& to,
                 std::unique_ptr<sip::IncomingRequest> transaction);
    std::uint64_t choose_session(const sip::Request& request,
                                 const Caller& to,
                                 std::string_view from,
                                 std::vector<const Device*>& chosen) const;
    void forward_notify(const sip::Request& request,
                        std::unique_ptr<sip::IncomingRequest> transaction);
    const Device* device_of(const Caller& caller, const sip::Origin& origin) const;
    void on_outcome(std::uint64_t id, bool has_answered);

    // RegistrarHandler
    void on_arrival(const std::string& user, Device& device) override;
    void on_departure(const std::string& user, Device& device, Departure why) override;

    HomeConfig config_;
    Outside& outside_;
    Timers& timers_;
    SignIn sign_in_;
    Registrar registrar_;
    LyncSessions sessions_;
    Forks forks_;
    PresenceAgent agent_;
    std::unordered_map<std::uint64_t, std::vector<std::string>>
        flows_;  ///< who has signed in there
    metrics::Counter& accepted_;
    metrics::Counter& refused_;
    metrics::Gauge& devices_gauge_;
    Arena arena_;
    TimePoint next_report_{};
};

}  // namespace isthmus::home
