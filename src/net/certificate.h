// What a peer's certificate proves, as plain values: filled by net/tls after the handshake, read
// by sip and xmpp. Identity rules live here, small enough to be audited in one sitting.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::net {

/// A certificate or key that DNS names for a server (RFC 6698 §2.1).
struct TlsaRecord {
    std::uint8_t usage = 0;     ///< 0 and 1: with an authority that we trust; 2: under one; 3: it
    std::uint8_t selector = 0;  ///< 0: the certificate, 1: its public key
    std::uint8_t matching = 0;  ///< 0: as it is, 1: SHA-256, 2: SHA-512
    std::string data;

    bool operator==(const TlsaRecord&) const = default;
};

/// What the TLSA records of a server say of the certificate that it shows (RFC 7671).
enum class Dane : std::uint8_t {
    NotAsked,   ///< there is none that we can use
    Mismatch,   ///< none fits: whatever else proves the server, it is not the one
    Authority,  ///< the chain is one that they name; what the certificate names still counts
    EndEntity,  ///< they name the certificate itself: neither issuer, nor names, nor dates count
};

struct PeerCertificate {
    bool is_trusted = false;  ///< chain, validity and purpose are good
    std::string trust_error;  ///< OpenSSL's reason when not trusted
    bool is_revoked = false;  ///< that is why: a list of its issuer has it
    /// That is why: nobody whom we trust has issued it. Its own dates are right.
    bool lacks_only_issuer = false;
    std::string subject;  ///< RFC 2253 text, for the evidence
    std::string issuer;   ///< likewise
    std::string sha256;   ///< fingerprint, lower-case hex
    std::string sha512;   ///< likewise
    std::chrono::sys_seconds not_after{};
    std::vector<std::string> dns_names;     ///< SAN dNSName, lower case, A-labels, no final dot
    std::vector<std::string> srv_names;     ///< SAN id-on-dnsSRV ("_xmpp-server.example.org")
    std::vector<std::string> xmpp_addrs;    ///< SAN id-on-xmppAddr, domain form only
    std::vector<std::string> uris;          ///< SAN URI ("sip:example.org")
    std::vector<std::string> ip_addresses;  ///< SAN iPAddress as text, for names_host() only
    bool may_be_client = true;  ///< its extended key usage, if any, includes TLS clients
    bool may_be_server = true;  ///< or servers
    Dane dane = Dane::NotAsked;
    std::string dane_host;  ///< whose TLSA records that were
};

/// RFC 6120 §13.7.2, RFC 9525: SRVName _xmpp-server, XmppAddr or dNSName; a wildcard only as the
/// whole left-most label; CN never. `domain`: lower-case A-labels. Does not look at is_trusted.
bool proves_xmpp_domain(const PeerCertificate& certificate, std::string_view domain);

/// RFC 5922 §7.1-7.2: SAN URI sip:domain first, else dNSName; no wildcard, no suffix match.
bool proves_sip_domain(const PeerCertificate& certificate, std::string_view domain);

/// RFC 9525 host match for names an administrator listed (certificate_names).
bool names_host(const PeerCertificate& certificate, std::string_view host);

}  // namespace isthmus::net
