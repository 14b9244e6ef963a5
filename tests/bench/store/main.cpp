// What the store costs with many users, on SQLite and on a PostgreSQL of our own with fsync on:
// `bench_store [USERS [sqlite|postgres]]`, one line a measurement.
#include "base/spool_file.h"
#include "store/audit_log.h"
#include "store/backup.h"
#include "store/config_store.h"

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "postgres_server.h"

namespace {

using isthmus::policy::User;
using namespace isthmus::store;

constexpr const char* kFirst[] = {"Alice",
                                  "Bob",
                                  "Çelik",
                                  "Dörte",
                                  "Émile",
                                  "Fatima",
                                  "Grace",
                                  "Hiroshi",
                                  "Ines",
                                  "Jürgen",
                                  "Katarzyna",
                                  "Liu",
                                  "Mehmet"};
constexpr const char* kLast[] = {"Adams",
                                 "Brown",
                                 "Chen",
                                 "Dubois",
                                 "Evans",
                                 "Fischer",
                                 "Garcia",
                                 "Hansen",
                                 "Ivanova",
                                 "Johnson",
                                 "Kowalski",
                                 "Li",
                                 "Müller",
                                 "Nakamura",
                                 "O'Brien",
                                 "Peeters",
                                 "Quintana"};
constexpr int kRepeats = 21;

double time_of(const std::function<void()>& what) {
    const auto start = std::chrono::steady_clock::now();
    what();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Forgets the peak of what was before, and what was freed.
void reset_peak() {
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << "5";
}

long peak_megabytes() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (word == "VmHWM:") {
            long kilobytes = 0;
            status >> kilobytes;
            return kilobytes / 1024;
        }
    }
    return 0;
}

void tell(std::string_view database, std::string_view what, const std::string& figure) {
    fmt::print("{:<9} {:<44} {}\n", database, what, figure);
    std::fflush(stdout);
}

User make_user(std::size_t number) {
    const char* first = kFirst[number % std::size(kFirst)];
    const char* last = kLast[number / 7 % std::size(kLast)];
    return {
        .uri = fmt::format("user{:07}@contoso.example", number * 7919 % 10'000'019),
        .display_name = fmt::format("{} {} {}", first, last, number),
        .enabled = number % 50 != 0,
        .site = fmt::format("Site {}", number % 20),
        .pool = fmt::format("pool{}.contoso.example", number % 40),
        .homed = number % 3 == 0 ? isthmus::policy::Homed::Legacy : isthmus::policy::Homed::Here,
        .policy = number % 100 == 0 ? "Tag:FedPic" : "",
        .source = isthmus::policy::UserSource::Ldap,
        .upn = fmt::format("user{}@corp.contoso.example", number),
        .logon = fmt::format("CONTOSO\\user{}", number),
        .dn = fmt::format("CN={} {} {},OU=People,DC=contoso,DC=example", first, last, number)};
}

class Bench {
  public:
    Bench(std::string name, const std::string& url, std::size_t count)
        : name_(std::move(name)), database_(url), store_(database_), count_(count) {}

    void run() {
        Commit commit{.author = {"root", "unix"}, .action = "import", .object = "users"};
        for (std::size_t i = 0; i < count_; ++i) {
            User user = make_user(i);
            commit.users.push_back({user.uri, std::nullopt, std::move(user)});
        }
        seconds("import in one transaction", [&] { store_.commit(commit); });
        std::size_t seen = 0;
        seconds("load", [&] { store_.load_users([&](const User&) { ++seen; }); });
        tell(name_, "loaded", fmt::format("{}", seen));
        for (UserChange& change : commit.users) {
            change.before = change.after;
            change.after->site += "x";
        }
        searches();
        seconds("change of all in one transaction", [&] { store_.commit(commit); });
        commit.users.resize(1);
        for (UserChange& change : commit.users) {
            change.before = change.after;
            change.after->display_name = "Renamed";
        }
        seconds("change of one", [&] { store_.commit(commit); });
        commit = {};
        reset_peak();
        seconds("audit verify", [&] {
            const auto verdict = AuditLog(database_).verify();
            tell(name_, "audit", verdict.fault ? verdict.fault->why : "good");
        });
        backups();
    }

