// The API without sockets: every route, its errors, and who is remembered as the author.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "api_world.h"

namespace isthmus::admin {
namespace {

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

TEST_F(ApiTest, WhatToDoAboutAFieldIsSaidOfTheField) {
    struct Case {
        const char* body;
        const char* field;
        const char* fix;
    };

    const Case cases[] = {
        {R"({"domain":"b.example","sasl_negotiation":"Maybe"})",
         "sasl_negotiation",
         "Set sasl_negotiation to one of Required, Optional, NotSupported."},
        {R"({"domain":"b.example","enabled":1})", "enabled", "Set enabled to true or false."},
        {R"({"domain":"b.example","connection_limit":0})",
         "connection_limit",
         "Set connection_limit to a whole number from 1 to 1000000."},
        {R"({"description":"x"})", "domain", "Give domain a value."},
        {R"({"domain":"b.example","enabld":true})", "enabld", "Write enabled instead of enabld."},
        {R"({"domain":"b.example","frobnicate":1})",
         "frobnicate",
         "Leave frobnicate out, or write one of those that there are."},
    };
    for (const Case& each : cases) {
        const auto told = object(ask("POST", "/api/v1/partners", each.body));
        EXPECT_EQ(told.at("field"), each.field) << each.body;
        EXPECT_EQ(told.at("fix"), each.fix);
    }
    ask("POST", "/api/v1/partners", R"({"domain":"a.example"})");
    EXPECT_EQ(
        object(ask("PATCH", "/api/v1/partners/a.example", R"({"domain":"c.example"})")).at("fix"),
        "Leave domain as it is.");
}

TEST_F(ApiTest, ASearchThatFindsNothingIsToldTheNearest) {
    ask("POST",
        "/api/v1/partners",
        R"({"domain":"fabrikam.example","additional_domains":["chat.fabrikam.example"]})");
    const auto near = object(ask("GET", "/api/v1/partners?q=Fabrikan.example"));
    EXPECT_EQ(near.at("total"), 0);
    EXPECT_EQ(near.at("nearest"), "fabrikam.example");
    EXPECT_FALSE(object(ask("GET", "/api/v1/partners?q=litware.example")).contains("nearest"));
    EXPECT_FALSE(object(ask("GET", "/api/v1/partners?q=fabrikam")).contains("nearest"));
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

TEST_F(ApiTest, SeveralChangesAsOneAndBack) {
    const char* body = R"({"changes":[
        {"method":"POST","path":"sites","body":{"name":"Rome"}},
        {"method":"PUT","path":"pools/p.contoso.example","body":{"site":"Rome"}},
        {"method":"POST","path":"policies","body":{"identity":"Site:Rome"}},
        {"method":"PATCH","path":"policies/Site%3ARome","body":{"description":"as one"}},
        {"method":"PATCH","path":"gateway","body":{"connection_limit":7}}],
        "users_csv":"uri,pool\nbob@contoso.example,p.contoso.example\n"})";
    const auto done = ask("POST", "/api/v1/changes?reason=move", body);
    ASSERT_EQ(done.status, 200) << std::string_view(done.body);
    EXPECT_EQ(object(done).at("revision"), 1);
    EXPECT_EQ(object(done).at("objects"), 4);
    const auto listed = object(ask("GET", "/api/v1/policies?q=rome")).at("items").at(0);
    EXPECT_EQ(listed.at("modified_by"), "alice");
    EXPECT_EQ(listed.at("description"), "as one");
    for (const char* bad :
         {R"({"changes":[{"method":"DELETE","path":"sites/Rome","body":{}}]})",
          R"({"changes":[{"method":"POST","path":"partners/a:test","body":{}}]})",
          R"({"changes":[{"method":"POST","path":"users","body":{"uri":"a@contoso.example"}}]})",
          R"({"changes":[{"method":"POST","path":"../sites","body":{"name":"X"}}]})",
          R"({"changes":[{"method":"POST","path":"sites","body":[]}]})",
          R"({"changes":[{"method":"POST","path":"sites?force=true","body":{"name":"X"}}]})",
          R"({"changes":{}})",
          R"({"change":[]})"}) {
        EXPECT_EQ(ask("POST", "/api/v1/changes", bad).status, 400) << bad;
    }
    EXPECT_EQ(ask("POST", "/api/v1/revisions/1:undo").status, 200);
    EXPECT_EQ(ask("GET", "/api/v1/sites/Rome").status, 404);
    EXPECT_EQ(ask("GET", "/api/v1/users/bob@contoso.example").status, 404);
    EXPECT_EQ(ask("POST", "/api/v1/revisions/1:undo").status, 412);
    const HttpResponse missing = ask("POST", "/api/v1/revisions/9:undo");
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(object(missing).at("fix"),
              "Check the name; `isthmus config history` shows what there is.");
}

