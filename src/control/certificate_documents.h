// What is stored of the gateway's certificates: one document a certificate, one a use, and the
// private keys as secrets of their own (store::kSecretKind), which are sealed and never shown.
#pragma once

#include "net/certificate_chain.h"
#include "net/certificate_facts.h"

#include <boost/json/object.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

inline constexpr std::string_view kCertificateKind = "certificate";
inline constexpr std::string_view kCertificateUseKind = "certificate-use";

/// "certificate/NAME": the id of the secret that holds its private key.
std::string key_id_of(std::string_view name);
/// Documents that belong to the certificates, and not to the policy.
bool is_of_certificates(std::string_view kind, std::string_view id);

enum class Use : std::uint8_t { Sip, XmppS2s, Admin };

inline constexpr std::array kUses = {Use::Sip, Use::XmppS2s, Use::Admin};

/// "sip", "xmpp-s2s", "admin".
std::string_view name_of(Use use);
/// Those names, in any case, and "sip-external", "sip-internal", "xmpp", "admin-web".
std::optional<Use> use_named(std::string_view name);

struct Certificate {
    std::string name;
    std::string friendly_name;
    std::string source;              ///< request, import, files
    std::uint32_t request_id = 0;    ///< of what was requested here; else 0
    std::string csr;                 ///< PEM; empty: was not requested here
    std::string certificate;         ///< PEM; empty: still pending
    std::vector<std::string> chain;  ///< PEM each: above it, without the root
    std::string certificate_file;    ///< watched; both or neither
    std::string private_key_file;
    std::string key;         ///< "RSA 2048"; empty: an authority, which has none here
    std::string public_key;  ///< as net::CertificateFacts::public_key
    std::string created_at;  ///< UTC, RFC 3339
};

/// Which certificates a use shows: the first by default, the others to who asks for their names.
struct CertificateUse {
    std::vector<std::string> certificates;
    std::vector<std::string> previous;  ///< before the last change
    std::vector<std::string> next;
    std::int64_t effective = 0;  ///< seconds since 1970 when `next` takes over; 0: there is none

    bool operator==(const CertificateUse&) const = default;
};

boost::json::object document_of(const Certificate& certificate);
boost::json::object document_of(Use use, const CertificateUse& state);
/// Throw std::exception if it is none.
Certificate read_certificate(const boost::json::object& document);
CertificateUse read_certificate_use(const boost::json::object& document);

/// A certificate with what is known of it.
struct KnownCertificate {
    Certificate document;
    std::string text;                            ///< of the document as it is stored
    std::string key_pem;                         ///< empty: no key, or none that could be opened
    std::optional<net::CertificateFacts> facts;  ///< nothing: pending
    net::Chain chain;
};

using KnownCertificates = std::map<std::string, KnownCertificate, std::less<>>;

}  // namespace isthmus::control
