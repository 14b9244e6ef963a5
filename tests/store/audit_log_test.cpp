// Whatever is done to the record behind our back, verify() finds it and says where.
#include "store/audit_log.h"

#include "store/config_store.h"

#include <functional>

#include "both_databases.h"

namespace isthmus::store {
namespace {

class AuditLogTest : public BothDatabases {
  protected:
    /// Rows 1 to 6; 2 and 5 vouch for the revisions 1 and 2.
    void fill() {
        AuditLog log(*database);
        EXPECT_EQ(log.append({{"root", "unix"}, "sign-in", "", "done", ""}), 1U);
        commit("a");
        log.append({{"eve", "10.0.0.1"}, "sign-in", "", "refused", "wrong password"});
        log.append({{"eve", "10.0.0.1"}, "sign-in", "", "refused", "wrong password"});
        commit("b");
        log.append({{"root", "unix"}, "export", "audit", "done", ""});
    }

    void commit(const std::string& id) {
        ConfigStore(*database).commit({.author = {"root", "unix"},
                                       .action = "create",
                                       .object = "partner/" + id,
                                       .reason = "because",
                                       .objects = {{"partner", id, std::nullopt, "{}"},
                                                   {"partner", id + id, std::nullopt, "{}"}}});
    }

    AuditVerdict verify() { return AuditLog(*database).verify(); }

