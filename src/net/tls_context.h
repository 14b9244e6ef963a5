// A certificate set ready for handshakes in both roles: own chain and key, trust, protocol rules.
// Immutable but for the sessions it remembers; renewal builds a new one and swaps the pointer,
// running connections keep theirs.
#pragma once

#include "base/result.h"
#include "net/certificate.h"
#include "net/tls_sessions.h"
#include "net/wire.h"

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::net {

struct OwnCertificate {
    std::string chain_pem;  ///< own certificate first
    std::string key_pem;
};

struct TlsSettings {
    std::string certificate_chain_pem;  ///< own certificate first; empty: none to show
    std::string private_key_pem;
    /// Shown instead to who asks for a name that one of these carries and the first does not.
    std::vector<OwnCertificate> more_certificates = {};
    bool trust_system = true;
    std::vector<std::string> extra_ca_pems;  ///< each may hold several certificates
    std::vector<std::string> crl_pems;       ///< lists of revoked certificates, likewise
    bool only_tls13 = false;
};

/// The same settings from files; an unreadable file is an error that names it.
struct TlsFiles {
    std::string certificate_chain;
    std::string private_key;
    bool trust_system = true;
    std::vector<std::string> extra_cas;
    std::vector<std::string> crls;
    bool only_tls13 = false;
};

/// IST-CFG-001 with the name of the file that cannot be read.
Result<TlsSettings> read_tls_files(const TlsFiles& files);

class TlsContext {
  public:
    /// Refuses a key that does not match, an encrypted key, malformed PEM (abuse case B29).
    static Result<std::shared_ptr<const TlsContext>> create(const TlsSettings& settings);
    static Result<std::shared_ptr<const TlsContext>> load(const TlsFiles& files);

    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;
    TlsContext(TlsContext&&) = delete;
    TlsContext& operator=(TlsContext&&) = delete;
    ~TlsContext();

    bool has_certificate() const { return has_certificate_; }

    /// What ours says; nothing if there is none. Whether it is trusted is not asked.
    std::optional<PeerCertificate> own_certificate() const;

    SSL_CTX* native() const { return context_; }

    TlsSessions& sessions() const { return sessions_; }

  private:
    TlsContext() = default;

    SSL_CTX* context_ = nullptr;
    mutable TlsSessions sessions_;
    bool has_certificate_ = false;
};

}  // namespace isthmus::net