  private:
    void backups() {
        isthmus::SpoolFile file(std::filesystem::temp_directory_path());
        constexpr std::string_view kPassphrase = "correct horse";
        const Source source = [&](char* to, std::size_t size) { return file.read(to, size); };
        seconds("backup create", [&] {
            create_backup(
                database_, [&](std::string_view octets) { file.write(octets); }, kPassphrase, {});
        });
        tell(name_, "backup", fmt::format("{} MB", file.size() / 1'000'000));
        file.rewind();
        seconds("backup verify", [&] { verify_backup(source, kPassphrase); });
        for (const bool dry_run : {true, false}) {
            file.rewind();
            seconds(dry_run ? "backup restore, dry run" : "backup restore",
                    [&] { restore_backup(database_, source, kPassphrase, {.dry_run = dry_run}); });
        }
        tell(name_, "users", fmt::format("{}", store_.count_users()));
    }

    void seconds(std::string_view what, const std::function<void()>& work) {
        const double time = time_of(work);
        tell(name_, what, fmt::format("{:.2f} s, peak {} MB", time, peak_megabytes()));
    }

    void searches() {
        using isthmus::policy::Homed;
        const std::pair<const char*, UserFilter> filters[] = {
            {"nothing given", {}},
            {"one letter: u", {.text = "u"}},
            {"two letters: al", {.text = "al"}},
            {"in everybody: contoso", {.text = "contoso"}},
            {"in everybody, page 90", {.text = "contoso", .offset = 9000}},
            {"start of a uri: user01", {.text = "user01"}},
            {"start of a uri: user99", {.text = "user99"}},
            {"part of a uri: 4242", {.text = "4242"}},
            {"a name: müller", {.text = "müller"}},
            {"a whole name", {.text = "alice adams 999986"}},
            {"nobody", {.text = "nobody at all"}},
            {"digits that are rare: 999999", {.text = "999999"}},
            {"site", {.site = "Site 7"}},
            {"site and text in everybody", {.text = "contoso", .site = "Site 7"}},
            {"policy and disabled", {.policy = "Tag:FedPic", .enabled = false}},
            {"on the old pool", {.homed = Homed::Legacy}},
            {"name and site", {.text = "kowalski", .site = "Site 3"}},
        };
        for (const auto& [what, filter] : filters) {
            std::vector<double> times;
            UserPage page;
            for (int i = 0; i < kRepeats; ++i) {
                times.push_back(time_of([&] { page = store_.find_users(filter); }));
            }
            std::ranges::sort(times);
            tell(name_,
                 fmt::format("search, {}", what),
                 fmt::format("{:.1f} ms, worst {:.1f} ms, {}{} found",
                             times[times.size() / 2] * 1e3,
                             times.back() * 1e3,
                             page.total,
                             page.is_total_exact ? "" : " and more"));
        }
    }

    std::string name_;
    Database database_;
    ConfigStore store_;
    std::size_t count_;
};

}  // namespace

int main(int count, char** arguments) {
    const std::size_t users = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1'000'000;
    const std::string only = count > 2 ? arguments[2] : "";
    if (only != "postgres") {
        std::string folder = std::filesystem::temp_directory_path() / "isthmus-bench-XXXXXX";
        mkdtemp(folder.data());
        Bench("sqlite", "sqlite:" + folder + "/test.db", users).run();
        std::filesystem::remove_all(folder);
    }
    if (only != "sqlite") {
        const PostgresServer server(PostgresServer::Fsync::On);
        Bench("postgres", server.url(), users).run();
    }
}
