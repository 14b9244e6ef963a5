#include "net/stapled_status.h"

#include "net/openssl.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <string>

namespace isthmus::net {

namespace {

constexpr long kClockSkewSeconds = 300;
constexpr long kStatusRequest = 5;  // the TLS feature of RFC 7633 §4.2

enum class Status : std::uint8_t { None, Good, Revoked, NoGood };

/// The answer about `shown`, whose issuer has signed it, or somebody for the issuer.
Status status_in(OCSP_BASICRESP* response, X509* shown, X509* issuer) {
    for (const EVP_MD* hash : {EVP_sha1(), EVP_sha256()}) {
        const std::unique_ptr<OCSP_CERTID, Freed<OCSP_CERTID_free>> id(
            OCSP_cert_to_id(hash, shown, issuer));
        int status = V_OCSP_CERTSTATUS_UNKNOWN;
        ASN1_GENERALIZEDTIME* since = nullptr;
        ASN1_GENERALIZEDTIME* until = nullptr;
        if (!id || OCSP_resp_find_status(
                       response, id.get(), &status, nullptr, nullptr, &since, &until) != 1) {
            continue;
        }
        if (status == V_OCSP_CERTSTATUS_REVOKED) {
            return Status::Revoked;  // an old answer as well: that is never taken back
        }
        const bool is_current = OCSP_check_validity(since, until, kClockSkewSeconds, -1) == 1;
        return status == V_OCSP_CERTSTATUS_GOOD && is_current ? Status::Good : Status::NoGood;
    }
    return Status::NoGood;
}

Status read_status(SSL* ssl, X509* shown) {
    const unsigned char* data = nullptr;
    const long size = SSL_get_tlsext_status_ocsp_resp(ssl, static_cast<void*>(&data));
    if (size <= 0) {
        return Status::None;
    }
    const std::unique_ptr<OCSP_RESPONSE, Freed<OCSP_RESPONSE_free>> response(
        d2i_OCSP_RESPONSE(nullptr, &data, size));
    const std::unique_ptr<OCSP_BASICRESP, Freed<OCSP_BASICRESP_free>> basic(
        response && OCSP_response_status(response.get()) == OCSP_RESPONSE_STATUS_SUCCESSFUL
            ? OCSP_response_get1_basic(response.get())
            : nullptr);
    STACK_OF(X509)* chain = SSL_get0_verified_chain(ssl);
    if (!basic || chain == nullptr || sk_X509_num(chain) == 0 ||
        OCSP_basic_verify(basic.get(), chain, SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl)), 0) !=
            1) {
        return Status::NoGood;
    }
    return status_in(basic.get(), shown, sk_X509_value(chain, sk_X509_num(chain) > 1 ? 1 : 0));
}

bool demands_status(const X509* shown) {
    const std::unique_ptr<TLS_FEATURE, Freed<TLS_FEATURE_free>> features(
        static_cast<TLS_FEATURE*>(X509_get_ext_d2i(shown, NID_tlsfeature, nullptr, nullptr)));
    for (int i = 0; features && i < sk_ASN1_INTEGER_num(features.get()); ++i) {
        if (ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features.get(), i)) == kStatusRequest) {
            return true;
        }
    }
    return false;
}

void distrust(PeerCertificate& certificate, std::string why) {
    certificate.is_trusted = false;
    certificate.trust_error = std::move(why);
}

}  // namespace

bool heed_stapled_status(SSL* ssl, PeerCertificate& certificate) {
    X509* shown = SSL_get0_peer_certificate(ssl);
    if (shown == nullptr || !certificate.is_trusted) {
        return false;
    }
    const Status status = read_status(ssl, shown);
    const bool is_demanded = demands_status(shown);
    ERR_clear_error();
    if (status == Status::Revoked) {
        certificate.is_revoked = true;
        distrust(certificate, "the OCSP response that came with it says that it was revoked");
    } else if (is_demanded && status == Status::None) {
        distrust(certificate, "it demands a stapled OCSP response, and none came with it");
    } else if (is_demanded && status == Status::NoGood) {
        distrust(certificate,
                 "it demands a stapled OCSP response, and the one that came is no good");
    }
    return is_demanded || status != Status::None;
}

void heed_missing_status(SSL* ssl, PeerCertificate& certificate) {
    const X509* shown = SSL_get0_peer_certificate(ssl);
    if (shown != nullptr && certificate.is_trusted && demands_status(shown)) {
        distrust(certificate,
                 "it demands a stapled OCSP response, which a caller cannot bring along; dialback "
                 "looks at the one of its server, and a pin needs none");
    }
    ERR_clear_error();
}

}  // namespace isthmus::net
