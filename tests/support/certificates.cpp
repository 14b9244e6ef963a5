#include "support/certificates.h"

#include "base/freed.h"

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdexcept>
#include <utility>

namespace isthmus::test {

namespace {

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Time = std::unique_ptr<ASN1_TIME, Freed<ASN1_TIME_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;

void check(bool good) {
    if (!good) {
        throw std::runtime_error("OpenSSL refused to make a test certificate");
    }
}

Key make_key(int rsa_bits) {
    Key key(rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(static_cast<unsigned>(rsa_bits)));
    check(key != nullptr);
    return key;
}

template <class Write>
std::string to_pem(Write write) {
    const std::unique_ptr<BIO, Freed<BIO_free>> bio(BIO_new(BIO_s_mem()));
    check(write(bio.get()) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string certificate_pem(X509* certificate) {
    return to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::string key_pem(EVP_PKEY* key) {
    return to_pem([&](BIO* bio) {
        return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
}

X509Certificate read_certificate(const std::string& pem) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    return X509Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

Key read_key(const std::string& pem) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    return Key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

ASN1_STRING* make_string(int type, const std::string& text) {
    ASN1_STRING* string = ASN1_STRING_type_new(type);
    check(ASN1_STRING_set(string, text.data(), static_cast<int>(text.size())) == 1);
    return string;
}

void add_other_name(GENERAL_NAMES* names, int nid, int type, const std::string& text) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    ASN1_TYPE* value = ASN1_TYPE_new();
    ASN1_TYPE_set(value, type, make_string(type, text));
    check(GENERAL_NAME_set0_othername(name, OBJ_nid2obj(nid), value) == 1);
    sk_GENERAL_NAME_push(names, name);
}

void add_text_name(GENERAL_NAMES* names, int kind, const std::string& text) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, kind, make_string(V_ASN1_IA5STRING, text));
    sk_GENERAL_NAME_push(names, name);
}

void add_names(X509* certificate, const CertificateRequest& request) {
    const std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>> names(
        sk_GENERAL_NAME_new_null());
    for (const std::string& text : request.dns_names) {
        add_text_name(names.get(), GEN_DNS, text);
    }
    for (const std::string& text : request.uris) {
        add_text_name(names.get(), GEN_URI, text);
    }
    for (const std::string& text : request.srv_names) {
        add_other_name(names.get(), NID_SRVName, V_ASN1_IA5STRING, text);
    }
    for (const std::string& text : request.xmpp_addrs) {
        add_other_name(names.get(), NID_XmppAddr, V_ASN1_UTF8STRING, text);
    }
    for (const std::string& text : request.ip_addresses) {
        GENERAL_NAME* name = GENERAL_NAME_new();
        GENERAL_NAME_set0_value(name, GEN_IPADD, a2i_IPADDRESS(text.c_str()));
        sk_GENERAL_NAME_push(names.get(), name);
    }
    if (sk_GENERAL_NAME_num(names.get()) > 0) {
        check(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, 0) == 1);
    }
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    check(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

X509Certificate make_certificate(const CertificateRequest& request,
                                 EVP_PKEY* key,
                                 X509* issuer,
                                 EVP_PKEY* issuer_key) {
    X509Certificate made(X509_new());
    X509* certificate = made.get();
    X509* signer = issuer == nullptr ? certificate : issuer;
    X509_set_version(certificate, X509_VERSION_3);
    long serial = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial - 1);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), request.valid_from.count());
    X509_gmtime_adj(X509_getm_notAfter(certificate), request.valid_until.count());
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate),
                               "CN",
                               MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(request.common_name.c_str()),
                               -1,
                               -1,
                               0);
    X509_set_issuer_name(certificate, X509_get_subject_name(signer));
    add_extension(certificate,
                  signer,
                  NID_basic_constraints,
                  request.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!request.is_authority && (request.server_purpose || request.client_purpose)) {
        add_extension(certificate,
                      signer,
                      NID_ext_key_usage,
                      !request.client_purpose   ? "serverAuth"
                      : !request.server_purpose ? "clientAuth"
                                                : "serverAuth,clientAuth");
    }
    if (request.signs_ocsp) {
        add_extension(certificate, signer, NID_ext_key_usage, "OCSPSigning");
    }
    if (request.must_staple) {
        add_extension(certificate, signer, NID_tlsfeature, "status_request");
    }
    if (!request.permitted_dns_name.empty()) {
        add_extension(certificate,
                      signer,
                      NID_name_constraints,
                      "critical,permitted;DNS:" + request.permitted_dns_name);
    }
    add_names(certificate, request);
    check(X509_sign(certificate, issuer_key, request.signed_with_sha1 ? EVP_sha1() : EVP_sha256()) >
          0);
    return made;
}

}  // namespace

struct CertificateAuthority::Parts {
    Key key;
    X509Certificate certificate;
};

CertificateAuthority::CertificateAuthority(const std::string& name)
    : CertificateAuthority([&] {
          auto parts = std::make_unique<Parts>();
          parts->key = make_key(0);
          parts->certificate = make_certificate({.common_name = name, .is_authority = true},
                                                parts->key.get(),
                                                nullptr,
                                                parts->key.get());
          return parts;
      }()) {}

CertificateAuthority::CertificateAuthority(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)), pem_(certificate_pem(parts_->certificate.get())) {}

CertificateAuthority::~CertificateAuthority() = default;

