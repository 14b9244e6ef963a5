// The process, or the whole server, dies at any moment: what was acknowledged is there, nothing is
// there by half.
#include "store/audit_log.h"
#include "store/config_store.h"
#include "store/migrations.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <sstream>

#include "both_databases.h"
#include "power_cut_vfs.h"

namespace isthmus::store {
namespace {

/// Commit number n makes object n, user n and takes user n - 1 away, all in one.
void commit_number(Database& database, std::uint64_t number) {
    const auto user_of = [](std::uint64_t n) {
        return policy::User{.uri = fmt::format("u{}@contoso.example", n),
                            .display_name = std::string(n % 3000, 'x')};
    };
    Commit commit{.author = {"root", "unix"},
                  .action = "create",
                  .object = fmt::format("thing/{}", number),
                  .reason = std::string(number % 5000, 'r'),
                  .objects = {{"thing", std::to_string(number), std::nullopt, "{}"}},
                  .users = {{user_of(number).uri, std::nullopt, user_of(number)}}};
    if (number > 1) {
        commit.users.push_back({user_of(number - 1).uri, user_of(number - 1), std::nullopt});
    }
    EXPECT_EQ(ConfigStore(database).commit(commit), number);
}

/// That commits 1 to n are there for some n, whole, and nothing else; returns n.
std::uint64_t check_whole(Database& database) {
    const ConfigStore store(database);
    const std::uint64_t newest = store.revision();
    std::uint64_t objects = 0;
    store.load_objects([&](auto, auto, auto) { ++objects; });
    EXPECT_EQ(objects, newest);
    std::uint64_t users = 0;
    store.load_users([&](const policy::User& user) {
        ++users;
        EXPECT_EQ(user.uri, fmt::format("u{}@contoso.example", newest));
        EXPECT_EQ(store.find_users({.text = user.uri}).total, 1U);
    });
    EXPECT_EQ(users, newest == 0 ? 0U : 1U);
    EXPECT_EQ(store.history(1'000'000).size(), newest);
    EXPECT_EQ(store.changes(newest).size(), newest == 0 ? 0U : newest == 1 ? 2U : 3U);
    const AuditVerdict verdict = AuditLog(database).verify();
    EXPECT_FALSE(verdict.fault) << verdict.fault->why;
    EXPECT_EQ(verdict.rows, newest);
    return newest;
}

class PowerCutTest : public BothDatabases {
  protected:
    /// A child that commits and tells each acknowledged number down the pipe.
    void start() {
        database.reset();
        ASSERT_EQ(pipe2(pipe_ends.data(), O_CLOEXEC), 0);
        child = fork();
        if (child == 0) {
            try {
                Database own(url);
                for (std::uint64_t number = ConfigStore(own).revision() + 1;; ++number) {
                    commit_number(own, number);
                    if (write(pipe_ends[1], &number, sizeof number) != sizeof number) {
                        _exit(1);
                    }
                }
            } catch (const StoreError&) {
                _exit(2);
            }
        }
        close(pipe_ends[1]);
    }

    /// Waits until `count` more are acknowledged.
    void wait_for(int count) {
        for (int i = 0; i < count; ++i) {
            ASSERT_EQ(read(pipe_ends[0], &acknowledged, sizeof acknowledged), sizeof acknowledged);
        }
    }