    /// Which row is at fault after `forgery`; 0: none.
    std::uint64_t fault_after(const char* forgery) {
        database->execute(forgery);
        const auto fault = verify().fault;
        EXPECT_TRUE(!fault || !fault->why.empty());
        return fault ? fault->seq : 0;
    }
};

ISTHMUS_ON_BOTH_DATABASES(AuditLogTest);

TEST_P(AuditLogTest, AnUntouchedLogIsGood) {
    EXPECT_FALSE(verify().fault);
    EXPECT_EQ(verify().rows, 0U);
    fill();
    open();
    EXPECT_FALSE(verify().fault);
    EXPECT_EQ(verify().rows, 6U);
    EXPECT_EQ(verify().head.seq, 6U);
    EXPECT_EQ(verify().head, AuditLog(*database).head());
    commit("c");
    EXPECT_FALSE(verify().fault);
}

TEST_P(AuditLogTest, EveryColumnOfARow) {
    for (const char* column :
         {"at", "admin", "origin", "action", "object", "outcome", "detail", "changes", "hash"}) {
        if (is_postgres()) {
            PostgresServer::shared().clear();
        } else {
            database.reset();
            std::filesystem::remove(folder + "/test.db");
        }
        open();
        fill();
        const std::string forgery =
            std::string("UPDATE audit SET ") + column + " = 'x' || " + column + " WHERE seq = 3";
        EXPECT_EQ(fault_after(forgery.c_str()), 3U) << column;
    }
}

TEST_P(AuditLogTest, ARevisionExchangedForAnother) {
    fill();
    EXPECT_EQ(fault_after("UPDATE audit SET revision = 7 WHERE seq = 2"), 2U);
}

TEST_P(AuditLogTest, ARevisionTakenFromARow) {
    fill();
    EXPECT_EQ(fault_after("UPDATE audit SET revision = NULL WHERE seq = 2"), 2U);
}

TEST_P(AuditLogTest, WordsShiftedBetweenColumns) {
    fill();
    EXPECT_EQ(fault_after("UPDATE audit SET action = 'sign-inre', outcome = 'fused' "
                          "WHERE seq = 3"),
              3U);
}

TEST_P(AuditLogTest, WhatARevisionChanged) {
    fill();
    EXPECT_EQ(fault_after("UPDATE config_changes SET after = '{} ' WHERE revision = 2 "
                          "AND position = 1"),
              5U);
}

TEST_P(AuditLogTest, ANullThatWasAnEmptyText) {
    fill();
    EXPECT_EQ(fault_after("UPDATE config_changes SET before = '' WHERE revision = 2 "
                          "AND position = 1"),
              5U);
}

TEST_P(AuditLogTest, AChangeTakenFromARevision) {
    fill();
    EXPECT_EQ(fault_after("DELETE FROM config_changes WHERE revision = 1 AND position = 1"), 2U);
}

TEST_P(AuditLogTest, AChangeAddedToARevision) {
    fill();
    EXPECT_EQ(fault_after("INSERT INTO config_changes VALUES (1, 2, 'partner', 'x', NULL, '')"),
              2U);
}

TEST_P(AuditLogTest, WhoMadeARevision) {
    fill();
    EXPECT_EQ(fault_after("UPDATE config_revisions SET admin = 'eve' WHERE revision = 1"), 2U);
}

TEST_P(AuditLogTest, AWholeRevision) {
    fill();
    EXPECT_EQ(fault_after("DELETE FROM config_changes WHERE revision = 1; "
                          "DELETE FROM config_revisions WHERE revision = 1"),
              2U);
}

TEST_P(AuditLogTest, ARevisionThatNobodyLogged) {
    fill();
    EXPECT_EQ(fault_after("INSERT INTO config_revisions VALUES (3, 'x', 'x', 'x', 'x', 'x', 'x')"),
              6U);
}

TEST_P(AuditLogTest, ADeletedRow) {
    fill();
    EXPECT_EQ(fault_after("DELETE FROM audit WHERE seq = 3"), 4U);
}

TEST_P(AuditLogTest, ADeletedRowWithTheOthersMovedUp) {
    fill();
    EXPECT_EQ(fault_after("DELETE FROM audit WHERE seq = 3; "
                          "UPDATE audit SET seq = 3 WHERE seq = 4; "
                          "UPDATE audit SET seq = 4 WHERE seq = 5; "
                          "UPDATE audit SET seq = 5 WHERE seq = 6"),
              3U);
}

TEST_P(AuditLogTest, TheFirstRow) {
    fill();
    EXPECT_EQ(fault_after("DELETE FROM audit WHERE seq = 1"), 2U);
}

TEST_P(AuditLogTest, ACutTail) {
    fill();
    EXPECT_EQ(fault_after("DELETE FROM audit WHERE seq > 4"), 5U);
}

TEST_P(AuditLogTest, ACutTailWithTheHeadSetBack) {
    fill();
    // The forger has made the chain good again; the revision that is left over gives it away.
    EXPECT_NE(fault_after("DELETE FROM audit WHERE seq > 4; UPDATE audit_head SET seq = 4, "
                          "hash = (SELECT hash FROM audit WHERE seq = 4)"),
              0U);
}

TEST_P(AuditLogTest, EverythingDeleted) {
    fill();
    EXPECT_EQ(fault_after("DELETE FROM audit"), 1U);
}

TEST_P(AuditLogTest, TheHead) {
    fill();
    EXPECT_EQ(fault_after("DELETE FROM audit_head"), 6U);
}

TEST_P(AuditLogTest, AnInsertedRow) {
    fill();
    EXPECT_EQ(fault_after("INSERT INTO audit SELECT 7, at, admin, origin, action, object, outcome, "
                          "detail, NULL, changes, hash FROM audit WHERE seq = 6"),
              7U);
}

TEST_P(AuditLogTest, ARowBeforeTheFirst) {
    fill();
    (void)fault_after(
        "INSERT INTO audit SELECT 0, at, admin, origin, action, object, outcome, "
        "detail, NULL, changes, hash FROM audit WHERE seq = 6");
    EXPECT_EQ(verify().fault->seq, 0U);
}

TEST_P(AuditLogTest, RowsThatChangedPlaces) {
    fill();
    EXPECT_EQ(fault_after("UPDATE audit SET seq = 100 WHERE seq = 3; "
                          "UPDATE audit SET seq = 3 WHERE seq = 1; "
                          "UPDATE audit SET seq = 1 WHERE seq = 100"),
              1U);
}

TEST_P(AuditLogTest, ListsTheNewestThatFit) {
    fill();
    const AuditLog log(*database);
    EXPECT_EQ(log.list({}, 2).at(0).seq, 6U);
    EXPECT_EQ(log.list({}, 2).at(1).seq, 5U);
    EXPECT_EQ(log.list({.before = 5}, 1).at(0).seq, 4U);
    EXPECT_EQ(log.list({.admin = "eve"}, 10).size(), 2U);
    EXPECT_EQ(log.list({.action = "sign-in", .outcome = "done"}, 10).size(), 1U);
    EXPECT_EQ(log.list({.object = "partner/a"}, 10).at(0).revision, 1U);
    EXPECT_EQ(log.list({.object = "partner/"}, 10).size(),
              log.list({.object = "partner/a"}, 10).size() +
                  log.list({.object = "partner/b"}, 10).size());
    EXPECT_TRUE(log.list({.object = "partne/"}, 10).empty());
    EXPECT_EQ(
        log.list({.since = "2001-01-01T00:00:00Z", .until = "2999-01-01T00:00:00Z"}, 10).size(),
        6U);
    EXPECT_TRUE(log.list({.since = "2999-01-01T00:00:00Z"}, 10).empty());
    EXPECT_TRUE(log.list({.until = "2001-01-01T00:00:00Z"}, 10).empty());
    EXPECT_TRUE(log.list({.admin = "' OR ''='"}, 10).empty());
    EXPECT_EQ(log.list({}, 10).back().event,
              (AuditEvent{{"root", "unix"}, "sign-in", "", "done", ""}));
}

TEST_P(AuditLogTest, ExportsEverythingOldestFirst) {
    fill();
    std::vector<AuditRow> rows;
    AuditLog(*database).export_rows({}, [&](const AuditRow& row) { rows.push_back(row); });
    ASSERT_EQ(rows.size(), 6U);
    EXPECT_EQ(rows.front().seq, 1U);
    auto newest_first = AuditLog(*database).list({}, 10);
    EXPECT_EQ(rows, std::vector(newest_first.rbegin(), newest_first.rend()));
    std::size_t of_eve = 0;
    AuditLog(*database).export_rows({.admin = "eve"}, [&](const AuditRow&) { ++of_eve; });
    EXPECT_EQ(of_eve, 2U);
}

TEST_P(AuditLogTest, ARowOfATransactionThatIsRolledBackIsNone) {
    AuditLog log(*database);
    {
        const Transaction transaction(*database);
        log.append(transaction, {{"root", "unix"}, "create", "admin/bob", "done", ""});
    }
    EXPECT_EQ(log.head().seq, 0U);
    EXPECT_EQ(log.append({{"root", "unix"}, "sign-in", "", "done", ""}), 1U);
    EXPECT_FALSE(verify().fault);
}

}  // namespace
}  // namespace isthmus::store
