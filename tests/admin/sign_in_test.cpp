// Accounts, sessions and tokens through the gate and the API, as a browser and a script see them.
#include "admin/api.h"
#include "admin/gate.h"
#include "admin/routes.h"
#include "support/admin_world.h"
#include "support/fake_presence.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <optional>

namespace isthmus::admin {
namespace {

using test::kGoodPassword;
namespace json = boost::json;

class ApiSignInTest : public testing::Test {
  protected:
    using Headers = std::map<std::string, std::string, std::less<>>;

    HttpResponse ask(const char* method,
                     const std::string& target,
                     const std::string& body = {},
                     Headers headers = {}) {
        HttpRequest request{.method = method, .body = body, .headers = std::move(headers)};
        request.author.origin = "192.0.2.1";
        request.headers.try_emplace("host", "gateway.contoso.example:8443");
        if (!body.empty()) {
            request.headers.try_emplace("content-type", "application/json");
        }
        EXPECT_TRUE(parse_target(target, request));
        std::optional<HttpResponse> answer;
        gate.handle_remote(request, [&](HttpResponse response) { answer = std::move(response); });
        world.work();
        return answer.value();
    }

    HttpResponse ask_local(const char* method,
                           const std::string& target,
                           const std::string& body = {},
                           Headers headers = {}) {
        HttpRequest request{.method = method, .body = body, .headers = std::move(headers)};
        request.author = world.root;
        if (!body.empty()) {
            request.headers.try_emplace("content-type", "application/json");
        }
        EXPECT_TRUE(parse_target(target, request));
        std::optional<HttpResponse> answer;
        gate.handle_local(request, [&](HttpResponse response) { answer = std::move(response); });
        world.work();
        return answer.value();
    }

    static json::object object(const HttpResponse& response) {
        return json::parse(response.body).as_object();
    }

    static std::string code(const HttpResponse& response) {
        const json::object body = object(response);
        return body.contains("code") ? std::string(body.at("code").as_string()) : "";
    }

    static std::string field(const HttpResponse& response, std::string_view name) {
        for (const auto& [key, value] : response.headers) {
            if (key == name) {
                return value;
            }
        }
        return {};
    }

    /// The headers of a browser that has signed in.
    Headers sign_in(const char* name, const char* password = kGoodPassword) {
        const json::object body{{"name", name}, {"password", password}};
        const auto response = ask("POST", "/api/v1/session", json::serialize(body));
        EXPECT_EQ(response.status, 200) << response.body;
        const std::string cookie = field(response, "Set-Cookie");
        return {{"cookie", "other=1; " + cookie.substr(0, cookie.find(';'))},
                {"x-csrf-token", std::string(object(response).at("csrf").as_string())},
                {"sec-fetch-site", "same-origin"}};
    }

    static Headers without(Headers headers, std::string_view name) {
        headers.erase(headers.find(name));
        return headers;
    }

    static Headers with(Headers headers, const char* name, const char* value) {
        headers[name] = value;
        return headers;
    }

