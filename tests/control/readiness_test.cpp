// What stands before the cut-over and before the end of the old gateway, finding by finding.
#include "control/readiness.h"

#include "control/user_import.h"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <vector>

#include "management_world.h"

namespace isthmus::control {
namespace {

class ReadinessTest : public Management {
  protected:
    /// Everything done: the state from which each test takes one thing away.
    void SetUp() override {
        open_everything();
        ASSERT_TRUE(users->create(object(R"({"uri":"alice@contoso.example"})"), edit));
    }

    Readiness judge() { return judge_readiness(service->current(), read_user_facts(store)); }

    std::vector<std::string> ids() {
        std::vector<std::string> made;
        for (const Finding& finding : judge().findings) {
            made.emplace_back(finding.id);
        }
        return made;
    }

    Finding finding(std::string_view id) {
        for (Finding& finding : judge().findings) {
            if (finding.id == id) {
                return std::move(finding);
            }
        }
        ADD_FAILURE() << "no finding " << id;
        return {};
    }

    void create_allowed(const char* text) {
        ASSERT_TRUE(service->create<policy::AllowedDomain>(object(text), edit));
    }

    using Ids = std::vector<std::string>;
};

TEST_F(ReadinessTest, NothingLeftToDo) {
    EXPECT_EQ(ids(), Ids{});
    const Readiness made = judge();
    EXPECT_EQ(made.verdict(), "done");
    EXPECT_EQ(made.users, 1U);
    EXPECT_EQ(made.may_talk_xmpp, 1U);
    EXPECT_EQ(made.served_here, 1U);
    EXPECT_EQ(boost::json::serialize(to_json(made)),
              R"({"verdict":"done","ready":true,)"
              R"("users":{"entered":1,"not_moved":0,"may_talk_xmpp":1},)"
              R"("partners":{"total":1,"served_here":1,"served_by_old_gateway":0},)"
              R"("findings":[]})");
}

TEST_F(ReadinessTest, UsersWhoAreNotMoved) {
    std::string csv = "uri,homed,enabled\n";
    for (int i = 0; i < 150; ++i) {
        csv += "user" + std::to_string(i) + "@contoso.example,legacy,true\n";
    }
    csv += "gone@contoso.example,legacy,false\n";
    ASSERT_TRUE(import_users(*users, csv, edit));
    EXPECT_EQ(ids(), (Ids{"users-not-moved", "disabled-users-not-moved"}));
    EXPECT_EQ(judge().verdict(), "not-ready");
    const Finding made = finding("users-not-moved");
    EXPECT_EQ(made.total, 150U);
    EXPECT_EQ(made.objects.size(), 100U);
    EXPECT_EQ(made.objects.front().name, "user0@contoso.example");
    EXPECT_TRUE(std::ranges::none_of(
        made.objects, [](const auto& one) { return one.name == "gone@contoso.example"; }));
    EXPECT_EQ(made.command, "isthmus user list --homed legacy");
    EXPECT_EQ(finding("disabled-users-not-moved").total, 1U);
}

TEST_F(ReadinessTest, OnlyDisabledUsersAreLeftBehind) {
    ASSERT_TRUE(users->create(
        object(R"({"uri":"gone@contoso.example","homed":"legacy","enabled":false})"), edit));
    EXPECT_EQ(ids(), Ids{"disabled-users-not-moved"});
    EXPECT_EQ(judge().verdict(), "ready");
}

TEST_F(ReadinessTest, Switches) {
    ASSERT_TRUE(service->set_single<policy::AccessEdge>(
        object(R"({"allow_federated_users":false})"), edit));
    ASSERT_TRUE(service->set_single<policy::GatewaySettings>(object(R"({"enabled":false})"), edit));
    EXPECT_EQ(ids(), (Ids{"federation-off", "gateway-off"}));
    EXPECT_EQ(judge().verdict(), "not-ready");
}

TEST_F(ReadinessTest, NobodyMayTalk) {
    ASSERT_TRUE(service->set<policy::AccessRule>(
        "global", object(R"({"enable_federation_access":false})"), edit));
    EXPECT_EQ(ids(), Ids{"nobody-allowed"});
    EXPECT_TRUE(finding("nobody-allowed").command.starts_with("isthmus policy create NAME "));

    // A user policy does nothing until somebody has it.
    ASSERT_TRUE(service->create<policy::AccessRule>(
        object(R"({"identity":"Open","enable_federation_access":true,"enable_xmpp_access":true})"),
        edit));
    EXPECT_EQ(finding("nobody-allowed").command, "isthmus policy grant --user USER \"Open\"");
    const std::vector<std::string> alice{"alice@contoso.example"};
    ASSERT_TRUE(users->grant(alice, "Open", edit));
    EXPECT_EQ(ids(), Ids{});

    // Who has it, but is disabled, is nobody.
    ASSERT_TRUE(users->set(alice.front(), object(R"({"enabled":false})"), edit));
    EXPECT_EQ(ids(), Ids{"nobody-allowed"});
}

TEST_F(ReadinessTest, ASitePolicyHoldsThroughThePool) {
    ASSERT_TRUE(service->set<policy::AccessRule>(
        "global", object(R"({"enable_xmpp_access":false})"), edit));
    ASSERT_TRUE(service->create<policy::Site>(object(R"({"name":"Paris"})"), edit));
    ASSERT_TRUE(service->create<policy::AccessRule>(
        object(R"({"identity":"site:Paris","enable_federation_access":true,)"
               R"("enable_xmpp_access":true})"),
        edit));
    EXPECT_EQ(finding("nobody-allowed").command, "isthmus user set USER --site \"Paris\"");
    ASSERT_TRUE(service->create<policy::Pool>(
        object(R"({"fqdn":"pool1.contoso.example","site":"Paris"})"), edit));
    ASSERT_TRUE(
        users->set("alice@contoso.example", object(R"({"pool":"pool1.contoso.example"})"), edit));
    EXPECT_EQ(ids(), Ids{});
}

TEST_F(ReadinessTest, PartnersOnTheBlockList) {
    ASSERT_TRUE(service->create<policy::Partner>(
        object(R"({"domain":"b.example","additional_domains":["im.b.example"]})"), edit));
    ASSERT_TRUE(
        service->create<policy::BlockedDomain>(object(R"({"domain":"*.b.example"})"), edit));
    EXPECT_EQ(ids(), Ids{"partner-blocked"});
    const Finding made = finding("partner-blocked");
    EXPECT_EQ(made.total, 1U);
    EXPECT_EQ(made.objects.front().name, "im.b.example");
    EXPECT_EQ(made.command, "isthmus partner unblock \"*.b.example\"");
    EXPECT_EQ(judge().verdict(), "not-ready");
}

TEST_F(ReadinessTest, DisabledPartnersAreWithTheOldGateway) {
    ASSERT_TRUE(service->create<policy::Partner>(
        object(R"({"domain":"b.example","enabled":false})"), edit));
    create_allowed(R"({"domain":"b.example","proxy_fqdn":"oldgw.contoso.example"})");
    EXPECT_EQ(ids(), (Ids{"allowed-domain-in-use", "partners-at-old-gateway"}));
    EXPECT_EQ(judge().verdict(), "ready");
    EXPECT_EQ(finding("partners-at-old-gateway").command, "isthmus partner enable b.example");
    EXPECT_EQ(finding("allowed-domain-in-use").command, "isthmus sip-domain delete b.example");

    // Cut over, the entry that was the way to the old gateway is a leftover.
    ASSERT_TRUE(service->set<policy::Partner>("b.example", object(R"({"enabled":true})"), edit));
    EXPECT_EQ(ids(), Ids{"leftover-allowed-domain"});
    EXPECT_EQ(judge().verdict(), "not-ready");
    EXPECT_NE(finding("leftover-allowed-domain").objects.front().note.find("oldgw"),
              std::string::npos);
    ASSERT_TRUE(service->erase<policy::AllowedDomain>("b.example", edit));
    EXPECT_EQ(judge().verdict(), "done");
}

TEST_F(ReadinessTest, WhatElseTheOldGatewayServes) {
    create_allowed(R"({"domain":"a.example","proxy_fqdn":"oldgw.contoso.example"})");
    create_allowed(R"({"domain":"forgotten.example","proxy_fqdn":"oldgw.contoso.example"})");
    create_allowed(R"({"domain":"sip.example","proxy_fqdn":"edge.sip.example"})");
    create_allowed(R"({"domain":"open.example"})");
    EXPECT_EQ(ids(), (Ids{"domain-without-partner", "leftover-allowed-domain"}));
    EXPECT_EQ(judge().verdict(), "not-ready");
    const Finding made = finding("domain-without-partner");
    EXPECT_EQ(made.total, 1U);
    EXPECT_EQ(
        made.command,
        "isthmus partner create forgotten.example --sasl-negotiation Optional --enabled false");
}

TEST_F(ReadinessTest, NoPartnerAtAll) {
    ASSERT_TRUE(service->erase<policy::Partner>("a.example", edit));
    EXPECT_EQ(ids(), Ids{"no-partner"});
    EXPECT_EQ(judge().verdict(), "not-ready");
}

}  // namespace
}  // namespace isthmus::control
