// A database with something of everything in it, its backup, and databases that it is restored
// into.
#pragma once

#include "store/admin_store.h"
#include "store/audit_log.h"
#include "store/backup.h"
#include "store/config_store.h"
#include "store/home_store.h"
#include "store/key_box.h"
#include "store/migrations.h"
#include "store/subscription_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "both_databases.h"

namespace isthmus::store {

inline constexpr std::string_view kPassphrase = "correct horse battery staple";

inline Source source_of(std::string_view octets) {
    return [octets](char* to, std::size_t size) mutable {
        const std::size_t got = octets.copy(to, size);
        octets.remove_prefix(got);
        return got;
    };
}

/// Everything in all tables, as lines of text.
inline std::vector<std::string> dump(Database& database) {
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

class BackupWorld : public BothDatabases {
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

}  // namespace isthmus::store
