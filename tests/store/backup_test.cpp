// A backup holds one state, or says in a sentence why it is none, and then nothing has changed.
#include "backup_world.h"

namespace isthmus::store {
namespace {

class BackupTest : public BackupWorld {};

ISTHMUS_ON_BOTH_DATABASES(BackupTest);

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
