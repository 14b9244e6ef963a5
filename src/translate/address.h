// SIP, SIPS, IM and PRES URIs <-> JIDs: RFC 7247 §6 with XEP-0106, RFC 7622 and RFC 3261 §19.1.
// What it accepts it maps injectively: no two JIDs share a URI, no two decoded user parts that
// differ in more than case, width or normal form share a JID.
#pragma once

#include "base/arena.h"
#include "base/result.h"
#include "sip/uri.h"
#include "xmpp/jid.h"

#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::translate {

/// Why an address has no counterpart.
enum class AddressFault : std::uint8_t {
    NoScheme,
    Scheme,  ///< neither sip, sips, im nor pres
    AtSign,  ///< more than one
    EmptyUser,
    BadPercent,
    RawChar,
    BadHost,
    BadGr,
    NotUtf8,
    EdgeSpace,  ///< XEP-0106 §4.1: no blank at either end
    Precis,     ///< RFC 7622 §3.3, §3.4
    Idna,
    TooLong,  ///< RFC 7622 §3.1: 1023 octets a part
    EmptyLocalpart,
    EmptyDomain,
    EmptyResource,
    Disallowed,          ///< RFC 7622 §3.3.1: " & ' / : < > @
    NonCanonicalEscape,  ///< another JID has the same unescaped form (gap G-04)
};

/// "bad-percent", ...: for logs and `isthmus translate`.
std::string_view fault_name(AddressFault fault);

/// Status of a request whose Request-URI has that fault: 400, 404, 414 or 416.
int status_of(AddressFault fault);

template <class T>
using AddressResult = boost::system::result<T, AddressFault>;

struct MappedJid {
    xmpp::Jid jid;
    /// Mapping back gives another user part: whoever needs the way back remembers the URI (G-02).
    bool is_canonicalised = false;
    /// A sips URI: no request that is sent to it may be bridged (RFC 7247 §8).
    bool is_sips = false;
};

/// Drops password, port, header part and all parameters but gr. `xmpp_domain` (prepared) replaces
/// the URI's own where the two differ. Views live as long as the URI's text and the arena.
AddressResult<MappedJid> to_jid(const sip::Uri& uri,
                                Arena& arena,
                                std::string_view xmpp_domain = {});

/// Parses first, and names the fault if that fails.
AddressResult<MappedJid> to_jid(std::string_view uri, Arena& arena);

/// What to_jid() gave up, in the order of the URI: "password", "port", "param:transport",
/// "temp-gruu", "headers", "canonicalised".
std::vector<std::string> losses(std::string_view uri, const MappedJid& mapped);

enum class Scheme : std::uint8_t { Sip, Sips, Im, Pres };

struct UriForm {
    Scheme scheme = Scheme::Sip;
    bool with_resource = true;        ///< as gr; sip and sips only
    bool in_brackets = false;         ///< `<uri>`, ready for From and To
    std::string_view sip_domain = {}; /**< lower-case A-labels, where it is not the JID's own */
};

/// The JID must be prepared.
AddressResult<std::string_view> to_uri(const xmpp::Jid& jid, Arena& arena, const UriForm& form);

/// `sip:user@host`, the same for all URIs whose user is one to XMPP; `uri` itself if it has no JID.
std::string compared_uri(std::string_view uri);

/// xmpp::parse_jid with the fault named.
AddressResult<xmpp::Jid> read_jid(std::string_view text, Arena& arena);

/// `xmpp:` IRI of a JID (RFC 5122), for gone and redirect.
std::string_view to_xmpp_iri(const xmpp::Jid& jid, Arena& arena);

/// The JID of an `xmpp:` IRI; queries are dropped.
AddressResult<xmpp::Jid> from_xmpp_iri(std::string_view iri, Arena& arena);

}  // namespace isthmus::translate
