// Validate, store, publish: in that order, all or nothing.
#include "control/policy_service.h"

#include "management_world.h"

namespace isthmus::control {
namespace {

using policy::AccessEdge;
using policy::AccessRule;
using policy::AllowedDomain;
using policy::BlockedDomain;
using policy::GatewaySettings;
using policy::Partner;
using policy::Pool;
using policy::Provider;
using policy::Site;

using PolicyServiceTest = Management;

TEST_F(PolicyServiceTest, ACommittedPartnerIsInForceAndStored) {
    const auto made = service->create<Partner>(object(R"({"domain":"Fabrikam.example"})"), edit);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->revision, 1U);
    EXPECT_TRUE(made->is_in_force);
    EXPECT_NE(in_force->partner_of("fabrikam.example"), nullptr);
    EXPECT_EQ(in_force->revision(), 1U);
    EXPECT_EQ(made->object.at("partner_type"), "PublicUnverified");
    EXPECT_EQ(made->object.at("tls_negotiation"), "Required");
    open();
    EXPECT_NE(in_force->partner_of("fabrikam.example"), nullptr);
}

TEST_F(PolicyServiceTest, RefusalsChangeNothing) {
    ASSERT_TRUE(service->create<Partner>(object(R"({"domain":"a.example"})"), edit));
    const auto before = in_force;
    for (const char* bad : {R"({})",
                            R"({"domain":"a.example"})",
                            R"({"domain":"b c"})",
                            R"({"domain":7})",
                            R"({"domain":"contoso.example"})",
                            R"({"domain":"b.example","additional_domains":["contoso.example"]})",
                            R"({"domain":"b.example","additional_domains":["a.example"]})",
                            R"({"domain":"b.example","additional_domains":"c.example"})",
                            R"({"domain":"b.example","partner_typ":"Federated"})",
                            R"({"domain":"b.example","partner_type":"Friend"})",
                            R"({"domain":"b.example","connection_limit":0})",
                            R"({"domain":"b.example","connection_limit":4294967296})",
                            R"({"domain":"b.example","connection_limit":1.5})",
                            R"({"domain":"b.example","enabled":"true"})",
                            R"({"domain":"b.example","proxy_fqdn":"a b"})",
                            R"({"domain":"b.example","proxy_fqdn":"a.example:0"})",
                            R"({"domain":"b.example","proxy_fqdn":"a.example:65536"})",
                            R"({"domain":"b.example","proxy_fqdn":"a.example:"})",
                            R"({"domain":"b.example","proxy_fqdn":":5269"})",
                            R"({"domain":"b.example","proxy_fqdn":"a.example:5269:1"})",
                            "{\"domain\":\"b.example\",\"description\":\"a\\nb\"}",
                            R"({"domain":"b.example","sasl_negotiation":"NotSupported",
                                "support_dialback_negotiation":false})"}) {
        const auto made = service->create<Partner>(object(bad), edit);
        EXPECT_FALSE(made) << bad;
    }
    EXPECT_EQ(in_force, before);
    EXPECT_EQ(store.revision(), 1U);
}

TEST_F(PolicyServiceTest, AFaultNamesFieldValueAndRule) {
    const auto number =
        service->create<Partner>(object(R"({"domain":"b.example","connection_limit":0})"), edit);
    EXPECT_EQ(number.error().public_text,
              "connection_limit 0: must be a whole number from 1 to 1000000.");
    const auto word =
        service->create<Partner>(object(R"({"domain":"b.example","partner_type":"Friend"})"), edit);
    EXPECT_EQ(word.error().public_text,
              "partner_type \"Friend\": must be one of PublicUnverified, PublicVerified, "
              "Federated.");
    const auto unknown =
        service->create<Partner>(object(R"({"domain":"b.example","partner_typ":1})"), edit);
    EXPECT_EQ(unknown.error().public_text,
              "partner_typ is not a property; did you mean partner_type?");
}

