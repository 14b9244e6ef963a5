// Users and what they were granted, with a bystander who must keep what he has.
#include "control/user_service.h"

#include "control/explain.h"

#include <vector>

#include "management_world.h"

namespace isthmus::control {
namespace {

using policy::AccessRule;
using policy::Gate;

class UserServiceTest : public Management {
  protected:
    void SetUp() override {
        open_everything();
        ASSERT_TRUE(service->create<AccessRule>(object(R"({"identity":"Closed"})"), edit));
        ASSERT_TRUE(users->create(object(R"({"uri":"alice@contoso.example",
            "display_name":"Alice Adams","upn":"alice@corp.contoso.example",
            "logon":"CONTOSO\\alice","dn":"CN=Alice,DC=contoso"})"),
                                  edit));
        ASSERT_TRUE(users->create(
            object(R"({"uri":"carol@contoso.example","display_name":"Carol"})"), edit));
    }

    Gate gate(std::string_view who) const { return decide(who, "a.example").gate; }

    Result<Committed> grant(const std::vector<std::string>& whom, std::string_view what) {
        return users->grant(whom, what, edit);
    }
};

TEST_F(UserServiceTest, AGrantHoldsForWhoGotItAndNobodyElse) {
    ASSERT_TRUE(grant({"sip:Alice@contoso.example"}, "tag:closed"));
    EXPECT_EQ(gate("alice"), Gate::User);
    EXPECT_EQ(gate("carol"), Gate::Open);
    EXPECT_EQ(gate("stranger"), Gate::Open);
    EXPECT_EQ(users->describe(*users->get("alice@contoso.example")).at("effective_policy"),
              "Tag:Closed");
    open();
    EXPECT_EQ(gate("alice"), Gate::User);
    ASSERT_TRUE(grant({"alice@contoso.example"}, ""));
    EXPECT_EQ(gate("alice"), Gate::Open);
}

TEST_F(UserServiceTest, GrantsKnowTheOriginalsIdentities) {
    for (const char* identity : {"alice@corp.contoso.example",
                                 "contoso\\ALICE",
                                 "CN=Alice,DC=contoso",
                                 "Alice Adams",
                                 "Alice*",
                                 "*lice@contoso.example"}) {
        ASSERT_TRUE(grant({identity}, "Closed")) << identity;
        EXPECT_EQ(gate("alice"), Gate::User) << identity;
        EXPECT_EQ(gate("carol"), Gate::Open) << identity;
        ASSERT_TRUE(grant({identity}, "")) << identity;
        EXPECT_EQ(gate("alice"), Gate::Open) << identity;
    }
    ASSERT_TRUE(grant({"*"}, "Closed"));
    EXPECT_EQ(gate("alice"), Gate::User);
    EXPECT_EQ(gate("carol"), Gate::User);
    EXPECT_EQ(gate("stranger"), Gate::Open);
}

TEST_F(UserServiceTest, AGrantIsOneRevisionOrNothing) {
    const std::uint64_t before = store.revision();
    EXPECT_FALSE(grant({"alice@contoso.example", "no such man"}, "Closed"));
    EXPECT_FALSE(grant({"alice@contoso.example"}, "NoPolicy"));
    EXPECT_FALSE(grant({"alice@contoso.example"}, "global"));
    EXPECT_FALSE(grant({"x*"}, "Closed"));
    EXPECT_EQ(store.revision(), before);
    EXPECT_EQ(gate("alice"), Gate::Open);
    ASSERT_TRUE(grant({"alice@contoso.example", "carol@contoso.example"}, "Closed"));
    EXPECT_EQ(store.revision(), before + 1);
}

TEST_F(UserServiceTest, AStrangersAddressIsEntered) {
    const auto made = grant({"dave@contoso.example"}, "Closed");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->warnings.size(), 1U);
    EXPECT_EQ(gate("dave"), Gate::User);
    EXPECT_FALSE(grant({"erin@contoso.example"}, ""));
}

TEST_F(UserServiceTest, ADisabledUserIsRefused) {
    ASSERT_TRUE(users->set("alice@contoso.example", object(R"({"enabled":false})"), edit));
    EXPECT_EQ(gate("alice"), Gate::UserState);
    ASSERT_TRUE(users->erase("alice@contoso.example", edit));
    EXPECT_EQ(gate("alice"), Gate::Open);
}

