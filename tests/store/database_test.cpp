// What a statement, a transaction and a connection promise is the same on both databases.
#include "store/bulk.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <limits>

#include "both_databases.h"

namespace isthmus::store {
namespace {

class DatabaseTest : public BothDatabases {
  protected:
    DatabaseTest() {
        database->execute(is_postgres()
                              ? "CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT COLLATE "
                                "\"C\", octets BYTEA, amount BIGINT CHECK (amount <> 13))"
                              : "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, octets "
                                "BLOB, amount INTEGER CHECK (amount <> 13)) STRICT");
    }

    void put(std::int64_t id, std::string_view name) {
        database->prepare("INSERT INTO things (id, name) VALUES (?, ?)").bind(id).bind(name).run();
    }
};

ISTHMUS_ON_BOTH_DATABASES(DatabaseTest);

TEST_P(DatabaseTest, ValuesComeBackAsTheyWent) {
    const std::string octets("\0\xFF?'\\x\0", 7);
    const std::string text = "O'Brien \"?\" $1 \\ % _ -- ; DROP TABLE things; \n 李明 \U0001F600";
    Statement put_all =
        database->prepare("INSERT INTO things (id, name, octets, amount) VALUES (?, ?, ?, ?)");
    put_all.bind(std::int64_t{1}).bind(text).bind_blob(octets);
    put_all.bind(std::numeric_limits<std::int64_t>::min()).run();
    put_all.bind(std::numeric_limits<std::int64_t>::max()).bind("").bind_blob("").bind_null().run();
    put_all.bind(std::int64_t{-1}).bind_null().bind_null().bind(std::int64_t{0}).run();
    Statement read = database->prepare("SELECT name, octets, amount, id FROM things ORDER BY id");
    ASSERT_TRUE(read.step());
    EXPECT_TRUE(read.is_null(0));
    EXPECT_TRUE(read.is_null(1));
    EXPECT_EQ(read.text(0), "");
    EXPECT_EQ(read.number(2), 0);
    EXPECT_FALSE(read.is_null(2));
    EXPECT_EQ(read.number(3), -1);
    ASSERT_TRUE(read.step());
    EXPECT_EQ(read.text(0), text);
    EXPECT_EQ(read.text(1), octets);
    EXPECT_EQ(read.number(2), std::numeric_limits<std::int64_t>::min());
    ASSERT_TRUE(read.step());
    EXPECT_FALSE(read.is_null(0));
    EXPECT_FALSE(read.is_null(1));
    EXPECT_EQ(read.text(1), "");
    EXPECT_TRUE(read.is_null(2));
    EXPECT_EQ(read.number(2), 0);
    EXPECT_EQ(read.number(3), std::numeric_limits<std::int64_t>::max());
    EXPECT_FALSE(read.step());
}

TEST_P(DatabaseTest, TextsThatOneOfThemCannotHoldAreRefusedByBoth) {
    for (const std::string_view bad : {std::string_view("a\0b", 3),
                                       std::string_view("\xFF"),
                                       std::string_view("\xC0\xAF"),
                                       std::string_view("\xED\xA0\x80")}) {
        EXPECT_THROW(put(1, bad), StoreError);
    }
    put(1, "good");
    EXPECT_EQ(number("SELECT COUNT(*) FROM things"), 1);
}

TEST_P(DatabaseTest, AColumnIsReadAsWhatItIs) {
    put(7, "12");
    Statement read = database->prepare("SELECT id, name FROM things");
    ASSERT_TRUE(read.step());
    EXPECT_THROW((void)read.text(0), StoreError);
    EXPECT_THROW((void)read.number(1), StoreError);
}

TEST_P(DatabaseTest, AsManyParametersAsThereAre) {
    Statement read = database->prepare("SELECT name FROM things WHERE id = ? AND name = ?");
    EXPECT_THROW(read.step(), StoreError);
    read.bind(std::int64_t{1});
    EXPECT_THROW(read.step(), StoreError);
    read.bind("a");
    EXPECT_THROW(read.bind("b"), StoreError);
    EXPECT_FALSE(read.step());
}

TEST_P(DatabaseTest, AQuestionMarkInAStringIsNoParameter) {
    Statement read =
        database->prepare("SELECT '?', '''?', name AS \"wh?at\" FROM things WHERE id = ?");
    put(1, "x");
    read.bind(std::int64_t{1});
    ASSERT_TRUE(read.step());
    EXPECT_EQ(read.text(0), "?");
    EXPECT_EQ(read.text(1), "'?");
}

TEST_P(DatabaseTest, AStatementCanBeBoundAnewInTheMiddleAndAfterAFault) {
    put(1, "a");
    put(2, "b");
    Statement read = database->prepare("SELECT name FROM things WHERE id >= ? ORDER BY id");
    read.bind(std::int64_t{1});
    ASSERT_TRUE(read.step());
    read.bind(std::int64_t{2});
    ASSERT_TRUE(read.step());
    EXPECT_EQ(read.text(0), "b");
    EXPECT_FALSE(read.step());

    Statement add = database->prepare("INSERT INTO things (id) VALUES (?)");
    EXPECT_THROW(add.bind(std::int64_t{1}).run(), StoreError);
    add.bind(std::int64_t{3}).run();
    EXPECT_EQ(number("SELECT COUNT(*) FROM things"), 3);
}

TEST_P(DatabaseTest, WrongSqlIsFoundWhenItIsPrepared) {
    EXPECT_THROW(database->prepare("SELEKT 1"), StoreError);
    EXPECT_THROW(database->prepare("SELECT nothing FROM nowhere"), StoreError);
    EXPECT_THROW(database->prepare("SELECT \"no such column\" FROM things"), StoreError);
    EXPECT_THROW(database->execute("DROP TABLE nowhere"), StoreError);
}

TEST_P(DatabaseTest, MessagesHoldNoValues) {
    put(1, "hunter2");
    try {
        database->prepare("INSERT INTO things (id, name, amount) VALUES (?, ?, ?)")
            .bind(std::int64_t{2})
            .bind("hunter2")
            .bind(std::int64_t{13})
            .run();
        FAIL();
    } catch (const StoreError& error) {
        EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos) << error.what();
    }
}

TEST_P(DatabaseTest, WhatIsNotCommittedIsGone) {
    {
        Transaction transaction(*database);
        put(1, "a");
        EXPECT_THROW(Transaction{*database}, StoreError);
    }
    EXPECT_EQ(number("SELECT COUNT(*) FROM things"), 0);
    Transaction transaction(*database);
    put(1, "a");
    transaction.commit();
    EXPECT_THROW(transaction.commit(), StoreError);
    open();
    EXPECT_EQ(number("SELECT COUNT(*) FROM things"), 1);
}

TEST_P(DatabaseTest, AfterAFaultNothingOfTheTransactionIsCommitted) {
    {
        Transaction transaction(*database);
        put(1, "a");
        EXPECT_THROW(put(1, "b"), StoreError);
    }
    {
        Transaction transaction(*database);
        put(1, "a");
        EXPECT_THROW(put(1, "b"), StoreError);
        EXPECT_THROW(transaction.commit(), StoreError);
    }
    EXPECT_EQ(number("SELECT COUNT(*) FROM things"), 0);
    put(2, "c");
    EXPECT_EQ(number("SELECT COUNT(*) FROM things"), 1);
}

TEST_P(DatabaseTest, OneStateFromTheFirstToTheLastStatement) {
    put(1, "a");
    Database other(url, Database::Opening::Another);
    Transaction snapshot(*database, Access::Read);
    EXPECT_EQ(number("SELECT COUNT(*) FROM things"), 1);
    other.execute("INSERT INTO things (id) VALUES (2)");
    EXPECT_EQ(number("SELECT COUNT(*) FROM things"), 1);
    snapshot.commit();
    EXPECT_EQ(number("SELECT COUNT(*) FROM things"), 2);
}

TEST_P(DatabaseTest, ReadingInsideATransactionIsPartOfIt) {
    {
        Transaction transaction(*database);
        put(1, "a");
        {
            const Transaction inner(*database, Access::Read);
            EXPECT_EQ(number("SELECT COUNT(*) FROM things"), 1);
        }
        {
            Transaction inner(*database, Access::Read);
            inner.commit();
        }
        EXPECT_TRUE(database->is_in_transaction());
    }
    EXPECT_EQ(number("SELECT COUNT(*) FROM things"), 0);
    const Transaction snapshot(*database, Access::Read);
    EXPECT_THROW(Transaction{*database}, StoreError);
}

TEST_P(DatabaseTest, WhoWritesAloneKeepsOthersOut) {
    Database other(url, Database::Opening::Another);
    other.execute(is_postgres() ? "SET lock_timeout = '50ms'" : "PRAGMA busy_timeout = 50");
    {
        Transaction transaction(*database);
        EXPECT_THROW(Transaction{other}, StoreError);
    }
    Transaction transaction(other);
    other.execute("INSERT INTO things (id) VALUES (2)");
    transaction.commit();
}

TEST_P(DatabaseTest, TextsAreOrderedByTheirOctets) {
    for (const auto& [id, name] : {std::pair(1, "b"),
                                   std::pair(2, "B"),
                                   std::pair(3, "ä"),
                                   std::pair(4, "a-b"),
                                   std::pair(5, "ab")}) {
        put(id, name);
    }
    Statement read = database->prepare("SELECT name FROM things ORDER BY name");
    std::string order;
    while (read.step()) {
        order += read.text(0) + " ";
    }
    EXPECT_EQ(order, "B a-b ab b ä ");
}

TEST_P(DatabaseTest, ManyRowsAtOnce) {
    for (const std::int64_t count : {0, 1, 15, 16, 17, 255, 256, 257, 1000}) {
        database->execute("DELETE FROM things");
        Bulk add(*database, "INSERT INTO things (id, name, octets) VALUES ", "(?, ?, ?)");
        for (std::int64_t i = 0; i < count; ++i) {
            add.bind(i).bind("name" + std::to_string(i));
            if (i % 2 == 0) {
                add.bind_null();
            } else {
                add.bind_blob(std::string(1, '\0'));
            }
            add.end_row();
        }
        add.finish();
        EXPECT_EQ(number("SELECT COUNT(*) FROM things"), count);
        std::int64_t sum = 0;
        Bulk read(*database, "SELECT id, name, octets FROM things WHERE id IN (", "?", ")");
        read.on_row([&](const Statement& row) {
            sum += row.number(0);
            EXPECT_EQ(row.text(1), "name" + std::to_string(row.number(0)));
            EXPECT_EQ(row.is_null(2), row.number(0) % 2 == 0);
        });
        for (std::int64_t i = 0; i < count; ++i) {
            read.bind(i).end_row();
        }
        read.finish();
        EXPECT_EQ(sum, count * (count - 1) / 2);
    }
}

TEST_P(DatabaseTest, ManyNewRows) {
    for (const std::int64_t count : {0, 1, 63, 64, 65, 4095, 4096, 4097, 10'000}) {
        database->execute("DELETE FROM things");
        Bulk add = Bulk::insert(*database, "things", "id, name, octets, amount");
        for (std::int64_t i = 0; i < count; ++i) {
            add.bind(i - 5).bind("näme" + std::to_string(i));
            add.bind_blob(std::string("\0\xFF\n\\", 4));
            if (i % 2 == 0) {
                add.bind_null();
            } else {
                add.bind(-i * 1'000'000'007);
            }
            add.end_row();
        }
        add.finish();
        EXPECT_EQ(number("SELECT COUNT(*) FROM things"), count);
        Statement read =
            database->prepare("SELECT id, name, octets, amount FROM things ORDER BY id");
        for (std::int64_t i = 0; read.step(); ++i) {
            EXPECT_EQ(read.number(0), i - 5);
            EXPECT_EQ(read.text(1), "näme" + std::to_string(i));
            EXPECT_EQ(read.text(2), std::string("\0\xFF\n\\", 4));
            EXPECT_EQ(read.is_null(3), i % 2 == 0);
            EXPECT_EQ(read.number(3), i % 2 == 0 ? 0 : -i * 1'000'000'007);
        }
    }
}

TEST_P(DatabaseTest, ABadRowAmongManyIsNoticedAndTheConnectionGoesOn) {
    for (const bool is_bad_text : {true, false}) {
        {
            Transaction transaction(*database);
            Bulk add = Bulk::insert(*database, "things", "id, name");
            const auto add_all = [&] {
                for (std::int64_t i = 0; i < 500; ++i) {
                    add.bind(is_bad_text ? i : i % 400);
                    add.bind(is_bad_text && i == 300 ? std::string_view("a\0b", 3) : "good");
                    add.end_row();
                }
                add.finish();
            };
            EXPECT_THROW(add_all(), StoreError);
        }
        EXPECT_EQ(number("SELECT COUNT(*) FROM things"), 0);
    }
    put(1, "a");
}

TEST_P(DatabaseTest, MoreStatementsThanAreKeptPrepared) {
    Statement first = database->prepare("SELECT COUNT(*) FROM things");
    for (int i = 0; i < 1100; ++i) {
        Statement read = database->prepare("SELECT " + std::to_string(i) + " FROM things");
        EXPECT_FALSE(read.step());
    }
    EXPECT_TRUE(first.step());
}

TEST(DatabaseUrl, NamesADriverThatThereIs) {
    EXPECT_THROW(Database("mysql://localhost/isthmus"), StoreError);
    EXPECT_THROW(Database("postgres//localhost/isthmus"), StoreError);
    EXPECT_EQ(resolve_url("sqlite:a.db", "/var/lib/isthmus"), "sqlite:/var/lib/isthmus/a.db");
    EXPECT_EQ(resolve_url("sqlite:/b/a.db", "/var/lib/isthmus"), "sqlite:/b/a.db");
    EXPECT_EQ(resolve_url("postgresql://h/d", "/var/lib/isthmus"), "postgresql://h/d");
}

TEST(DatabaseUrl, TellsNoPassword) {
    try {
        Database("postgresql://root:hunter2@127.0.0.1:1/isthmus");
        FAIL();
    } catch (const StoreError& error) {
        EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos) << error.what();
    }
}

TEST(SqliteFile, IsForNobodyElse) {
    std::string folder = std::filesystem::temp_directory_path() / "isthmus-store-XXXXXX";
    mkdtemp(folder.data());
    {
        const Database database(folder + "/test.db");
        for (const auto& file : std::filesystem::directory_iterator(folder)) {
            EXPECT_EQ(file.status().permissions(),
                      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
                << file.path();
        }
    }
    std::filesystem::remove_all(folder);
}

// Closing a file drops all locks of the process on it: whoever opens the database beside us, with a
// shell say, would take himself for the only one, and put our log away.
TEST(SqliteLocks, SurviveAnotherConnectionOfTheSameProcess) {
    std::string folder = std::filesystem::temp_directory_path() / "isthmus-store-XXXXXX";
    mkdtemp(folder.data());
    const std::string path = folder + "/test.db";
    {
        const Database made(path);
    }
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    const pid_t child = fork();  // before there is a connection, whose state it would share
    if (child == 0) {
        char octet = 0;
        const bool is_told = read(ends[0], &octet, 1) == 1;
        {
            Database other(path, Database::Opening::Another);
            other.execute("DELETE FROM objects");
        }
        _exit(is_told ? 0 : 1);
    }
    Database first(path);
    first.execute("INSERT INTO objects VALUES ('a', 'b', '{}')");
    {
        const Database second(path, Database::Opening::Another);
    }
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(std::filesystem::exists(path + "-wal"));
    Statement read_back = first.prepare("SELECT COUNT(*) FROM objects");
    EXPECT_TRUE(read_back.step());
    EXPECT_EQ(read_back.number(0), 0);
    close(ends[0]);
    close(ends[1]);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace isthmus::store