    /// Burns a time that no commit knows of, so that the end comes anywhere within one.
    void dawdle() {
        const auto turns = std::uniform_int_distribution(0, 400'000)(random);
        std::atomic<int> burnt = 0;
        for (int i = 0; i < turns; ++i) {
            burnt.store(i);
        }
    }

    void end() {
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        // What it told before it died was acknowledged too.
        std::uint64_t number = 0;
        while (read(pipe_ends[0], &number, sizeof number) == sizeof number) {
            acknowledged = number;
        }
        close(pipe_ends[0]);
    }

    void check() {
        open();
        const std::uint64_t newest = check_whole(*database);
        EXPECT_GE(newest, acknowledged);
        EXPECT_LE(newest, acknowledged + 1);
        acknowledged = newest;
    }

    std::array<int, 2> pipe_ends{};
    pid_t child = -1;
    std::uint64_t acknowledged = 0;
    std::mt19937 random{std::random_device{}()};
};

ISTHMUS_ON_BOTH_DATABASES(PowerCutTest);

TEST_P(PowerCutTest, TheProcessIsKilled) {
    for (int round = 0; round < 20; ++round) {
        start();
        wait_for(1 + round % 4);
        dawdle();
        end();
        check();
    }
}

class ServerCrashTest : public PowerCutTest {};

INSTANTIATE_TEST_SUITE_P(On, ServerCrashTest, testing::Values(Dialect::Postgres), dialect_name);

TEST_P(ServerCrashTest, TheWholeServerIsKilled) {
    for (int round = 0; round < 4; ++round) {
        start();
        wait_for(3);
        dawdle();
        PostgresServer::shared().kill();
        end();
        PostgresServer::shared().start();
        check();
    }
}

TEST_P(ServerCrashTest, TheGatewayGoesOnAfterwards) {
    commit_number(*database, 1);
    PostgresServer::shared().kill();
    EXPECT_THROW(commit_number(*database, 2), StoreError);
    PostgresServer::shared().start();
    commit_number(*database, 2);
    EXPECT_EQ(check_whole(*database), 2U);
}

/// A process that works on a database until the power fails at operation `at`; true if it came to
/// the end before. `work` tells what is acknowledged through its argument.
bool works_until(std::uint64_t at,
                 const std::string& path,
                 const std::function<void(Database&, const std::function<void()>&)>& work,
                 std::uint64_t& acknowledged) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    const pid_t child = fork();
    if (child == 0) {
        install_power_cut_vfs(at, static_cast<unsigned>(at));
        try {
            Database own(path);
            work(own, [&] {
                if (write(ends[1], "x", 1) != 1) {
                    _exit(1);
                }
            });
            _exit(0);
        } catch (const StoreError&) {
            _exit(2);
        }
    }
    close(ends[1]);
    char octet = 0;
    for (acknowledged = 0; read(ends[0], &octet, 1) == 1;) {
        ++acknowledged;
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    const int code = WEXITSTATUS(status);
    EXPECT_TRUE(code == 0 || code == kPowerCut) << code;
    return code == 0;
}

// Power fails at each single write, truncation and sync of five commits and of the checkpoint that
// carries them from the log into the file; what the drive had not synced is lost, all or in part.
TEST(SqlitePowerCut, AtEveryWriteOfCommitsAndCheckpoints) {
    std::string folder = std::filesystem::temp_directory_path() / "isthmus-store-XXXXXX";
    mkdtemp(folder.data());
    const std::string made = folder + "/made.db";
    const std::string path = folder + "/test.db";
    {
        const Database database(made);
    }
    std::uint64_t at = 0;
    for (bool is_over = false; !is_over; ++at) {
        for (const char* end : {"", "-wal", "-shm"}) {
            std::filesystem::remove(path + end);
        }
        std::filesystem::copy_file(made, path);
        std::uint64_t acknowledged = 0;
        is_over = works_until(
            at,
            path,
            [](Database& own, const std::function<void()>& tell) {
                for (std::uint64_t number = 1; number <= 5; ++number) {
                    commit_number(own, number);
                    tell();
                    if (number == 3) {
                        own.execute("PRAGMA wal_checkpoint(TRUNCATE)");
                    }
                }
            },
            acknowledged);
        Database database(path);
        const std::uint64_t newest = check_whole(database);
        EXPECT_GE(newest, acknowledged) << "operation " << at;
        EXPECT_LE(newest, acknowledged + 1) << "operation " << at;
        commit_number(database, newest + 1);
        ASSERT_FALSE(testing::Test::HasFailure()) << "operation " << at;
    }
    EXPECT_GT(at, 100U);
    RecordProperty("operations", static_cast<int>(at));
    std::filesystem::remove_all(folder);
}

// The same while the tables are made and brought up to date.
TEST(SqlitePowerCut, WhileTheSchemaIsMade) {
    std::string folder = std::filesystem::temp_directory_path() / "isthmus-store-XXXXXX";
    mkdtemp(folder.data());
    std::uint64_t at = 0;
    for (bool is_over = false; !is_over; at += 7) {
        const std::string path = fmt::format("{}/{}.db", folder, at);
        std::uint64_t acknowledged = 0;
        is_over = works_until(at, path, [](Database&, const auto&) {}, acknowledged);
        Database database(path);
        EXPECT_EQ(database.schema_version(), kNewestSchema) << "operation " << at;
        EXPECT_EQ(check_whole(database), 0U);
        commit_number(database, 1);
        ASSERT_FALSE(testing::Test::HasFailure()) << "operation " << at;
        for (const char* end : {"", "-wal", "-shm"}) {
            std::filesystem::remove(path + end);
        }
    }
    EXPECT_GT(at, 50U);
    std::filesystem::remove_all(folder);
}

std::string read_file(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

void write_file(const std::string& path, std::string_view octets) {
    std::ofstream(path, std::ios::binary) << octets;
}

// SQLite's log as a torn write leaves it: cut anywhere, or with a page that is half old.
TEST(SqliteTornWrite, EveryCommitWhoseFramesAreWholeIsThere) {
    std::string folder = std::filesystem::temp_directory_path() / "isthmus-store-XXXXXX";
    mkdtemp(folder.data());
    const std::string path = folder + "/test.db";
    const std::string copy = folder + "/copy.db";
    std::vector<std::size_t> log_sizes;  // after commit 0, 1, 2 ...
    std::string main_file;
    std::string log;
    {
        Database database(path);
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        for (std::uint64_t number = 1; number <= 12; ++number) {
            log_sizes.push_back(std::filesystem::file_size(path + "-wal"));
            commit_number(database, number);
        }
        log_sizes.push_back(std::filesystem::file_size(path + "-wal"));
        main_file = read_file(path);
        log = read_file(path + "-wal");
    }
    const auto committed_in = [&](std::size_t size) {
        std::uint64_t number = 0;
        while (number + 1 < log_sizes.size() && log_sizes[number + 1] <= size) {
            ++number;
        }
        return number;
    };
    std::mt19937 random{std::random_device{}()};
    for (int round = 0; round < 60; ++round) {
        const std::size_t at =
            std::uniform_int_distribution<std::size_t>(0, log.size() - 1)(random);
        std::string torn = log;
        if (round % 2 == 0) {
            torn.resize(at);
        } else {
            torn.replace(at, 512, std::string(std::min<std::size_t>(512, log.size() - at), '\0'));
        }
        std::filesystem::remove(copy + "-shm");
        write_file(copy, main_file);
        write_file(copy + "-wal", torn);
        Database database(copy);
        const std::uint64_t newest = check_whole(database);
        // Zeroes may fall on zeroes, so that more is left than the place of the tear says.
        if (round % 2 == 0) {
            EXPECT_EQ(newest, committed_in(at)) << at;
        } else {
            EXPECT_GE(newest, committed_in(at)) << at;
        }
    }
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace isthmus::store
