#include "net/peer_trust.h"

#include "net/openssl.h"
#include "net/own_certificates.h"
#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>
#include <vector>

namespace isthmus::net {

namespace {

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
        X509_STORE_set_verify_cb(store, pass_missing_lists);  // for those who sign OCSP responses
    }
    return std::nullopt;
}

}  // namespace

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

long verify_again(SSL* ssl, const TlsContext& by) {
    X509* shown = SSL_get0_peer_certificate(ssl);
    if (shown == nullptr) {
        return X509_V_OK;
    }
    const std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>> store(X509_STORE_CTX_new());
    if (!store || X509_STORE_CTX_init(store.get(),
                                      SSL_CTX_get_cert_store(by.native()),
                                      shown,
                                      SSL_get_peer_cert_chain(ssl)) != 1) {
        return X509_V_ERR_UNSPECIFIED;
    }
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(store.get()), kSecurityLevel);
    verify_peer(store.get(), nullptr);
    return X509_STORE_CTX_get_error(store.get());
}

}  // namespace isthmus::net