TEST_F(PolicyServiceTest, SetKeepsWhatIsNotNamed) {
    ASSERT_TRUE(service->create<Partner>(
        object(R"({"domain":"a.example","description":"d","connection_limit":5})"), edit));
    ASSERT_TRUE(service->set<Partner>("A.EXAMPLE", object(R"({"enabled":false})"), edit));
    const auto partner = service->get<Partner>("a.example");
    EXPECT_FALSE(partner->enabled);
    EXPECT_EQ(partner->description, "d");
    EXPECT_EQ(partner->connection_limit, 5U);
    ASSERT_TRUE(service->set<Partner>("a.example", object(R"({"connection_limit":null})"), edit));
    EXPECT_FALSE(service->get<Partner>("a.example")->connection_limit.has_value());
    EXPECT_EQ(service->history(1).at(0).object, "partner/a.example");
    EXPECT_FALSE(service->set<Partner>("a.example", object(R"({"domain":"b.example"})"), edit));
}

TEST_F(PolicyServiceTest, TheProxyOfAPartnerMayNameItsPort) {
    ASSERT_TRUE(service->create<Partner>(object(R"({"domain":"a.example"})"), edit));
    for (const auto& [given, kept] : {std::pair("Edge.B.example:5299", "edge.b.example:5299"),
                                      std::pair("edge.b.example.:05269", "edge.b.example:5269"),
                                      std::pair("edge.b.example.", "edge.b.example"),
                                      std::pair("", "")}) {
        const auto set =
            service->set<Partner>("a.example", boost::json::object{{"proxy_fqdn", given}}, edit);
        ASSERT_TRUE(set) << set.error().public_text;
        EXPECT_EQ(in_force->partner_of("a.example")->proxy_fqdn, kept);
    }
    const auto bad = service->set<Partner>(
        "a.example", object(R"({"proxy_fqdn":"edge.b.example:99999"})"), edit);
    EXPECT_EQ(bad.error().public_text,
              "proxy_fqdn \"edge.b.example:99999\": must be a host name, or HOST:PORT with a port "
              "from 1 to 65535.");
}

TEST_F(PolicyServiceTest, AnIdleEditMakesNoRevision) {
    ASSERT_TRUE(service->create<Partner>(object(R"({"domain":"a.example"})"), edit));
    const auto again = service->set<Partner>("a.example", object(R"({"enabled":true})"), edit);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->revision, 1U);
    EXPECT_EQ(store.revision(), 1U);
}

TEST_F(PolicyServiceTest, TwoAdministratorsGetAConflictNotALostEdit) {
    ASSERT_TRUE(service->create<Partner>(object(R"({"domain":"a.example"})"), edit));
    const std::string seen = etag_of(to_json(*service->get<Partner>("a.example")));
    ASSERT_TRUE(service->set<Partner>("a.example", object(R"({"description":"one"})"), edit));
    Edit late = edit;
    late.if_match = seen;
    const auto crossed =
        service->set<Partner>("a.example", object(R"({"description":"two"})"), late);
    ASSERT_FALSE(crossed);
    EXPECT_EQ(crossed.error().code, "IST-API-005");
    EXPECT_EQ(service->erase<Partner>("a.example", late).error().code, "IST-API-005");
    EXPECT_EQ(service->get<Partner>("a.example")->description, "one");
    late.if_match = etag_of(to_json(*service->get<Partner>("a.example")));
    EXPECT_TRUE(service->set<Partner>("a.example", object(R"({"description":"two"})"), late));
}

TEST_F(PolicyServiceTest, ADryRunValidatesAndChangesNothing) {
    Edit dry = edit;
    dry.dry_run = true;
    const auto good = service->create<Partner>(object(R"({"domain":"a.example"})"), dry);
    ASSERT_TRUE(good);
    EXPECT_TRUE(good->is_dry_run);
    EXPECT_EQ(good->object.at("domain"), "a.example");
    EXPECT_FALSE(service->create<Partner>(object(R"({"domain":"b c"})"), dry));
    EXPECT_EQ(store.revision(), 0U);
    EXPECT_EQ(in_force->partner_of("a.example"), nullptr);
}

TEST_F(PolicyServiceTest, NumbersStayInTheirRange) {
    EXPECT_EQ(service->current().gateway().presence_restore_rate, 500U);
    ASSERT_TRUE(
        service->set_single<GatewaySettings>(object(R"({"presence_restore_rate":2000})"), edit));
    EXPECT_EQ(in_force->gateway().presence_restore_rate, 2000U);
    for (const char* bad : {R"({"presence_restore_rate":9})",
                            R"({"presence_restore_rate":10001})",
                            R"({"connection_limit":0})",
                            R"({"connection_limit":-1})",
                            R"({"connection_limit":1e9})",
                            R"({"keep_alive_interval":4294967297})"}) {
        EXPECT_FALSE(service->set_single<GatewaySettings>(object(bad), edit)) << bad;
    }
    EXPECT_EQ(in_force->gateway().presence_restore_rate, 2000U);
    EXPECT_EQ(in_force->gateway().connection_limit, 1000U);
}

