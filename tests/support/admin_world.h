// The services of administrators over a database of their own, with a clock that tests push and a
// worker that waits until it is told to work.
#pragma once

#include "control/admin_service.h"
#include "control/sign_in.h"
#include "control/token_service.h"
#include "support/counting_random.h"

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace isthmus::test {

inline constexpr const char* kGoodPassword = "correct horse battery";

class AdminWorld {
  public:
    AdminWorld() : database(folder() + "/t.db"), store(database) {}

    AdminWorld(const AdminWorld&) = delete;
    AdminWorld& operator=(const AdminWorld&) = delete;
    AdminWorld(AdminWorld&&) = delete;
    AdminWorld& operator=(AdminWorld&&) = delete;

    ~AdminWorld() { std::filesystem::remove_all(path); }

    void advance(std::int64_t seconds) {
        wall += seconds;
        monotonic += seconds;
    }

    /// Does what waits for the worker.
    void work() {
        while (!waiting.empty()) {
            auto [work, done] = std::move(waiting.front());
            waiting.pop_front();
            work();
            done();
        }
    }

    /// "action object outcome" of each entry since the last call.
    std::vector<std::string> take_audit() {
        std::vector<std::string> made;
        for (const auto& entry : std::exchange(audit, {})) {
            made.push_back(entry.action + " " + entry.object + " " + entry.outcome);
        }
        return made;
    }

    Result<control::AccountStatus> create(const char* name,
                                          const char* role,
                                          const char* password = kGoodPassword) {
        std::optional<Result<control::AccountStatus>> answer;
        admins.create(name, {.role = role, .password = password}, root, false, [&](auto made) {
            answer = std::move(made);
        });
        work();
        return answer.value();
    }

    Result<control::AccountStatus> set(const char* name, const control::AccountChange& change) {
        std::optional<Result<control::AccountStatus>> answer;
        admins.set(name, change, root, false, [&](auto made) { answer = std::move(made); });
        work();
        return answer.value();
    }

    /// The code of the error, or "" when it worked; `last` has the session then.
    std::string sign_in(const char* name,
                        const char* password = kGoodPassword,
                        std::string code = {},
                        const char* origin = "192.0.2.1") {
        std::optional<Result<control::SignedIn>> answer;
        door.with_password({.name = name,
                            .password = password,
                            .code = std::move(code),
                            .origin = origin,
                            .user_agent = "test"},
                           [&](auto result) { answer = std::move(result); });
        work();
        if (!answer.value()) {
            return std::string(answer->error().code);
        }
        last = **answer;
        return {};
    }

    std::string path;
    store::Database database;
    store::AdminStore store;
    CountingRandom random;
    std::int64_t wall = 1'800'000'000;
    std::int64_t monotonic = 1000;
    bool is_worker_full = false;
    std::deque<std::pair<std::function<void()>, std::function<void()>>> waiting;
    std::vector<control::AuditEntry> audit;
    control::AdminContext context{.store = store,
                                  .random = random,
                                  .wall = [this] { return wall; },
                                  .monotonic = [this] { return monotonic; },
                                  .offload =
                                      [this](auto work, auto done) {
                                          if (is_worker_full) {
                                              return false;
                                          }
                                          waiting.emplace_back(std::move(work), std::move(done));
                                          return true;
                                      },
                                  .audit = [this](const auto& entry) { audit.push_back(entry); },
                                  .cost = {.memory_kib = 8, .passes = 1}};
    control::AdminService admins{context};
    control::OwnAccount own{context};
    control::TokenService tokens{context};
    control::SignIn door{context};
    control::Author root{{"root", "unix"}, control::Role::Admin};
    std::optional<control::SignedIn> last;

  private:
    const std::string& folder() {
        path = std::filesystem::temp_directory_path() / "isthmus-admins-XXXXXX";
        mkdtemp(path.data());
        return path;
    }
};

}  // namespace isthmus::test
