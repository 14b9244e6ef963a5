#include "cli/migration_plan.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace isthmus::cli {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Objects by their path; what was asked to be changed.
class FakeGateway {
  public:
    AskApi ask() {
        return [this](const ApiQuestion& question) { return answer(question); };
    }

    std::map<std::string, json::object> objects;
    std::vector<std::string> changes;
    std::uint64_t revision = 11;
    std::string refuses;  ///< the target of a change
    int refusal = 409;

  private:
    Answer answer(const ApiQuestion& question) {
        if (question.target == "revisions?limit=1") {
            return ok({{"items", {{{"revision", revision}}}}});
        }
        const std::string path = question.target.substr(0, question.target.find('?'));
        const bool is_dry = question.target.find("dry_run=true") != std::string::npos;
        if (question.method == "GET") {
            const auto found = objects.find(path);
            return found == objects.end() ? Answer{.status = 404} : ok(found->second, "\"3\"");
        }
        if (path == refuses) {
            return {.status = refusal,
                    .body = {{"title", "No."}, {"detail", "It is " + path}, {"code", "IST-X"}}};
        }
        if (!is_dry) {
            changes.push_back(question.method + " " + question.target + " " + question.body +
                              (question.if_match.empty() ? "" : " if " + question.if_match));
            ++revision;
        }
        if (path == "changes") {
            const json::value asked = json::parse(question.body);
            const bool has_users = asked.as_object().contains("users_csv");
            return ok({{"objects", asked.at("changes").as_array().size()},
                       {"users", {{"created", has_users ? 2 : 0}, {"changed", has_users ? 1 : 0}}},
                       {"revision", revision}});
        }
        if (path == "users:import") {
            return ok({{"created", 2}, {"changed", 1}, {"same", 0}, {"revision", revision}});
        }
        json::object object = objects.contains(path) ? objects.at(path) : json::object();
        if (!question.body.empty()) {
            const json::value asked = json::parse(question.body);
            for (const auto& [name, value] : asked.as_object()) {
                object[name] = value;
            }
        }
        object["revision"] = revision;
        return ok(std::move(object));
    }

    static Answer ok(json::object body, std::string etag = {}) {
        return {.status = 200, .body = std::move(body), .etag = std::move(etag)};
    }
};

LyncExport an_export() {
    LyncExport made;
    made.objects = {
        {.kind = LyncKind::Site, .id = "Paris", .body = {{"name", "Paris"}}},
        {.kind = LyncKind::Pool, .id = "p.example", .body = {{"site", "Paris"}}},
        {.kind = LyncKind::Policy,
         .id = "Tag:Pilot",
         .body = {{"identity", "Tag:Pilot"}, {"enable_xmpp_access", true}}},
        {.kind = LyncKind::Gateway, .body = {{"connection_limit", 500}}},
        {.kind = LyncKind::Partner, .id = "a.example", .body = {{"domain", "a.example"}}},
        {.kind = LyncKind::Partner,
         .id = "b.example",
         .body = {{"domain", "b.example"}},
         .notes = {"No."},
         .is_refused = true},
    };
    made.users = {{.uri = "a@contoso.example",
                   .display_name = "A, the \"first\"",
                   .policy = "Pilot",
                   .pool = "p.example"},
                  {.uri = "b@contoso.example", .policy = "Unknown"}};
    return made;
}

std::vector<std::string> states(const json::object& plan) {
    std::vector<std::string> made;
    for (const json::value& change : plan.at("changes").as_array()) {
        made.emplace_back(change.at("state").as_string());
    }
    return made;
}

TEST(MigrationPlan, AllIsNew) {
    FakeGateway gateway;
    gateway.objects["gateway"] = {{"connection_limit", 1000}};
    const json::object plan = make_plan(an_export(), {}, gateway.ask());
    EXPECT_THAT(states(plan), ElementsAre("new", "new", "new", "changed", "new", "refused"));
    EXPECT_EQ(json::serialize(plan.at("counts")), R"({"new":4,"changed":1,"same":0,"refused":1})");
    EXPECT_EQ(json::serialize(plan.at("changes").at(3).at("differences")),
              R"([{"property":"connection_limit","before":1000,"after":500}])");
    EXPECT_EQ(plan.at("changes").at(4).at("body").at("enabled"), false);
    EXPECT_EQ(plan.at("users").at("csv").as_string(),
              "uri,display_name,policy,pool,homed\n"
              "a@contoso.example,\"A, the \"\"first\"\"\",Pilot,p.example,legacy\n"
              "b@contoso.example,,,,legacy\n");
    EXPECT_THAT(json::serialize(plan.at("users").at("notes")), HasSubstr("policy Unknown of some"));
    EXPECT_THAT(gateway.changes, IsEmpty());
}

TEST(MigrationPlan, TheSameFilesTwiceAreAnEmptyPlan) {
    FakeGateway gateway;
    gateway.objects = {{"gateway", {{"connection_limit", 500}}},
                       {"sites/Paris", {{"name", "Paris"}}},
                       {"pools/p.example", {{"site", "Paris"}}},
                       {"policies/Tag%3APilot", {{"enable_xmpp_access", true}}},
                       {"partners/a.example", {{"domain", "a.example"}, {"enabled", true}}}};
    const json::object plan = make_plan(an_export(), {}, gateway.ask());
    EXPECT_THAT(states(plan), ElementsAre("same", "same", "same", "same", "same", "refused"));
}

