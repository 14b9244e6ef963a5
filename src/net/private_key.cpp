#include "net/private_key.h"

#include "base/digest.h"
#include "base/text.h"
#include "net/key_facts.h"
#include "net/openssl.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <string>

namespace isthmus::net {

namespace {

struct KindRow {
    std::string_view name;
    KeyKind kind;
    int bits;           ///< of RSA
    const char* curve;  ///< else
    std::array<std::string_view, 3> other_names;
};

constexpr KindRow kKinds[] = {
    {"rsa-2048", KeyKind::Rsa2048, 2048, nullptr, {"rsa", "2048", "rsa2048"}},
    {"rsa-3072", KeyKind::Rsa3072, 3072, nullptr, {"3072", "rsa3072", "rsa:3072"}},
    {"rsa-4096", KeyKind::Rsa4096, 4096, nullptr, {"4096", "rsa4096", "rsa:4096"}},
    {"p-256", KeyKind::P256, 0, "P-256", {"ecdh_p256", "prime256v1", "p256"}},
    {"p-384", KeyKind::P384, 0, "P-384", {"ecdh_p384", "secp384r1", "p384"}},
    {"p-521", KeyKind::P521, 0, "P-521", {"ecdh_p521", "secp521r1", "p521"}},
};

constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 8192;  // more costs each handshake tens of milliseconds

std::string public_key_hash(EVP_PKEY* key) {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    if (size <= 0) {
        return {};
    }
    std::string hash =
        digest::sha256_hex({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
    OPENSSL_free(der);
    return hash;
}

}  // namespace

std::string_view name_of(KeyKind kind) {
    return kKinds[static_cast<std::size_t>(kind)].name;
}

std::optional<KeyKind> key_kind_named(std::string_view name) {
    for (const KindRow& row : kKinds) {
        if (text::iequals(row.name, name)) {
            return row.kind;
        }
        for (const std::string_view other : row.other_names) {
            if (text::iequals(other, name)) {
                return row.kind;
            }
        }
    }
    return std::nullopt;
}

std::string key_kind_names() {
    std::string made;
    for (const KindRow& row : kKinds) {
        made += made.empty() ? "" : ", ";
        made += row.name;
    }
    return made;
}

std::string generate_key(KeyKind kind) {
    const KindRow& row = kKinds[static_cast<std::size_t>(kind)];
    const KeyPointer key(row.curve != nullptr ? EVP_EC_gen(row.curve)
                                              : EVP_RSA_gen(static_cast<unsigned>(row.bits)));
    const BioPointer sink = memory_sink();
    if (!key || PEM_write_bio_PrivateKey(
                    sink.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        (void)take_openssl_error();
        return {};
    }
    std::string pem = text_of(sink.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(sink.get(), &data);
    OPENSSL_cleanse(data, static_cast<std::size_t>(size));
    return pem;
}

KeyFacts facts_of(EVP_PKEY* key) {
    KeyFacts made{.name = "of an unknown kind", .public_key = {}, .is_weak = true};
    if (key == nullptr) {
        return made;
    }
    made.public_key = public_key_hash(key);
    const int bits = EVP_PKEY_get_bits(key);
    if (EVP_PKEY_is_a(key, "RSA") == 1) {
        made.name = fmt::format("RSA {}", bits);
        made.is_weak = bits < kLeastRsaBits || bits > kMostRsaBits;
    } else if (EVP_PKEY_is_a(key, "EC") == 1) {
        std::array<char, 64> curve{};
        std::size_t size = 0;
        EVP_PKEY_get_group_name(key, curve.data(), curve.size(), &size);
        const auto kind = key_kind_named({curve.data(), size});
        made.name = kind ? fmt::format("ECDSA {}", kKinds[static_cast<std::size_t>(*kind)].curve)
                         : fmt::format("ECDSA {}", std::string_view(curve.data(), size));
        made.is_weak = !kind;
    } else if (const char* name = EVP_PKEY_get0_type_name(key); name != nullptr) {
        made.name = name;
    }
    return made;
}

Result<KeyFacts> read_key_facts(std::string_view pem) {
    const BioPointer bio = memory_bio(pem);
    const KeyPointer key(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_passphrase, nullptr));
    if (!key) {
        return make_error(
            ErrorKind::Syntax, "IST-CERT-010", "That is no private key.", take_openssl_error());
    }
    KeyFacts made = facts_of(key.get());
    (void)take_openssl_error();
    return made;
}

void wipe(std::string& secret) {
    OPENSSL_cleanse(secret.data(), secret.size());
    secret.clear();
}

}  // namespace isthmus::net
