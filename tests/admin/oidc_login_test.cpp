// The code flow against a provider made of three documents; tests/system has a real one.
#include "admin/oidc_login.h"

#include "admin/gate.h"
#include "support/admin_world.h"
#include "support/signed_tokens.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <optional>

namespace isthmus::admin {
namespace {

namespace json = boost::json;

class OidcLoginTest : public testing::Test, protected test::AdminWorld {
  protected:
    OidcLoginTest() {
        documents["https://idp.example/.well-known/openid-configuration"] =
            json::serialize(json::object{{"issuer", "https://idp.example"},
                                         {"authorization_endpoint", "https://idp.example/auth"},
                                         {"token_endpoint", "https://idp.example/token"},
                                         {"jwks_uri", "https://idp.example/keys"}});
        publish(key);
    }

    void publish(const test::TokenKey& one) {
        documents["https://idp.example/keys"] =
            json::serialize(json::object{{"keys", json::array{one.jwk()}}});
    }

    HttpResponse ask(bool is_login,
                     const std::string& target,
                     const std::string& cookies = {},
                     const char* origin = "192.0.2.1") {
        HttpRequest request{.method = "GET"};
        request.author.origin = origin;
        request.headers["cookie"] = cookies;
        EXPECT_TRUE(parse_target(target, request));
        std::optional<HttpResponse> answer;
        const auto reply = [&](HttpResponse response) { answer = std::move(response); };
        is_login ? login.login(request, reply) : login.callback(request, reply);
        work();
        return answer.value();
    }

    static std::string field(const HttpResponse& response, std::string_view name) {
        for (const auto& [key_name, value] : response.headers) {
            if (key_name == name) {
                return value;
            }
        }
        return {};
    }

    static std::string parameter(const std::string& url, const std::string& name) {
        const std::size_t at = url.find(name + "=");
        return at == std::string::npos
                   ? ""
                   : url.substr(at + name.size() + 1, url.find('&', at) - at - name.size() - 1);
    }

    /// Goes to the provider; its ID token will have these claims.
    void begin(const json::object& changed = {}) {
        const auto sent = ask(true, "/api/v1/oidc/login");
        ASSERT_EQ(sent.status, 303) << sent.body;
        location = field(sent, "Location");
        state = parameter(location, "state");
        cookie = field(sent, "Set-Cookie");
        cookie.resize(cookie.find(';'));
        claims = {{"iss", "https://idp.example"},
                  {"aud", "isthmus"},
                  {"sub", "42"},
                  {"exp", wall + 300},
                  {"iat", wall},
                  {"nonce", parameter(location, "nonce")},
                  {"preferred_username", "alice"},
                  {"groups", json::array{"ops"}}};
        for (const auto& member : changed) {
            claims[member.key()] = member.value();
        }
    }

    HttpResponse end(const std::string& more = {}) {
        return ask(false, "/api/v1/oidc/callback?code=c&state=" + state + more, cookie);
    }

    static std::string evidence(const HttpResponse& response) {
        const json::value body = json::parse(response.body);
        const json::value* found = body.get_object().if_contains("evidence");
        return found == nullptr ? "" : std::string(found->get_string());
    }

