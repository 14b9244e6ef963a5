// What the home server needs of the world around it: the ways to the devices and to the flows, the
// policy, the database. app/ implements it; tests give their own. Traffic thread only.
#pragma once

#include "policy/policy.h"
#include "sip/user_agent.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace isthmus::home {

/// What is kept in the database for one user, by kind.
enum class DocumentKind : std::uint8_t {
    Contacts,  ///< contacts, groups, whom he lets see him, whom he blocks
    Presence,  ///< what he said about himself that stays when he signs out
};

/// As the database holds it: the kind's name is the application's.
struct KeptDocument {
    std::string user;
    std::string kind;
    std::string body;
};

class Outside {
  public:
    virtual ~Outside() = default;

    /// A request of our own to the flows, as any SIP system behind the gateway would send it;
    /// `handler` hears the outcome later.
    virtual void send_to_flows(const sip::OutgoingRequest& request,
                               sip::ResponseHandler& handler,
                               std::uint64_t cookie) = 0;
    /// A device's request, whose sender is proved, is for the flows to answer. `is_in_session`: he
    /// said it in an INVITE session, to somebody whose window is open.
    virtual void pass_to_flows(const sip::Request& request,
                               std::unique_ptr<sip::IncomingRequest> transaction,
                               bool is_in_session) = 0;
    virtual void send_to_device(const sip::OutgoingRequest& request,
                                const sip::Target& target,
                                sip::ResponseHandler& handler,
                                std::uint64_t cookie) = 0;
    /// The ACK of a 2xx, and the end of an INVITE; see sip::UserAgent.
    virtual void acknowledge(const sip::OutgoingRequest& request, const sip::Target& target) = 0;
    virtual void cancel(const sip::ResponseHandler& handler, std::uint64_t cookie) = 0;
    /// That connection belongs to somebody who has signed in.
    virtual void prove(std::uint64_t flow) = 0;
    virtual void close(std::uint64_t flow) = 0;
    /// Whole Contact value of ours, for devices: `<sip:gateway.example:5061;transport=tls>`.
    virtual std::string_view contact() const = 0;
    /// Our host name, for what is said of failures.
    virtual std::string_view server_name() const = 0;

    virtual const policy::Policy& policy() const = 0;

    using Done = std::function<void(bool is_stored)>;
    /// `done` may be null; else it is called in a later turn.
    virtual void save(std::string_view user, DocumentKind kind, std::string body, Done done) = 0;

    /// The user has taken that XMPP user (a JID) from his contacts: the flows forget the pair.
    virtual void remove_contact(std::string_view user, std::string_view jid) = 0;

    /// The user has closed the window in which he wrote with that contact; both are SIP URIs.
    virtual void leave(std::string_view user, std::string_view contact) = 0;
};

}  // namespace isthmus::home
