// Keys of an identity provider that tests hold, and tokens signed with them.
#pragma once

#include "control/jwt.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>
#include <string_view>

namespace isthmus::test {

class TokenKey {
  public:
    enum class Type : std::uint8_t { Rsa, Ec };

    explicit TokenKey(Type type, std::string key_id = "k1", unsigned rsa_bits = 2048)
        : id(std::move(key_id)),
          type_(type),
          key_(type == Type::Rsa ? EVP_RSA_gen(rsa_bits) : EVP_EC_gen("P-256"), EVP_PKEY_free) {}

    const char* algorithm() const { return type_ == Type::Rsa ? "RS256" : "ES256"; }

    boost::json::object jwk() const {
        boost::json::object made{{"kid", id}, {"use", "sig"}, {"alg", algorithm()}};
        if (type_ == Type::Rsa) {
            made["kty"] = "RSA";
            made["n"] = number(OSSL_PKEY_PARAM_RSA_N, 0);
            made["e"] = number(OSSL_PKEY_PARAM_RSA_E, 0);
        } else {
            made["kty"] = "EC";
            made["crv"] = "P-256";
            made["x"] = number(OSSL_PKEY_PARAM_EC_PUB_X, 32);
            made["y"] = number(OSSL_PKEY_PARAM_EC_PUB_Y, 32);
        }
        return made;
    }

    std::string sign(const boost::json::object& claims, boost::json::object header = {}) const {
        header.emplace("alg", algorithm());
        header.emplace("kid", id);
        const std::string part = control::base64url_encode(boost::json::serialize(header)) + "." +
                                 control::base64url_encode(boost::json::serialize(claims));
        return part + "." + control::base64url_encode(signature(part));
    }

    std::string id;

  private:
    std::string number(const char* name, std::size_t octets) const {
        BIGNUM* value = nullptr;
        EVP_PKEY_get_bn_param(key_.get(), name, &value);
        std::string raw(octets != 0 ? octets : static_cast<std::size_t>(BN_num_bytes(value)), '\0');
        BN_bn2binpad(
            value, reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(raw.size()));
        BN_free(value);
        return control::base64url_encode(raw);
    }

    std::string signature(std::string_view part) const {
        EVP_MD_CTX* context = EVP_MD_CTX_new();
        const auto* data = reinterpret_cast<const unsigned char*>(part.data());
        std::size_t size = 1024;
        std::string made(size, '\0');
        EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_.get());
        EVP_DigestSign(
            context, reinterpret_cast<unsigned char*>(made.data()), &size, data, part.size());
        EVP_MD_CTX_free(context);
        made.resize(size);
        return type_ == Type::Rsa ? made : raw_of(made);
    }

    /// RFC 7518 §3.4.
    static std::string raw_of(const std::string& der) {
        const auto* at = reinterpret_cast<const unsigned char*>(der.data());
        ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
        std::string raw(64, '\0');
        auto* to = reinterpret_cast<unsigned char*>(raw.data());
        BN_bn2binpad(ECDSA_SIG_get0_r(signature), to, 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(signature), to + 32, 32);
        ECDSA_SIG_free(signature);
        return raw;
    }

    Type type_;
    std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace isthmus::test
