// Tokens of an identity provider: signatures, claims, roles.
#include "control/oidc.h"

#include "support/signed_tokens.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace isthmus::control {
namespace {

namespace json = boost::json;
using test::TokenKey;

std::vector<SigningKey> keys_of(std::initializer_list<const TokenKey*> keys) {
    json::array list;
    for (const TokenKey* key : keys) {
        list.push_back(key->jwk());
    }
    return read_keys(json::serialize(json::object{{"keys", list}})).value();
}

class JwtTest : public testing::Test {
  protected:
    static const TokenKey& rsa() {
        static const TokenKey key(TokenKey::Type::Rsa, "rsa");
        return key;
    }

    TokenKey ec{TokenKey::Type::Ec, "ec"};
    json::object claims{{"sub", "1"}};
};

TEST_F(JwtTest, BothAlgorithms) {
    const auto keys = keys_of({&rsa(), &ec});
    for (const TokenKey* key : {&rsa(), static_cast<const TokenKey*>(&ec)}) {
        const Jwt jwt = verify_jwt(key->sign(claims), keys);
        EXPECT_EQ(jwt.fault, JwtFault::None) << key->id;
        EXPECT_EQ(jwt.claims, claims);
    }
}

TEST_F(JwtTest, ForgedKeyOfTheSameName) {
    const TokenKey forged(TokenKey::Type::Ec, "ec");
    EXPECT_EQ(verify_jwt(forged.sign(claims), keys_of({&ec})).fault, JwtFault::Signature);
    const TokenKey other(TokenKey::Type::Ec, "other");
    EXPECT_EQ(verify_jwt(other.sign(claims), keys_of({&ec})).fault, JwtFault::UnknownKey);
}

TEST_F(JwtTest, ChangedTokens) {
    const std::string token = ec.sign(claims);
    for (std::size_t at = 0; at < token.size(); ++at) {
        std::string changed = token;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        EXPECT_NE(verify_jwt(changed, keys_of({&ec})).fault, JwtFault::None) << at;
        if (at % 7 == 0) {
            EXPECT_NE(verify_jwt(token.substr(0, at), keys_of({&ec})).fault, JwtFault::None);
        }
    }
}

TEST_F(JwtTest, AlgorithmsThatProveNothing) {
    const auto keys = keys_of({&rsa(), &ec});
    for (const char* bad : {"none", "None", "HS256", "RS512", "ES384", "PS256", "", "rs256"}) {
        EXPECT_EQ(verify_jwt(ec.sign(claims, {{"alg", bad}}), keys).fault, JwtFault::Algorithm)
            << bad;
    }
    // alg=none has no signature at all.
    const std::string unsigned_token = base64url_encode(R"({"alg":"none"})") + "." +
                                       base64url_encode(json::serialize(claims)) + ".";
    EXPECT_EQ(verify_jwt(unsigned_token, keys).fault, JwtFault::Algorithm);
    EXPECT_EQ(verify_jwt(ec.sign(claims, {{"alg", "RS256"}}), keys).fault, JwtFault::UnknownKey)
        << "the key decides what it signs with";
    EXPECT_EQ(verify_jwt(ec.sign(claims, {{"crit", json::array{"exp"}}}), keys).fault,
              JwtFault::Malformed);
}

TEST_F(JwtTest, WhatIsNoToken) {
    for (const char* bad : {"", ".", "..", "...", "a.b.c", "e30.e30.", "e30.e30", "e30.W10.AA"}) {
        const auto fault = verify_jwt(bad, keys_of({&ec})).fault;
        EXPECT_TRUE(fault == JwtFault::Malformed || fault == JwtFault::Algorithm) << bad;
    }
    EXPECT_EQ(verify_jwt(std::string(100'000, 'a'), keys_of({&ec})).fault, JwtFault::Malformed);
}

TEST_F(JwtTest, KeysThatAreNoneAreSkipped) {
    const TokenKey small(TokenKey::Type::Rsa, "small", 1024);
    json::object off = ec.jwk();
    off["y"] = off["x"];
    json::object encryption = ec.jwk();
    encryption["use"] = "enc";
    json::object symmetric{{"kty", "oct"}, {"k", "AAAA"}};
    const json::array list{small.jwk(), off, encryption, symmetric, ec.jwk(), 7, nullptr};
    const auto keys = read_keys(json::serialize(json::object{{"keys", list}}));
    ASSERT_TRUE(keys);
    EXPECT_EQ(keys->size(), 1U);
    for (const char* bad : {"", "[]", "{}", R"({"keys":[]})", R"({"keys":{}})"}) {
        EXPECT_FALSE(read_keys(bad)) << bad;
    }
}

// RFC 7636 appendix B.
TEST(Oidc, PkceChallenge) {
    EXPECT_EQ(pkce_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
              "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST(Oidc, DiscoveryOfTheRightIssuerOnly) {
    const std::string good = R"({"issuer":"https://idp.example",
        "authorization_endpoint":"https://idp.example/auth?x=1",
        "token_endpoint":"https://idp.example/token","jwks_uri":"https://idp.example/keys"})";
    const auto provider = read_provider(good, "https://idp.example");
    ASSERT_TRUE(provider);
    const OidcSettings settings{.client_id = "a b", .redirect_url = "https://g.example/cb"};
    EXPECT_EQ(authorization_url(*provider, settings, "s", "n", "v"),
              "https://idp.example/auth?x=1&response_type=code&client_id=a%20b&redirect_uri="
              "https%3A%2F%2Fg.example%2Fcb&scope=openid%20profile%20email&state=s&nonce=n&"
              "code_challenge=" +
                  pkce_challenge("v") + "&code_challenge_method=S256");
    EXPECT_FALSE(read_provider(good, "https://idp.example/"));
    std::string plain = good;
    plain.replace(plain.find("https://idp.example/token"), 5, "http");
    EXPECT_FALSE(read_provider(plain, "https://idp.example"));
    for (const char* bad : {"", "[]", "{}", R"({"issuer":"https://idp.example"})"}) {
        EXPECT_FALSE(read_provider(bad, "https://idp.example")) << bad;
    }
}

class ClaimsTest : public testing::Test {
  protected:
    std::string detail(const json::object& changed) const {
        json::object all = good;
        for (const auto& member : changed) {
            if (member.value().is_null()) {
                all.erase(member.key());
            } else {
                all[member.key()] = member.value();
            }
        }
        const auto checked = check_claims(all, settings, "n1", 1'800'000'000);
        return checked ? "" : checked.error().detail;
    }

    OidcSettings settings{
        .issuer = "https://idp.example",
        .client_id = "isthmus",
        .roles = {{"ops", Role::Admin}, {"desk", Role::Helpdesk}, {"all", Role::Viewer}}};
    json::object good{{"iss", "https://idp.example"},
                      {"aud", "isthmus"},
                      {"sub", "42"},
                      {"exp", 1'800'000'300},
                      {"iat", 1'799'999'990},
                      {"nonce", "n1"},
                      {"preferred_username", "alice"},
                      {"groups", json::array{"all", "ops", "desk"}}};
};

TEST_F(ClaimsTest, NameAndTheStrongestRole) {
    const auto identity = check_claims(good, settings, "n1", 1'800'000'000);
    ASSERT_TRUE(identity);
    EXPECT_EQ(identity->name, "alice");
    EXPECT_EQ(identity->role, Role::Admin);
    settings.role_claim = "realm_access.roles";
    good["realm_access"] = json::object{{"roles", json::array{"desk"}}};
    EXPECT_EQ(check_claims(good, settings, "n1", 1'800'000'000)->role, Role::Helpdesk);
    good["realm_access.roles"] = "all";
    EXPECT_EQ(check_claims(good, settings, "n1", 1'800'000'000)->role, Role::Viewer);
    good.erase("preferred_username");
    EXPECT_EQ(check_claims(good, settings, "n1", 1'800'000'000)->name, "42");
    good["preferred_username"] = "x\r\ny";
    EXPECT_EQ(check_claims(good, settings, "n1", 1'800'000'000)->name.find('\n'),
              std::string::npos);
}

TEST_F(ClaimsTest, EachCheckRefuses) {
    EXPECT_EQ(detail({}), "");
    EXPECT_NE(detail({{"iss", "https://evil.example"}}), "");
    EXPECT_NE(detail({{"iss", nullptr}}), "");
    EXPECT_NE(detail({{"aud", "other"}}), "");
    EXPECT_NE(detail({{"aud", json::array{"isthmus", "other"}}}), "") << "several need azp";
    EXPECT_EQ(detail({{"aud", json::array{"isthmus", "other"}}, {"azp", "isthmus"}}), "");
    EXPECT_NE(detail({{"azp", "other"}}), "");
    EXPECT_NE(detail({{"aud", nullptr}}), "");
    EXPECT_NE(detail({{"exp", 1'799'999'940}}), "");
    EXPECT_EQ(detail({{"exp", 1'799'999'941}}), "") << "60 s for clocks that differ";
    EXPECT_NE(detail({{"exp", nullptr}}), "");
    EXPECT_NE(detail({{"exp", "1800000300"}}), "");
    EXPECT_NE(detail({{"iat", 1'800'000'061}}), "");
    EXPECT_EQ(detail({{"iat", 1'800'000'060}}), "");
    EXPECT_NE(detail({{"iat", 1'799'990'000}}), "") << "kept for later";
    EXPECT_NE(detail({{"nbf", 1'800'000'061}}), "");
    EXPECT_NE(detail({{"nonce", "n2"}}), "");
    EXPECT_NE(detail({{"nonce", nullptr}}), "");
    EXPECT_NE(detail({{"sub", nullptr}}), "");
    EXPECT_NE(detail({{"groups", json::array{"strangers"}}}), "");
    EXPECT_NE(detail({{"groups", nullptr}}), "");
    EXPECT_FALSE(check_claims(good, settings, "", 1'800'000'000));
}

}  // namespace
}  // namespace isthmus::control
