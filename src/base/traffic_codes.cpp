// What happens between systems: DB dialback, DNS, HOME home server, LIM limits, MIG migration, POL
// policy, SIP, TCP, TLS, XMPP. Keep sorted by id; add, never renumber.
#include "base/code_tables.h"

namespace isthmus::codes {

namespace {

constexpr Code kTrafficCodes[] = {
    {"IST-DB-001",
     "The partner refused our dialback key.",
     "Its server could not reach us to verify: check that our SRV record and port 5269 are right."},
    {"IST-DB-002",
     "The partner's dialback key is wrong.",
     "Nothing to do here: the claim to that domain was false or its servers do not share a "
     "secret."},
    {"IST-DB-003",
     "The partner did not call back in time.",
     "Check that the partner's server can connect to us on port 5269."},
    {"IST-DNS-001",
     "The partner's domain does not exist in DNS.",
     "Check the spelling of the partner's domain."},
    {"IST-DNS-002",
     "The domain has neither a service record nor an address.",
     "The partner must publish an SRV record or an address; or set --proxy-fqdn."},
    {"IST-DNS-003",
     "The partner says in DNS that it offers no such service.",
     "Its SRV record names the target '.'; ask the partner."},
    {"IST-DNS-004",
     "The name server did not answer in time.",
     "Check [dns] servers and the network to them."},
    {"IST-DNS-005",
     "The partner's DNS leads to an address of a closed network, or of the gateway itself.",
     "If its server is there: isthmus partner set DOMAIN --allow-private-addresses true, or write "
     "name and address into [dns.static]. Else somebody wants us to call our own machines."},
    {"IST-DNS-006",
     "The partner's service record names a server that has no address.",
     "The partner must correct the record or publish the address; or set --proxy-fqdn."},
    {"IST-HOME-001",
     "Somebody tried to sign in to the home server with a wrong name or password.",
     "Nothing, if it was a slip; `isthmus user password USER` sets a new password. The evidence "
     "says "
     "from where."},
    {"IST-HOME-002",
     "Sign-in from one address is locked for five minutes after too many wrong passwords.",
     "Wait; or find out in the evidence whose device guesses, often one with an old password."},
    {"IST-HOME-003",
     "Policy does not let this user sign in to the home server.",
     "`isthmus user get USER`: he must be entered and enabled, and he signs in for himself only."},
    {"IST-HOME-004",
     "The connection of a device that was signed in is gone.",
     "Nothing: it signs in again when it comes back; until then the user may be away."},
    {"IST-HOME-005",
     "Passwords of the home server could not be opened: no key here fits.",
     "Restore `secret.key` in the state directory from the backup, or set new passwords."},
    {"IST-HOME-006",
     "The home server keeps no more of this: a limit is reached.",
     "The evidence names the limit: contacts or groups of a user, devices of all."},
    {"IST-HOME-007",
     "A device that was signed in left two requests without an answer, and was signed out.",
     "Nothing, if it was switched off. Else a firewall or address translation on the way has "
     "forgotten it: let it keep its connection alive, or connect by TLS or TCP in place of UDP."},
    {"IST-HOME-010",
     "There is no home server: [home] enabled is false.",
     "Set [home] enabled = true in the configuration and start the gateway again."},
    {"IST-LIM-001", "A message was too large.", "Nothing, or raise [limits]."},
    {"IST-LIM-002", "A queue is full.", "See `isthmus status`: the other side takes no messages."},
    {"IST-LIM-003", "A peer sends faster than its limit.", "See who it is in the evidence."},
    {"IST-LIM-004",
     "The process has no file descriptors or memory left for a new connection.",
     "Raise LimitNOFILE of the service; see `isthmus status` for who holds connections."},
    {"IST-LIM-005",
     "Too many subscriptions wait to be stored; new ones are refused, other changes tried again.",
     "The disk of the state directory does not keep up: see isthmus_subscription_writes_waiting."},
    {"IST-LIM-010",
     "There are as many streams with the partner as its limit allows.",
     "See `isthmus status` for the streams that are there; if the partner needs more: isthmus "
     "partner set DOMAIN --connection-limit N, or --partner-connection-limit of the gateway."},
    {"IST-LIM-011",
     "There are as many streams with all partners as the gateway's limit allows.",
     "isthmus gateway set --connection-limit N; LimitNOFILE of the service must allow it."},
    {"IST-LIM-012",
     "A connection that had not authenticated was ended to make room for newer ones.",
     "Many of these: somebody opens connections and leaves them; see the addresses in the "
     "evidence, and stop them in the firewall."},
    {"IST-LIM-013",
     "A connection to a SIP port was refused: there are as many as the limit allows.",
     "The evidence says whose: 1,024 from one address on which nobody has signed in (256 without "
     "home server) mean somebody who opens and leaves them, or very many devices behind one "
     "address that come back at once: these try again. For all: [home] max_devices and 4,096."},
    {"IST-LIM-014",
     "A SIP connection was closed: a message did not arrive whole within 20 seconds.",
     "Once: a device on a bad line, which comes back. Often, from one address: the network there "
     "loses packets, or somebody holds connections open on purpose."},
    {"IST-POL-001",
     "No XMPP federated partner holds that domain.",
     "If your users may talk to it: isthmus partner create, with the domain that the evidence "
     "names."},
    {"IST-POL-002",
     "The user's external access policy forbids XMPP federation.",
     "isthmus policy set, with the policy that the evidence names, --enable-federation-access true "
     "--enable-xmpp-access true: both must be true."},
    {"IST-POL-003",
     "Federation is switched off for the whole organisation.",
     "isthmus access-edge set --allow-federated-users true"},
    {"IST-POL-004",
     "The partner is disabled.",
     "If it may be used again: isthmus partner enable, with the partner that the evidence names."},
    {"IST-POL-005", "The XMPP gateway is switched off.", "isthmus gateway set --enabled true"},
    {"IST-POL-006",
     "The local domain is not one that we serve.",
     "Add it to [sip] domains, and to `domains` of its [[sip.peer]], if its users are ours."},
    {"IST-POL-007",
     "The partner's users are not verified, and this one is no contact of the recipient.",
     "The recipient must add the sender as a contact or write first; or set --partner-type of the "
     "partner, if its users can be trusted."},
    {"IST-POL-008",
     "The domain is on the block list.",
     "isthmus partner unblock DOMAIN, if it may be talked to again; the evidence names the entry."},
    {"IST-POL-009",
     "The user is disabled.",
     "isthmus user set USER --enabled true, if he may talk again."},
    {"IST-SIP-001", "A SIP message was malformed.", "See the evidence; tell the peer's operator."},
    {"IST-SIP-002",
     "The SIP peer did not answer.",
     "Check the peer's target, and that it routes to us and back."},
    {"IST-SIP-003",
     "The SIP peer refused the message.",
     "The evidence begins with its status code: what each means is on the page of this code. The "
     "log of the SIP system says why it refused."},
    {"IST-SIP-004",
     "A message went in circles.",
     "The SIP system sends us what is for its own users: check its routes."},
    {"IST-SIP-005",
     "A SIP message has no counterpart in XMPP.",
     "The evidence says what; its sender was told."},
    {"IST-SIP-006",
     "The SIP side refused a presence subscription, or ended it.",
     "The evidence holds its status code or its reason; isthmus subscription get ID shows whether "
     "it is tried again."},
    {"IST-SIP-010",
     "A connection to the SIP peer was dead, and was closed.",
     "A firewall or address translation on the way forgets idle connections, or the peer was "
     "restarted; the next request opens a new one."},
    {"IST-SIP-030",
     "The session with the SIP user ended twice before a message could be sent in it.",
     "The SIP side takes INVITE and ends or never confirms the session: look at its log; the "
     "sender was told."},
    {"IST-SIP-031",
     "The SIP peer's answer to INVITE cannot be used.",
     "A 2xx needs a To tag and one Contact with a SIP URI: something on the way takes them out."},
    {"IST-TCP-001",
     "No address of the partner accepted a connection.",
     "Check firewalls on the way to the addresses in the evidence."},
    {"IST-TCP-002",
     "Another program listens on an address that we are to listen on.",
     "The evidence has the command that shows which program it is. Stop it, or change the address "
     "in the configuration file."},
    {"IST-TCP-003",
     "The process may not listen on a port below 1024.",
     "Choose a port above 1023, or start it by the systemd unit, which grants "
     "CAP_NET_BIND_SERVICE."},
    {"IST-TCP-004",
     "An address that we are to listen on cannot be listened on.",
     "It must be one of this machine's addresses (ip address shows them), or [::] for all."},
    {"IST-TCP-005",
     "The partner's address is one of this gateway's own listeners.",
     "Correct the SRV record or --proxy-fqdn of the partner, which lead back to us; if the domain "
     "is one of ours it is no partner: isthmus partner delete DOMAIN."},
    {"IST-TCP-010",
     "The partner did not connect to us.",
     "Publish the SRV record _xmpp-server._tcp of our domain, and let TCP port 5269 in from "
     "everywhere; the evidence shows what DNS says of us."},
    {"IST-TLS-001",
     "The partner offers no encryption and its settings require it.",
     "The partner must offer STARTTLS; or weaken --tls-negotiation for it."},
    {"IST-TLS-002",
     "The TLS handshake failed.",
     "The evidence holds OpenSSL's reason and what it means. If the other side refuses our "
     "certificate (unknown ca: its chain; expired: its dates; bad or unknown certificate: its "
     "names): `isthmus cert served` shows names, chain and dates as others see them, `isthmus "
     "cert import FILE --use sip,xmpp-s2s` replaces it. What the other side shows: `openssl "
     "s_client -connect HOST:PORT -showcerts`, for XMPP with `-starttls xmpp-server -xmpphost "
     "DOMAIN`."},
    {"IST-TLS-003",
     "The partner demands encryption and its settings here do not allow it.",
     "Set --tls-negotiation of the partner to Optional or Required."},
    {"IST-TLS-004",
     "The SIP peer speaks an older version of TLS than its min_tls_version.",
     "Let it speak TLS 1.3, or lower min_tls_version of the [[sip.peer]] to 1.2."},
    {"IST-XMPP-001", "A stream broke the rules of XMPP.", "See the evidence; tell its operator."},
    {"IST-XMPP-002", "The partner closed the stream with an error.", "The evidence names it."},
    {"IST-XMPP-003",
     "The link to the partner did not come up in time.",
     "isthmus status shows the last error of the link."},
    {"IST-XMPP-004",
     "An XMPP message has no counterpart in SIP.",
     "The evidence says what; its sender was told."},
    {"IST-XMPP-005",
     "The partner returned an error for a message that it had taken.",
     "The evidence names the condition; the SIP sender was told if it had asked for notices."},
    {"IST-XMPP-006",
     "The partner returned an error for a presence subscription.",
     "The evidence names the condition: no such user, not allowed, or its server cannot be "
     "reached."},
    {"IST-XMPP-010",
     "The partner refused our certificate (SASL EXTERNAL); dialback is used instead.",
     "Messages flow. The evidence holds the partner's reason: have its server trust our "
     "certificate's authority, or say --sasl-negotiation NotSupported."},
    {"IST-XMPP-011",
     "The partner's stream was silent for longer than the keep-alive interval.",
     "A new stream is made when it is needed. If the partner's server sends no keep-alives: "
     "isthmus partner set DOMAIN --enable-keep-alive false."},
    {"IST-XMPP-012",
     "The stream to the partner broke before it had acknowledged the message.",
     "It may have arrived or not; its sender was told that it failed. See the failure of the link "
     "in `isthmus status`."},
};

}  // namespace

std::span<const Code> traffic_codes() {
    return kTrafficCodes;
}

}  // namespace isthmus::codes
