#include "net/own_certificates.h"

#include "base/text.h"
#include "net/openssl.h"
#include "net/peer_certificate.h"
#include "net/tls_session.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

namespace isthmus::net {

namespace {

struct FreeChain {
    void operator()(STACK_OF(X509) * list) const { sk_X509_pop_free(list, X509_free); }
};

struct Shown {
    X509Pointer certificate;
    KeyPointer key;
    std::unique_ptr<STACK_OF(X509), FreeChain> chain;
    PeerCertificate names;
};

using ShownList = std::vector<Shown>;

void free_list(void* /*parent*/,
               void* list,
               CRYPTO_EX_DATA* /*data*/,
               int /*index*/,
               long /*argument*/,
               void* /*pointer*/) {
    delete static_cast<ShownList*>(list);
}

/// The list goes with the SSL_CTX: connections of the administrators' port hold nothing else.
int list_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_list);
    return index;
}

/// Nothing, or what is wrong.
std::optional<std::string> read_pair(const OwnCertificate& from, Shown& to) {
    auto chain = read_chain(from.chain_pem);
    if (chain.empty()) {
        return with_openssl_reason("the certificate chain holds no certificate");
    }
    to.certificate = std::move(chain.front());
    to.chain.reset(sk_X509_new_null());
    for (std::size_t i = 1; i < chain.size(); ++i) {
        sk_X509_push(to.chain.get(), chain[i].release());
    }
    const BioPointer bio = memory_bio(from.key_pem);
    to.key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_passphrase, nullptr));
    if (!to.key) {
        return with_openssl_reason("the private key cannot be read");
    }
    if (X509_check_private_key(to.certificate.get(), to.key.get()) != 1) {
        return with_openssl_reason("the private key is not that of the certificate");
    }
    to.names = describe(to.certificate.get(), X509_V_OK);
    return std::nullopt;
}

bool covers(const Shown& one, std::string_view name) {
    return proves_xmpp_domain(one.names, name) || names_host(one.names, name);
}

const Shown* find(const ShownList& list, std::string_view name) {
    const auto found =
        std::ranges::find_if(list, [&](const Shown& one) { return covers(one, name); });
    return name.empty() || found == list.end() ? nullptr : &*found;
}

/// Called for both roles before a certificate is sent.
int choose(SSL* ssl, void* argument) {
    const auto& list = *static_cast<const ShownList*>(argument);
    const Shown* found = nullptr;
    if (const char* asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        asked != nullptr && SSL_is_server(ssl) == 1) {
        found = find(list, text::to_lower(asked));
    }
    if (const auto* session = static_cast<const TlsSession*>(SSL_get_app_data(ssl));
        session != nullptr && found == nullptr) {
        found = find(list, session->own_name());
    }
    if (found == nullptr || found == list.data()) {
        return 1;  // the context's own
    }
    return SSL_use_cert_and_key(
        ssl, found->certificate.get(), found->key.get(), found->chain.get(), 1);
}

}  // namespace

std::string with_openssl_reason(std::string_view what) {
    return std::string(what) + ": " + take_openssl_error();
}

std::vector<X509Pointer> read_chain(std::string_view pem) {
    std::vector<X509Pointer> certificates;
    const BioPointer bio = memory_bio(pem);
    while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, refuse_passphrase, nullptr)) {
        certificates.emplace_back(certificate);
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        certificates.clear();  // one that is broken spoils all: better refused than half-read
    }
    if (!certificates.empty()) {
        ERR_clear_error();
    }
    return certificates;
}

std::optional<std::string> use_own_certificates(SSL_CTX* context, const TlsSettings& settings) {
    auto list = std::make_unique<ShownList>();
    std::vector<OwnCertificate> pairs = {
        {settings.certificate_chain_pem, settings.private_key_pem}};
    std::ranges::copy(settings.more_certificates, std::back_inserter(pairs));
    for (const OwnCertificate& pair : pairs) {
        if (auto wrong = read_pair(pair, list->emplace_back())) {
            return wrong;
        }
    }
    const Shown& first = list->front();
    if (SSL_CTX_use_cert_and_key(
            context, first.certificate.get(), first.key.get(), first.chain.get(), 1) != 1) {
        return with_openssl_reason("certificate");
    }
    if (list->size() > 1) {
        SSL_CTX_set_cert_cb(context, choose, list.get());
        SSL_CTX_set_ex_data(context, list_index(), list.release());
    }
    return std::nullopt;
}

}  // namespace isthmus::net
