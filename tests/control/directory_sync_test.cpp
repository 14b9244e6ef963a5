// What a directory says against what we have: a table of plans, and that nothing else is touched.
#include "control/directory_sync.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "management_world.h"

namespace isthmus::control {
namespace {

using policy::User;
using policy::UserSource;

DirectoryUser entry(std::string dn, std::string address, std::string name = "A Name") {
    return {.dn = std::move(dn), .address = std::move(address), .display_name = std::move(name)};
}

class DirectorySyncTest : public Management {
  protected:
    void SetUp() override {
        open_everything();
        ASSERT_TRUE(service->create<policy::Site>(object(R"({"name":"Paris"})"), edit));
        ASSERT_TRUE(service->create<policy::Pool>(
            object(R"({"fqdn":"pool1.contoso.example","site":"Paris"})"), edit));
        ASSERT_TRUE(service->create<policy::AccessRule>(object(R"({"identity":"Closed"})"), edit));
        ASSERT_TRUE(users->create(object(R"({"uri":"bystander@contoso.example"})"), edit));
        bystander = *store.user("bystander@contoso.example");
    }

    void TearDown() override {
        EXPECT_EQ(store.user("bystander@contoso.example"), bystander) << "nobody named him";
    }

    SyncPlan plan(DirectoryAnswer answer, bool force = false) {
        return plan_sync(
            std::move(answer),
            {.policy = service->current(),
             .canonical = service->canonical(),
             .homed = homed,
             .each_user = [&](const auto& take) { store.load_users(take); },
             .disabled_by_us =
                 [&](const auto& uris) { return store.users_disabled_by("sync", uris); },
             .force = force});
    }

    /// Plans and carries out.
    SyncPlan sync(DirectoryAnswer answer, bool force = false) {
        SyncPlan made = plan(std::move(answer), force);
        EXPECT_FALSE(made.refusal) << made.refusal->public_text;
        EXPECT_TRUE(users->replace(made.changes, "sync", "users", edit, service->snapshot()));
        return made;
    }

    DirectoryAnswer two() {
        return {.users = {entry("cn=alice", "alice@contoso.example", "Alice"),
                          entry("cn=bob", "bob@contoso.example", "Bob")}};
    }

    User user(std::string_view name) {
        return store.user(std::string(name) + "@contoso.example").value_or(User{});
    }

