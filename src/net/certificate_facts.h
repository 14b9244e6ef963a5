// What an administrator wants to know of a certificate of ours, as plain values.
#pragma once

#include "base/result.h"
#include "net/certificate.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::net {

struct CertificateFacts {
    PeerCertificate names;      ///< as peers compare them; whether it is trusted is not asked
    std::string issuer;         ///< RFC 2253 text, as names.subject
    std::string serial_number;  ///< upper-case hex
    std::chrono::sys_seconds not_before{};
    std::string thumbprint;  ///< SHA-1, upper-case hex: how Lync and Windows name certificates
    std::string key;         ///< "RSA 2048", "ECDSA P-256"
    std::string public_key;  ///< SHA-256 of the SubjectPublicKeyInfo, hex: which key belongs to it
    std::string signature;   ///< "sha256WithRSAEncryption"
    bool is_weak_key = false;        ///< or of a kind that no peer takes
    bool is_weak_signature = false;  ///< MD5 or SHA-1
    bool is_authority = false;       ///< may sign others
    bool is_self_signed = false;
    bool for_servers = false;  ///< its purposes allow it, or it names none
    bool for_clients = false;
    bool has_revocation_list = false;  ///< names a CRL distribution point or an OCSP responder
    /// "DNS:example.org", "SRV:_xmpp-server.example.org", "XMPP:example.org",
    /// "URI:sip:example.org", "IP:192.0.2.1".
    std::vector<std::string> alternative_names;
};

/// Of the first certificate in `pem`. Syntax with IST-CERT-010 if there is none.
Result<CertificateFacts> read_certificate_facts(std::string_view pem);

}  // namespace isthmus::net