std::string etag(const HttpResponse& response) {
    for (const auto& [name, value] : response.headers) {
        if (name == "ETag") {
            return value;
        }
    }
    return {};
}

TEST_F(ApiTest, EditsThatCross) {
    const auto made = ask("POST", "/api/v1/partners", R"({"domain":"a.example"})");
    const std::string seen = etag(ask("GET", "/api/v1/partners/a.example"));
    EXPECT_EQ(seen, etag(made));
    const auto changed = ask("PATCH", "/api/v1/partners/a.example", R"({"description":"1"})", seen);
    EXPECT_EQ(changed.status, 200);
    EXPECT_NE(etag(changed), seen);
    const auto late = ask("PATCH", "/api/v1/partners/a.example", R"({"description":"2"})", seen);
    EXPECT_EQ(late.status, 412);
    EXPECT_EQ(object(late).at("code"), "IST-API-005");
    EXPECT_EQ(ask("DELETE", "/api/v1/partners/a.example", "", seen).status, 412);
    EXPECT_EQ(ask("PATCH", "/api/v1/gateway", R"({"enabled":false})", seen).status, 412);
    EXPECT_EQ(
        ask("PATCH", "/api/v1/gateway", R"({"enabled":false})", etag(ask("GET", "/api/v1/gateway")))
            .status,
        200);
}

TEST_F(ApiTest, DryRunChangesNothing) {
    const auto dry = ask("POST", "/api/v1/partners?dry_run=true", R"({"domain":"a.example"})");
    EXPECT_EQ(dry.status, 200);
    EXPECT_EQ(object(dry).at("dry_run"), true);
    EXPECT_EQ(ask("GET", "/api/v1/partners/a.example").status, 404);
    EXPECT_EQ(ask("POST", "/api/v1/partners?dry_run=maybe", R"({"domain":"a.example"})").status,
              400);
}

TEST_F(ApiTest, PoliciesAndGrants) {
    EXPECT_EQ(ask("POST", "/api/v1/policies", R"({"identity":"Sales"})").status, 201);
    EXPECT_EQ(ask("POST", "/api/v1/policies", R"({"identity":"tag:SALES"})").status, 409);
    EXPECT_EQ(
        ask("POST", "/api/v1/policies/Sales:grant", R"({"users":["bob@contoso.example"]})").status,
        200);
    for (const char* bad : {R"({})", R"({"users":[]})", R"({"users":[1]})", R"({"user":"x"})"}) {
        EXPECT_EQ(ask("POST", "/api/v1/policies/Sales:grant", bad).status, 400) << bad;
    }
    const auto bob = object(ask("GET", "/api/v1/users/bob@contoso.example"));
    EXPECT_EQ(bob.at("effective_policy"), "Tag:Sales");
    EXPECT_EQ(object(ask("GET", "/api/v1/users/bob@contoso.example/policy")).at("effective_scope"),
              "user");
    EXPECT_EQ(ask("DELETE", "/api/v1/policies/Sales").status, 409);
    EXPECT_EQ(ask("DELETE", "/api/v1/users/bob@contoso.example/policy").status, 200);
    // Global for several at once: it takes away what was granted.
    const char* both = R"({"users":["bob@contoso.example","carol@contoso.example"]})";
    EXPECT_EQ(ask("POST", "/api/v1/policies/Sales:grant", both).status, 200);
    EXPECT_EQ(object(ask("POST", "/api/v1/policies/Global:grant", both)).at("changed"), 2);
    EXPECT_EQ(object(ask("GET", "/api/v1/users/carol@contoso.example")).at("policy"), "");
    EXPECT_EQ(
        ask("PUT", "/api/v1/users/bob@contoso.example/policy", R"({"policy":"Sales"})").status,
        200);
    EXPECT_EQ(ask("PUT", "/api/v1/users/bob@contoso.example/policy", R"({"policy":7})").status,
              400);
    EXPECT_EQ(ask("DELETE", "/api/v1/policies/Sales?force=true").status, 200);
    EXPECT_EQ(object(ask("GET", "/api/v1/users?q=bob")).at("items").at(0).at("policy"), "");
    EXPECT_EQ(ask("GET", "/api/v1/users?limit=0").status, 400);
    EXPECT_EQ(ask("GET", "/api/v1/users?homed=mars").status, 400);
}

