// What is found of whoever is at the other end of a TLS session.
#include "net/peer_certificate.h"
#include "net/peer_trust.h"
#include "net/stapled_status.h"
#include "net/tls_context.h"
#include "net/tls_session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace isthmus::net {

namespace {

constexpr std::uint8_t kItself = 3;  // RFC 6698 §2.1.1, DANE-EE

}  // namespace

Dane TlsSession::dane_verdict() const {
    if (!has_tlsa_) {
        return Dane::NotAsked;
    }
    std::uint8_t usage = 0;
    if (SSL_get_verify_result(ssl_.get()) != X509_V_OK ||
        SSL_get0_dane_tlsa(ssl_.get(), &usage, nullptr, nullptr, nullptr, nullptr) < 0) {
        return Dane::Mismatch;
    }
    return usage == kItself ? Dane::EndEntity : Dane::Authority;
}

void TlsSession::judge_peer() {
    SSL* ssl = ssl_.get();
    X509* certificate = SSL_get0_peer_certificate(ssl);
    if (certificate == nullptr) {
        return;
    }
    const auto made = std::make_shared<PeerCertificate>(describe(
        certificate, is_resumed() ? verify_again(ssl, *context_) : SSL_get_verify_result(ssl)));
    made->dane = dane_verdict();
    made->dane_host = has_tlsa_ ? options_.tlsa_host : "";
    must_be_stapled_ = heed_status(*made);
    peer_ = made;
}

std::optional<PeerCertificate> TlsSession::judge_again(const TlsContext& by) const {
    X509* shown = SSL_get0_peer_certificate(ssl_.get());
    if (!peer_ || shown == nullptr) {
        return std::nullopt;
    }
    if (has_tlsa_) {
        return *peer_;
    }
    ERR_clear_error();
    return describe(shown, verify_again(ssl_.get(), by));
}

bool TlsSession::heed_status(PeerCertificate& certificate) {
    SSL* ssl = ssl_.get();
    if (options_.role == TlsRole::Server) {
        heed_missing_status(ssl, certificate);
        return false;
    }
    return !is_resumed() && certificate.dane != Dane::EndEntity &&
           heed_stapled_status(ssl, certificate);
}

}  // namespace isthmus::net
