// The API without sockets: every route, its errors, and who is remembered as the author.
#include "admin/api.h"

#include "base/text.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace isthmus::admin {
namespace {

class ApiTest : public testing::Test {
  protected:
    ApiTest() : database(folder() + "/t.db"), store(database) {}

    ~ApiTest() override { std::filesystem::remove_all(path); }

    const std::string& folder() {
        path = std::filesystem::temp_directory_path() / "isthmus-admin-XXXXXX";
        mkdtemp(path.data());
        return path;
    }

    HttpResponse ask(const char* method, const char* target, const char* body = "") {
        HttpRequest request{
            .method = method, .body = body, .author = {{"alice", "unix"}, control::Role::Admin}};
        EXPECT_TRUE(parse_target(target, request));
        std::optional<HttpResponse> answer;
        api.handle(request, [&](HttpResponse response) { answer = std::move(response); });
        return answer.value();
    }

    static boost::json::object object(const HttpResponse& response) {
        return boost::json::parse(response.body).as_object();
    }

    std::string path;
    store::Database database;
    store::PolicyStore store;
    control::PolicyService service{
        store,
        [](std::string_view domain) -> Result<std::string> { return text::to_lower(domain); },
        [](const auto&) { return true; }};
    control::SubscriptionService subscriptions{{}, {}};
    control::ContactService contacts{{}, {}};
    Api api{{.policies = service,
             .subscriptions = subscriptions,
             .contacts = contacts,
             .read_status = []() -> std::optional<control::Status> {
                 return control::Status{.state = "running"};
             },
             .reload = []() -> Result<void> {
                 return make_error(ErrorKind::Syntax, "IST-CFG-001", "bad", "f:1:1: x");
             }}};
};

TEST_F(ApiTest, PartnerLife) {
    const auto made = ask("POST", "/api/v1/partners", R"({"domain":"b.example"})");
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(object(made).at("in_force"), true);
    EXPECT_EQ(ask("POST", "/api/v1/partners", R"({"domain":"B.example"})").status, 409);
    ask("POST", "/api/v1/partners", R"({"domain":"a.example"})");
    EXPECT_EQ(object(ask("GET", "/api/v1/partners")).at("items").at(0).at("domain"), "a.example");
    EXPECT_EQ(ask("PATCH", "/api/v1/partners/a.example", R"({"description":"x"})").status, 200);
    EXPECT_EQ(ask("POST", "/api/v1/partners/a.example:disable").status, 200);
    EXPECT_EQ(object(ask("GET", "/api/v1/partners/a.example")).at("enabled"), false);
    EXPECT_EQ(ask("DELETE", "/api/v1/partners/a.example").status, 200);
    EXPECT_EQ(ask("GET", "/api/v1/partners/a.example").status, 404);
    EXPECT_EQ(object(ask("GET", "/api/v1/revisions?limit=1")).at("items").at(0).at("admin"),
              "alice");
}

TEST_F(ApiTest, ProblemsCarryCodeAndFix) {
    const auto bad = ask("POST", "/api/v1/partners", "[]");
    EXPECT_EQ(bad.status, 400);
    EXPECT_EQ(bad.content_type, "application/problem+json");
    EXPECT_EQ(object(bad).at("code"), "IST-API-001");
    EXPECT_TRUE(object(bad).contains("fix"));
    EXPECT_EQ(ask("POST", "/api/v1/partners", std::string(200, '[').c_str()).status, 400);
    EXPECT_EQ(ask("GET", "/api/v1/partners/none").status, 404);
    EXPECT_EQ(ask("GET", "/api/v1/nothing").status, 404);
    EXPECT_EQ(ask("GET", "/etc/passwd").status, 404);
    EXPECT_EQ(ask("PUT", "/api/v1/gateway").status, 405);
    EXPECT_EQ(ask("GET", "/api/v1/gateway/x").status, 404);
    EXPECT_EQ(object(ask("POST", "/api/v1/config:reload")).at("evidence"), "f:1:1: x");
}

TEST_F(ApiTest, SwitchesAndPolicies) {
    EXPECT_EQ(ask("PATCH", "/api/v1/access-edge", R"({"allow_federated_users":true})").status, 200);
    EXPECT_EQ(object(ask("GET", "/api/v1/access-edge")).at("allow_federated_users"), true);
    EXPECT_EQ(ask("PATCH", "/api/v1/policies/global", R"({"enable_xmpp_access":true})").status,
              200);
    EXPECT_EQ(object(ask("GET", "/api/v1/policies/Global")).at("enable_xmpp_access"), true);
    EXPECT_EQ(ask("PATCH", "/api/v1/gateway", R"({"connection_limit":1200})").status, 200);
    EXPECT_EQ(object(ask("GET", "/api/v1/status")).at("state"), "running");
}

TEST(HttpTarget, DecodesOnceAndRefusesTricks) {
    HttpRequest request;
    EXPECT_TRUE(parse_target("/a%2Fb?x=1+2&y", request));
    EXPECT_EQ(request.path, "/a/b");
    EXPECT_EQ(request.query.at("x"), "1 2");
    for (const char* bad : {"", "a", "/%", "/%2", "/%zz", "/%00", "/a b", "/a\r\nX: y", "/\x7f"}) {
        EXPECT_FALSE(parse_target(bad, request)) << bad;
    }
    EXPECT_FALSE(parse_target({"/a\0b", 4}, request));
}

}  // namespace
}  // namespace isthmus::admin
