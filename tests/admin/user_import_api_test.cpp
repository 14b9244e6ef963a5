// Users from a file over the API: on a thread of its own, one file at a time.
#include <optional>
#include <string>

#include "api_world.h"

namespace isthmus::admin {
namespace {

TEST_F(ApiTest, ImportOfUsers) {
    const auto dry = ask("POST", "/api/v1/users:import?dry_run=true", "uri\na@contoso.example\n");
    EXPECT_EQ(dry.status, 200) << dry.body;
    EXPECT_EQ(object(dry)["created"], 1);
    EXPECT_EQ(object(dry)["dry_run"], true);
    EXPECT_EQ(store.count_users(), 0U);
    const auto made =
        ask("POST", "/api/v1/users:import", "uri\na@contoso.example\nb@contoso.example\n");
    EXPECT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(object(made)["created"], 2);
    EXPECT_EQ(object(made)["revision"], 1);
    EXPECT_EQ(store.count_users(), 2U);
    const auto bad = ask("POST", "/api/v1/users:import", "uri,enabled\na@contoso.example,maybe\n");
    EXPECT_EQ(bad.status, 400);
    EXPECT_EQ(object(bad)["detail"], "1 line is not valid; nothing was imported.");
    EXPECT_EQ(object(bad)["faults"].as_array().front().at("line"), 2);
    EXPECT_EQ(ask("POST", "/api/v1/users:import", "garbage").status, 400);
    EXPECT_EQ(ask("POST", "/api/v1/users:sync").status, 404);
}

TEST_F(ApiTest, OneImportAtATime) {
    HttpRequest request{.method = "POST",
                        .body = "uri\na@contoso.example\n",
                        .author = {{"alice", "unix"}, control::Role::Admin}};
    ASSERT_TRUE(parse_target("/api/v1/users:import", request));
    std::optional<HttpResponse> first;
    api.handle(request, [&](HttpResponse response) { first = std::move(response); });
    EXPECT_FALSE(first) << "nothing was run on this thread yet";
    std::optional<HttpResponse> second;
    api.handle(request, [&](HttpResponse response) { second = std::move(response); });
    ASSERT_TRUE(second);
    EXPECT_EQ(second->status, 409);
    EXPECT_EQ(object(*second)["code"], "IST-API-025");
    ASSERT_TRUE(posted.run_one());
    EXPECT_EQ(first->status, 200) << first->body;
}

TEST_F(ApiTest, WhatAnImportStandsOnMayChangeMeanwhile) {
    ASSERT_EQ(ask("POST", "/api/v1/sites", R"({"name":"Paris"})").status, 201);
    HttpRequest request{.method = "POST",
                        .body = "uri,site\na@contoso.example,Paris\n",
                        .author = {{"alice", "unix"}, control::Role::Admin}};
    ASSERT_TRUE(parse_target("/api/v1/users:import", request));
    std::optional<HttpResponse> answer;
    api.handle(request, [&](HttpResponse response) { answer = std::move(response); });
    control::Edit edit{
        .author = {{"bob", "unix"}, control::Role::Admin}, .reason = {}, .if_match = {}};
    ASSERT_TRUE(service.erase<policy::Site>("Paris", edit));
    ASSERT_TRUE(posted.run_one());
    EXPECT_EQ(answer->status, 412) << answer->body;
    EXPECT_EQ(store.count_users(), 0U);
}

}  // namespace
}  // namespace isthmus::admin