TEST_F(ApiTest, TheTagOfAChangedUserIsThatOfTheUser) {
    const auto tag = [](const HttpResponse& response) {
        const auto found = std::ranges::find(
            response.headers, "ETag", [](const auto& field) { return field.first; });
        return found == response.headers.end() ? std::string() : found->second;
    };
    const char* bob = "/api/v1/users/bob@contoso.example";
    ask("POST", "/api/v1/policies", R"({"identity":"Sales"})");
    const auto made = ask("POST", "/api/v1/users", R"({"uri":"bob@contoso.example"})");
    EXPECT_EQ(tag(made), tag(ask("GET", bob)));
    const auto changed = ask("PATCH", bob, R"({"policy":"Sales"})");
    EXPECT_NE(tag(changed), tag(made));
    EXPECT_EQ(tag(changed), tag(ask("GET", bob)));
}

TEST_F(ApiTest, SitesPoolsDomainsProviders) {
    EXPECT_EQ(ask("PUT", "/api/v1/pools/p.contoso.example", R"({"site":"Paris"})").status, 404);
    EXPECT_EQ(ask("POST", "/api/v1/sites", R"({"name":"Paris"})").status, 201);
    EXPECT_EQ(ask("PUT", "/api/v1/pools/p.contoso.example", R"({"site":"Paris"})").status, 201);
    EXPECT_EQ(ask("DELETE", "/api/v1/sites/Paris").status, 409);
    EXPECT_EQ(
        ask("POST", "/api/v1/sip-domains", R"({"kind":"allowed","domain":"s.example"})").status,
        201);
    EXPECT_EQ(ask("POST", "/api/v1/sip-domains", R"({"kind":"blocked","domain":"*.evil.example"})")
                  .status,
              201);
    EXPECT_EQ(ask("POST", "/api/v1/sip-domains", R"({"domain":"s.example"})").status, 400);
    EXPECT_EQ(object(ask("GET", "/api/v1/sip-domains")).at("items").as_array().size(), 2U);
    EXPECT_EQ(object(ask("GET", "/api/v1/blocks/*.evil.example")).at("kind"), "blocked");
    EXPECT_EQ(ask("DELETE", "/api/v1/sip-domains/*.evil.example").status, 200);
    EXPECT_EQ(ask("PATCH", "/api/v1/sip-domains/s.example", R"({"comment":"c"})").status, 200);
    EXPECT_EQ(object(ask("GET", "/api/v1/providers")).at("total"), 3);
    EXPECT_EQ(ask("PATCH", "/api/v1/providers/Yahoo!", R"({"enabled":true})").status, 200);
}

TEST_F(ApiTest, RevisionsShowBeforeAndAfterAndGoBack) {
    ask("POST", "/api/v1/partners", R"({"domain":"a.example"})");
    ask("PATCH", "/api/v1/partners/a.example?reason=because", R"({"enabled":false})");
    const auto second = object(ask("GET", "/api/v1/revisions/2"));
    EXPECT_EQ(second.at("reason"), "because");
    EXPECT_EQ(second.at("changes").at(0).at("before").at("enabled"), true);
    EXPECT_EQ(second.at("changes").at(0).at("after").at("enabled"), false);
    EXPECT_EQ(ask("POST", "/api/v1/revisions/1:rollback").status, 200);
    EXPECT_EQ(object(ask("GET", "/api/v1/partners/a.example")).at("enabled"), true);
    EXPECT_EQ(ask("GET", "/api/v1/revisions/77").status, 404);
    EXPECT_EQ(ask("GET", "/api/v1/revisions/x").status, 404);
}

