#include "net/pkcs12.h"

#include "net/openssl.h"

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace isthmus::net {

namespace {

using Pkcs12Pointer = std::unique_ptr<PKCS12, Freed<PKCS12_free>>;
using AlgorithmPointer = std::unique_ptr<X509_ALGOR, Freed<X509_ALGOR_free>>;

constexpr int kMostDepth = 3;  // of bags within bags

struct FreeSafes {
    void operator()(STACK_OF(PKCS7) * list) const { sk_PKCS7_pop_free(list, PKCS7_free); }
};

struct FreeBags {
    void operator()(STACK_OF(PKCS12_SAFEBAG) * list) const {
        sk_PKCS12_SAFEBAG_pop_free(list, PKCS12_SAFEBAG_free);
    }
};

using SafesPointer = std::unique_ptr<STACK_OF(PKCS7), FreeSafes>;
using BagsPointer = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), FreeBags>;
using InfoPointer = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freed<PKCS8_PRIV_KEY_INFO_free>>;

Error unreadable_file(std::string why) {
    return make_error(
        ErrorKind::Syntax, "IST-CERT-010", "The PKCS #12 file cannot be read.", std::move(why));
}

Error wrong_password(bool was_given) {
    return make_error(ErrorKind::Syntax,
                      "IST-CERT-011",
                      was_given ? "The password is wrong." : "The file needs a password.",
                      was_given ? "the file does not open with it" : "none was given");
}

Error too_costly() {
    return make_error(ErrorKind::TooLong,
                      "IST-CERT-029",
                      "The file asks for too much work.",
                      "its key derivations have more rounds than any program writes");
}

Pkcs12Pointer parse(std::string_view der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const auto* end = at + der.size();
    // Carries the context with the old ciphers into everything that is unpacked from it.
    PKCS12* target = PKCS12_init_ex(NID_pkcs7_data, old_ciphers(), nullptr);
    PKCS12* made = d2i_PKCS12(&target, &at, static_cast<long>(der.size()));
    if (made == nullptr) {
        return nullptr;
    }
    Pkcs12Pointer owned(made);
    return at == end ? std::move(owned) : nullptr;
}

template <class T, auto Read>
std::unique_ptr<T, void (*)(T*)> unpacked(const ASN1_TYPE* value, void (*free)(T*)) {
    if (value == nullptr || value->type != V_ASN1_SEQUENCE) {
        return {nullptr, free};
    }
    const auto* at = ASN1_STRING_get0_data(value->value.sequence);
    return {Read(nullptr, &at, ASN1_STRING_length(value->value.sequence)), free};
}

const ASN1_TYPE* parameter_of(const X509_ALGOR* algorithm) {
    return algorithm == nullptr ? nullptr : algorithm->parameter;
}

/// PBKDF2 or scrypt inside PBES2 (RFC 8018 §6.2, RFC 7914 §7).
std::optional<long> pbes2_rounds(const X509_ALGOR* algorithm) {
    const auto outer = unpacked<PBE2PARAM, d2i_PBE2PARAM>(parameter_of(algorithm), PBE2PARAM_free);
    if (!outer) {
        return std::nullopt;
    }
    const int kind = OBJ_obj2nid(outer->keyfunc->algorithm);
    if (kind == NID_id_pbkdf2) {
        const auto inner =
            unpacked<PBKDF2PARAM, d2i_PBKDF2PARAM>(parameter_of(outer->keyfunc), PBKDF2PARAM_free);
        return inner ? std::optional(ASN1_INTEGER_get(inner->iter)) : std::nullopt;
    }
    if (kind == NID_id_scrypt) {
        const auto inner = unpacked<SCRYPT_PARAMS, d2i_SCRYPT_PARAMS>(parameter_of(outer->keyfunc),
                                                                      SCRYPT_PARAMS_free);
        if (!inner) {
            return std::nullopt;
        }
        const long n = ASN1_INTEGER_get(inner->costParameter);
        const long r = ASN1_INTEGER_get(inner->blockSize);
        const long p = ASN1_INTEGER_get(inner->parallelizationParameter);
        constexpr long kMost = 1L << 20U;
        if (n <= 0 || r <= 0 || p <= 0 || n > kMost || r > kMost || p > kMost) {
            return std::nullopt;
        }
        return n > kMostRounds / r || n * r > kMostRounds / p ? kMostRounds + 1 : n * r * p;
    }
    return std::nullopt;
}

class Pkcs12Reading {
  public:
    explicit Pkcs12Reading(const std::optional<std::string>& password)
        : password_(password.value_or("")), was_given_(password && !password->empty()) {}

    Result<CertificateFile> read(PKCS12* file) {
        if (auto good = check_mac(file); !good) {
            return good.error();
        }
        const SafesPointer safes(PKCS12_unpack_authsafes(file));
        if (!safes) {
            return unreadable_file(take_openssl_error());
        }
        for (int i = 0; i < sk_PKCS7_num(safes.get()); ++i) {
            if (auto good = read_safe(sk_PKCS7_value(safes.get(), i)); !good) {
                return good.error();
            }
        }
        return std::move(made_);
    }

  private:
    /// RFC 7292 §4: without a MAC the file proves nothing, which is its author's choice.
    Result<void> check_mac(PKCS12* file) {
        if (PKCS12_mac_present(file) != 1) {
            return {};
        }
        const ASN1_INTEGER* rounds = nullptr;
        PKCS12_get0_mac(nullptr, nullptr, nullptr, &rounds, file);
        if (auto good = pay(rounds == nullptr ? 1 : ASN1_INTEGER_get(rounds)); !good) {
            return good;
        }
        // No password is either none at all or an empty one, depending on the author.
        const bool opens =
            PKCS12_verify_mac(file, password_.c_str(), static_cast<int>(password_.size())) == 1;
        if (!opens && !was_given_ && PKCS12_verify_mac(file, nullptr, 0) == 1) {
            is_null_ = true;
            return {};
        }
        ERR_clear_error();
        return opens ? Result<void>() : wrong_password(was_given_);
    }

    Result<void> pay(std::optional<long> rounds) {
        if (!rounds || *rounds < 0) {
            return unreadable_file("it is encrypted in a way that is not known here");
        }
        left_ -= std::min(*rounds, kMostRounds + 1);
        return left_ < 0 ? too_costly() : Result<void>();
    }

    const char* password() const { return is_null_ ? nullptr : password_.c_str(); }

    int password_size() const { return is_null_ ? 0 : static_cast<int>(password_.size()); }

    Result<void> read_safe(PKCS7* safe) {
        BagsPointer bags;
        if (PKCS7_type_is_data(safe)) {
            bags.reset(PKCS12_unpack_p7data(safe));
        } else if (PKCS7_type_is_encrypted(safe)) {
            if (safe->d.encrypted == nullptr || safe->d.encrypted->enc_data == nullptr) {
                return unreadable_file("an encrypted part is empty");
            }
            if (auto good = pay(derivation_rounds(safe->d.encrypted->enc_data->algorithm)); !good) {
                return good;
            }
            bags.reset(PKCS12_unpack_p7encdata(safe, password(), password_size()));
            if (!bags) {
                ERR_clear_error();
                return wrong_password(was_given_);
            }
        } else {
            return unreadable_file("a part is encrypted for a certificate, not with a password");
        }
        return bags ? read_bags(bags.get(), 0) : unreadable_file(take_openssl_error());
    }

    Result<void> read_bags(const STACK_OF(PKCS12_SAFEBAG) * bags, int depth) {
        for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); ++i) {
            if (auto good = read_bag(sk_PKCS12_SAFEBAG_value(bags, i), depth); !good) {
                return good;
            }
        }
        return {};
    }

    Result<void> read_bag(const PKCS12_SAFEBAG* bag, int depth) {
        switch (PKCS12_SAFEBAG_get_nid(bag)) {
            case NID_certBag: {
                const X509Pointer certificate(PKCS12_SAFEBAG_get1_cert(bag));
                if (!certificate) {
                    return unreadable_file(take_openssl_error());
                }
                if (made_.certificates.size() == kMostCertificates) {
                    return too_costly();
                }
                made_.certificates.push_back(to_pem(certificate.get()));
                return {};
            }
            case NID_keyBag:
                return take_key(PKCS12_SAFEBAG_get0_p8inf(bag), bag);
            case NID_pkcs8ShroudedKeyBag: {
                const X509_SIG* shrouded = PKCS12_SAFEBAG_get0_pkcs8(bag);
                const X509_ALGOR* algorithm = nullptr;
                X509_SIG_get0(shrouded, &algorithm, nullptr);
                if (auto good = pay(derivation_rounds(algorithm)); !good) {
                    return good;
                }
                const InfoPointer info(PKCS12_decrypt_skey(bag, password(), password_size()));
                if (!info) {
                    ERR_clear_error();
                    return wrong_password(was_given_);
                }
                return take_key(info.get(), bag);
            }
            case NID_safeContentsBag:
                return depth < kMostDepth ? read_bags(PKCS12_SAFEBAG_get0_safes(bag), depth + 1)
                                          : unreadable_file("its parts are nested too deeply");
            default:
                return {};  // revocation lists, secrets of other kinds
        }
    }

    Result<void> take_key(const PKCS8_PRIV_KEY_INFO* info, const PKCS12_SAFEBAG* bag) {
        if (!made_.key.empty()) {
            return unreadable_file("it holds more than one private key");
        }
        const KeyPointer key(EVP_PKCS82PKEY(info));
        const BioPointer sink = memory_sink();
        if (!key || PEM_write_bio_PrivateKey(
                        sink.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
            return unreadable_file("its private key is of a kind that is not known here");
        }
        made_.key = text_of(sink.get());
        if (char* name = PKCS12_get_friendlyname(const_cast<PKCS12_SAFEBAG*>(bag))) {
            made_.friendly_name = name;
            OPENSSL_free(name);
        }
        return {};
    }

    std::string password_;
    bool was_given_;
    bool is_null_ = false;
    long left_ = kMostRounds;
    CertificateFile made_;
};

}  // namespace