TEST_F(UserServiceTest, BadInputChangesNothing) {
    const std::uint64_t before = store.revision();
    for (const char* bad : {R"({})",
                            R"({"uri":"nobody"})",
                            R"({"uri":"alice@contoso.example"})",
                            R"({"uri":"x@contoso.example","site":"Nowhere"})",
                            R"({"uri":"x@contoso.example","pool":"p.example"})",
                            R"({"uri":"x@contoso.example","policy":"Nothing"})",
                            R"({"uri":"x@contoso.example","policy":"Global"})",
                            R"({"uri":"x@contoso.example","homed":"elsewhere"})",
                            R"({"uri":"x@contoso.example","sit":"Paris"})"}) {
        EXPECT_FALSE(users->create(object(bad), edit)) << bad;
    }
    EXPECT_FALSE(
        users->set("carol@contoso.example", object(R"({"uri":"c@contoso.example"})"), edit));
    EXPECT_FALSE(users->set("nobody@contoso.example", object("{}"), edit));
    EXPECT_EQ(store.revision(), before);
    EXPECT_FALSE(users->list({.limit = 1001}));
}

TEST_F(UserServiceTest, ExplainSaysWhatTrafficGets) {
    ASSERT_TRUE(grant({"alice@contoso.example"}, "Closed"));
    const auto gates_of = [&](std::string_view who, std::string_view domain) {
        return explain(*in_force,
                       {.user = who, .user_domain = "contoso.example", .remote_domain = domain},
                       std::nullopt);
    };
    const auto check = [&](std::string_view who, std::string_view domain) {
        const Explanation made = gates_of(who, domain);
        Gate first = Gate::Open;
        for (const GateVerdict& gate : made.gates) {
            if (!gate.is_open && gate.was_asked) {
                first = gate.gate;
            }
        }
        EXPECT_EQ(first, decide(who, domain).gate) << who << " " << domain;
        EXPECT_EQ(made.decision.gate, first);
        return first;
    };
    EXPECT_EQ(check("alice", "a.example"), Gate::User);
    EXPECT_EQ(check("carol", "a.example"), Gate::Open);
    EXPECT_EQ(check("carol", "b.example"), Gate::Partner);
    ASSERT_TRUE(users->set("carol@contoso.example", object(R"({"enabled":false})"), edit));
    EXPECT_EQ(check("carol", "a.example"), Gate::UserState);
    ASSERT_TRUE(service->set<policy::Partner>("a.example", object(R"({"enabled":false})"), edit));
    EXPECT_EQ(check("carol", "a.example"), Gate::PartnerState);
    ASSERT_TRUE(service->create<policy::BlockedDomain>(object(R"({"domain":"a.example"})"), edit));
    EXPECT_EQ(check("carol", "a.example"), Gate::Block);
    ASSERT_TRUE(service->set_single<policy::GatewaySettings>(object(R"({"enabled":false})"), edit));
    EXPECT_EQ(check("alice", "a.example"), Gate::Gateway);
    ASSERT_TRUE(service->set_single<policy::AccessEdge>(
        object(R"({"allow_federated_users":false})"), edit));
    EXPECT_EQ(check("alice", "a.example"), Gate::AccessEdge);
    const auto text = to_json(gates_of("alice", "a.example"));
    EXPECT_EQ(text.at("verdict"), "refused");
    EXPECT_EQ(text.at("code"), "IST-POL-003");
    EXPECT_EQ(text.at("gates").as_array().size(), policy::kGates - 1);
}

TEST_F(UserServiceTest, ExplainKnowsTheTypeOfThePartner) {
    const policy::Query query{
        .user = "carol", .user_domain = "contoso.example", .remote_domain = "a.example"};
    EXPECT_EQ(to_json(explain(*in_force, query, false)).at("decided_by"), "partner-type");
    EXPECT_EQ(to_json(explain(*in_force, query, true)).at("verdict"), "allowed");
    ASSERT_TRUE(service->set<policy::Partner>(
        "a.example", object(R"({"partner_type":"Federated"})"), edit));
    EXPECT_EQ(to_json(explain(*in_force, query, false)).at("verdict"), "allowed");
}

}  // namespace
}  // namespace isthmus::control
