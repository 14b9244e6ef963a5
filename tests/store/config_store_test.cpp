// One commit: objects, users, revision, audit row; all of it or nothing, and nobody's edit is lost.
#include "store/config_store.h"

#include "store/admin_store.h"
#include "store/audit_log.h"
#include "store/secrets.h"

#include <map>

#include "both_databases.h"

namespace isthmus::store {
namespace {

using policy::User;

User alice() {
    return {.uri = "alice@contoso.example",
            .display_name = "Alice \"A.\" O'Brien; DROP TABLE users",
            .enabled = false,
            .site = "Redmond",
            .pool = "pool.contoso.example",
            .homed = policy::Homed::Legacy,
            .policy = "Tag:FedPic",
            .source = policy::UserSource::Ldap,
            .upn = "alice@corp.example",
            .logon = "CONTOSO\\alice",
            .dn = "CN=Alice,OU=\\,x,DC=contoso"};
}

Commit commit_of(std::vector<ObjectChange> objects, std::vector<UserChange> users = {}) {
    return {.author = {"root", "unix"},
            .action = "set",
            .object = "partner/a.example",
            .reason = "because",
            .objects = std::move(objects),
            .users = std::move(users)};
}

UserChange created(const User& user) {
    return {user.uri, std::nullopt, user};
}

class ConfigStoreTest : public BothDatabases {
  protected:
    std::map<std::string, std::string> objects() {
        std::map<std::string, std::string> made;
        ConfigStore(*database).load_objects([&](auto kind, auto id, auto body) {
            made[std::string(kind) + "/" + std::string(id)] = body;
        });
        return made;
    }

    std::vector<User> users() {
        std::vector<User> made;
        ConfigStore(*database).load_users([&](User user) { made.push_back(std::move(user)); });
        return made;
    }

    std::uint64_t commit(const Commit& what) { return ConfigStore(*database).commit(what); }