TEST(MigrationPlan, Options) {
    FakeGateway gateway;
    gateway.objects["gateway"] = {{"connection_limit", 500}};
    const json::object plan = make_plan(
        an_export(), {.are_partners_enabled = true, .are_users_moved = true}, gateway.ask());
    EXPECT_EQ(plan.at("changes").at(4).at("body").at("enabled"), true);
    EXPECT_THAT(std::string(plan.at("users").at("csv").as_string()), HasSubstr(",here\n"));
}

TEST(MigrationPlan, TheGatewaysObjectionIsInThePlan) {
    FakeGateway gateway;
    gateway.objects["gateway"] = {{"connection_limit", 500}};
    gateway.refuses = "policies";
    const json::object plan = make_plan(an_export(), {}, gateway.ask());
    EXPECT_EQ(states(plan).at(2), "refused");
    EXPECT_THAT(json::serialize(plan.at("changes").at(2).at("notes")), HasSubstr("It is policies"));
    gateway.refusal = 403;
    EXPECT_THROW(make_plan(an_export(), {}, gateway.ask()), Refusal);
}

TEST(MigrationPlan, ApplyAndUndo) {
    FakeGateway gateway;
    gateway.objects["gateway"] = {{"connection_limit", 1000}};
    const json::object plan = make_plan(an_export(), {}, gateway.ask());
    const Migrated done = apply_plan(plan, "a move", false, gateway.ask());
    EXPECT_EQ(done.id(), "12");
    EXPECT_EQ(done.objects, 5U);
    EXPECT_EQ(done.users, 3U);
    EXPECT_FALSE(done.refused);
    ASSERT_EQ(gateway.changes.size(), 1U);
    EXPECT_THAT(gateway.changes[0], HasSubstr("POST changes?reason=a%20move {"));
    for (
        const char* order :
        {R"({"method":"POST","path":"sites","body":{"name":"Paris"},"if_match":""})",
         R"({"method":"PUT","path":"pools/p.example","body":{"site":"Paris"},"if_match":""})",
         R"({"method":"PATCH","path":"gateway","body":{"connection_limit":500},"if_match":"\"3\""})",
         R"("users_csv":"uri,display_name)"}) {
        EXPECT_THAT(gateway.changes[0], HasSubstr(order));
    }
    EXPECT_EQ(undo_migration("12", gateway.ask()).status, 200);
    EXPECT_THAT(gateway.changes.back(), HasSubstr("POST revisions/12:undo"));
    for (const char* id : {"", "0", "11-17", "a", "-", "1.5"}) {
        EXPECT_THROW(undo_migration(id, gateway.ask()), NotUsable) << id;
    }
}

TEST(MigrationPlan, WhatIsRefusedIsDoneByNoHalf) {
    FakeGateway gateway;
    gateway.objects["gateway"] = {{"connection_limit", 1000}};
    const json::object plan = make_plan(an_export(), {}, gateway.ask());
    gateway.refuses = "changes";
    const Migrated done = apply_plan(plan, {}, false, gateway.ask());
    EXPECT_EQ(done.id(), "-");
    EXPECT_EQ(done.refused->status, 409);
    EXPECT_THAT(gateway.changes, IsEmpty());
}

TEST(MigrationPlan, ATrialChangesNothing) {
    FakeGateway gateway;
    gateway.objects["gateway"] = {{"connection_limit", 1000}};
    const json::object plan = make_plan(an_export(), {}, gateway.ask());
    const Migrated done = apply_plan(plan, "why", true, gateway.ask());
    EXPECT_EQ(done.id(), "-");
    EXPECT_EQ(done.objects, 5U);
    EXPECT_THAT(gateway.changes, IsEmpty());
}

TEST(MigrationPlan, WhatIsNoPlan) {
    FakeGateway gateway;
    const auto refused = [&](std::string_view text) {
        try {
            apply_plan(json::parse(text), {}, false, gateway.ask());
        } catch (const NotUsable&) {
            return true;
        }
        return false;
    };
    const auto with = [](const char* method, const char* path) {
        return std::string(R"({"format":"isthmus-migration-plan/1","users":{},"changes":[)") +
               R"({"state":"new","kind":"site","id":"x","if_match":"","body":{},"method":")" +
               method + R"(","path":")" + path + R"("}]})";
    };
    EXPECT_FALSE(refused(with("POST", "sites")));
    for (const char* path : {"admins", "sites?force=true", "partners/x:test", "", "../sites"}) {
        EXPECT_TRUE(refused(with("POST", path))) << path;
    }
    EXPECT_TRUE(refused(with("DELETE", "sites/x")));
    EXPECT_TRUE(refused("[]"));
    EXPECT_TRUE(refused(R"({"format":"isthmus-migration-plan/2","users":{},"changes":[]})"));
    EXPECT_TRUE(refused(R"({"format":"isthmus-migration-plan/1"})"));
    EXPECT_TRUE(refused(R"({"format":"isthmus-migration-plan/1","users":{},"changes":[1]})"));
    EXPECT_EQ(gateway.changes.size(), 1U);
}

}  // namespace
}  // namespace isthmus::cli
