// A PostgreSQL that goes away and comes back.
#include <libpq-fe.h>

#include "both_databases.h"

namespace isthmus::store {
namespace {

class LostConnectionTest : public testing::Test {
  protected:
    LostConnectionTest() {
        server.clear();
        database.emplace(server.url());
        database->execute("CREATE TABLE things (id BIGINT PRIMARY KEY)");
    }

    std::int64_t count() {
        Statement read = database->prepare("SELECT COUNT(*) FROM things");
        read.step();
        return read.number(0);
    }

    /// Ends the server's side of our connections, while `database` does not look.
    void cut() {
        PGconn* other = PQconnectdb(server.url().c_str());
        PQclear(PQexec(other,
                       "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                       "WHERE application_name = 'isthmus'"));
        PQfinish(other);
    }

    PostgresServer& server = PostgresServer::shared();
    std::optional<Database> database;
};

TEST_F(LostConnectionTest, WhileNobodyAskedNobodyNotices) {
    Statement read = database->prepare("SELECT COUNT(*) FROM things");
    cut();
    ASSERT_TRUE(read.step());
    EXPECT_EQ(read.number(0), 0);
    cut();
    Transaction transaction(*database);
    database->execute("INSERT INTO things VALUES (1)");
    transaction.commit();
    EXPECT_EQ(count(), 1);
}

TEST_F(LostConnectionTest, InATransactionEverythingThrowsUntilItEnds) {
    {
        Transaction transaction(*database);
        database->execute("INSERT INTO things VALUES (1)");
        cut();
        EXPECT_THROW(database->execute("INSERT INTO things VALUES (2)"), StoreError);
        EXPECT_THROW(database->execute("INSERT INTO things VALUES (3)"), StoreError);
        EXPECT_THROW(transaction.commit(), StoreError);
    }
    EXPECT_EQ(count(), 0);
}

TEST_F(LostConnectionTest, BeforeTheCommitNothingWasStored) {
    {
        Transaction transaction(*database);
        database->execute("INSERT INTO things VALUES (1)");
        cut();
        EXPECT_THROW(transaction.commit(), StoreError);
    }
    EXPECT_EQ(count(), 0);
}

TEST_F(LostConnectionTest, AServerThatIsDownAndComesBack) {
    server.stop();
    EXPECT_THROW(count(), StoreError);
    EXPECT_THROW(Transaction{*database}, StoreError);
    EXPECT_THROW(Database{server.url()}, StoreError);
    server.start();
    EXPECT_EQ(count(), 0);
}

}  // namespace
}  // namespace isthmus::store