TEST_F(PolicyServiceTest, SecretsNeverLeaveTheStore) {
    ASSERT_TRUE(service->set_single<GatewaySettings>(
        object(R"({"dialback_passphrase":"hunter2hunter2"})"), edit));
    EXPECT_EQ(in_force->gateway().dialback_passphrase, "hunter2hunter2");
    EXPECT_EQ(to_json(in_force->gateway()).at("dialback_passphrase_is_set"), true);
    bool is_noted = false;
    for (const store::RevisionChange& change : service->changes(1)) {
        is_noted = is_noted || change.kind == "secret";
        EXPECT_EQ(change.before.value_or("").find("hunter2"), std::string::npos);
        EXPECT_EQ(change.after.value_or("").find("hunter2"), std::string::npos);
    }
    EXPECT_TRUE(is_noted);
    open();
    EXPECT_EQ(in_force->gateway().dialback_passphrase, "hunter2hunter2");
    ASSERT_TRUE(service->set_single<GatewaySettings>(object(R"({"connection_limit":1200})"), edit));
    ASSERT_TRUE(service->rollback(0, edit));
    EXPECT_EQ(in_force->gateway().connection_limit, 1000U);
    EXPECT_EQ(in_force->gateway().dialback_passphrase, "hunter2hunter2");
    const auto bad = service->set_single<GatewaySettings>(
        object("{\"dialback_passphrase\":\"secret\\nsecret\"}"), edit);
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().public_text.find("secret\\nsecret"), std::string::npos);
}

TEST_F(PolicyServiceTest, GlobalExistsAndCanOnlyBeReset) {
    open_everything();
    EXPECT_TRUE(decide("alice", "a.example").is_allowed());
    EXPECT_EQ(service->create<AccessRule>(object(R"({"identity":"global"})"), edit).error().kind,
              ErrorKind::Conflict);
    const auto reset = service->erase<AccessRule>("Global", edit);
    ASSERT_TRUE(reset);
    EXPECT_FALSE(reset->warnings.empty());
    EXPECT_EQ(reset->object.at("enable_xmpp_access"), false);
    EXPECT_EQ(decide("alice", "a.example").gate, policy::Gate::User);
    EXPECT_TRUE(service->get<AccessRule>("global"));
    EXPECT_EQ(service->history(1).at(0).action, "reset");
    open();
    EXPECT_EQ(decide("alice", "a.example").gate, policy::Gate::User);
}

TEST_F(PolicyServiceTest, OnePolicyASiteWhichHoldsAtOnce) {
    open_everything();
    EXPECT_EQ(
        service->create<AccessRule>(object(R"({"identity":"site:Paris"})"), edit).error().kind,
        ErrorKind::NotFound);
    ASSERT_TRUE(service->create<Site>(object(R"({"name":"Paris"})"), edit));
    ASSERT_TRUE(users->create(object(R"({"uri":"bob@contoso.example","site":"Paris"})"), edit));
    EXPECT_TRUE(decide("bob", "a.example").is_allowed());
    ASSERT_TRUE(service->create<AccessRule>(object(R"({"identity":"site:Paris"})"), edit));
    EXPECT_EQ(decide("bob", "a.example").gate, policy::Gate::User);
    EXPECT_TRUE(decide("alice", "a.example").is_allowed());
    EXPECT_EQ(
        service->create<AccessRule>(object(R"({"identity":"SITE:PARIS"})"), edit).error().kind,
        ErrorKind::Conflict);
    ASSERT_TRUE(service->erase<AccessRule>("site:Paris", edit));
    EXPECT_TRUE(decide("bob", "a.example").is_allowed());
}