TEST_F(ApiTest, WhatIsMissingNamesTheListOfItsKind) {
    const std::pair<const char*, const char*> cases[] = {
        {"/api/v1/partners/no.example", "partner list"},
        {"/api/v1/policies/NoSuch", "policy list"},
        {"/api/v1/users/no@contoso.example", "user list"},
        {"/api/v1/sites/Nowhere", "site list"},
        {"/api/v1/pools/p.nowhere.example", "site pools"},
        {"/api/v1/revisions/99", "config history"}};
    for (const auto& [target, list] : cases) {
        EXPECT_EQ(object(ask("GET", target)).at("fix").as_string(),
                  fmt::format("Check the name; `isthmus {}` shows what there is.", list))
            << target;
    }
    EXPECT_NE(object(ask("GET", "/api/v1/nothing/of/it")).at("fix"), "");
}

TEST_F(ApiTest, ExplainNamesTheUserAndTheDomainThatAreNear) {
    ask("PATCH", "/api/v1/access-edge", R"({"allow_federated_users":true})");
    ask("PATCH",
        "/api/v1/policies/global",
        R"({"enable_federation_access":true,"enable_xmpp_access":true})");
    ask("POST", "/api/v1/partners", R"({"domain":"fabrikam.example"})");
    ask("POST", "/api/v1/users", R"({"uri":"roberta@contoso.example"})");
    const auto told = object(
        ask("GET", "/api/v1/explain?user=roberta@contoso.example&to=juliet@fabrikan.example"));
    EXPECT_EQ(told.at("decided_by"), "partner");
    EXPECT_EQ(told.at("fix"),
              "isthmus policy explain --user roberta@contoso.example --to "
              "juliet@fabrikam.example");
    const auto slip =
        object(ask("GET", "/api/v1/explain?user=roberto@contoso.example&to=fabrikam.example"));
    for (const auto& gate : slip.at("gates").as_array()) {
        if (gate.at("gate") == "user-state") {
            EXPECT_EQ(gate.at("object"), "");
            EXPECT_EQ(gate.at("sentence"),
                      "The user roberto@contoso.example has no entry, and needs none. Did you mean "
                      "roberta@contoso.example?");
        }
    }
}

TEST_F(ApiTest, ExplainNamesTheGate) {
    const auto told =
        object(ask("GET", "/api/v1/explain?user=bob@contoso.example&to=juliet@a.example"));
    EXPECT_EQ(told.at("verdict"), "refused");
    EXPECT_EQ(told.at("decided_by"), "access-edge");
    const auto far = object(ask("GET", "/api/v1/explain?user=bob@elsewhere.example&to=a.example"));
    EXPECT_EQ(far.at("decided_by"), "served-domain");
    EXPECT_EQ(far.at("code"), "IST-POL-006");
    EXPECT_EQ(object(ask("POST", "/api/v1/users", R"({"uri":"bob@elsewhere.example"})"))
                  .at("warnings")
                  .as_array()
                  .size(),
              1U);
    EXPECT_EQ(ask("GET", "/api/v1/explain?user=b%20b&to=a.example").status, 400);
    EXPECT_EQ(ask("GET", "/api/v1/explain?user=bob@contoso.example").status, 400);
}

TEST(HttpTarget, DecodesOnceAndRefusesTricks) {
    HttpRequest request;
    EXPECT_TRUE(parse_target("/a%2Fb?x=1+2&y", request));
    EXPECT_EQ(request.path, "/a/b");
    EXPECT_EQ(request.query.at("x"), "1 2");
    for (const char* bad : {"",
                            "a",
                            "/%",
                            "/%2",
                            "/%zz",
                            "/%00",
                            "/a b",
                            "/a\r\nX: y",
                            "/\x7f",
                            "/\xa9",
                            "/%a9",
                            "/?x=%ff"}) {
        EXPECT_FALSE(parse_target(bad, request)) << bad;
    }
    EXPECT_FALSE(parse_target({"/a\0b", 4}, request));
}

TEST_F(ApiTest, Readiness) {
    const auto made = ask("GET", "/api/v1/migrations/readiness");
    EXPECT_EQ(made.status, 200);
    EXPECT_EQ(object(made)["verdict"], "not-ready");
    EXPECT_EQ(object(made)["findings"].as_array().front().at("id"), "federation-off");
    EXPECT_EQ(ask("POST", "/api/v1/migrations/readiness").status, 405);
}

}  // namespace
}  // namespace isthmus::admin