Certificate CertificateAuthority::issue(const CertificateRequest& request) const {
    const Key key = make_key(request.rsa_bits);
    const X509Certificate certificate =
        make_certificate(request, key.get(), parts_->certificate.get(), parts_->key.get());
    return {certificate_pem(certificate.get()), key_pem(key.get())};
}

Certificate CertificateAuthority::issue_for(const std::string& domain) const {
    return issue({.common_name = domain, .dns_names = {domain}});
}

std::string CertificateAuthority::revoke(const std::vector<Certificate>& certificates,
                                         std::chrono::seconds next_update) const {
    const std::unique_ptr<X509_CRL, Freed<X509_CRL_free>> list(X509_CRL_new());
    const Time from(X509_gmtime_adj(nullptr, -7L * 86400));
    const Time until(X509_gmtime_adj(nullptr, static_cast<long>(next_update.count())));
    check(X509_CRL_set_version(list.get(), 1) == 1 &&
          X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(parts_->certificate.get())) ==
              1 &&
          X509_CRL_set1_lastUpdate(list.get(), from.get()) == 1 &&
          X509_CRL_set1_nextUpdate(list.get(), until.get()) == 1);
    for (const Certificate& one : certificates) {
        const X509Certificate certificate = read_certificate(one.certificate_pem);
        X509_REVOKED* entry = X509_REVOKED_new();
        check(certificate != nullptr && entry != nullptr &&
              X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate.get())) == 1 &&
              X509_REVOKED_set_revocationDate(entry, from.get()) == 1 &&
              X509_CRL_add0_revoked(list.get(), entry) == 1);
    }
    check(X509_CRL_sign(list.get(), parts_->key.get(), EVP_sha256()) > 0);
    return to_pem([&](BIO* bio) { return PEM_write_bio_X509_CRL(bio, list.get()); });
}

std::string CertificateAuthority::ocsp_response(const Certificate& one,
                                                bool is_revoked,
                                                std::chrono::seconds next_update,
                                                const Certificate* signer) const {
    const X509Certificate about = read_certificate(one.certificate_pem);
    const X509Certificate delegate = signer ? read_certificate(signer->certificate_pem) : nullptr;
    const Key delegate_key = signer ? read_key(signer->key_pem) : nullptr;
    const Time since(X509_gmtime_adj(nullptr, -7L * 86400));
    const Time until(X509_gmtime_adj(nullptr, static_cast<long>(next_update.count())));
    const std::unique_ptr<OCSP_BASICRESP, Freed<OCSP_BASICRESP_free>> basic(OCSP_BASICRESP_new());
    const std::unique_ptr<OCSP_CERTID, Freed<OCSP_CERTID_free>> id(
        OCSP_cert_to_id(nullptr, about.get(), parts_->certificate.get()));
    check(OCSP_basic_add1_status(
              basic.get(),
              id.get(),
              is_revoked ? V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD,
              is_revoked ? OCSP_REVOKED_STATUS_KEYCOMPROMISE : OCSP_REVOKED_STATUS_NOSTATUS,
              is_revoked ? since.get() : nullptr,
              since.get(),
              until.get()) != nullptr &&
          OCSP_basic_sign(basic.get(),
                          delegate ? delegate.get() : parts_->certificate.get(),
                          delegate_key ? delegate_key.get() : parts_->key.get(),
                          EVP_sha256(),
                          nullptr,
                          0) == 1);
    const std::unique_ptr<OCSP_RESPONSE, Freed<OCSP_RESPONSE_free>> response(
        OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
    unsigned char* der = nullptr;
    const int size = i2d_OCSP_RESPONSE(response.get(), &der);
    check(size > 0);
    std::string made(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return made;
}

std::string CertificateAuthority::sign(const std::string& request_pem,
                                       std::chrono::seconds valid_until) const {
    const std::unique_ptr<BIO, Freed<BIO_free>> bio(
        BIO_new_mem_buf(request_pem.data(), static_cast<int>(request_pem.size())));
    const std::unique_ptr<X509_REQ, Freed<X509_REQ_free>> request(
        PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
    check(request != nullptr &&
          X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())) == 1);
    X509Certificate made(X509_new());
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 4711);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), valid_until.count());
    X509_set_pubkey(made.get(), X509_REQ_get0_pubkey(request.get()));
    X509_set_subject_name(made.get(), X509_REQ_get_subject_name(request.get()));
    X509_set_issuer_name(made.get(), X509_get_subject_name(parts_->certificate.get()));
    STACK_OF(X509_EXTENSION)* extensions = X509_REQ_get_extensions(request.get());
    for (int i = 0; i < sk_X509_EXTENSION_num(extensions); ++i) {
        check(X509_add_ext(made.get(), sk_X509_EXTENSION_value(extensions, i), -1) == 1);
    }
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    check(X509_sign(made.get(), parts_->key.get(), EVP_sha256()) > 0);
    return certificate_pem(made.get());
}

std::unique_ptr<CertificateAuthority> CertificateAuthority::subordinate(
    CertificateRequest request) const {
    auto parts = std::make_unique<Parts>();
    parts->key = make_key(request.rsa_bits);
    parts->certificate =
        make_certificate(request, parts->key.get(), parts_->certificate.get(), parts_->key.get());
    return std::unique_ptr<CertificateAuthority>(new CertificateAuthority(std::move(parts)));
}

Certificate CertificateAuthority::self_signed(const CertificateRequest& request) {
    const Key key = make_key(request.rsa_bits);
    const X509Certificate certificate = make_certificate(request, key.get(), nullptr, key.get());
    return {certificate_pem(certificate.get()), key_pem(key.get())};
}

}  // namespace isthmus::test
