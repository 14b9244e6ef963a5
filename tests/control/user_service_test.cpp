// Users and what they were granted, with a bystander who must keep what he has.
#include "control/user_service.h"

#include "control/explain.h"
#include "control/user_search.h"

#include <algorithm>
#include <cstddef>
#include <string>
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
                       service->own_domains(),
                       {.user = who, .user_domain = "contoso.example", .remote_domain = domain});
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
        EXPECT_EQ(made.closed() == nullptr ? Gate::Open : made.closed()->gate, first);
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
    EXPECT_EQ(text.at("gates").as_array().size(), policy::kGates);
}

TEST_F(UserServiceTest, ExplainKnowsTheTypeOfThePartner) {
    const policy::Query query{
        .user = "carol", .user_domain = "contoso.example", .remote_domain = "a.example"};
    EXPECT_EQ(to_json(explain(*in_force, service->own_domains(), query, {.is_contact = false}))
                  .at("decided_by"),
              "partner-type");
    EXPECT_EQ(to_json(explain(*in_force, service->own_domains(), query, {.is_contact = true}))
                  .at("verdict"),
              "allowed");
    ASSERT_TRUE(service->set<policy::Partner>(
        "a.example", object(R"({"partner_type":"Federated"})"), edit));
    EXPECT_EQ(to_json(explain(*in_force, service->own_domains(), query, {.is_contact = false}))
                  .at("verdict"),
              "allowed");
}

TEST_F(UserServiceTest, ExplainKnowsWhichDomainsAreServed) {
    const auto told = [&](std::string_view domain, std::string_view remote) {
        return to_json(explain(*in_force,
                               service->own_domains(),
                               {.user = "carol", .user_domain = domain, .remote_domain = remote}));
    };
    auto far = told("elsewhere.example", "a.example");
    EXPECT_EQ(far.at("verdict"), "refused");
    EXPECT_EQ(far.at("decided_by"), "served-domain");
    EXPECT_EQ(far.at("code"), "IST-POL-006");
    EXPECT_EQ(far.at("sentence"),
              "The domain elsewhere.example is not served here (served: contoso.example).");
    EXPECT_NE(far.at("fix").as_string().find("[sip] domains"), std::string::npos);
    for (const auto& gate : far.at("gates").as_array()) {
        EXPECT_EQ(gate.at("asked").as_bool(), gate.at("gate") == "served-domain");
    }
    const auto misspelt = told("contoso.exmaple", "a.example");
    EXPECT_TRUE(misspelt.at("sentence")
                    .as_string()
                    .starts_with("The domain contoso.exmaple is not served here (did you mean "
                                 "contoso.example?). Add it to [sip] domains"));
    EXPECT_EQ(misspelt.at("fix"),
              "isthmus policy explain --user carol@contoso.example --to a.example");
    EXPECT_EQ(told("contoso.example", "a.example").at("verdict"), "allowed");
}

TEST_F(UserServiceTest, ExplainClaimsNothingOfGatesThatWereNotAsked) {
    const auto made = to_json(explain(
        *in_force,
        service->own_domains(),
        {.user = "carol", .user_domain = "contoso.example", .remote_domain = "litware.example"}));
    std::size_t not_asked = 0;
    for (const auto& gate : made.at("gates").as_array()) {
        if (!gate.at("asked").as_bool()) {
            ++not_asked;
            EXPECT_EQ(gate.at("verdict"), "closed") << gate;
            EXPECT_EQ(gate.at("object"), "") << gate;
            EXPECT_EQ(gate.at("fix"), "") << gate;
            EXPECT_EQ(gate.at("sentence"), "Not asked: an earlier gate has decided.");
        }
    }
    EXPECT_EQ(not_asked, 4U);  // partner-state, user-state, user-policy, partner-type
}

TEST_F(UserServiceTest, ExplainKnowsWhomWasMeant) {
    ASSERT_TRUE(service->create<policy::Partner>(
        object(R"({"domain":"fabrikam.example","additional_domains":["chat.fabrikam.example"]})"),
        edit));
    const auto told = [&](std::string_view remote, const AboutTheTwo& two = {}) {
        return to_json(
            explain(*in_force,
                    service->own_domains(),
                    {.user = "carol", .user_domain = "contoso.example", .remote_domain = remote},
                    two));
    };
    const auto near = told("fabrikan.example", {.remote_user = "o'neil"});
    EXPECT_EQ(near.at("sentence"),
              "No partner holds the domain fabrikan.example. Did you mean fabrikam.example? If "
              "fabrikan.example is meant, run `isthmus partner create fabrikan.example "
              "--partner-type Federated --sasl-negotiation Optional`.");
    EXPECT_EQ(near.at("fix"),
              "isthmus policy explain --user carol@contoso.example --to "
              "'o'\\''neil@fabrikam.example'");
    EXPECT_EQ(told("chat.fabricam.example").at("fix"),
              "isthmus policy explain --user carol@contoso.example --to chat.fabrikam.example");
    EXPECT_EQ(told("litware.example").at("sentence"),
              "No partner holds the domain litware.example.");
    EXPECT_TRUE(
        told("litware.example").at("fix").as_string().starts_with("isthmus partner create "));
    const auto own = told("contoso.example");
    EXPECT_EQ(own.at("decided_by"), "partner");
    EXPECT_EQ(own.at("sentence").as_string().find("'contoso.example' is one of our own"), 0);
    EXPECT_EQ(own.at("fix").as_string().find("partner create"), std::string::npos);
    // Of a whole domain, nobody of ours is named: then the partner is tested.
    const Explanation of_domain =
        explain(*in_force,
                service->own_domains(),
                {.user = {}, .user_domain = {}, .remote_domain = "fabrikan.example"});
    EXPECT_EQ(of_domain.closed()->fix, "isthmus partner test fabrikam.example");
}