    test::AdminWorld world;
    store::ConfigStore config_store{world.database};
    control::PolicyService policies{
        config_store, control::FakePresence::names(), {}, [](const auto&) { return true; }};
    control::UserService users{policies};
    control::FakePresence presence;
    control::SubscriptionService subscriptions{presence.side(), control::FakePresence::names()};
    control::ContactService contacts{presence.side(), control::FakePresence::names()};
    SignInServices services{.context = world.context,
                            .admins = world.admins,
                            .own = world.own,
                            .tokens = world.tokens,
                            .sign_in = world.door,
                            .panel_url = [] { return "https://127.0.0.1:8443/"; }};
    Api api{{.policies = policies,
             .users = users,
             .subscriptions = subscriptions,
             .contacts = contacts,
             .read_status = []() -> std::optional<control::Status> {
                 return control::Status{.state = "running"};
             },
             .reload = []() -> Result<void> { return {}; },
             .sign_in = &services,
             .audit = world.context.audit}};
    Gate gate{world.door,
              world.tokens,
              {"gateway.contoso.example"},
              [this](const auto& request, auto reply) { api.handle(request, reply); }};
};

TEST_F(ApiSignInTest, NothingWithoutSignIn) {
    const auto refused = ask("GET", "/api/v1/status");
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(code(refused), "IST-API-006");
    EXPECT_EQ(field(refused, "WWW-Authenticate"), "Bearer realm=\"isthmus\"");
    EXPECT_EQ(ask("POST", "/api/v1/config:reload").status, 401);
    EXPECT_EQ(ask("GET", "/api/v1/session").status, 401);
    EXPECT_EQ(ask("GET", "/api/v1/nothing").status, 404);
    EXPECT_TRUE(world.audit.empty()) << "who only looks in fills no log";
}

TEST_F(ApiSignInTest, LifeOfASession) {
    world.create("alice", "admin");
    const auto response = ask("POST",
                              "/api/v1/session",
                              R"({"name":"alice","password":"correct horse battery"})",
                              {{"user-agent", "browser"}});
    const std::string cookie = field(response, "Set-Cookie");
    EXPECT_TRUE(cookie.starts_with("__Host-isthmus="));
    EXPECT_TRUE(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict")) << cookie;
    EXPECT_EQ(object(response).at("role"), "admin");
    EXPECT_EQ(object(response).at("lync_role"), "CsAdministrator");
    world.advance(1);
    const Headers alice = sign_in("alice");
    EXPECT_EQ(object(ask("GET", "/api/v1/session", {}, alice)).at("admin"), "alice");
    EXPECT_EQ(ask("GET", "/api/v1/status", {}, alice).status, 200);
    const auto sessions = object(ask("GET", "/api/v1/sessions", {}, alice)).at("items").as_array();
    ASSERT_EQ(sessions.size(), 2U);
    const std::string id(sessions.at(0).at("id").as_string());
    EXPECT_EQ(ask("DELETE", "/api/v1/sessions/" + id, {}, alice).status, 200);
    EXPECT_EQ(ask("DELETE", "/api/v1/sessions/" + id, {}, alice).status, 404);
    const auto out = ask("DELETE", "/api/v1/session", {}, alice);
    EXPECT_TRUE(field(out, "Set-Cookie").ends_with("Max-Age=0"));
    const auto over = ask("GET", "/api/v1/session", {}, alice);
    EXPECT_EQ(over.status, 401);
    EXPECT_EQ(object(over).at("detail"), "The session is over; sign in again.");
}

TEST_F(ApiSignInTest, TheWaysToSignInAreForEverybody) {
    const auto nobody = ask("GET", "/api/v1/session:methods");
    EXPECT_EQ(nobody.status, 200);
    EXPECT_EQ(object(nobody),
              (json::object{{"password", true}, {"oidc", false}, {"signed_in", false}}));
    world.create("alice", "admin");
    const Headers alice = sign_in("alice");
    EXPECT_EQ(object(ask("GET", "/api/v1/session:methods", {}, alice)).at("signed_in"), true);
}

TEST_F(ApiSignInTest, ThePanelIsForBrowsersThatAskForUs) {
    gate.set_panel([](const HttpRequest& request, const HttpReply& reply) {
        reply({.status = 200, .body = "panel " + request.path});
    });
    EXPECT_EQ(ask("GET", "/users?q=a").body, "panel /users");
    EXPECT_EQ(ask("GET", "/", {}, {{"host", "evil.example"}}).status, 421);
    EXPECT_EQ(ask("GET", "/api/v1/status").status, 401);
    EXPECT_EQ(ask_local("GET", "/users").status, 404);
}

TEST_F(ApiSignInTest, WritingNeedsTheProofOfTheOwnPage) {
    world.create("alice", "admin");
    const Headers alice = sign_in("alice");
    const char* target = "/api/v1/access-edge";
    const char* body = R"({"allow_federated_users":true})";
    for (const Headers& bad : {without(alice, "x-csrf-token"),
                               with(alice, "x-csrf-token", "guess"),
                               with(alice, "sec-fetch-site", "cross-site"),
                               with(alice, "sec-fetch-site", "same-site")}) {
        const auto refused = ask("PATCH", target, body, bad);
        EXPECT_EQ(refused.status, 403);
        EXPECT_EQ(code(refused), "IST-AUTH-016");
    }
    EXPECT_EQ(ask("PATCH", target, body, with(alice, "content-type", "text/plain")).status, 415);
    EXPECT_EQ(ask("PATCH", target, body, with(alice, "content-type", "")).status, 415);
    EXPECT_FALSE(policies.current().access_edge().allow_federated_users);
    EXPECT_EQ(ask("GET", target, {}, without(alice, "x-csrf-token")).status, 200);
    EXPECT_EQ(ask("PATCH", target, body, alice).status, 200);
    EXPECT_TRUE(policies.current().access_edge().allow_federated_users);
}

TEST_F(ApiSignInTest, OtherHostsAreRefused) {
    for (const char* good :
         {"localhost:8443", "127.0.0.1", "[::1]:8443", "Gateway.Contoso.Example"}) {
        EXPECT_EQ(ask("GET", "/api/v1/session", {}, {{"host", good}}).status, 401) << good;
    }
    for (const char* bad : {"",
                            "evil.example",
                            "gateway.contoso.example.evil.example",
                            "gateway.contoso.example, evil.example",
                            "[",
                            "127.0.0.1.evil.example"}) {
        const auto refused = ask("GET", "/api/v1/session", {}, {{"host", bad}});
        EXPECT_EQ(refused.status, 421) << bad;
        EXPECT_EQ(code(refused), "IST-AUTH-017");
    }
}

TEST_F(ApiSignInTest, FailuresAreCountedAndSayWhenToComeBack) {
    world.create("alice", "admin");
    const char* wrong = R"({"name":"alice","password":"wrong"})";
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(ask("POST", "/api/v1/session", wrong).status, 401);
    }
    const auto locked = ask("POST", "/api/v1/session", wrong);
    EXPECT_EQ(locked.status, 429);
    EXPECT_EQ(field(locked, "Retry-After"), "30");
    const auto shown = object(ask_local("GET", "/api/v1/admins/alice"));
    EXPECT_EQ(shown.at("locked_for_seconds"), 30);
    EXPECT_EQ(ask_local("POST", "/api/v1/admins/alice:unlock").status, 200);
    sign_in("alice");
    for (const char* bad : {"",
                            "[]",
                            "{}",
                            R"({"name":"a"})",
                            R"({"name":1,"password":"x"})",
                            R"({"name":"a","password":"x","role":"admin"})"}) {
        EXPECT_EQ(ask("POST", "/api/v1/session", bad).status, 400) << bad;
    }
}

TEST_F(ApiSignInTest, AccountsOverTheApi) {
    const auto made =
        ask_local("POST",
                  "/api/v1/admins",
                  R"({"name":"bob","role":"CsAdministrator","password":"correct horse battery"})");
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.body.find("argon2"), std::string::npos);
    const std::string etag = field(made, "ETag");
    EXPECT_EQ(ask_local("POST",
                        "/api/v1/admins",
                        R"({"name":"bob","role":"viewer","password":"correct horse battery"})")
                  .status,
              409);
    EXPECT_EQ(ask_local("PATCH", "/api/v1/admins/bob", R"({"role":"viewer"})").status, 409);
    const auto weak = object(ask_local(
        "POST", "/api/v1/admins", R"({"name":"eve","role":"viewer","password":"short"})"));
    EXPECT_EQ(weak.at("code"), "IST-AUTH-013");
    EXPECT_EQ(weak.at("field"), "password");
    const char* carol = R"({"name":"carol","role":"admin","password":"correct horse battery"})";
    EXPECT_EQ(object(ask_local("POST", "/api/v1/admins?dry_run=true", carol)).at("dry_run"), true);
    EXPECT_EQ(ask_local("GET", "/api/v1/admins/carol").status, 404);
    EXPECT_EQ(ask_local("POST", "/api/v1/admins", carol).status, 201);
    EXPECT_EQ(ask_local("PATCH", "/api/v1/admins/bob", R"({"role":"viewer"})", {{"if-match", etag}})
                  .status,
              200);
    const auto stale =
        ask_local("PATCH", "/api/v1/admins/bob", R"({"role":"helpdesk"})", {{"if-match", etag}});
    EXPECT_EQ(stale.status, 412);
    EXPECT_EQ(code(stale), "IST-API-005");
    EXPECT_EQ(ask_local("PATCH", "/api/v1/admins/bob", R"({"is_root":true})").status, 400);
    EXPECT_EQ(object(ask_local("GET", "/api/v1/admins")).at("items").as_array().size(), 2U);
    EXPECT_EQ(ask_local("DELETE", "/api/v1/admins/carol").status, 409);
    EXPECT_EQ(ask_local("DELETE", "/api/v1/admins/bob").status, 200);
    EXPECT_EQ(object(ask_local("GET", "/api/v1/roles")).at("items").as_array().size(), 5U);
}

TEST_F(ApiSignInTest, OwnPasswordAndSecondFactor) {
    world.create("alice", "viewer");
    const Headers alice = sign_in("alice");
    EXPECT_EQ(ask("POST",
                  "/api/v1/session:password",
                  R"({"current":"x","new":"another good one"})",
                  alice)
                  .status,
              403);
    EXPECT_EQ(ask("POST",
                  "/api/v1/session:password",
                  R"({"current":"correct horse battery","new":"another good one"})",
                  alice)
                  .status,
              200);
    const auto enrolled = object(ask("POST", "/api/v1/session:totp", {}, alice));
    EXPECT_TRUE(enrolled.at("uri").as_string().starts_with("otpauth://totp/Isthmus:alice?"));
    EXPECT_EQ(ask("POST", "/api/v1/session:totp-confirm", R"({"code":"000000"})", alice).status,
              403);
    EXPECT_EQ(ask_local("POST", "/api/v1/session:totp").status, 409) << "no account";
    EXPECT_EQ(ask_local("POST", "/api/v1/session:password", R"({"current":"x","new":"y"})").status,
              409);
}

TEST_F(ApiSignInTest, TokensHaveTheirRoleOnEveryListener) {
    const auto made =
        object(ask_local("POST", "/api/v1/tokens", R"({"role":"helpdesk","expires":"1d"})"));
    const std::string bearer = "Bearer " + std::string(made.at("token").as_string());
    const std::string id(made.at("id").as_string());
    const Headers headers{{"authorization", bearer}};
    EXPECT_EQ(ask("GET", "/api/v1/status", {}, headers).status, 200);
    EXPECT_EQ(object(ask("GET", "/api/v1/session", {}, headers)).at("method"), "token");
    world.take_audit();
    const auto refused = ask("PATCH", "/api/v1/gateway", "{}", headers);
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(code(refused), "IST-API-007");
    EXPECT_EQ(world.take_audit().at(0), "PATCH /api/v1/gateway refused");
    EXPECT_EQ(ask_local("PATCH", "/api/v1/gateway", "{}", headers).status, 403)
        << "on the unix socket as well";
    EXPECT_EQ(ask_local("GET", "/api/v1/tokens/" + id).body.find(bearer.substr(7)),
              std::string::npos);
    EXPECT_EQ(ask_local("DELETE", "/api/v1/tokens/" + id).status, 200);
    for (const char* bad : {bearer.c_str(), "Bearer x", "Basic YTpi", "Bearer", "bearer "}) {
        EXPECT_EQ(ask("GET", "/api/v1/status", {}, {{"authorization", bad}}).status, 401) << bad;
        EXPECT_EQ(ask_local("GET", "/api/v1/status", {}, {{"authorization", bad}}).status, 401)
            << "no way round it: " << bad;
    }
    EXPECT_EQ(world.take_audit(),
              (std::vector<std::string>{"PATCH /api/v1/gateway refused",
                                        "delete token/" + id + " done",
                                        "sign-in token refused",
                                        "sign-in token refused"}))
        << "once for each address in ten minutes";
}

TEST_F(ApiSignInTest, LinksFromTheCommandLineToTheBrowser) {
    world.create("alice", "viewer");
    const auto made = ask_local("POST", "/api/v1/admins/alice:link");
    EXPECT_EQ(made.status, 201);
    const std::string link(object(made).at("link").as_string());
    EXPECT_EQ(object(made).at("url").as_string(),
              std::string_view("https://127.0.0.1:8443/#sign-in=" + link));
    const std::string body = json::serialize(json::object{{"link", link}});
    EXPECT_EQ(object(ask("POST", "/api/v1/session:link", body)).at("admin"), "alice");
    EXPECT_EQ(ask("POST", "/api/v1/session:link", body).status, 401);
    EXPECT_EQ(object(ask_local("POST", "/api/v1/admins/-:link")).at("admin"), "root");
}

TEST_F(ApiSignInTest, LargeBodiesOnlyFromWhoMaySendThem) {
    world.create("bob", "viewer");
    const auto token = world.tokens.create("user-admin", "1d", "", world.root, false);
    HttpRequest head{.method = "POST", .raw_path = "/api/v1/users:import"};
    head.author.origin = "192.0.2.1";
    EXPECT_EQ(gate.body_limit(head), 64U * 1024);
    head.headers["authorization"] = "Bearer " + token->secret;
    EXPECT_EQ(gate.body_limit(head), kMaxImport);
    head.raw_path = "/api/v1/admins";
    EXPECT_EQ(gate.body_limit(head), 64U * 1024);
    head.raw_path = "/api/v1/users";
    EXPECT_EQ(gate.body_limit(head), kMaxBody);
}

TEST_F(ApiSignInTest, AFailingDatabaseIsAnAnswer) {
    world.create("alice", "admin");
    const Headers alice = sign_in("alice");
    world.database.execute("DROP TABLE tokens");
    EXPECT_EQ(ask("GET", "/api/v1/tokens", {}, alice).status, 500);
    world.database.execute("DROP TABLE recovery_codes");
    world.database.execute("DROP TABLE admins");
    EXPECT_EQ(ask("GET", "/api/v1/status", {}, alice).status, 401);
    EXPECT_EQ(ask("POST", "/api/v1/session", R"({"name":"a","password":"b"})").status, 500);
    const std::string link = world.admins.make_link("", world.root)->secret;
    EXPECT_EQ(
        ask("POST", "/api/v1/session:link", json::serialize(json::object{{"link", link}})).status,
        200);
}

}  // namespace
}  // namespace isthmus::admin
