// A backup comes back as it went, on either database, or says in a sentence why not, and then
// nothing has changed.
#include "store/backup.h"

#include "store/audit_log.h"
#include "store/config_store.h"
#include "store/migrations.h"
#include "store/subscription_store.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "both_databases.h"

namespace isthmus::store {
namespace {

constexpr std::string_view kPassphrase = "correct horse battery staple";

std::string read_file(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

Source source_of(std::string_view octets) {
    return [octets](char* to, std::size_t size) mutable {
        const std::size_t got = octets.copy(to, size);
        octets.remove_prefix(got);
        return got;
    };
}

/// Everything in all tables, as text.
std::string dump(Database& database) {
    std::string made;
    Transaction snapshot(database, Access::Read);
    for (const Table& table : database.tables()) {
        std::string columns;
        for (const Column& column : table.columns) {
            columns += fmt::format("{}\"{}\"", columns.empty() ? "" : ", ", column.name);
        }
        Statement rows = database.scan(
            fmt::format("SELECT {} FROM {} ORDER BY {}", columns, table.name, columns));
        while (rows.step()) {
            made += table.name;
            for (std::size_t i = 0; i < table.columns.size(); ++i) {
                const int at = static_cast<int>(i);
                made += rows.is_null(at) ? "|-"
                        : table.columns[i].type == ColumnType::Number
                            ? fmt::format("|{}", rows.number(at))
                            : fmt::format("|'{}'", rows.text(at));
            }
            made += '\n';
        }
    }
    return made;
}

class BackupTest : public BothDatabases {
  protected:
    BackupTest() : file(folder + "/isthmus.backup") {}

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

    Restoration restore(Database& to, bool dry_run = false) {
        return restore_backup(to, file, kPassphrase, {"root", "unix"}, dry_run);
    }

    std::string file;
};

ISTHMUS_ON_BOTH_DATABASES(BackupTest);

TEST_P(BackupTest, ComesBackOnTheSameDatabaseAndSaysSo) {
    fill(*database);
    const std::string before = dump(*database);
    const BackupContents made = create_backup(*database, file, kPassphrase);
    EXPECT_EQ(made.schema_version, kNewestSchema);
    EXPECT_EQ(made.revision, 2U);
    EXPECT_EQ(made.source, is_postgres() ? "postgresql" : "sqlite");
    EXPECT_EQ(verify_backup(file, kPassphrase), made);
    ConfigStore(*database).commit(
        {.author = {"eve", "unix"},
         .action = "set",
         .object = "gateway",
         .objects = {{"gateway", "", R"({"dialback_passphrase":"hunter2"})", "{}"}}});
    database->execute("DELETE FROM users");

    const Restoration done = restore(*database);
    EXPECT_EQ(done.backup, made);
    EXPECT_EQ(done.replaced_revision, 3U);
    EXPECT_EQ(AuditLog(*database).head().seq, 3U);
    EXPECT_EQ(AuditLog(*database).list({}, 1).at(0).event.action, "restore");
    EXPECT_FALSE(AuditLog(*database).verify().fault);
    EXPECT_EQ(ConfigStore(*database).find_users({.text = "699@"}).total, 1U);
    database->execute(
        "DELETE FROM audit WHERE seq = 3; "
        "UPDATE audit_head SET seq = 2, hash = (SELECT hash FROM audit WHERE seq = 2)");
    EXPECT_EQ(dump(*database), before);
    // And it can be worked with.
    open();
    EXPECT_EQ(
        ConfigStore(*database).commit({.action = "x", .objects = {{"k", "i", std::nullopt, "{}"}}}),
        3U);
}

TEST_P(BackupTest, IsTheWayToTheOtherDatabase) {
    fill(*database);
    create_backup(*database, file, kPassphrase);
    if (!is_postgres()) {
        PostgresServer::shared().clear();
    }
    Database other(is_postgres() ? "sqlite:" + folder + "/other.db"
                                 : PostgresServer::shared().url());
    restore(other);
    EXPECT_EQ(AuditLog(other).verify().rows, 3U);
    EXPECT_FALSE(AuditLog(other).verify().fault);
    other.execute(
        "DELETE FROM audit WHERE seq = 3; "
        "UPDATE audit_head SET seq = 2, hash = (SELECT hash FROM audit WHERE seq = 2)");
    const std::string way_back = folder + "/back.backup";
    create_backup(other, way_back, kPassphrase);
    const std::string before = dump(*database);
    restore_backup(*database, way_back, kPassphrase, {"root", "unix"}, false);
    database->execute(
        "DELETE FROM audit WHERE seq = 3; "
        "UPDATE audit_head SET seq = 2, hash = (SELECT hash FROM audit WHERE seq = 2)");
    EXPECT_EQ(dump(*database), before);
}

TEST_P(BackupTest, ADryRunTellsAndChangesNothing) {
    fill(*database);
    create_backup(*database, file, kPassphrase);
    ConfigStore(*database).commit({.action = "x", .objects = {{"k", "i", std::nullopt, "{}"}}});
    const std::string before = dump(*database);
    const Restoration told = restore(*database, true);
    EXPECT_EQ(told.backup, verify_backup(file, kPassphrase));
    EXPECT_EQ(told.replaced_revision, 3U);
    const auto rows = [](const std::vector<BackupTable>& tables, std::string_view name) {
        for (const BackupTable& table : tables) {
            if (table.name == name) {
                return static_cast<int>(table.rows);
            }
        }
        return -1;
    };
    EXPECT_EQ(rows(told.replaced, "objects"), 2);
    EXPECT_EQ(rows(told.backup.tables, "objects"), 1);
    EXPECT_EQ(rows(told.backup.tables, "users"), 700);
    EXPECT_EQ(dump(*database), before);
}

TEST_P(BackupTest, OthersGoOnWritingAndItHoldsOneState) {
    fill(*database);
    Database other(url, Database::Opening::Another);
    std::string made;
    bool has_written = false;
    const BackupContents contents = create_backup(
        *database,
        [&](std::string_view octets) {
            made += octets;
            if (made.size() > 100'000 && !std::exchange(has_written, true)) {
                ConfigStore(other).commit(
                    {.action = "x",
                     .objects = {{"during", std::to_string(made.size()), std::nullopt, "{}"}}});
            }
        },
        kPassphrase);
    EXPECT_EQ(contents.revision, 2U);
    EXPECT_EQ(ConfigStore(*database).revision(), 3U);
    EXPECT_EQ(verify_backup(source_of(made), kPassphrase), contents);
    restore_backup(*database, source_of(made), kPassphrase, {}, false);
    EXPECT_FALSE(AuditLog(*database).verify().fault);
    EXPECT_EQ(ConfigStore(*database).revision(), 2U);
}

TEST_P(BackupTest, ADamagedEndUndoesWhatTheBeginningHadReplaced) {
    fill(*database);
    create_backup(*database, file, kPassphrase);
    std::string bad = read_file(file);
    bad[bad.size() - 20] = static_cast<char>(bad[bad.size() - 20] ^ 1);
    ConfigStore(*database).commit({.action = "x", .objects = {{"k", "i", std::nullopt, "{}"}}});
    const std::string before = dump(*database);
    EXPECT_THROW(restore_backup(*database, source_of(bad), kPassphrase, {}, false), StoreError);
    EXPECT_EQ(dump(*database), before);
    EXPECT_EQ(ConfigStore(*database).find_users({.text = "699@"}).total, 1U);
}

TEST_P(BackupTest, FaultsAreToldInPlainSentences) {
    fill(*database);
    EXPECT_EQ(reason_of([&] { create_backup(*database, file, ""); }),
              "a backup wants a passphrase");
    EXPECT_FALSE(std::filesystem::exists(file));
    create_backup(*database, file, kPassphrase);
    EXPECT_NE(reason_of([&] { create_backup(*database, file, kPassphrase); }).find("File exists"),
              std::string::npos);
    EXPECT_NE(reason_of([&] { verify_backup(file, "wrong"); }).find("passphrase is wrong"),
              std::string::npos);
    EXPECT_NE(reason_of([&] { verify_backup(folder + "/none", "x"); }).find("No such file"),
              std::string::npos);
    EXPECT_NE(
        reason_of([&] { create_backup(*database, folder + "/none/x", "x"); }).find("No such file"),
        std::string::npos);
    EXPECT_EQ(reason_of([&] { verify_backup(source_of("SQLite format 3"), "x"); }),
              "this is no backup of Isthmus");
    std::string newer = read_file(file);
    newer[15] = 2;
    EXPECT_EQ(reason_of([&] { verify_backup(source_of(newer), kPassphrase); }),
              "the backup has format 2, this program knows 1");
}

TEST_P(BackupTest, TheFileIsForItsOwnerAndTellsNothing) {
    fill(*database);
    create_backup(*database, file, kPassphrase);
    EXPECT_EQ(std::filesystem::status(file).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const std::string octets = read_file(file);
    for (const char* secret : {"hunter2", "contoso", "users", "root"}) {
        EXPECT_EQ(octets.find(secret), std::string::npos) << secret;
    }
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        files += entry.path().string().find(".part") != std::string::npos ? 1 : 0;
    }
    EXPECT_EQ(files, 0U);
    // The same again gives other octets: no two backups share a key.
    create_backup(*database, file + "2", kPassphrase);
    EXPECT_NE(read_file(file + "2").substr(16, 64), octets.substr(16, 64));
}

TEST_P(BackupTest, ANewerSchemaIsRefused) {
    fill(*database);
    database->set_schema_version(99);
    create_backup(*database, file, kPassphrase);
    database->set_schema_version(kNewestSchema);
    EXPECT_NE(reason_of([&] { restore(*database); }).find("use a newer program"),
              std::string::npos);
    EXPECT_EQ(ConfigStore(*database).revision(), 2U);
}

}  // namespace
}  // namespace isthmus::store