    ConfigStore store() { return ConfigStore(*database); }
};

ISTHMUS_ON_BOTH_DATABASES(ConfigStoreTest);

TEST_P(ConfigStoreTest, WhoMadeAnObjectAndWhoChangedItLast) {
    const auto by = [](const char* admin, std::vector<ObjectChange> objects) {
        Commit made = commit_of(std::move(objects), {});
        made.author = {admin, "unix"};
        return made;
    };
    commit(by("ann", {{"policy", "Tag:A", std::nullopt, "1"}, {"partner", "Tag:A", {}, "1"}}));
    commit(by("bob", {{"policy", "Tag:B", std::nullopt, "1"}}));
    commit(by("cid", {{"policy", "Tag:A", "1", "2"}}));
    std::vector<std::string> ids{"Tag:A", "Tag:B", "Tag:Nobody"};
    auto known = store().authorship("policy", ids);
    ASSERT_EQ(known.size(), 2U);
    EXPECT_EQ(known["Tag:A"].added_by, "ann");
    EXPECT_EQ(known["Tag:A"].modified_by, "cid");
    EXPECT_EQ(known["Tag:A"].modified_at, store().find_revision(3)->at);
    EXPECT_EQ(known["Tag:B"].added_by, "bob");
    EXPECT_EQ(known["Tag:B"].modified_by, "bob");
    EXPECT_TRUE(store().authorship("policy", {}).empty());
    // What comes again was made by whoever made it again.
    commit(by("dan", {{"policy", "Tag:B", "1", std::nullopt}}));
    commit(by("eve", {{"policy", "Tag:B", std::nullopt, "1"}}));
    EXPECT_EQ(store().authorship("policy", ids)["Tag:B"].added_by, "eve");
    for (int i = 0; i < 600; ++i) {
        ids.push_back("Tag:" + std::to_string(i));
    }
    EXPECT_EQ(store().authorship("policy", ids).size(), 2U);
}

TEST_P(ConfigStoreTest, AnEmptyOne) {
    EXPECT_TRUE(objects().empty());
    EXPECT_TRUE(users().empty());
    EXPECT_EQ(store().revision(), 0U);
    EXPECT_TRUE(store().history(10).empty());
    EXPECT_FALSE(store().find_revision(1));
    EXPECT_FALSE(store().user("alice@contoso.example"));
}

TEST_P(ConfigStoreTest, SecretsAreSealedAndOnlyTheirKeysOpenThem) {
    const KeyBox keys;
    ConfigStore sealing(*database, &keys);
    const auto secret_of = [this](const KeyBox* with) {
        std::optional<std::string> found;
        ConfigStore(*database, with).load_objects([&](auto kind, auto, auto body) {
            if (kind == kSecretKind) {
                found = body;
            }
        });
        return found;
    };
    const std::string kind(kSecretKind);
    sealing.commit(commit_of({{kind, "p", std::nullopt, R"("hunter2")"}}));
    EXPECT_EQ(secret_of(&keys), R"("hunter2")");
    EXPECT_TRUE(KeyBox::is_sealed(secret_of(nullptr).value()));
    EXPECT_THROW(sealing.commit(commit_of({{kind, "p", R"("other")", R"("x")"}})), StoreConflict);
    sealing.commit(commit_of({{kind, "p", R"("hunter2")", R"("hunter3")"}}));
    EXPECT_EQ(secret_of(&keys), R"("hunter3")");
    // With other keys it is as if it were not there, and can be set anew.
    const KeyBox others;
    EXPECT_EQ(secret_of(&others), std::nullopt);
    ConfigStore(*database, &others).commit(commit_of({{kind, "p", std::nullopt, R"("new")"}}));
    EXPECT_EQ(secret_of(&others), R"("new")");
}

TEST_P(ConfigStoreTest, WhatWasStoredInClearIsSealedOnce) {
    AdminStore admins(*database);
    admins.insert({.name = "alice", .role = "admin"});
    admins.insert({.name = "bob", .role = "admin"});
    admins.set_totp("alice", "JBSWY3DP", true);
    store().commit(commit_of({{std::string(kSecretKind), "p", std::nullopt, R"("hunter2")"}}));
    KeyBox keys;
    EXPECT_EQ(reseal_secrets(*database, keys).sealed, 2U);
    EXPECT_EQ(reseal_secrets(*database, keys).sealed, 0U);
    EXPECT_EQ(AdminStore(*database, &keys).account("alice")->totp_secret, "JBSWY3DP");
    EXPECT_TRUE(AdminStore(*database, &keys).account("alice")->is_totp_confirmed);
    EXPECT_TRUE(KeyBox::is_sealed(admins.account("alice")->totp_secret));
    EXPECT_EQ(admins.account("bob")->totp_secret, "");
    keys.add_key();
    EXPECT_EQ(reseal_secrets(*database, keys).sealed, 2U);
    EXPECT_TRUE(keys.is_current(admins.account("alice")->totp_secret));
    const KeyBox others;
    EXPECT_EQ(reseal_secrets(*database, others).unreadable.size(), 2U);
    EXPECT_EQ(AdminStore(*database, &others).account("alice")->totp_secret, "");
    EXPECT_EQ(AdminStore(*database, &keys).account("alice")->totp_secret, "JBSWY3DP");
}

TEST_P(ConfigStoreTest, EverythingComesBack) {
    const ObjectChange partner{"partner", "a.example", std::nullopt, R"({"x":"'?\"; \u0000"})"};
    const ObjectChange edge{"access-edge", "", std::nullopt, "{}"};
    EXPECT_EQ(commit(commit_of({partner, edge}, {created(alice())})), 1U);
    open();
    EXPECT_EQ(objects(),
              (std::map<std::string, std::string>{{"partner/a.example", *partner.after},
                                                  {"access-edge/", "{}"}}));
    EXPECT_EQ(users(), std::vector{alice()});
    EXPECT_EQ(store().user(alice().uri), alice());
    EXPECT_EQ(store().count_users(), 1U);
    EXPECT_EQ(store().revision(), 1U);
    const auto history = store().history(10);
    ASSERT_EQ(history.size(), 1U);
    EXPECT_EQ(history[0].author, (Author{"root", "unix"}));
    EXPECT_EQ(history[0].action, "set");
    EXPECT_EQ(history[0].object, "partner/a.example");
    EXPECT_EQ(history[0].reason, "because");
    EXPECT_EQ(history[0].at.size(), 20U);
    EXPECT_EQ(store().find_revision(1), history[0]);
    const auto changes = store().changes(1);
    ASSERT_EQ(changes.size(), 3U);
    EXPECT_EQ(changes[0], partner);
    EXPECT_EQ(changes[1], edge);
    EXPECT_EQ(changes[2].kind, "user");
    EXPECT_EQ(changes[2].id, alice().uri);
    EXPECT_FALSE(changes[2].before);
    EXPECT_EQ(changes[2].after, user_json(alice()));
    EXPECT_TRUE(store().changes(2).empty());
}

TEST_P(ConfigStoreTest, ChangesAndDeletions) {
    commit(commit_of({{"partner", "a", std::nullopt, "1"}, {"partner", "b", std::nullopt, "2"}},
                     {created(alice())}));
    User changed = alice();
    changed.display_name = "Alice";
    changed.homed = policy::Homed::Here;
    EXPECT_EQ(commit(commit_of({{"partner", "a", "1", "3"}, {"partner", "b", "2", std::nullopt}},
                               {{alice().uri, alice(), changed}})),
              2U);
    EXPECT_EQ(objects(), (std::map<std::string, std::string>{{"partner/a", "3"}}));
    EXPECT_EQ(users(), std::vector{changed});
    commit(
        commit_of({{"partner", "a", "3", std::nullopt}}, {{alice().uri, changed, std::nullopt}}));
    EXPECT_TRUE(objects().empty());
    EXPECT_TRUE(users().empty());
    EXPECT_TRUE(store().find_users({.text = "alice"}).users.empty());
    EXPECT_EQ(store().history(2).front().number, 3U);
    EXPECT_EQ(store().history(10, 3).front().number, 2U);
    EXPECT_EQ(store().history(10, 3).size(), 2U);
}

TEST_P(ConfigStoreTest, WhoComesSecondGetsAConflictAndNothingIsLost) {
    commit(commit_of({{"partner", "a", std::nullopt, "1"}}, {created(alice())}));
    User other = alice();
    other.site = "London";
    const Commit late[] = {
        commit_of({{"partner", "new", std::nullopt, "x"}, {"partner", "a", "0", "2"}}),
        commit_of({{"partner", "new", std::nullopt, "x"}, {"partner", "a", std::nullopt, "2"}}),
        commit_of({{"partner", "new", std::nullopt, "x"}, {"partner", "gone", "1", "2"}}),
        commit_of({{"partner", "new", std::nullopt, "x"}, {"partner", "a", "0", std::nullopt}}),
        commit_of({{"partner", "new", std::nullopt, "x"}}, {created(alice())}),
        commit_of({{"partner", "new", std::nullopt, "x"}}, {{alice().uri, other, alice()}}),
        commit_of({{"partner", "new", std::nullopt, "x"}}, {{alice().uri, other, std::nullopt}}),
        commit_of({{"partner", "new", std::nullopt, "x"}},
                  {{"nobody@x", User{.uri = "nobody@x"}, std::nullopt}}),
    };
    for (const Commit& one : late) {
        EXPECT_THROW(commit(one), StoreConflict);
        EXPECT_EQ(objects(), (std::map<std::string, std::string>{{"partner/a", "1"}}));
        EXPECT_EQ(users(), std::vector{alice()});
        EXPECT_EQ(store().revision(), 1U);
        EXPECT_EQ(AuditLog(*database).head().seq, 1U);
    }
}

TEST_P(ConfigStoreTest, TwoNodesOneDatabase) {
    Database other(url, Database::Opening::Another);
    commit(commit_of({{"partner", "a", std::nullopt, "1"}}));
    EXPECT_EQ(ConfigStore(other).commit(commit_of({{"partner", "a", "1", "2"}})), 2U);
    EXPECT_THROW(commit(commit_of({{"partner", "a", "1", "3"}})), StoreConflict);
    EXPECT_EQ(commit(commit_of({{"partner", "a", "2", "3"}})), 3U);
    EXPECT_FALSE(AuditLog(other).verify().fault);
}

TEST_P(ConfigStoreTest, WhatIsNoChangeIsRefused) {
    const User bob{.uri = "bob@contoso.example"};
    const Commit bad[] = {
        commit_of({{"partner", "a", std::nullopt, std::nullopt}}),
        commit_of({{"partner", "a", std::nullopt, "1"}, {"partner", "a", std::nullopt, "2"}}),
        commit_of({}, {{"a@x", std::nullopt, std::nullopt}}),
        commit_of({}, {{"a@x", std::nullopt, bob}}),
        commit_of({}, {created(bob), created(alice()), created(bob)}),
    };
    for (const Commit& one : bad) {
        EXPECT_THROW(commit(one), StoreError);
        EXPECT_EQ(store().revision(), 0U);
        EXPECT_TRUE(users().empty());
    }
}

TEST_P(ConfigStoreTest, HostileTextsArePlainTextOrRefusedWhole) {
    const std::string hostile =
        "'; DROP TABLE objects; --\" $1 ? %s \\ %27 \n\r\t\x01 \xE2\x80\xAE" +
        std::string(1 << 20, 'x');
    User user{.uri = hostile,
              .display_name = hostile,
              .site = hostile,
              .pool = hostile,
              .policy = hostile,
              .upn = hostile,
              .logon = hostile,
              .dn = hostile};
    // An index holds no key of a megabyte on PostgreSQL; what is as long as the limits is no
    // trouble.
    for (std::string* key : {&user.uri, &user.display_name, &user.site, &user.pool, &user.policy}) {
        key->resize(500);
    }
    Commit commit_hostile = commit_of(
        {{hostile.substr(0, 500), hostile.substr(0, 500), std::nullopt, hostile}}, {created(user)});
    commit_hostile.author = {hostile, hostile};
    commit_hostile.action = commit_hostile.object = commit_hostile.reason = hostile;
    commit(commit_hostile);
    EXPECT_EQ(objects().begin()->second, hostile);
    EXPECT_EQ(users(), std::vector{user});
    EXPECT_EQ(store().history(1).front().reason, hostile);
    EXPECT_EQ(store().changes(1).back().after, user_json(user));
    EXPECT_FALSE(AuditLog(*database).verify().fault);

    for (const std::string& bad :
         {std::string("a\0b", 3), std::string("\xFF\xFE"), std::string("\xC3")}) {
        User with = alice();
        std::string* const fields[] = {&with.display_name,
                                       &with.site,
                                       &with.pool,
                                       &with.policy,
                                       &with.upn,
                                       &with.logon,
                                       &with.dn};
        for (std::string* field : fields) {
            with = alice();
            *field = bad;
            EXPECT_THROW(commit(commit_of({{"x", "y", std::nullopt, "z"}}, {created(with)})),
                         StoreError);
        }
        EXPECT_THROW(commit(commit_of({{"x", bad, std::nullopt, "z"}})), StoreError);
        EXPECT_THROW(commit(commit_of({{"x", "y", std::nullopt, bad}})), StoreError);
        Commit reason = commit_of({});
        reason.reason = bad;
        EXPECT_THROW(commit(reason), StoreError);
        EXPECT_THROW(store().find_users({.text = bad}), StoreError);
    }
    EXPECT_EQ(store().revision(), 1U);
    EXPECT_EQ(objects().size(), 1U);
}

TEST_P(ConfigStoreTest, ManyUsersInOneCommit) {
    std::vector<UserChange> changes;
    for (int i = 0; i < 3000; ++i) {
        changes.push_back(created({.uri = "u" + std::to_string(i) + "@contoso.example"}));
    }
    commit(commit_of({}, changes));
    EXPECT_EQ(store().count_users(), 3000U);
    EXPECT_EQ(users().size(), 3000U);
    for (UserChange& change : changes) {
        change.before = std::move(change.after);
        change.after.reset();
    }
    changes.back().before->site = "elsewhere";
    EXPECT_THROW(commit(commit_of({}, changes)), StoreConflict);
    EXPECT_EQ(store().count_users(), 3000U);
    changes.back().before->site = "";
    commit(commit_of({}, changes));
    EXPECT_EQ(store().count_users(), 0U);
}

}  // namespace
}  // namespace isthmus::store
