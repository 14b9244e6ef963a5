// What the flows need of the boot configuration, prepared by app/: names are in compared form.
#pragma once

#include "base/clock.h"
#include "net/address.h"
#include "sip/event_usage.h"
#include "sip/user_agent.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace isthmus::gateway {

/// One [[sip.peer]]: a SIP system behind us.
struct SipPeer {
    std::string name;
    std::vector<std::string> domains;            ///< it may assert senders of these; A-labels
    std::vector<std::string> certificate_names;  ///< tls: names its certificate must carry
    std::vector<net::Cidr> addresses;            ///< udp, tcp: where it may send from
    sip::Target target;
    sip::PresencePreference presence = sip::PresencePreference::Pidf;
    bool asserts_identity = false;  ///< its P-Asserted-Identity is believed
    bool has_sessions = false;      ///< its users take messages in INVITE sessions (kind lync)
};

/// One SIP domain and the XMPP domain its users have (usually the same).
struct ServedDomain {
    std::string sip;   ///< lower-case A-labels
    std::string xmpp;  ///< prepared U-labels
};

struct GatewayConfig {
    std::string server_name;  ///< what SIP peers know us by, in Warning and ms-diagnostics
    std::vector<ServedDomain> domains;
    std::vector<SipPeer> peers;
    std::size_t max_message_chars = 8000;
    std::size_t max_stanza_octets = 262144;
    std::size_t max_pending = 200000;        ///< messages under way, both directions together
    std::size_t max_queue_per_target = 100;  ///< waiting behind one pending MESSAGE
    std::size_t max_queued = 100000;         ///< the same, all targets together
    Duration queue_patience = std::chrono::seconds(30);
    Duration session_idle = std::chrono::minutes(10);  ///< without a message; then BYE
    std::size_t max_sessions = 100000;
    std::size_t max_pairs = 2'000'000;  ///< of a SIP user and an XMPP user with presence
    double subscribe_rate = 50;         ///< XMPP requests for subscriptions a second, per partner
    double subscribe_burst = 200;
    Duration notify_interval = std::chrono::seconds(5);  ///< between NOTIFYs of a dialog
    /// Tells the time within a turn of the loop, for the log; null: the turn's own time.
    TimePoint (*read_clock)() = nullptr;
    /// How often one dialog of ours with each SIP system is refreshed to see whether it knows it.
    /// Zero: never.
    Duration dialog_check = std::chrono::seconds(5);
    int max_hops = 3;  ///< Isthmus gateways a message may pass
};

}  // namespace isthmus::gateway
