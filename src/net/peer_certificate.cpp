#include "net/peer_certificate.h"

#include "base/digest.h"
#include "base/text.h"
#include "net/address.h"
#include "net/openssl.h"

#include <openssl/objects.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <memory>
#include <utility>

namespace isthmus::net {

namespace {

constexpr std::size_t kMaxNames = 1000;

/// Visible ASCII or nothing: a NUL or control character in a name is an attack, not a name.
std::string visible_text(const ASN1_STRING* string) {
    const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(string));
    const std::string_view text(data, static_cast<std::size_t>(ASN1_STRING_length(string)));
    const bool is_visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
    return is_visible ? std::string(text) : std::string();
}

std::string domain_text(const ASN1_STRING* string) {
    std::string domain = text::to_lower(visible_text(string));
    if (domain.ends_with('.')) {
        domain.pop_back();
    }
    return domain;
}

void add(std::vector<std::string>& to, std::string name) {
    if (!name.empty() && to.size() < kMaxNames) {
        to.push_back(std::move(name));
    }
}

void add_other_name(PeerCertificate& to, const OTHERNAME& name) {
    const int nid = OBJ_obj2nid(name.type_id);
    const ASN1_TYPE* value = name.value;
    if (nid == NID_SRVName && value->type == V_ASN1_IA5STRING) {  // RFC 4985 §2
        add(to.srv_names, domain_text(value->value.ia5string));
    } else if (nid == NID_XmppAddr && value->type == V_ASN1_UTF8STRING) {  // RFC 6120 §13.7.1.4
        std::string address = domain_text(value->value.utf8string);
        if (address.find_first_of("@/") == std::string::npos) {
            add(to.xmpp_addrs, std::move(address));
        }
    }
}

void add_ip_address(PeerCertificate& to, const ASN1_OCTET_STRING& octets) {
    const unsigned char* data = ASN1_STRING_get0_data(&octets);
    if (ASN1_STRING_length(&octets) == 4) {
        add(to.ip_addresses, IpAddress::v4({data[0], data[1], data[2], data[3]}).to_string());
    } else if (ASN1_STRING_length(&octets) == 16) {
        std::array<std::uint8_t, 16> v6{};
        std::copy_n(data, v6.size(), v6.begin());
        add(to.ip_addresses, IpAddress::v6(v6).to_string());
    }
}

void add_alternative_names(PeerCertificate& to, const X509* certificate) {
    const NamesPointer names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    if (!names) {
        return;
    }
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        switch (name->type) {
            case GEN_DNS:
                add(to.dns_names, domain_text(name->d.dNSName));
                break;
            case GEN_URI:
                add(to.uris, visible_text(name->d.uniformResourceIdentifier));
                break;
            case GEN_OTHERNAME:
                add_other_name(to, *name->d.otherName);
                break;
            case GEN_IPADD:
                add_ip_address(to, *name->d.iPAddress);
                break;
            default:
                break;
        }
    }
}

std::string fingerprint(const X509* certificate, const EVP_MD* by) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    X509_digest(certificate, by, hash.data(), &size);
    return digest::to_hex({reinterpret_cast<const char*>(hash.data()), size});
}

/// The chain is looked for before dates are looked at, so they may not have been.
bool is_fault_of_issuer_only(const X509* certificate, long verify_result) {
    switch (verify_result) {
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            // RFC 7633: where no issuer is known, no stapled response can be checked.
            return X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 &&
                   X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0 &&
                   X509_get_ext_by_NID(certificate, NID_tlsfeature, -1) < 0;
        default:
            return false;
    }
}

}  // namespace

PeerCertificate describe(X509* certificate, long verify_result) {
    PeerCertificate result;
    result.is_trusted = verify_result == X509_V_OK;
    result.is_revoked = verify_result == X509_V_ERR_CERT_REVOKED;
    if (!result.is_trusted) {
        result.trust_error = X509_verify_cert_error_string(verify_result);
        result.lacks_only_issuer = is_fault_of_issuer_only(certificate, verify_result);
    }
    result.subject = name_text(X509_get_subject_name(certificate));
    result.issuer = name_text(X509_get_issuer_name(certificate));
    result.sha256 = fingerprint(certificate, EVP_sha256());
    result.sha512 = fingerprint(certificate, EVP_sha512());
    std::tm end{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1) {
        result.not_after = std::chrono::sys_seconds(std::chrono::seconds(timegm(&end)));
    }
    add_alternative_names(result, certificate);
    // UINT32_MAX without the extension: good for everything (RFC 5280 §4.2.1.12).
    const std::uint32_t usage = X509_get_extended_key_usage(certificate);
    const bool is_any = usage == UINT32_MAX || (usage & XKU_ANYEKU) != 0;
    result.may_be_client = is_any || (usage & XKU_SSL_CLIENT) != 0;
    result.may_be_server = is_any || (usage & XKU_SSL_SERVER) != 0;
    return result;
}

}  // namespace isthmus::net
