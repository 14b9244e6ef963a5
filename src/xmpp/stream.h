// The words of XML streams between servers: headers, features, stream errors, and what a partner's
// settings allow. RFC 6120 §4, XEP-0220 §2.1. Values only; the machines are incoming_stream and
// outgoing_stream.
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/result.h"
#include "net/certificate.h"
#include "xml/element.h"
#include "xml/parser.h"
#include "xmpp/locate.h"
#include "xmpp/server.h"
#include "xmpp/stream_management.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace isthmus::xmpp {

namespace ns {
constexpr std::string_view kStreams = "http://etherx.jabber.org/streams";
constexpr std::string_view kServer = "jabber:server";
constexpr std::string_view kComponent = "jabber:component:accept";
constexpr std::string_view kDialback = "jabber:server:dialback";
constexpr std::string_view kDialbackFeature = "urn:xmpp:features:dialback";
constexpr std::string_view kTls = "urn:ietf:params:xml:ns:xmpp-tls";
constexpr std::string_view kSasl = "urn:ietf:params:xml:ns:xmpp-sasl";
constexpr std::string_view kBidi = "urn:xmpp:bidi";
constexpr std::string_view kBidiFeature = "urn:xmpp:features:bidi";
constexpr std::string_view kManagement = "urn:xmpp:sm:3";
constexpr std::string_view kStreamErrors = "urn:ietf:params:xml:ns:xmpp-streams";
constexpr std::string_view kStanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas";
}  // namespace ns

/// RFC 6120 §4.9.3, in the order of the RFC.
enum class StreamCondition : std::uint8_t {
    BadFormat,
    BadNamespacePrefix,
    Conflict,
    ConnectionTimeout,
    HostGone,
    HostUnknown,
    ImproperAddressing,
    InternalServerError,
    InvalidFrom,
    InvalidNamespace,
    InvalidXml,
    NotAuthorized,
    NotWellFormed,
    PolicyViolation,
    RemoteConnectionFailed,
    Reset,
    ResourceConstraint,
    RestrictedXml,
    SeeOtherHost,
    SystemShutdown,
    UndefinedCondition,
    UnsupportedEncoding,
    UnsupportedFeature,
    UnsupportedStanzaType,
    UnsupportedVersion,
};

std::string_view stream_condition_name(StreamCondition condition);
StreamCondition condition_of(xml::Fault fault);

void write_stream_error(Buffer& to, StreamCondition condition, std::string_view text);
/// "condition: text" of a <stream:error/>, or "condition" alone; for the log.
std::string describe_stream_error(const xml::Element& error, Arena& arena);
/// Name of the first child in `namespace_uri` that is not <text/>; empty: none.
std::string_view first_condition(const xml::Element& error, std::string_view namespace_uri);

/// XEP-0368 §3: the protocol's name in TLS from the first octet.
constexpr std::string_view kServerAlpn = "xmpp-server";

constexpr std::string_view kStreamClose = "</stream:stream>";

/// Views into the parsed root element, or into what the writer holds.
struct StreamHeader {
    std::string_view from;
    std::string_view to;
    std::string_view id;
    std::string_view version;
    std::string_view default_ns;
    bool is_stream = false;  ///< the root is <stream/> in the streams namespace

    static StreamHeader read(const xml::Element& root, std::string_view default_ns);
    /// With the XML declaration; between servers also version 1.0 and the dialback namespace
    /// (XEP-0220 §2.1). `version` and `is_stream` are not looked at.
    void write(Buffer& out) const;
    /// RFC 6120 §4.7.5: at least 1.0.
    bool has_supported_version() const;
};

struct StreamFeatures {
    bool starttls = false;
    bool starttls_required = false;
    bool external = false;
    bool dialback = false;
    bool dialback_errors = false;  ///< XEP-0220 §2.4: a refused pair does not end the stream
    bool management = false;       ///< XEP-0198
    bool bidi = false;             ///< XEP-0288

    static StreamFeatures read(const xml::Element& features);
    void write(Buffer& to) const;
};

/// What the settings of a partner leave as methods (TLS x SASL x dialback: the complete matrix of
/// the original; "TLS required" never means plain text).
bool may_use_tls(const LinkPolicy& policy);
bool may_use_external(const LinkPolicy& policy);
bool may_use_dialback(const LinkPolicy& policy, bool is_secure);

