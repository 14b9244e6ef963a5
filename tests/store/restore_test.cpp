// A backup comes back as it went, on either database, and what was there keeps what it must keep.
#include "backup_world.h"

namespace isthmus::store {
namespace {

class RestoreTest : public BackupWorld {};

ISTHMUS_ON_BOTH_DATABASES(RestoreTest);

TEST_P(RestoreTest, ANewMachineBecomesTheOldOneWithItsHistory) {
    check_new_machine(false);
}

TEST_P(RestoreTest, ItIsTheWayToTheOtherDatabase) {
    check_new_machine(true);
}

TEST_P(RestoreTest, AGatewayInUseGoesBackInOneRevisionAndKeepsItsLog) {
    fill(*database);
    const std::string backup = back_up(*database);
    ConfigStore store(*database);
    store.commit({.author = {"eve", "unix"},
                  .action = "set",
                  .object = "gateway",
                  .objects = {{"gateway", "", R"({"dialback_passphrase":"hunter2"})", "{}"},
                              {"partner", "b.example", std::nullopt, "{}"},
                              {"site", "x", std::nullopt, "{}"}}});
    policy::User gone = *store.user("u1@contoso.example");
    policy::User changed = *store.user("u2@contoso.example");
    changed.display_name = "Other";
    store.commit(
        {.action = "set",
         .users = {
             {gone.uri, gone, std::nullopt},
             {changed.uri, store.user(changed.uri), changed},
             {"new@contoso.example", std::nullopt, policy::User{.uri = "new@contoso.example"}}}});

    const Restoration done = restore(*database, backup);
    EXPECT_EQ(done.replaced_revision, 4U);
    EXPECT_EQ(done.revision, 5U);
    EXPECT_FALSE(done.has_taken_history);
    EXPECT_EQ(*difference_of(done, "partner"), (Difference{"partner", 0, 0, 1, {"-b.example"}}));
    EXPECT_EQ(*difference_of(done, "gateway"), (Difference{"gateway", 0, 1, 0, {"~gateway"}}));
    EXPECT_EQ(*difference_of(done, "user"),
              (Difference{"user",
                          1,
                          1,
                          1,
                          {"-new@contoso.example", "~u2@contoso.example", "+u1@contoso.example"}}))
        << testing::PrintToString(difference_of(done, "user")->names);
    EXPECT_EQ(difference_of(done, "admin"), nullptr);
    EXPECT_EQ(store.changes(5).size(), 6U);
    EXPECT_EQ(store.find_revision(5)->action, "restore");
    EXPECT_EQ(store.find_revision(5)->reason, "test");
    EXPECT_EQ(store.history(10).size(), 5U);
    EXPECT_EQ(AuditLog(*database).verify().rows, 5U);
    EXPECT_FALSE(AuditLog(*database).verify().fault);
    EXPECT_EQ(store.user(changed.uri)->display_name, "Ünï\"'\\ 2");
    EXPECT_FALSE(store.user("new@contoso.example"));
    EXPECT_EQ(store.find_users({.text = "u1@"}).users.front().uri, "u1@contoso.example");
}

TEST_P(RestoreTest, SubscriptionsThatThereAreStay) {
    fill(*database);
    const std::string backup = back_up(*database);
    const auto pair = [](const char* user, std::int64_t since) {
        return subscriptions::Record{.user = user,
                                     .contact = "b@fabrikam.example",
                                     .user_uri = "sip:x@contoso.example",
                                     .since = since};
    };
    const std::vector<SubscriptionChange> now{
        pair("a@contoso.example", 7),
        pair("z@contoso.example", 8),
    };
    SubscriptionStore(*database).write(now);
    EXPECT_EQ(difference_of(restore(*database, backup), "subscription"), nullptr);
    std::vector<std::int64_t> since;
    SubscriptionStore(*database).load([&](const auto& records) {
        for (const auto& record : records) {
            since.push_back(record.since);
        }
    });
    EXPECT_EQ(since, (std::vector<std::int64_t>{7, 8}));
    database->execute("DELETE FROM watch_dialogs; DELETE FROM subscriptions");
    const Restoration done = restore(*database, backup);
    EXPECT_EQ(difference_of(done, "subscription")->names,
              std::vector<std::string>{"+a@contoso.example b@fabrikam.example"});
    EXPECT_EQ(number("SELECT COUNT(*) FROM watch_dialogs"), 1);
}

TEST_P(RestoreTest, TheLastAdministratorIsNotLockedOut) {
    const std::string without = back_up(*database);
    AdminStore admins(*database);
    admins.insert({.name = "alice", .role = "admin", .password_hash = "h"});
    admins.insert({.name = "viv", .role = "viewer", .password_hash = "h"});
    const std::string with = back_up(*database);
    EXPECT_THROW(restore(*database, without), LastAdminLost);
    EXPECT_THROW(restore(*database, without, true), LastAdminLost);
    EXPECT_TRUE(admins.account("alice"));
    admins.insert({.name = "bob", .role = "admin", .password_hash = "h"});
    admins.set_access("alice", "admin", false);
    const Restoration done = restore(*database, with);
    EXPECT_EQ(*difference_of(done, "admin"), (Difference{"admin", 0, 1, 1, {"~alice", "-bob"}}));
    EXPECT_TRUE(admins.account("alice")->is_enabled);
    // With the unix socket alone there is nobody to lock out.
    database->execute("DELETE FROM admins");
    EXPECT_NO_THROW(restore(*database, without));
}

TEST_P(RestoreTest, ItsSecretsOpenElsewhere) {
    const KeyBox keys;
    AdminStore(*database, &keys).insert({.name = "alice", .role = "admin"});
    AdminStore(*database, &keys).set_totp("alice", "JBSWY3DP", true);
    const std::string backup = back_up(*database, keys.text());
    Database other(empty_url(true));
    KeyBox others;
    const auto learn = [&](std::string_view text) { others.learn(text); };
    restore_backup(other, source_of(backup), kPassphrase, {.dry_run = true, .learn = learn});
    EXPECT_EQ(others.learn(keys.text()), 1U);
    restore_backup(other, source_of(backup), kPassphrase, {.learn = learn});
    EXPECT_EQ(AdminStore(other, &others).account("alice")->totp_secret, "JBSWY3DP");
}

TEST_P(RestoreTest, ADryRunTellsAndChangesNothing) {
    fill(*database);
    const std::string backup = back_up(*database);
    ConfigStore(*database).commit({.action = "x", .objects = {{"k", "i", std::nullopt, "{}"}}});
    const auto before = dump(*database);
    const Restoration told = restore(*database, backup, true);
    EXPECT_EQ(told.backup, contents);
    EXPECT_EQ(told.revision, 4U);
    EXPECT_EQ(told.differences, (std::vector<Difference>{{"k", 0, 0, 1, {"-i"}}}));
    EXPECT_TRUE(dump(*database) == before);
    EXPECT_EQ(restore(*database, backup).differences, told.differences);
}

TEST_P(RestoreTest, WhatIsThereAlreadyMakesNoRevision) {
    fill(*database);
    AdminStore(*database).insert({.name = "alice", .role = "admin", .password_hash = "h"});
    HomeStore(*database, nullptr)
        .set_password("u1@contoso.example",
                      policy::SipCredentials::make("u1@contoso.example", "a good password"));
    const std::string backup = back_up(*database);
    const auto before = dump(*database);
    for (const bool dry_run : {true, false}) {
        int checked = 0;
        int learnt = 0;
        const Restoration done = restore_backup(*database,
                                                source_of(backup),
                                                kPassphrase,
                                                {.dry_run = dry_run,
                                                 .learn = [&](std::string_view) { ++learnt; },
                                                 .check = [&] { ++checked; }});
        EXPECT_TRUE(done.has_changed_nothing());
        EXPECT_EQ(done.revision, 2U);
        EXPECT_EQ(checked, 1);
        EXPECT_EQ(learnt, dry_run ? 0 : 1);
        EXPECT_TRUE(done.differences.empty());
        EXPECT_TRUE(dump(*database) == before);
    }
    // What no revision knows is a difference as well.
    database->execute("INSERT INTO recovery_codes VALUES ('alice', 'x')");
    EXPECT_EQ(restore(*database, backup).differences,
              (std::vector<Difference>{{"recovery-codes", 0, 1, 0, {"~alice"}}}));
    HomeStore(*database, nullptr).set_password("u1@contoso.example", std::nullopt);
    database->execute("INSERT INTO home_documents VALUES ('u2@contoso.example', 'contacts', 'c')");
    const Restoration home = restore(*database, backup);
    EXPECT_EQ(
        home.differences,
        (std::vector<Difference>{
            {"home", 1, 0, 1, {"+u1@contoso.example password", "-u2@contoso.example contacts"}}}));
    EXPECT_EQ(home.revision, 4U);
    EXPECT_TRUE(HomeStore(*database, nullptr).has_password("u1@contoso.example"));
}

TEST_P(RestoreTest, WhoeverChecksCanUndoAll) {
    fill(*database);
    const std::string backup = back_up(*database);
    ConfigStore(*database).commit({.action = "x", .objects = {{"k", "i", std::nullopt, "{}"}}});
    const auto before = dump(*database);
    std::size_t objects = 0;
    EXPECT_THROW(restore_backup(*database,
                                source_of(backup),
                                kPassphrase,
                                {.check =
                                     [&] {
                                         ConfigStore(*database).load_objects(
                                             [&](auto, auto, auto) { ++objects; });
                                         throw std::runtime_error("no policy");
                                     }}),
                 std::runtime_error);
    EXPECT_EQ(objects, 1U);
    EXPECT_TRUE(dump(*database) == before);
}

}  // namespace
}  // namespace isthmus::store