    policy::Homed homed = policy::Homed::Here;
    User bystander;
};

TEST_F(DirectorySyncTest, CreatesOnceAndThenNothing) {
    DirectoryAnswer answer{.users = {{.dn = "CN=Alice,DC=contoso",
                                      .address = "Alice@contoso.example",
                                      .display_name = "Alice Adams",
                                      .enabled = true,
                                      .site = "PARIS",
                                      .pool = "pool1.contoso.example",
                                      .upn = "alice@contoso.local",
                                      .logon = "CONTOSO\\alice"}}};
    const SyncPlan made = sync(answer);
    EXPECT_EQ(made.counts.created, 1U);
    EXPECT_EQ(user("alice"),
              (User{.uri = "alice@contoso.example",
                    .display_name = "Alice Adams",
                    .site = "Paris",
                    .pool = "pool1.contoso.example",
                    .source = UserSource::Ldap,
                    .upn = "alice@contoso.local",
                    .logon = "CONTOSO\\alice",
                    .dn = "CN=Alice,DC=contoso"}));
    const std::uint64_t before = store.revision();
    const SyncPlan again = sync(answer);
    EXPECT_EQ(again.counts.same, 1U);
    EXPECT_TRUE(again.changes.empty());
    EXPECT_EQ(store.revision(), before);
}

TEST_F(DirectorySyncTest, WhatTheAdministratorSaidSurvives) {
    homed = policy::Homed::Legacy;
    sync(two());
    EXPECT_EQ(user("alice").homed, policy::Homed::Legacy);
    const std::vector<std::string> alice{"alice@contoso.example"};
    ASSERT_TRUE(users->grant(alice, "Closed", edit));
    ASSERT_TRUE(users->set(alice.front(),
                           object(R"({"homed":"here","site":"Paris","enabled":false,)"
                                  R"("display_name":"Somebody"})"),
                           edit));
    const SyncPlan made = sync(two());
    EXPECT_EQ(made.counts.changed, 1U);
    EXPECT_EQ(user("alice").display_name, "Alice") << "the directory's";
    EXPECT_EQ(user("alice").policy, "Tag:Closed");
    EXPECT_EQ(user("alice").homed, policy::Homed::Here);
    EXPECT_EQ(user("alice").site, "Paris") << "the directory says none";
    EXPECT_FALSE(user("alice").enabled);
    ASSERT_EQ(made.notices.size(), 1U);
    EXPECT_NE(made.notices.front().find("1 user is enabled in the directory"), std::string::npos);
}

TEST_F(DirectorySyncTest, WhomItDisabledItEnables) {
    sync(two());
    DirectoryAnswer off = two();
    off.users[0].enabled = off.users[1].enabled = false;
    EXPECT_EQ(sync(off).counts.disabled, 2U);
    EXPECT_FALSE(user("alice").enabled);
    // Bob is enabled and disabled again by an administrator: it is his word now.
    ASSERT_TRUE(users->set("bob@contoso.example", object(R"({"enabled":true})"), edit));
    ASSERT_TRUE(users->set("bob@contoso.example", object(R"({"enabled":false})"), edit));
    const SyncPlan made = sync(two());
    EXPECT_EQ(made.counts.enabled, 1U);
    EXPECT_TRUE(user("alice").enabled);
    EXPECT_FALSE(user("bob").enabled);
}

TEST_F(DirectorySyncTest, OnlyItsOwnAreRemoved) {
    ASSERT_TRUE(users->create(object(R"({"uri":"manual@contoso.example"})"), edit));
    sync(two());
    DirectoryAnswer less = two();
    less.users.pop_back();
    const SyncPlan made = sync(less);
    EXPECT_EQ(made.counts.removed, 1U);
    EXPECT_FALSE(store.user("bob@contoso.example"));
    EXPECT_TRUE(store.user("alice@contoso.example"));
    EXPECT_TRUE(store.user("manual@contoso.example"));
}

TEST_F(DirectorySyncTest, AUserOfTheSameAddressIsTakenOver) {
    ASSERT_TRUE(users->create(
        object(R"({"uri":"alice@contoso.example","display_name":"By hand","site":"Paris",)"
               R"("policy":"Closed","homed":"legacy"})"),
        edit));
    const SyncPlan made = sync(two());
    EXPECT_EQ(made.counts.taken_over, 1U);
    EXPECT_EQ(made.counts.created, 1U);
    const User alice = user("alice");
    EXPECT_EQ(alice.source, UserSource::Ldap);
    EXPECT_EQ(alice.display_name, "Alice");
    EXPECT_EQ(alice.policy, "Tag:Closed");
    EXPECT_EQ(alice.homed, policy::Homed::Legacy);
    EXPECT_EQ(alice.site, "Paris");
}

TEST_F(DirectorySyncTest, ANewAddressIsTheSamePerson) {
    sync(two());
    const std::vector<std::string> alice{"alice@contoso.example"};
    ASSERT_TRUE(users->grant(alice, "Closed", edit));
    DirectoryAnswer renamed = two();
    renamed.users[0].address = "alice.adams@contoso.example";
    const SyncPlan made = sync(renamed);
    EXPECT_EQ(made.counts.renamed, 1U);
    EXPECT_EQ(made.counts.created + made.counts.removed, 0U);
    EXPECT_FALSE(store.user("alice@contoso.example"));
    EXPECT_EQ(user("alice.adams").policy, "Tag:Closed");

    // Moved to another place as well, but with the same account.
    renamed.users[0].logon = "CONTOSO\\alice";
    sync(renamed);
    renamed.users[0].dn = "cn=alice,ou=elsewhere";
    renamed.users[0].address = "alice@contoso.example";
    EXPECT_EQ(sync(renamed).counts.renamed, 1U);
    EXPECT_EQ(user("alice").policy, "Tag:Closed");
}

TEST_F(DirectorySyncTest, ADisabledUserStaysSoUnderHisNewAddress) {
    sync(two());
    ASSERT_TRUE(users->set("alice@contoso.example", object(R"({"enabled":false})"), edit));
    DirectoryAnswer renamed = two();
    renamed.users[0].address = "alice.adams@contoso.example";
    sync(renamed);
    EXPECT_FALSE(user("alice.adams").enabled);
    EXPECT_FALSE(store.user("alice@contoso.example"));
}

TEST_F(DirectorySyncTest, FaultyEntriesAreNamedAndStopNobody) {
    sync(two());
    DirectoryAnswer answer = two();
    answer.users[1].address = "not an address";  // Bob, who is known: he stays as he is
    answer.users.push_back(entry("cn=carol", "carol@contoso.example"));
    answer.users.push_back(entry("cn=long", "long@contoso.example", std::string(300, 'x')));
    answer.faults.push_back({"cn=broken", "userAccountControl \"x\": must be a number."});
    answer.without_address = 3;
    const SyncPlan made = sync(answer);
    EXPECT_EQ(made.counts.created, 1U);
    EXPECT_EQ(made.counts.skipped, 3U);
    EXPECT_EQ(made.counts.without_address, 3U);
    EXPECT_EQ(made.counts.removed, 0U);
    EXPECT_TRUE(store.user("bob@contoso.example"));
    ASSERT_EQ(made.faults.size(), 3U);
    EXPECT_EQ(made.faults[0].dn, "cn=broken");
    EXPECT_EQ(made.faults[1].dn, "cn=bob");
    EXPECT_NE(made.faults[1].sentence.find("uri \"not an address\""), std::string::npos)
        << made.faults[1].sentence;
    EXPECT_NE(made.faults[2].sentence.find("display_name"), std::string::npos);
}

TEST_F(DirectorySyncTest, AnAddressThatSeveralClaim) {
    sync(two());
    DirectoryAnswer answer = two();
    answer.users.push_back(entry("cn=impostor", "ALICE@contoso.example", "Mallory"));
    answer.users.push_back(entry("cn=third", "alice@contoso.example", "Third"));
    answer.users.push_back(entry("cn=x", "new@contoso.example"));
    answer.users.push_back(entry("cn=y", "new@contoso.example"));
    const SyncPlan made = sync(answer);
    EXPECT_EQ(made.counts.skipped, 5U);
    EXPECT_EQ(made.counts.users, 1U);
    EXPECT_EQ(user("alice").display_name, "Alice") << "nobody can say whose it is: it stays";
    EXPECT_FALSE(store.user("new@contoso.example"));
    EXPECT_EQ(made.faults[0].sentence, "alice@contoso.example is claimed by cn=impostor too.");
    EXPECT_EQ(made.faults[1].dn, "cn=impostor");
}

TEST_F(DirectorySyncTest, SitesAndPoolsThatAreNotKnown) {
    DirectoryAnswer answer = two();
    answer.users[0].pool = "pool9.contoso.example";
    answer.users[1].site = "Atlantis";
    const SyncPlan made = sync(answer);
    EXPECT_EQ(made.counts.created, 2U);
    EXPECT_EQ(user("alice").pool, "");
    ASSERT_EQ(made.notices.size(), 2U);
    EXPECT_EQ(made.notices[0],
              "pool pool9.contoso.example of 1 user is not known here: "
              "isthmus site map --pool pool9.contoso.example SITE");
    EXPECT_NE(made.notices[1].find("site Atlantis"), std::string::npos);
}

DirectoryAnswer many(int count) {
    DirectoryAnswer made;
    for (int i = 0; i < count; ++i) {
        const std::string name = "user" + std::to_string(i);
        made.users.push_back(entry("cn=" + name, name + "@contoso.example"));
    }
    return made;
}

TEST_F(DirectorySyncTest, ManyDoNotLeaveByThemselves) {
    struct Case {
        int before;
        int after;
        bool is_refused;
    };

    for (const Case& one : {Case{100, 80, false},
                            Case{80, 63, true},
                            Case{63, 53, false},  // ten are few, whatever their share
                            Case{53, 42, true},
                            Case{53, 0, true},
                            Case{5, 0, true}}) {
        sync(many(one.before), true);
        const SyncPlan made = plan(many(one.after));
        EXPECT_EQ(made.refusal.has_value(), one.is_refused) << one.before << " " << one.after;
        if (made.refusal) {
            EXPECT_EQ(made.refusal->code, "IST-API-024");
            EXPECT_FALSE(plan(many(one.after), true).refusal) << "forced";
        }
    }
    const SyncPlan none = plan(many(0), true);
    EXPECT_EQ(none.counts.removed, 5U);
}

TEST_F(DirectorySyncTest, ManyAreNotDisabledByThemselvesEither) {
    sync(many(100));
    DirectoryAnswer off = many(100);
    for (int i = 0; i < 21; ++i) {
        off.users[static_cast<std::size_t>(i)].enabled = false;
    }
    ASSERT_TRUE(plan(off).refusal);
    EXPECT_EQ(plan(off).refusal->public_text,
              "21 of 100 users from the directory would be removed or disabled.");
    off.users[0].enabled = true;
    EXPECT_FALSE(plan(off).refusal);
}

TEST_F(DirectorySyncTest, ADomainThatWasRenamedRemovesNobody) {
    sync(many(100));
    DirectoryAnswer renamed = many(100);
    for (DirectoryUser& one : renamed.users) {
        one.address = one.address.substr(0, one.address.find('@')) + "@fabrikam.example";
    }
    const SyncPlan made = sync(renamed);
    EXPECT_EQ(made.counts.renamed, 100U);
    EXPECT_EQ(made.counts.removed, 0U);
}

TEST_F(DirectorySyncTest, AFirstAnswerWithoutUsersIsSuspicious) {
    EXPECT_TRUE(plan({}).refusal);
    EXPECT_TRUE(plan({.users = {entry("cn=a", "nonsense")}}).refusal);
    EXPECT_FALSE(plan({}, true).refusal);
}

}  // namespace
}  // namespace isthmus::control
