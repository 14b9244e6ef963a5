#include "base/codes.h"

#include <algorithm>

namespace isthmus::codes {

namespace {

// Areas: POL policy, DNS, TCP, TLS, CERT certificates, AUTH, DB dialback, SIP, XMPP, LIM limits,
// CFG configuration, API, MIG migration. Keep sorted by id; add, never renumber.
constexpr Code kCodes[] = {
    {"IST-API-001", "The request is not valid.", "Correct the field that the message names."},
    {"IST-API-002", "There is no such object.", "Check the name; `list` shows what there is."},
    {"IST-API-003",
     "An object of that name exists already.",
     "Change the existing object with `set`, or choose another name."},
    {"IST-API-004",
     "The database could not be written; nothing was accepted.",
     "The evidence holds the database's reason: check space and permissions of the state "
     "directory."},
    {"IST-API-005",
     "The object was changed by somebody else in the meantime; nothing was saved.",
     "Read it again, look at what changed, and repeat your change on that."},
    {"IST-API-006",
     "The request is not signed in.",
     "Sign in with `POST /api/v1/session`, send a token (`isthmus admin token create`), or use the "
     "unix socket on the gateway itself."},
    {"IST-API-007",
     "The administrator's role does not have the right that this needs.",
     "Ask an administrator of the role admin; `isthmus admin set NAME --role ROLE` gives another "
     "role."},
    {"IST-AUTH-001",
     "The SIP peer may not assert the sender's domain.",
     "Add the domain to `domains` of that [[sip.peer]] if the peer is the domain's server."},
    {"IST-AUTH-002",
     "The request came from an address or certificate that belongs to no SIP peer.",
     "Add the address to `addresses`, or the certificate's name to `certificate_names`, of the "
     "[[sip.peer]]."},
    {"IST-AUTH-003",
     "The XMPP server used a sender domain that it has not proved.",
     "Nothing to do here: the partner's server must authenticate for that domain."},
    {"IST-AUTH-004",
     "The partner refused our authentication.",
     "See the evidence: its server does not accept our certificate, or policy there says no."},
    {"IST-CERT-001",
     "The partner's certificate does not prove its domain.",
     "The partner must use a certificate that names the domain, or allow dialback for it."},
    {"IST-CERT-002",
     "The partner's certificate chain is not trusted.",
     "Add the issuing authority to `extra_ca_files`, or ask the partner for a public certificate."},
    {"IST-CERT-003",
     "No certificate is configured, so that no TLS handshake with us can succeed.",
     "Set certificate_file and private_key_file in [tls], then isthmus config reload."},
    {"IST-CERT-004",
     "Our own certificate has expired.",
     "Renew it, put it where certificate_file points, then isthmus config reload."},
    {"IST-CERT-005",
     "Our own certificate does not name a domain that we speak for.",
     "Get one that has the XMPP domain as DNS name; until then partners can prove us by dialback "
     "only."},
    {"IST-CFG-001",
     "The configuration file is not valid.",
     "Correct the lines that are named; isthmus config check FILE shows all of them."},
    {"IST-CFG-002",
     "Something in the configuration file will not work as it stands.",
     "The daemon runs without it. Correct the line that is named, or take it out."},
    {"IST-CFG-003",
     "Another gateway runs on this state directory.",
     "Stop it first (systemctl stop isthmus), or give each its own state_dir."},
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
    {"IST-LIM-001", "A message was too large.", "Nothing, or raise [limits]."},
    {"IST-LIM-002", "A queue is full.", "See `isthmus status`: the other side takes no messages."},
    {"IST-LIM-003", "A peer sends faster than its limit.", "See who it is in the evidence."},
    {"IST-LIM-004",
     "The process has no file descriptors or memory left for a new connection.",
     "Raise LimitNOFILE of the service; see `isthmus status` for who holds connections."},
    {"IST-LIM-005",
     "Too many subscriptions wait to be stored; new ones are refused.",
     "The disk of the state directory does not keep up: see isthmus_subscription_writes_waiting."},
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
    {"IST-SIP-001", "A SIP message was malformed.", "See the evidence; tell the peer's operator."},
    {"IST-SIP-002",
     "The SIP peer did not answer.",
     "Check the peer's target, and that it routes to us and back."},
    {"IST-SIP-003", "The SIP peer refused the message.", "The evidence holds its status code."},
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
    {"IST-TLS-001",
     "The partner offers no encryption and its settings require it.",
     "The partner must offer STARTTLS; or weaken --tls-negotiation for it."},
    {"IST-TLS-002", "The TLS handshake failed.", "The evidence holds OpenSSL's reason."},
    {"IST-TLS-003",
     "The partner demands encryption and its settings here do not allow it.",
     "Set --tls-negotiation of the partner to Optional or Required."},
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
};

}  // namespace

std::span<const Code> all() {
    return kCodes;
}

const Code* find(std::string_view id) {
    const auto* at = std::ranges::lower_bound(kCodes, id, {}, &Code::id);
    return at != std::end(kCodes) && at->id == id ? at : nullptr;
}

}  // namespace isthmus::codes