    test::TokenKey key{test::TokenKey::Type::Ec, "one"};
    std::map<std::string, std::string> documents;
    json::object claims;
    std::vector<HttpsRequest> asked;
    std::optional<std::string> token;  ///< instead of a good one
    std::string location;
    std::string state;
    std::string cookie;
    OidcLogin login{
        {.issuer = "https://idp.example",
         .client_id = "isthmus",
         .client_secret = "s:t",
         .redirect_url = "https://g.example/api/v1/oidc/callback",
         .roles = {{"ops", control::Role::UserAdmin}}},
        [this](const HttpsRequest& request) -> Result<HttpsAnswer> {
            asked.push_back(request);
            if (request.method == "POST") {
                return HttpsAnswer{
                    200,
                    json::serialize(json::object{{"id_token", token.value_or(key.sign(claims))}})};
            }
            const auto found = documents.find(request.url);
            if (found == documents.end()) {
                return make_error(ErrorKind::Unreachable, "no", request.url);
            }
            return HttpsAnswer{200, found->second};
        },
        context.offload,
        context,
        door};
};

TEST_F(OidcLoginTest, SignsInWithTheRoleOfTheGroup) {
    begin();
    EXPECT_TRUE(location.starts_with("https://idp.example/auth?response_type=code&"));
    EXPECT_EQ(parameter(location, "code_challenge_method"), "S256");
    const auto done = end();
    ASSERT_EQ(done.status, 303) << done.body;
    EXPECT_EQ(field(done, "Location"), "/");
    const std::string session = field(done, "Set-Cookie");
    EXPECT_TRUE(session.ends_with("SameSite=Strict"));
    const auto holder = door.holder_of(cookie_of(session, kSessionCookie), "192.0.2.1", true);
    ASSERT_TRUE(holder);
    EXPECT_EQ(holder->author.admin, "oidc:alice");
    EXPECT_EQ(holder->author.role, control::Role::UserAdmin);
    const HttpsRequest& redeemed = asked.back();
    EXPECT_EQ(redeemed.authorization, "Basic aXN0aG11czpzJTNBdA==");
    const std::string verifier = parameter(redeemed.body, "code_verifier");
    EXPECT_EQ(control::pkce_challenge(verifier), parameter(location, "code_challenge"));
    EXPECT_EQ(end().status, 401) << "a state counts once";
    begin();
    EXPECT_EQ(asked.size(), 3U) << "discovery and keys are kept";
}

TEST_F(OidcLoginTest, RefusesWhatTheTokenDoesNotProve) {
    const test::TokenKey forged(test::TokenKey::Type::Ec, "one");

    struct Row {
        const char* what;
        json::object claims;
    };

    const Row rows[] = {{"nonce", {{"nonce", "another"}}},
                        {"aud", {{"aud", "another"}}},
                        {"iss", {{"iss", "https://evil.example"}}},
                        {"exp", {{"exp", 1}}}};
    for (const Row& row : rows) {
        begin(row.claims);
        const auto refused = end();
        EXPECT_EQ(refused.status, 401) << row.what;
        EXPECT_TRUE(evidence(refused).starts_with(row.what)) << evidence(refused);
    }
    begin();
    token = forged.sign(claims);
    EXPECT_EQ(evidence(end()), "the signature of the ID token is wrong");
    begin();
    token = control::base64url_encode(R"({"alg":"none"})") + "." +
            control::base64url_encode(json::serialize(claims)) + ".";
    EXPECT_EQ(evidence(end()), "the ID token is not signed with RS256 or ES256");
    EXPECT_TRUE(context.sessions.list().empty());
    EXPECT_EQ(audit.back().outcome, "refused");
}

TEST_F(OidcLoginTest, ReadsNewKeysOnce) {
    begin();
    key = test::TokenKey(test::TokenKey::Type::Ec, "two");
    publish(key);
    const std::size_t before = asked.size();
    EXPECT_EQ(end().status, 303);
    EXPECT_EQ(asked.size(), before + 2);
    begin();
    EXPECT_EQ(end().status, 303);
    EXPECT_EQ(asked.size(), before + 3);
}

TEST_F(OidcLoginTest, AnswersToNoQuestionCountAsGuesses) {
    begin();
    EXPECT_EQ(ask(false, "/api/v1/oidc/callback?code=c&state=" + state).status, 401)
        << "another browser";
    for (int i = 0; i < 20; ++i) {
        ask(false, "/api/v1/oidc/callback?code=c&state=x", cookie);
    }
    EXPECT_EQ(ask(false, "/api/v1/oidc/callback?code=c&state=x", cookie).status, 429);
    EXPECT_EQ(asked.size(), 2U) << "the provider was not asked";
}

TEST_F(OidcLoginTest, TheProviderSaysNoOrNothing) {
    begin();
    const auto denied =
        ask(false, "/api/v1/oidc/callback?error=access_denied%0d%0a&state=" + state, cookie);
    EXPECT_EQ(denied.status, 401);
    EXPECT_EQ(evidence(denied), "access_denied\\x0D\\x0A");
    begin();
    EXPECT_EQ(evidence(end("&iss=https%3A%2F%2Fevil.example")),
              "iss of the answer is another issuer");
    begin();
    advance(OidcLogin::kPatience);
    EXPECT_EQ(end().status, 401) << "too late";
    advance(3600);
    documents.clear();
    EXPECT_EQ(ask(true, "/api/v1/oidc/login").status, 503);
    documents["https://idp.example/.well-known/openid-configuration"] = "{}";
    EXPECT_EQ(ask(true, "/api/v1/oidc/login").status, 401);
}

TEST_F(OidcLoginTest, WhoBeginsAllTheTimeIsHeldUp) {
    for (std::size_t i = 0; i < OidcLogin::kMostOfOneAddress; ++i) {
        EXPECT_EQ(ask(true, "/api/v1/oidc/login").status, 303);
    }
    EXPECT_EQ(ask(true, "/api/v1/oidc/login").status, 503);
    EXPECT_EQ(ask(true, "/api/v1/oidc/login", {}, "192.0.2.2").status, 303);
    advance(OidcLogin::kPatience);
    EXPECT_EQ(ask(true, "/api/v1/oidc/login").status, 303);
}

}  // namespace
}  // namespace isthmus::admin