TEST_F(UserServiceTest, ExplainKnowsWhoHasNoEntry) {
    EXPECT_EQ(nearest_user(store, "alcie@contoso.example"), "alice@contoso.example");
    EXPECT_EQ(nearest_user(store, "alicee@contoso.example"), "alice@contoso.example");
    EXPECT_EQ(nearest_user(store, "xlice@contoso.example"), "alice@contoso.example");
    EXPECT_EQ(nearest_user(store, "alice@elsewhere.example"), "");
    EXPECT_EQ(nearest_user(store, "tybalt@contoso.example"), "");
    EXPECT_EQ(nearest_user(store, "\xC3\xA9@contoso.example"), "");
    EXPECT_EQ(nearest_user(store, "nobody"), "");
    const policy::Query query{
        .user = "alcie", .user_domain = "contoso.example", .remote_domain = "a.example"};
    const AboutTheTwo two{.remote_user = "juliet",
                          .is_entered = false,
                          .near_user = nearest_user(store, "alcie@contoso.example")};
    const auto state_of_user = [&] {
        const Explanation made = explain(*in_force, service->own_domains(), query, two);
        return *std::ranges::find(made.gates, Gate::UserState, &GateVerdict::gate);
    };
    EXPECT_EQ(state_of_user().sentence,
              "The user alcie@contoso.example has no entry, and needs none. Did you mean "
              "alice@contoso.example?");
    EXPECT_EQ(state_of_user().object, "");
    // What holds for everybody is not opened because of a slip of the pen.
    ASSERT_TRUE(service->set<policy::AccessRule>(
        "global", object(R"({"enable_xmpp_access":false})"), edit));
    const Explanation made = explain(*in_force, service->own_domains(), query, two);
    ASSERT_EQ(made.closed()->gate, Gate::User);
    EXPECT_EQ(made.closed()->fix,
              "isthmus policy explain --user alice@contoso.example --to juliet@a.example");
    EXPECT_NE(made.closed()->sentence.find("If alcie@contoso.example is meant, run `isthmus policy "
                                           "set global "),
              std::string::npos);
}

TEST_F(UserServiceTest, AMisspeltUserOrPolicyIsToldTheNearest) {
    EXPECT_EQ(users->get("alcie@contoso.example").error().public_text,
              "There is no user 'alcie@contoso.example'. Did you mean alice@contoso.example?");
    EXPECT_EQ(users->get("somebody").error().public_text, "There is no user 'somebody'.");
    EXPECT_EQ(grant({"alice@contoso.example"}, "Clsoed").error().public_text,
              "There is no user policy 'Clsoed'. Did you mean Closed?");
    EXPECT_EQ(service->get<AccessRule>("Clsoed").error().public_text,
              "There is no external access policy 'Clsoed'. Did you mean Closed?");
}

TEST_F(UserServiceTest, WhoseDomainIsNotServedIsEnteredWithAWarning) {
    const auto made = users->create(object(R"({"uri":"sip:x@elsewhere.example"})"),
                                    {.author = edit.author, .dry_run = true});
    ASSERT_TRUE(made);
    ASSERT_EQ(made->warnings.size(), 1);
    EXPECT_EQ(made->warnings.front(),
              "Nothing passes for x@elsewhere.example: the domain elsewhere.example is not served "
              "here (served: contoso.example).");
    EXPECT_TRUE(users->create(object(R"({"uri":"y@contoso.example"})"), edit)->warnings.empty());
    EXPECT_EQ(grant({"z@elsewhere.example"}, "Closed")->warnings.size(), 2);
    std::vector<store::UserChange> changes;
    for (const char* uri : {"p@contoso.example", "q@elsewhere.example", "r@elsewhere.example"}) {
        changes.push_back({uri, std::nullopt, policy::User{.uri = uri}});
    }
    const auto brought =
        users->replace(std::move(changes), "import", "users", edit, service->snapshot());
    ASSERT_EQ(brought->warnings.size(), 1);
    EXPECT_TRUE(brought->warnings.front().ends_with("So it is with 2 users in all."));
}

}  // namespace
}  // namespace isthmus::control
