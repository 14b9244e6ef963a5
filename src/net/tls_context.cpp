#include "net/tls_context.h"

#include "net/openssl.h"
#include "net/own_certificates.h"
#include "net/peer_certificate.h"
#include "net/tls_session.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

namespace isthmus::net {

namespace {

// Forward secrecy and AEAD only; AES-128 first because it is the fastest that is beyond reach.
constexpr const char* kTls12Ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* kTls13Ciphers =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384:P-521";
constexpr int kSecurityLevel = 2;  // no RSA below 2048 bits, no SHA-1

Error bad_settings(std::string detail) {
    return make_error(
        ErrorKind::Syntax, "IST-CFG-001", "The TLS settings are not usable.", std::move(detail));
}

int refuse_passphrase(char* /*to*/, int /*size*/, int /*writing*/, void* /*data*/) {
    return -1;
}

/// Lists of revoked certificates count where there are some; an issuer without one is no fault, and
/// what an old list has revoked stays so.
int pass_missing_lists(int is_good, X509_STORE_CTX* store) {
    switch (X509_STORE_CTX_get_error(store)) {
        case X509_V_ERR_UNABLE_TO_GET_CRL:
        case X509_V_ERR_CRL_HAS_EXPIRED:
        case X509_V_ERR_CRL_NOT_YET_VALID:
            X509_STORE_CTX_set_error(store, X509_V_OK);
            return 1;
        default:
            return is_good;
    }
}

/// The chain is checked here, but a bad one does not end the handshake: the owner of the
/// connection decides (RFC 6120 §13.7.2, dialback).
int verify_peer(X509_STORE_CTX* store, void* /*argument*/) {
    // A peer is a server in both directions: public authorities issue no other certificates any
    // more, and one for clients only proves no domain (abuse case B08).
    X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(store);
    X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_trust(rules, X509_TRUST_SSL_SERVER);
    X509_STORE_CTX_set_verify_cb(store, pass_missing_lists);
    if (X509_verify_cert(store) != 1 && X509_STORE_CTX_get_error(store) == X509_V_OK) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
    }
    ERR_clear_error();
    return 1;
}

std::optional<std::string> add_revocation_lists(X509_STORE* store, const TlsSettings& settings) {
    for (const std::string& pem : settings.crl_pems) {
        const BioPointer bio = memory_bio(pem);
        int count = 0;
        while (X509_CRL* list =
                   PEM_read_bio_X509_CRL(bio.get(), nullptr, refuse_passphrase, nullptr)) {
            X509_STORE_add_crl(store, list);  // takes a reference of its own
            X509_CRL_free(list);
            ++count;
        }
        if (count == 0 || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
            return with_openssl_reason("a file of revoked certificates holds no list");
        }
        ERR_clear_error();
    }
    if (!settings.crl_pems.empty()) {
        X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    }
    return std::nullopt;
}

std::optional<std::string> set_trust(SSL_CTX* context, const TlsSettings& settings) {
    if (settings.trust_system && SSL_CTX_set_default_verify_paths(context) != 1) {
        return with_openssl_reason("the system's certificate authorities");
    }
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    for (const std::string& pem : settings.extra_ca_pems) {
        const auto certificates = read_chain(pem);
        if (certificates.empty()) {
            return with_openssl_reason("a file of certificate authorities holds no certificate");
        }
        for (const X509Pointer& certificate : certificates) {
            X509_STORE_add_cert(store, certificate.get());
        }
    }
    // An administrator who lists an intermediate authority trusts it without its root.
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    return add_revocation_lists(store, settings);
}

void set_protocol_rules(SSL_CTX* context, bool only_tls13) {
    SSL_CTX_set_min_proto_version(context, only_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_security_level(context, kSecurityLevel);
    SSL_CTX_set_cipher_list(context, kTls12Ciphers);
    SSL_CTX_set_ciphersuites(context, kTls13Ciphers);
    SSL_CTX_set1_groups_list(context, kGroups);
    // Each connection proves itself anew: no tickets, no resumption, hence no 0-RTT.
    SSL_CTX_set_options(context,
                        SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                            SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(
        context,
        SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_cert_verify_callback(context, verify_peer, nullptr);
    SSL_CTX_set_alpn_select_cb(context, TlsSession::select_alpn, nullptr);
}

bool read_file(const std::string& path, std::string& to) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return false;
    }
    to.assign(std::istreambuf_iterator<char>(file), {});
    return !file.bad();
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::create(const TlsSettings& settings) {
    ERR_clear_error();
    const std::shared_ptr<TlsContext> made(new TlsContext);
    made->context_ = SSL_CTX_new(TLS_method());
    if (made->context_ == nullptr) {
        return bad_settings(with_openssl_reason("SSL_CTX_new"));
    }
    set_protocol_rules(made->context_, settings.only_tls13);
    made->has_certificate_ = !settings.certificate_chain_pem.empty();
    if (made->has_certificate_) {
        if (auto wrong = use_own_certificates(made->context_, settings)) {
            return bad_settings(*std::move(wrong));
        }
    }
    if (auto wrong = set_trust(made->context_, settings)) {
        return bad_settings(*std::move(wrong));
    }
    ERR_clear_error();
    return std::shared_ptr<const TlsContext>(made);
}

Result<TlsSettings> read_tls_files(const TlsFiles& files) {
    TlsSettings settings;
    settings.trust_system = files.trust_system;
    settings.only_tls13 = files.only_tls13;
    const auto cannot_read = [](const std::string& path) {
        return bad_settings("cannot read " + path);
    };
    if (!files.certificate_chain.empty()) {
        if (!read_file(files.certificate_chain, settings.certificate_chain_pem)) {
            return cannot_read(files.certificate_chain);
        }
        if (!read_file(files.private_key, settings.private_key_pem)) {
            return cannot_read(files.private_key);
        }
    }
    for (const std::string& path : files.extra_cas) {
        if (!read_file(path, settings.extra_ca_pems.emplace_back())) {
            return cannot_read(path);
        }
    }
    for (const std::string& path : files.crls) {
        if (!read_file(path, settings.crl_pems.emplace_back())) {
            return cannot_read(path);
        }
    }
    return settings;
}

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsFiles& files) {
    const auto settings = read_tls_files(files);
    return settings ? create(*settings)
                    : Result<std::shared_ptr<const TlsContext>>(settings.error());
}

std::optional<PeerCertificate> TlsContext::own_certificate() const {
    X509* certificate = SSL_CTX_get0_certificate(context_);
    return certificate != nullptr ? std::optional(describe(certificate, X509_V_OK)) : std::nullopt;
}

TlsContext::~TlsContext() {
    SSL_CTX_free(context_);
}

}  // namespace isthmus::net
