#include "postgres_server.h"

#include "store/database.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

namespace isthmus::store {

namespace {

constexpr std::string_view kReady = "database system is ready to accept connections";

std::string find_programs() {
    std::string newest;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql")) {
        if (std::filesystem::exists(version.path() / "bin/postgres")) {
            newest = std::max(newest, (version.path() / "bin").string());
        }
    }
    if (newest.empty()) {
        throw std::runtime_error("PostgreSQL is not installed: tools/setup all");
    }
    return newest;
}

const passwd* server_account() {
    const passwd* account = getpwnam("postgres");
    if (account == nullptr) {
        throw std::runtime_error("there is no account postgres");
    }
    return account;
}

/// Runs `words` as the server's account, and ends it when this program ends.
pid_t start_process(const std::vector<std::string>& words, int output) {
    const passwd* account = geteuid() == 0 ? server_account() : nullptr;
    const uid_t user = account == nullptr ? geteuid() : account->pw_uid;
    const gid_t group = account == nullptr ? getegid() : account->pw_gid;
    std::vector<char*> arguments;
    for (const std::string& word : words) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        dup2(output, STDOUT_FILENO);
        dup2(output, STDERR_FILENO);
        if ((account != nullptr && (setgid(group) != 0 || setuid(user) != 0)) ||
            prctl(PR_SET_PDEATHSIG, SIGQUIT) != 0 || chdir("/") != 0) {
            _exit(126);
        }
        execv(arguments[0], arguments.data());
        _exit(127);
    }
    return child;
}

std::unique_ptr<PostgresServer>& instance() {
    static std::unique_ptr<PostgresServer> server;
    return server;
}

class StopAtEnd : public testing::Environment {
  public:
    void TearDown() override { instance().reset(); }
};

const testing::Environment* const kStopAtEnd = testing::AddGlobalTestEnvironment(new StopAtEnd);

}  // namespace

PostgresServer& PostgresServer::shared() {
    if (!instance()) {
        instance() = std::make_unique<PostgresServer>();
    }
    return *instance();
}

PostgresServer::PostgresServer(Fsync fsync) : fsync_(fsync), programs_(find_programs()) {
    folder_ = std::filesystem::temp_directory_path() / "isthmus-postgres-XXXXXX";
    if (mkdtemp(folder_.data()) == nullptr) {
        throw std::runtime_error("mkdtemp " + folder_);
    }
    if (geteuid() == 0 &&
        chown(folder_.c_str(), server_account()->pw_uid, server_account()->pw_gid) != 0) {
        throw std::runtime_error("chown " + folder_);
    }
    const int log = open((folder_ + "/initdb.log").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    const pid_t child = start_process({programs_ + "/initdb",
                                       "--pgdata=" + folder_ + "/data",
                                       "--auth=trust",
                                       "--username=postgres",
                                       "--encoding=UTF8",
                                       "--locale=C.UTF-8",
                                       "--no-sync"},
                                      log);
    int status = 0;
    waitpid(child, &status, 0);
    close(log);
    if (status != 0) {
        throw std::runtime_error("initdb failed, see " + folder_ + "/initdb.log");
    }
    start();
}

PostgresServer::~PostgresServer() {
    stop();
    std::filesystem::remove_all(folder_);
}

std::string PostgresServer::url() const {
    return "postgresql://postgres@/postgres?host=" + folder_;
}

void PostgresServer::clear() {
    PGconn* connection = PQconnectdb(url().c_str());
    // What a test left connected must not hold locks.
    PQclear(PQexec(connection,
                   "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                   "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"));
    PGresult* result = PQexec(
        connection, "SET client_min_messages = error; DROP SCHEMA IF EXISTS isthmus CASCADE");
    const bool is_good = PQresultStatus(result) == PGRES_COMMAND_OK;
    const std::string reason = PQerrorMessage(connection);
    PQclear(result);
    PQfinish(connection);
    if (!is_good) {
        throw std::runtime_error("PostgreSQL of the tests: " + reason);
    }
}

void PostgresServer::start() {
    std::array<int, 2> pipe_ends{};
    if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error("pipe");
    }
    process_ = start_process({programs_ + "/postgres",
                              "-D",
                              folder_ + "/data",
                              "-c",
                              "listen_addresses=",
                              "-c",
                              "unix_socket_directories=" + folder_,
                              "-c",
                              fsync_ == Fsync::On ? "fsync=on" : "fsync=off",
                              "-c",
                              "shared_buffers=128MB",
                              "-c",
                              "max_wal_size=1GB"},
                             pipe_ends[1]);
    close(pipe_ends[1]);
    std::string said;
    std::array<char, 4096> buffer{};
    while (said.find(kReady) == std::string::npos) {
        const ssize_t size = read(pipe_ends[0], buffer.data(), buffer.size());
        if (size <= 0) {
            close(pipe_ends[0]);
            throw std::runtime_error("PostgreSQL does not start: " + said);
        }
        said.append(buffer.data(), static_cast<std::size_t>(size));
    }
    // Somebody must go on reading what it says, or it stops at a full pipe.
    log_reader_ = std::thread([end = pipe_ends[0]] {
        std::array<char, 4096> rest{};
        while (read(end, rest.data(), rest.size()) > 0) {
        }
        close(end);
    });
}

void PostgresServer::stop() {
    if (process_ > 0) {
        ::kill(process_, SIGINT);
        waitpid(process_, nullptr, 0);
        process_ = -1;
        log_reader_.join();
    }
}

void PostgresServer::kill() {
    const std::string id = std::to_string(process_);
    std::ifstream read_children("/proc/" + id + "/task/" + id + "/children");
    std::vector<pid_t> processes{process_};
    for (pid_t child = 0; read_children >> child;) {
        processes.push_back(child);
    }
    for (const pid_t process : processes) {
        ::kill(process, SIGKILL);
    }
    waitpid(process_, nullptr, 0);
    process_ = -1;
    log_reader_.join();
}

}  // namespace isthmus::store
