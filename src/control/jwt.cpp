#include "control/jwt.h"

#include "base/digest.h"
#include "base/freed.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>

namespace isthmus::control {

namespace json = boost::json;

namespace {

constexpr std::size_t kMostToken = 64UL * 1024;
constexpr std::size_t kMostKeys = 32;
constexpr std::size_t kCoordinate = 32;  // octets of P-256

using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;

const unsigned char* octets_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string text_of(const json::object& object, const char* name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
}

std::optional<json::object> parse_object(std::string_view text) {
    json::parse_options options;
    options.max_depth = 16;
    boost::system::error_code error;
    json::value value = json::parse({text.data(), text.size()}, error, {}, options);
    if (error || !value.is_object()) {
        return std::nullopt;
    }
    return std::move(value.get_object());
}

std::shared_ptr<EVP_PKEY> make_key(const char* type, OSSL_PARAM_BLD* builder) {
    const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
        ERR_clear_error();
        return nullptr;
    }
    return {key, EVP_PKEY_free};
}

std::shared_ptr<EVP_PKEY> rsa_key(const json::object& jwk) {
    const auto modulus = base64url_decode(text_of(jwk, "n"));
    const auto exponent = base64url_decode(text_of(jwk, "e"));
    constexpr std::size_t kMostOctets = 1024;
    if (!modulus || !exponent || modulus->size() > kMostOctets || exponent->empty() ||
        exponent->size() > 4) {
        return nullptr;
    }
    const Number n(BN_bin2bn(octets_of(*modulus), static_cast<int>(modulus->size()), nullptr));
    const Number e(BN_bin2bn(octets_of(*exponent), static_cast<int>(exponent->size()), nullptr));
    const Builder builder(OSSL_PARAM_BLD_new());
    if (!n || !e || BN_num_bits(n.get()) < 2048 || BN_is_odd(e.get()) == 0 ||
        BN_is_one(e.get()) == 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
        return nullptr;
    }
    return make_key("RSA", builder.get());
}

std::shared_ptr<EVP_PKEY> ec_key(const json::object& jwk) {
    const auto x = base64url_decode(text_of(jwk, "x"));
    const auto y = base64url_decode(text_of(jwk, "y"));
    if (text_of(jwk, "crv") != "P-256" || !x || !y || x->size() != kCoordinate ||
        y->size() != kCoordinate) {
        return nullptr;
    }
    // SEC 1 §2.3.3, uncompressed. OpenSSL checks that the point is on the curve.
    const std::string point = "\x04" + *x + *y;
    const Builder builder(OSSL_PARAM_BLD_new());
    if (OSSL_PARAM_BLD_push_utf8_string(
            builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(
            builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
        return nullptr;
    }
    return make_key("EC", builder.get());
}

std::optional<SigningKey> read_key(const json::object& jwk) {
    const std::string use = text_of(jwk, "use");
    const std::string type = text_of(jwk, "kty");
    if (!use.empty() && use != "sig") {
        return std::nullopt;
    }
    SigningKey made{.id = text_of(jwk, "kid"),
                    .algorithm = type == "RSA" ? "RS256" : "ES256",
                    .key = type == "RSA"  ? rsa_key(jwk)
                           : type == "EC" ? ec_key(jwk)
                                          : nullptr};
    const std::string named = text_of(jwk, "alg");
    if (!made.key || (!named.empty() && named != made.algorithm)) {
        return std::nullopt;
    }
    return made;
}

/// RFC 7518 §3.4: two numbers of 32 octets, which OpenSSL wants in DER.
std::string der_signature(std::string_view raw) {
    ECDSA_SIG* signature = ECDSA_SIG_new();
    ECDSA_SIG_set0(signature,
                   BN_bin2bn(octets_of(raw), kCoordinate, nullptr),
                   BN_bin2bn(octets_of(raw) + kCoordinate, kCoordinate, nullptr));
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(signature, &der);
    std::string made(reinterpret_cast<const char*>(der),
                     size > 0 ? static_cast<std::size_t>(size) : 0);
    OPENSSL_free(der);
    ECDSA_SIG_free(signature);
    return made;
}

bool is_signed_by(const SigningKey& key, std::string_view signed_part, std::string signature) {
    if (key.algorithm == "ES256") {
        if (signature.size() != 2 * kCoordinate) {
            return false;
        }
        signature = der_signature(signature);
    }
    const std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
    const bool good =
        EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.key.get()) == 1 &&
        EVP_DigestVerify(context.get(),
                         octets_of(signature),
                         signature.size(),
                         octets_of(signed_part),
                         signed_part.size()) == 1;
    ERR_clear_error();
    return good;
}

}  // namespace

std::string base64url_encode(std::string_view octets) {
    std::string made = digest::base64_encode(octets);
    std::ranges::replace(made, '+', '-');
    std::ranges::replace(made, '/', '_');
    made.resize(std::min(made.size(), made.find('=')));
    return made;
}

std::optional<std::string> base64url_decode(std::string_view text) {
    if (text.find_first_of("+/=") != std::string_view::npos) {
        return std::nullopt;
    }
    std::string plain(text);
    std::ranges::replace(plain, '-', '+');
    std::ranges::replace(plain, '_', '/');
    plain.append((4 - plain.size() % 4) % 4, '=');
    return digest::base64_decode(plain);
}

Result<std::vector<SigningKey>> read_keys(std::string_view jwks) {
    const auto document = parse_object(jwks);
    const json::value* list = document ? document->if_contains("keys") : nullptr;
    if (list == nullptr || !list->is_array()) {
        return make_error(ErrorKind::Syntax, "The provider's keys are not a JWKS document.");
    }
    std::vector<SigningKey> keys;
    for (const json::value& one : list->get_array()) {
        if (keys.size() == kMostKeys) {
            break;
        }
        if (auto key = one.is_object() ? read_key(one.get_object()) : std::nullopt) {
            keys.push_back(*std::move(key));
        }
    }
    if (keys.empty()) {
        return make_error(ErrorKind::Syntax, "The provider has no key that we can use.");
    }
    return keys;
}

Jwt verify_jwt(std::string_view token, const std::vector<SigningKey>& keys) {
    const std::size_t first = token.find('.');
    const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (token.size() > kMostToken || second == std::string_view::npos ||
        token.find('.', second + 1) != std::string_view::npos) {
        return {JwtFault::Malformed, {}};
    }
    const auto header_text = base64url_decode(token.substr(0, first));
    const auto claims_text = base64url_decode(token.substr(first + 1, second - first - 1));
    const auto signature = base64url_decode(token.substr(second + 1));
    const auto header = header_text ? parse_object(*header_text) : std::nullopt;
    auto claims = claims_text ? parse_object(*claims_text) : std::nullopt;
    if (!header || !claims || !signature || header->contains("crit")) {
        return {JwtFault::Malformed, {}};
    }
    const std::string algorithm = text_of(*header, "alg");
    if (algorithm != "RS256" && algorithm != "ES256") {
        return {JwtFault::Algorithm, {}};
    }
    const std::string id = text_of(*header, "kid");
    bool is_known = false;
    for (const SigningKey& key : keys) {
        if (key.algorithm != algorithm || (!id.empty() && key.id != id)) {
            continue;
        }
        is_known = true;
        if (is_signed_by(key, token.substr(0, second), *signature)) {
            return {JwtFault::None, *std::move(claims)};
        }
    }
    return {is_known ? JwtFault::Signature : JwtFault::UnknownKey, {}};
}

}  // namespace isthmus::control