TEST_F(PolicyServiceTest, AGrantedPolicyIsDeletedOnlyByForce) {
    open_everything();
    ASSERT_TRUE(service->create<AccessRule>(object(R"({"identity":"Closed"})"), edit));
    const std::string bob = "bob@contoso.example";
    ASSERT_TRUE(users->grant({&bob, 1}, "closed", edit));
    EXPECT_EQ(decide("bob", "a.example").gate, policy::Gate::User);
    EXPECT_EQ(service->erase<AccessRule>("Closed", edit).error().code, "IST-API-010");
    EXPECT_EQ(decide("bob", "a.example").gate, policy::Gate::User);
    Edit forced = edit;
    forced.force = true;
    ASSERT_TRUE(service->erase<AccessRule>("Closed", forced));
    EXPECT_TRUE(decide("bob", "a.example").is_allowed());
    // A new policy of that name finds nobody who holds it.
    ASSERT_TRUE(service->create<AccessRule>(object(R"({"identity":"Closed"})"), edit));
    EXPECT_TRUE(decide("bob", "a.example").is_allowed());
}

TEST_F(PolicyServiceTest, WhatIsOddIsStoredWithAWarning) {
    const auto half = service->create<AccessRule>(
        object(R"({"identity":"Half","enable_xmpp_access":true})"), edit);
    ASSERT_TRUE(half);
    EXPECT_EQ(half->warnings.size(), 1U);
    const auto weak = service->create<Partner>(
        object(R"({"domain":"weak.example","tls_negotiation":"Optional"})"), edit);
    ASSERT_TRUE(weak);
    ASSERT_EQ(weak->warnings.size(), 1U);
    EXPECT_NE(weak->warnings[0].find("Will use: SASL over TLS"), std::string::npos);
    ASSERT_TRUE(service->create<AllowedDomain>(object(R"({"domain":"both.example"})"), edit));
    const auto both = service->create<Partner>(
        object(R"({"domain":"both.example","sasl_negotiation":"Optional"})"), edit);
    ASSERT_TRUE(both);
    EXPECT_EQ(both->warnings.size(), 1U);
}

TEST_F(PolicyServiceTest, ADomainIsAllowedOrBlocked) {
    open_everything();
    ASSERT_TRUE(service->create<AllowedDomain>(object(R"({"domain":"sip.example"})"), edit));
    EXPECT_EQ(
        service->create<BlockedDomain>(object(R"({"domain":"SIP.example"})"), edit).error().kind,
        ErrorKind::Conflict);
    const auto block = service->create<BlockedDomain>(object(R"({"domain":"*.example"})"), edit);
    ASSERT_TRUE(block) << block.error().public_text;
    EXPECT_FALSE(block->warnings.empty());
    EXPECT_EQ(decide("alice", "a.example").gate, policy::Gate::Block);
    ASSERT_TRUE(service->erase<BlockedDomain>("*.EXAMPLE", edit));
    EXPECT_TRUE(decide("alice", "a.example").is_allowed());
    for (const char* bad : {"contoso.example", "*.*.example", "a.*", "", "*x.example", "**"}) {
        EXPECT_FALSE(service->create<BlockedDomain>(boost::json::object{{"domain", bad}}, edit))
            << bad;
    }
}

TEST_F(PolicyServiceTest, ShippedProvidersAreThereDisabled) {
    EXPECT_EQ(in_force->objects().providers.size(), 3U);
    EXPECT_FALSE(service->get<Provider>("yahoo!")->enabled);
    ASSERT_TRUE(service->set<Provider>("Yahoo!", object(R"({"enabled":true})"), edit));
    EXPECT_FALSE(service->create<Provider>(object(R"({"name":"Hosted"})"), edit));
    ASSERT_TRUE(service->create<Provider>(
        object(R"({"name":"Hosted","proxy_fqdn":"sip.host.example"})"), edit));
    open();
    EXPECT_TRUE(service->get<Provider>("Yahoo!")->enabled);
    EXPECT_EQ(in_force->objects().providers.size(), 4U);
    ASSERT_TRUE(service->rollback(0, edit));
    EXPECT_FALSE(service->get<Provider>("Yahoo!")->enabled);
    EXPECT_EQ(in_force->objects().providers.size(), 3U);
}

