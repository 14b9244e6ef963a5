#include "net/tls_context.h"

#include "net/openssl.h"
#include "net/own_certificates.h"
#include "net/peer_certificate.h"
#include "net/peer_trust.h"
#include "net/tls_session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

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

Error bad_settings(std::string detail) {
    return make_error(
        ErrorKind::Syntax, "IST-CFG-001", "The TLS settings are not usable.", std::move(detail));
}

void set_protocol_rules(SSL_CTX* context, bool only_tls13) {
    SSL_CTX_set_min_proto_version(context, only_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_security_level(context, kSecurityLevel);
    SSL_CTX_set_cipher_list(context, kTls12Ciphers);
    SSL_CTX_set_ciphersuites(context, kTls13Ciphers);
    SSL_CTX_set1_groups_list(context, kGroups);
    SSL_CTX_set_options(
        context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(
        context,
        SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_cert_verify_callback(context, verify_peer, nullptr);
    SSL_CTX_set_alpn_select_cb(context, TlsSession::select_alpn, nullptr);
    SSL_CTX_dane_enable(context);
}

/// No session leaves the process: what a peer gets is a name for one that we keep, and it gets that
/// only when its certificate was found good. No early data, and new keys each time (RFC 8446 §2.2).
void set_resumption_rules(SSL_CTX* context) {
    constexpr unsigned char kName[] = "isthmus";
    SSL_CTX_set_session_id_context(context, kName, sizeof kName - 1);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_timeout(context, TlsSessions::kLifetimeSeconds);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_BOTH | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, TlsSession::keep_session);
    SSL_CTX_sess_set_get_cb(context, TlsSession::find_session);
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
    set_resumption_rules(made->context_);
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
