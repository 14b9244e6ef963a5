// Certificates made on the spot: an authority and what it signs, with any names, purposes and
// times, as PEM. P-256 keys, so a test pays well under a millisecond each.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace isthmus::test {

struct CertificateRequest {
    std::string common_name = "test";
    std::vector<std::string> dns_names;
    std::vector<std::string> srv_names;   ///< id-on-dnsSRV, "_xmpp-server.example.org"
    std::vector<std::string> xmpp_addrs;  ///< id-on-xmppAddr
    std::vector<std::string> uris;        ///< "sip:example.org"
    std::vector<std::string> ip_addresses;
    bool server_purpose = true;
    bool client_purpose = false;
    bool is_authority = false;
    std::string permitted_dns_name;          ///< authority: name constraint
    std::chrono::seconds valid_from{-3600};  ///< against now
    std::chrono::seconds valid_until{86400};
    int rsa_bits = 0;  ///< 0: P-256
    bool signed_with_sha1 = false;
    bool must_staple = false;  ///< RFC 7633
    bool signs_ocsp = false;   ///< for its authority (RFC 6960 §4.2.2.2)
};

struct Certificate {
    std::string certificate_pem;
    std::string key_pem;
};

/// An authority; its root certificate is self-signed.
class CertificateAuthority {
  public:
    explicit CertificateAuthority(const std::string& name = "Test CA");
    CertificateAuthority(const CertificateAuthority&) = delete;
    CertificateAuthority& operator=(const CertificateAuthority&) = delete;
    CertificateAuthority(CertificateAuthority&&) = delete;
    CertificateAuthority& operator=(CertificateAuthority&&) = delete;
    ~CertificateAuthority();

    /// The root, for a trust store.
    const std::string& pem() const { return pem_; }

    Certificate issue(const CertificateRequest& request) const;
    /// For a server of `domain` alone.
    Certificate issue_for(const std::string& domain) const;

    /// A list of revoked certificates, as PEM, with these.
    std::string revoke(const std::vector<Certificate>& certificates,
                       std::chrono::seconds next_update = std::chrono::hours(24)) const;
    /// An OCSP response about `one`, as DER, signed by the authority, or by `signer` for it.
    std::string ocsp_response(const Certificate& one,
                              bool is_revoked,
                              std::chrono::seconds next_update = std::chrono::hours(24),
                              const Certificate* signer = nullptr) const;
    /// What an authority sends back for a PKCS #10 request: its key, subject and alternative names.
    std::string sign(const std::string& request_pem,
                     std::chrono::seconds valid_until = std::chrono::hours(24)) const;

    /// An authority below this one. Its pem() is the intermediate certificate.
    std::unique_ptr<CertificateAuthority> subordinate(CertificateRequest request) const;

    static Certificate self_signed(const CertificateRequest& request);

  private:
    struct Parts;
    explicit CertificateAuthority(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
    std::string pem_;
};

}  // namespace isthmus::test