OSSL_LIB_CTX* old_ciphers() {
    static OSSL_LIB_CTX* const made = []() -> OSSL_LIB_CTX* {
        OSSL_LIB_CTX* context = OSSL_LIB_CTX_new();
        const bool good = context != nullptr && OSSL_PROVIDER_load(context, "default") != nullptr &&
                          OSSL_PROVIDER_load(context, "legacy") != nullptr;
        if (!good) {
            OSSL_LIB_CTX_free(context);
            (void)take_openssl_error();
        }
        return good ? context : nullptr;
    }();
    return made;
}

std::optional<long> derivation_rounds(const X509_ALGOR* algorithm) {
    if (algorithm == nullptr) {
        return std::nullopt;
    }
    if (OBJ_obj2nid(algorithm->algorithm) == NID_pbes2) {
        return pbes2_rounds(algorithm);
    }
    const auto parameters =
        unpacked<PBEPARAM, d2i_PBEPARAM>(parameter_of(algorithm), PBEPARAM_free);
    return parameters ? std::optional(ASN1_INTEGER_get(parameters->iter)) : std::nullopt;
}

bool is_pkcs12(std::string_view der) {
    const bool is_one = parse(der) != nullptr;
    ERR_clear_error();
    return is_one;
}

Result<CertificateFile> read_pkcs12(std::string_view der,
                                    const std::optional<std::string>& password) {
    ERR_clear_error();
    const Pkcs12Pointer file = parse(der);
    if (!file) {
        return unreadable_file(take_openssl_error());
    }
    auto made = Pkcs12Reading(password).read(file.get());
    ERR_clear_error();
    return made;
}

}  // namespace isthmus::net
