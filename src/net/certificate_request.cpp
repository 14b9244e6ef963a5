#include "net/certificate_request.h"

#include "net/openssl.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <utility>

namespace isthmus::net {

namespace {

using RequestPointer = std::unique_ptr<X509_REQ, Freed<X509_REQ_free>>;

struct FreeExtensions {
    void operator()(STACK_OF(X509_EXTENSION) * list) const {
        sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    }
};

using ExtensionsPointer = std::unique_ptr<STACK_OF(X509_EXTENSION), FreeExtensions>;

bool add_part(X509_NAME* to, const char* field, const std::string& text) {
    return text.empty() ||
           X509_NAME_add_entry_by_txt(to,
                                      field,
                                      MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(text.data()),
                                      static_cast<int>(text.size()),
                                      -1,
                                      0) == 1;
}

bool set_subject(X509_NAME* to, const RequestSubject& subject) {
    return add_part(to, "C", subject.country) && add_part(to, "ST", subject.state) &&
           add_part(to, "L", subject.locality) && add_part(to, "O", subject.organization) &&
           add_part(to, "OU", subject.organizational_unit) &&
           add_part(to, "CN", subject.common_name);
}

ASN1_STRING* make_string(int type, const std::string& text) {
    ASN1_STRING* made = ASN1_STRING_type_new(type);
    ASN1_STRING_set(made, text.data(), static_cast<int>(text.size()));
    return made;
}

void add_text_name(GENERAL_NAMES* to, int kind, const std::string& text) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, kind, make_string(V_ASN1_IA5STRING, text));
    sk_GENERAL_NAME_push(to, name);
}

/// RFC 4985 §2: id-on-dnsSRV is an IA5String. RFC 6120 §13.7.1.4: id-on-xmppAddr a UTF8String.
void add_other_name(GENERAL_NAMES* to, int nid, int type, const std::string& text) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    ASN1_TYPE* value = ASN1_TYPE_new();
    ASN1_TYPE_set(value, type, make_string(type, text));
    GENERAL_NAME_set0_othername(name, OBJ_nid2obj(nid), value);
    sk_GENERAL_NAME_push(to, name);
}

bool add_alternative_names(STACK_OF(X509_EXTENSION) * to, const RequestNames& names) {
    const NamesPointer list(sk_GENERAL_NAME_new_null());
    for (const std::string& text : names.dns_names) {
        add_text_name(list.get(), GEN_DNS, text);
    }
    for (const std::string& text : names.srv_names) {
        add_other_name(list.get(), NID_SRVName, V_ASN1_IA5STRING, text);
    }
    for (const std::string& text : names.xmpp_addrs) {
        add_other_name(list.get(), NID_XmppAddr, V_ASN1_UTF8STRING, text);
    }
    for (const std::string& text : names.uris) {
        add_text_name(list.get(), GEN_URI, text);
    }
    for (const std::string& text : names.ip_addresses) {
        ASN1_OCTET_STRING* octets = a2i_IPADDRESS(text.c_str());
        if (octets == nullptr) {
            return false;
        }
        GENERAL_NAME* name = GENERAL_NAME_new();
        GENERAL_NAME_set0_value(name, GEN_IPADD, octets);
        sk_GENERAL_NAME_push(list.get(), name);
    }
    STACK_OF(X509_EXTENSION)* stack = to;
    return sk_GENERAL_NAME_num(list.get()) == 0 ||
           X509V3_add1_i2d(&stack, NID_subject_alt_name, list.get(), 0, 0) == 1;
}

bool add_extension(STACK_OF(X509_EXTENSION) * to, int kind, const char* value) {
    X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
    return made != nullptr && sk_X509_EXTENSION_push(to, made) > 0;
}

bool add_extensions(X509_REQ* to, EVP_PKEY* key, const RequestNames& names) {
    const ExtensionsPointer list(sk_X509_EXTENSION_new_null());
    const bool is_rsa = EVP_PKEY_is_a(key, "RSA") == 1;
    return add_alternative_names(list.get(), names) &&
           add_extension(list.get(),
                         NID_key_usage,
                         is_rsa ? "critical,digitalSignature,keyEncipherment"
                                : "critical,digitalSignature") &&
           add_extension(list.get(), NID_ext_key_usage, "serverAuth,clientAuth") &&
           X509_REQ_add_extensions(to, list.get()) == 1;
}

}  // namespace

Result<std::string> make_certificate_request(std::string_view key_pem,
                                             const RequestSubject& subject,
                                             const RequestNames& names) {
    const BioPointer bio = memory_bio(key_pem);
    const KeyPointer key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    const RequestPointer request(X509_REQ_new());
    const bool good = key && request && X509_REQ_set_version(request.get(), 0) == 1 &&
                      set_subject(X509_REQ_get_subject_name(request.get()), subject) &&
                      X509_REQ_set_pubkey(request.get(), key.get()) == 1 &&
                      add_extensions(request.get(), key.get(), names) &&
                      X509_REQ_sign(request.get(), key.get(), EVP_sha256()) > 0;
    const BioPointer sink = memory_sink();
    if (!good || PEM_write_bio_X509_REQ(sink.get(), request.get()) != 1) {
        return make_error(ErrorKind::Syntax,
                          "IST-API-001",
                          "No request can be made of these values.",
                          take_openssl_error());
    }
    return text_of(sink.get());
}

}  // namespace isthmus::net