/// What the settings say of where the servers may be. `has_tls`: we can encrypt at all.
LocationTerms location_terms(const LinkPolicy& policy, bool has_tls);

/// Null if the certificate is trusted and proves `domain` (prepared, U-labels), or is one of those
/// that `policy` pins, or that TLSA records name; else the reason: IST-CERT-001, -002, -040 to
/// -042.
std::optional<Error> certificate_fault(const net::PeerCertificate* certificate,
                                       std::string_view domain,
                                       const LinkPolicy& policy,
                                       Arena& arena);
/// Whether nothing else, as dialback, may prove the domain instead: another one is pinned, or named
/// by TLSA records.
bool is_final(const Error& certificate_fault);
/// Whether that certificate may not be used whatever else proves the domain: another one is pinned.
bool breaks_pin(const net::PeerCertificate* certificate, const LinkPolicy& policy);

namespace fault {

/// IST-XMPP-001, of a peer that calls us; `detail` is for the log.
Error broken(std::string detail);
/// IST-XMPP-012: the stream broke before the peer had said that it has the stanza.
Error unacknowledged();
/// IST-XMPP-010: SASL EXTERNAL was refused with the words `said`, so dialback is used.
Error fell_back(std::string_view said);
/// IST-TCP-005: whoever was to be a partner's server is this gateway.
Error is_ourselves(const net::Endpoint& at);
/// Without a code: nobody is at fault.
Error settings_changed();
/// IST-TLS-001: `what` came in clear text.
Error tls_required(std::string_view what);

}  // namespace fault

enum class Mechanism : std::uint8_t { External, Dialback, Component };
std::string_view mechanism_name(Mechanism mechanism);

/// Whether a stream that has authenticated like this may stay, now that the settings are these.
bool is_still_allowed(const LinkPolicy& policy, Mechanism mechanism, bool is_secure);

enum class Verdict : std::uint8_t {
    Valid,
    Invalid,
    Unknown,   ///< no answer in time
    NoServer,  ///< there is nobody to ask
};

/// What the owner of a machine has to do after an event. What is to be sent has been written to
/// the buffer that the event was given.
namespace action {

/// Hand the connection to TLS, unless octets lie behind the element just read: then call
/// refuse_pipelined() instead.
struct StartTls {};

/// Expect a new stream header.
struct Restart {};

/// Ask the authoritative server of `remote` whether it made `key` for the stream `id`.
struct VerifyKey {
    std::string remote;
    std::string local;
    std::string id;
    std::string key;
};

/// Ask the web site of `remote` whether the certificate is its own (POSH); the answer is
/// on_vouched(). Until then nothing more is read.
struct AskForVoucher {
    std::string remote;
    bool may_be_private = false;
    Error fault;  ///< why the certificate does not prove it
};

/// Stanzas between the two may flow.
struct Authenticated {
    std::string remote;
    std::string local;
    Mechanism mechanism = Mechanism::External;
    bool offers_management = false;
};

/// Whether `local` may send on the stream as well.
struct PairAnswered {
    std::string local;
    bool is_granted = false;
    std::string detail;
};

/// What the peer says about the stanzas it was sent, on a stream that is up.
struct Management {
    management::Element element;
};

/// Nothing to do but to log and to count: something was refused or ignored, the stream lives on.
struct Note {
    Error what;
    std::string remote;
};

/// The answer that an outgoing stream was opened for.
struct Verified {
    Verdict verdict = Verdict::Unknown;
    std::string detail;
};

/// It is over; what had to be said is written. `retry`: another attempt may go better.
struct Close {
    Error why;
    bool retry = false;
    bool by_peer = false;  ///< an orderly end
};

}  // namespace action

using Action = std::variant<action::StartTls,
                            action::Restart,
                            action::VerifyKey,
                            action::AskForVoucher,
                            action::Authenticated,
                            action::Note,
                            action::PairAnswered,
                            action::Management,
                            action::Verified,
                            action::Close>;
using Actions = std::vector<Action>;

}  // namespace isthmus::xmpp
