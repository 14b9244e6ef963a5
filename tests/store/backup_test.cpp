// A backup comes back as it went, on either database, or says in a sentence why not, and then
// nothing has changed.
#include "store/backup.h"

#include "store/admin_store.h"
#include "store/audit_log.h"
#include "store/config_store.h"
#include "store/key_box.h"
#include "store/migrations.h"
#include "store/subscription_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "both_databases.h"

namespace isthmus::store {
namespace {

constexpr std::string_view kPassphrase = "correct horse battery staple";

Source source_of(std::string_view octets) {
    return [octets](char* to, std::size_t size) mutable {
        const std::size_t got = octets.copy(to, size);
        octets.remove_prefix(got);
        return got;
    };
}

/// Everything in all tables, as lines of text.
std::vector<std::string> dump(Database& database) {
    std::vector<std::string> made;
    Transaction snapshot(database, Access::Read);
    for (const Table& table : database.tables()) {
        std::string columns;
        for (const Column& column : table.columns) {
            columns += fmt::format("{}\"{}\"", columns.empty() ? "" : ", ", column.name);
        }
        Statement rows = database.scan(
            fmt::format("SELECT {} FROM {} ORDER BY {}", columns, table.name, columns));
        while (rows.step()) {
            std::string& line = made.emplace_back(table.name);
            for (std::size_t i = 0; i < table.columns.size(); ++i) {
                const int at = static_cast<int>(i);
                line += rows.is_null(at) ? "|-"
                        : table.columns[i].type == ColumnType::Number
                            ? fmt::format("|{}", rows.number(at))
                            : fmt::format("|'{}'", rows.text(at));
            }
        }
    }
    // The databases make their tables in different orders.
    std::ranges::sort(made);
    return made;
}

class BackupTest : public BothDatabases {
  protected:
    void fill(Database& to) {
        std::vector<UserChange> users;
        for (int i = 0; i < 700; ++i) {
            policy::User user{.uri = fmt::format("u{}@contoso.example", i),
                              .display_name = "Ünï\"'\\ " + std::to_string(i),
                              .enabled = i % 2 == 0};
            users.push_back({user.uri, std::nullopt, user});
        }
        ConfigStore store(to);
        store.commit(
            {.author = {"root", "unix"},
             .action = "import",
             .object = "users",
             .objects = {{"gateway", "", std::nullopt, R"({"dialback_passphrase":"hunter2"})"},
                         {"big", "x", std::nullopt, std::string(300'000, 'b')}},
             .users = users});
        store.commit({.author = {"root", "unix"},
                      .action = "delete",
                      .object = "big",
                      .objects = {{"big", "x", std::string(300'000, 'b'), std::nullopt}}});
        const std::vector<SubscriptionChange> pairs{subscriptions::Record{
            .user = "a@contoso.example",
            .contact = "b@fabrikam.example",
            .user_uri = "sip:a@contoso.example",
            .since = 5,
            .dialogs = {{.saved = std::string("\0\xFF", 2), .expires_at = -1}}}};
        SubscriptionStore(to).write(pairs);
    }

    std::string reason_of(const std::function<void()>& what) {
        try {
            what();
        } catch (const StoreError& error) {
            return error.what();
        }
        return "no fault";
    }

    std::string back_up(Database& from, std::string_view keys = KeyBox().text()) {
        std::string made;
        contents = create_backup(from,
                                 [&](std::string_view octets) { made += octets; },
                                 kPassphrase,
                                 keys,
                                 {.memory_kib = 8, .passes = 1});
        return made;
    }

    static Restoration restore(Database& to, std::string_view backup, bool dry_run = false) {
        return restore_backup(to,
                              source_of(backup),
                              kPassphrase,
                              {.author = {"root", "unix"}, .reason = "test", .dry_run = dry_run});
    }

    /// Without what a restoration adds to history and log.
    static void forget_newest_revision(Database& of) {
        of.execute(
            "DELETE FROM audit WHERE seq = (SELECT MAX(seq) FROM audit); "
            "UPDATE audit_head SET seq = (SELECT MAX(seq) FROM audit), "
            "hash = (SELECT hash FROM audit ORDER BY seq DESC LIMIT 1); "
            "DELETE FROM config_changes WHERE revision = (SELECT MAX(revision) FROM "
            "config_revisions); "
            "DELETE FROM config_revisions WHERE revision = (SELECT MAX(revision) FROM "
            "config_revisions)");
    }

    /// Another empty database of the same kind, or the other.
    std::string empty_url(bool of_other_kind) {
        if (is_postgres() != of_other_kind) {
            database.reset();
            PostgresServer::shared().clear();
            return PostgresServer::shared().url();
        }
        return "sqlite:" + folder + "/other.db";
    }

    static const Difference* difference_of(const Restoration& made, std::string_view kind) {
        for (const Difference& one : made.differences) {
            if (one.kind == kind) {
                return &one;
            }
        }
        return nullptr;
    }

    void check_new_machine(bool of_other_kind) {
        fill(*database);
        const auto before = dump(*database);
        const std::string backup = back_up(*database);
        EXPECT_EQ(contents.schema_version, kNewestSchema);
        EXPECT_EQ(contents.revision, 2U);
        EXPECT_EQ(contents.source, is_postgres() ? "postgresql" : "sqlite");
        EXPECT_EQ(verify_backup(source_of(backup), kPassphrase), contents);

        Database other(empty_url(of_other_kind));
        AuditLog(other).append({.action = "sign-in"});
        const Restoration done = restore(other, backup);
        EXPECT_EQ(done.backup, contents);
        EXPECT_EQ(done.replaced_revision, 0U);
        EXPECT_EQ(done.revision, 3U);
        EXPECT_TRUE(done.has_taken_history);
        EXPECT_EQ(difference_of(done, "user")->created, 700U);
        EXPECT_TRUE(ConfigStore(other).changes(3).empty());
        EXPECT_EQ(AuditLog(other).verify().rows, 3U);
        EXPECT_FALSE(AuditLog(other).verify().fault);
        EXPECT_EQ(AuditLog(other).list({}, 1).at(0).event.action, "restore");
        EXPECT_EQ(ConfigStore(other).find_users({.text = "699@"}).total, 1U);
        forget_newest_revision(other);
        EXPECT_TRUE(dump(other) == before);
        // And it can be worked with.
        EXPECT_EQ(
            ConfigStore(other).commit({.action = "x", .objects = {{"k", "i", std::nullopt, "{}"}}}),
            3U);
    }

    BackupContents contents;
};

ISTHMUS_ON_BOTH_DATABASES(BackupTest);

TEST_P(BackupTest, ANewMachineBecomesTheOldOneWithItsHistory) {
    check_new_machine(false);
}

TEST_P(BackupTest, ItIsTheWayToTheOtherDatabase) {
    check_new_machine(true);
}

TEST_P(BackupTest, AGatewayInUseGoesBackInOneRevisionAndKeepsItsLog) {
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

TEST_P(BackupTest, SubscriptionsThatThereAreStay) {
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

TEST_P(BackupTest, TheLastAdministratorIsNotLockedOut) {
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

TEST_P(BackupTest, ItsSecretsOpenElsewhere) {
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

TEST_P(BackupTest, ADryRunTellsAndChangesNothing) {
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

TEST_P(BackupTest, WhoeverChecksCanUndoAll) {
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

TEST_P(BackupTest, OthersGoOnWritingAndItHoldsOneState) {
    fill(*database);
    Database other(url, Database::Opening::Another);
    std::string made;
    bool has_written = false;
    const BackupContents told = create_backup(
        *database,
        [&](std::string_view octets) {
            made += octets;
            if (made.size() > 100'000 && !std::exchange(has_written, true)) {
                ConfigStore(other).commit(
                    {.action = "x",
                     .objects = {{"during", std::to_string(made.size()), std::nullopt, "{}"}}});
            }
        },
        kPassphrase,
        KeyBox().text(),
        {.memory_kib = 8, .passes = 1});
    EXPECT_TRUE(has_written);
    EXPECT_EQ(told.revision, 2U);
    EXPECT_EQ(ConfigStore(*database).revision(), 3U);
    EXPECT_EQ(verify_backup(source_of(made), kPassphrase), told);
    restore(*database, made);
    EXPECT_FALSE(AuditLog(*database).verify().fault);
    EXPECT_EQ(ConfigStore(*database).revision(), 4U);
}

TEST_P(BackupTest, DamageAnywhereChangesNothing) {
    fill(*database);
    const std::string backup = back_up(*database);
    ConfigStore(*database).commit({.action = "x", .objects = {{"k", "i", std::nullopt, "{}"}}});
    const auto before = dump(*database);
    for (const std::size_t at : {std::size_t{20}, backup.size() / 2, backup.size() - 20}) {
        std::string bad = backup;
        bad[at] = static_cast<char>(bad[at] ^ 1);
        EXPECT_THROW(restore(*database, bad), StoreError) << at;
        EXPECT_THROW(verify_backup(source_of(bad), kPassphrase), StoreError) << at;
        EXPECT_THROW(restore(*database, backup.substr(0, at)), StoreError) << at;
    }
    EXPECT_TRUE(dump(*database) == before);
    EXPECT_EQ(ConfigStore(*database).find_users({.text = "699@"}).total, 1U);
}

TEST_P(BackupTest, FaultsAreToldInPlainSentences) {
    fill(*database);
    const std::string backup = back_up(*database);
    EXPECT_EQ(reason_of([&] { create_backup(*database, [](std::string_view) {}, "", ""); }),
              "a backup wants a passphrase");
    EXPECT_THROW(verify_backup(source_of(backup), "wrong"), WrongPassphrase);
    EXPECT_EQ(reason_of([&] { verify_backup(source_of("SQLite format 3"), "x"); }),
              "this is no backup of Isthmus");
    EXPECT_EQ(reason_of([&] { verify_backup(source_of(""), "x"); }),
              "this is no backup of Isthmus");
    EXPECT_EQ(reason_of([&] { verify_backup(source_of(backup.substr(0, 40)), kPassphrase); }),
              "the backup is cut off");
    std::string newer = backup;
    newer[15] = 2;
    EXPECT_THROW(verify_backup(source_of(newer), kPassphrase), NewerFormat);
    EXPECT_EQ(reason_of([&] { verify_backup(source_of(newer), kPassphrase); }),
              "the backup has format 2, this program knows 1: use a newer program");
    // A file that asks for all memory is refused before it gets it.
    std::string greedy = backup;
    greedy[16] = '\x7F';
    EXPECT_EQ(reason_of([&] { verify_backup(source_of(greedy), kPassphrase); }),
              "the backup is damaged at its beginning");
}

TEST_P(BackupTest, ItTellsNothing) {
    fill(*database);
    const std::string octets = back_up(*database);
    for (const char* secret : {"hunter2", "contoso", "users", "root", "isthmus-keys"}) {
        EXPECT_EQ(octets.find(secret), std::string::npos) << secret;
    }
    // The same again gives other octets: no two backups share a key.
    EXPECT_NE(back_up(*database).substr(24, 64), octets.substr(24, 64));
}

TEST_P(BackupTest, ANewerSchemaIsRefused) {
    fill(*database);
    database->set_schema_version(99);
    const std::string backup = back_up(*database);
    database->set_schema_version(kNewestSchema);
    EXPECT_THROW(restore(*database, backup), NewerFormat);
    EXPECT_EQ(ConfigStore(*database).revision(), 2U);
}

TEST_P(BackupTest, EveryOlderSchemaIsBroughtUpToDate) {
    for (std::int64_t version = kDocumentSchema; version < kNewestSchema; ++version) {
        if (is_postgres()) {
            database.reset();
            PostgresServer::shared().clear();
        }
        const std::string old_url =
            is_postgres() ? url : fmt::format("sqlite:{}/old{}.db", folder, version);
        std::string backup;
        {
            Database old(old_url, Database::Opening::Another);
            migrate(old, version);
            old.execute("INSERT INTO objects VALUES ('partner', 'a.example', '{}')");
            backup = back_up(old);
            EXPECT_EQ(contents.schema_version, version);
        }
        Database target(empty_url(!is_postgres() ? version % 2 == 0 : version % 2 == 1));
        const Restoration done = restore(target, backup);
        EXPECT_EQ(done.backup.schema_version, version);
        EXPECT_EQ(target.schema_version(), kNewestSchema);
        std::size_t objects = 0;
        ConfigStore(target).load_objects([&](auto, auto, auto) { ++objects; });
        EXPECT_EQ(objects, 1U);
        EXPECT_FALSE(AuditLog(target).verify().fault);
        std::filesystem::remove(folder + "/other.db");
        std::filesystem::remove(folder + "/other.db-wal");
    }
}

}  // namespace
}  // namespace isthmus::store