TEST_F(PolicyServiceTest, SitesInUseStay) {
    ASSERT_TRUE(service->create<Site>(object(R"({"name":"Paris"})"), edit));
    EXPECT_FALSE(
        service->create<Pool>(object(R"({"fqdn":"p.contoso.example","site":"Rome"})"), edit));
    ASSERT_TRUE(
        service->create<Pool>(object(R"({"fqdn":"P.contoso.example","site":"Paris"})"), edit));
    EXPECT_EQ(service->erase<Site>("Paris", edit).error().code, "IST-API-010");
    ASSERT_TRUE(service->erase<Pool>("p.contoso.example", edit));
    EXPECT_TRUE(service->erase<Site>("paris", edit));
    for (const char* bad : {"", "a/b", " a", "a*"}) {
        EXPECT_FALSE(service->create<Site>(boost::json::object{{"name", bad}}, edit)) << bad;
    }
}

TEST_F(PolicyServiceTest, DiscoveryNeedsDnsRouting) {
    EXPECT_FALSE(service->set_single<AccessEdge>(
        object(R"({"enable_partner_discovery":true,"routing_method":"UseDefaultRouting",
                   "default_route_fqdn":"edge.example"})"),
        edit));
    EXPECT_FALSE(
        service->set_single<AccessEdge>(object(R"({"routing_method":"UseDefaultRouting"})"), edit));
    EXPECT_TRUE(
        service->set_single<AccessEdge>(object(R"({"enable_partner_discovery":true})"), edit));
}

TEST_F(PolicyServiceTest, RollbackTakesBackEverythingSince) {
    open_everything();
    const std::uint64_t good = store.revision();
    ASSERT_TRUE(service->create<Site>(object(R"({"name":"Paris"})"), edit));
    ASSERT_TRUE(service->create<AccessRule>(object(R"({"identity":"Closed"})"), edit));
    const std::string bob = "bob@contoso.example";
    ASSERT_TRUE(users->grant({&bob, 1}, "Closed", edit));
    ASSERT_TRUE(service->set<Partner>("a.example", object(R"({"enabled":false})"), edit));
    ASSERT_TRUE(service->set<Partner>("a.example", object(R"({"description":"x"})"), edit));
    ASSERT_TRUE(service->create<Partner>(object(R"({"domain":"b.example"})"), edit));
    ASSERT_TRUE(service->erase<Partner>("a.example", edit));
    Edit why = edit;
    why.reason = "it was wrong";
    const auto back = service->rollback(good, why);
    ASSERT_TRUE(back) << back.error().public_text;
    EXPECT_TRUE(decide("bob", "a.example").is_allowed());
    EXPECT_EQ(service->get<Partner>("a.example")->description, "");
    EXPECT_FALSE(service->get<Partner>("b.example"));
    EXPECT_FALSE(service->get<AccessRule>("Closed"));
    EXPECT_FALSE(store.user(bob));
    EXPECT_TRUE(in_force->objects().sites.empty());
    const auto newest = service->history(1).at(0);
    EXPECT_EQ(newest.action, "rollback");
    EXPECT_EQ(newest.reason, "it was wrong");
    open();
    EXPECT_TRUE(decide("bob", "a.example").is_allowed());
    // And the rollback is a revision like any other.
    ASSERT_TRUE(service->rollback(back->revision - 1, edit));
    EXPECT_FALSE(service->get<Partner>("a.example"));
    EXPECT_TRUE(service->get<Partner>("b.example"));
    EXPECT_EQ(store.user(bob)->policy, "Tag:Closed");
    EXPECT_EQ(service->rollback(9999, edit).error().kind, ErrorKind::NotFound);
}

TEST_F(PolicyServiceTest, AMisspeltNameIsToldTheNearest) {
    ASSERT_TRUE(service->create<policy::Partner>(object(R"({"domain":"fabrikam.example"})"), edit));
    const auto near = service->get<policy::Partner>("Fabrikan.example");
    EXPECT_EQ(near.error().code, "IST-API-002");
    EXPECT_EQ(near.error().public_text,
              "There is no XMPP federated partner 'Fabrikan.example'. Did you mean "
              "fabrikam.example?");
    EXPECT_EQ(near.error().detail, "none of the 1 that there are");
    EXPECT_EQ(service->erase<policy::Partner>("litware.example", edit).error().public_text,
              "There is no XMPP federated partner 'litware.example'.");
    EXPECT_EQ(service->set<policy::Site>("x", object("{}"), edit).error().detail,
              "there is none at all");
    EXPECT_EQ(service->get<policy::AccessRule>("globl").error().public_text,
              "There is no external access policy 'globl'.");
}

}  // namespace
}  // namespace isthmus::control
