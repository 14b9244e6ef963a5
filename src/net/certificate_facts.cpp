#include "net/certificate_facts.h"

#include "base/digest.h"
#include "net/key_facts.h"
#include "net/openssl.h"
#include "net/peer_certificate.h"

#include <openssl/objects.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <array>
#include <cctype>
#include <ctime>
#include <memory>
#include <utility>

namespace isthmus::net {

namespace {

std::string upper(std::string text) {
    for (char& c : text) {
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    }
    return text;
}

std::string serial_text(const X509* certificate) {
    const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
    return upper(digest::to_hex({reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                                 static_cast<std::size_t>(ASN1_STRING_length(serial))}));
}

std::chrono::sys_seconds time_of(const ASN1_TIME* time) {
    std::tm parts{};
    return ASN1_TIME_to_tm(time, &parts) == 1
               ? std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts)))
               : std::chrono::sys_seconds();
}

std::string thumbprint_of(const X509* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    X509_digest(certificate, EVP_sha1(), hash.data(), &size);
    return upper(digest::to_hex({reinterpret_cast<const char*>(hash.data()), size}));
}

void add_signature(CertificateFacts& to, X509* certificate) {
    int hash = NID_undef;
    int key = NID_undef;
    int bits = 0;
    const int kind = X509_get_signature_nid(certificate);
    const char* name = OBJ_nid2ln(kind);
    to.signature = name != nullptr ? name : "unknown";
    if (X509_get_signature_info(certificate, &hash, &key, &bits, nullptr) != 1) {
        to.is_weak_signature = true;
        return;
    }
    to.is_weak_signature = hash == NID_sha1 || hash == NID_md5 || hash == NID_md5_sha1;
}

void add_purposes(CertificateFacts& to, X509* certificate) {
    const std::uint32_t purposes = X509_get_extended_key_usage(certificate);
    to.for_servers = (purposes & (XKU_SSL_SERVER | XKU_ANYEKU)) != 0;
    to.for_clients = (purposes & (XKU_SSL_CLIENT | XKU_ANYEKU)) != 0;
    // RFC 5280 §4.2.1.3: a key that may not sign serves no TLS handshake of ours.
    if ((X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE) == 0) {
        to.for_servers = to.for_clients = false;
    }
    to.is_authority =
        X509_check_ca(certificate) != 0 && (X509_get_extension_flags(certificate) & EXFLAG_CA) != 0;
    to.is_self_signed = (X509_get_extension_flags(certificate) & EXFLAG_SS) != 0;
    to.has_revocation_list =
        X509_get_ext_by_NID(certificate, NID_crl_distribution_points, -1) >= 0 ||
        X509_get_ext_by_NID(certificate, NID_info_access, -1) >= 0;
}

void add_names(CertificateFacts& to) {
    const auto add = [&to](std::string_view kind, const std::vector<std::string>& names) {
        for (const std::string& name : names) {
            to.alternative_names.push_back(std::string(kind) + name);
        }
    };
    add("DNS:", to.names.dns_names);
    add("SRV:", to.names.srv_names);
    add("XMPP:", to.names.xmpp_addrs);
    add("URI:", to.names.uris);
    add("IP:", to.names.ip_addresses);
}

}  // namespace

Result<CertificateFacts> read_certificate_facts(std::string_view pem) {
    const X509Pointer certificate = read_x509(pem);
    if (!certificate) {
        return make_error(
            ErrorKind::Syntax, "IST-CERT-010", "That is no certificate.", take_openssl_error());
    }
    CertificateFacts made;
    made.names = describe(certificate.get(), X509_V_OK);
    made.issuer = name_text(X509_get_issuer_name(certificate.get()));
    made.serial_number = serial_text(certificate.get());
    made.not_before = time_of(X509_get0_notBefore(certificate.get()));
    made.thumbprint = thumbprint_of(certificate.get());
    const KeyFacts key = facts_of(X509_get0_pubkey(certificate.get()));
    made.key = key.name;
    made.public_key = key.public_key;
    made.is_weak_key = key.is_weak;
    add_signature(made, certificate.get());
    add_purposes(made, certificate.get());
    add_names(made);
    (void)take_openssl_error();
    return made;
}

}  // namespace isthmus::net
