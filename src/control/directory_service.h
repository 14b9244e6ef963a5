// The synchronisation of users with a directory: by the clock and when an administrator asks. Reads
// and compares on a thread of its own, which ends with each run; commits on the control thread.
// All calls on the control thread.
#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "control/background.h"
#include "control/directory.h"
#include "control/directory_sync.h"
#include "control/edit.h"
#include "control/ldap_client.h"
#include "control/status_service.h"
#include "control/user_service.h"
#include "store/database.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace isthmus::control {

/// How one run ended.
struct SyncReport {
    static constexpr std::size_t kMostNames = 100;

    std::string at;  ///< when it ended; UTC, RFC 3339
    double duration_seconds = 0;
    std::string_view outcome;    ///< "done", "dry-run", "refused", "failed"
    std::optional<Error> error;  ///< of "refused" and "failed"
    SyncCounts counts;
    std::vector<EntryFault> faults;
    std::vector<std::string> notices;
    /// The first of those whom it concerns, or would.
    std::vector<std::string> created;
    std::vector<std::string> changed;
    std::vector<std::string> removed;
    std::uint64_t revision = 0;  ///< of "done"
    bool is_in_force = true;
};

boost::json::object to_json(const SyncReport& report);

class DirectoryService {
  public:
    struct World {
        UserService& users;
        /// A further connection to the database, for the other thread.
        std::function<std::unique_ptr<store::Database>()> connect;
        /// Runs something on the control thread; from any thread.
        Background::Post post;
        Timers& timers;
        Random& random;
        metrics::Registry& metrics;
    };

    DirectoryService(World world, DirectorySettings settings);
    DirectoryService(const DirectoryService&) = delete;
    DirectoryService& operator=(const DirectoryService&) = delete;
    DirectoryService(DirectoryService&&) = delete;
    DirectoryService& operator=(DirectoryService&&) = delete;
    /// Breaks off what is running; nothing of it is stored, nobody is told.
    ~DirectoryService();

    /// From now on by the clock.
    void start();

    using Done = std::function<void(const SyncReport&)>;

    /// Dry run and force as the edit says. NotFound with IST-API-026 if there is no directory,
    /// Conflict with IST-API-025 while another run is under way: then `done` is not called.
    Result<void> sync(const Edit& edit, Done done);

    bool is_running() const { return background_.is_busy(); }

    /// Nothing if there is no directory.
    std::optional<DirectoryStatus> status() const;

  private:
    struct Counters {
        explicit Counters(metrics::Registry& registry);
        metrics::Counter& done;
        metrics::Counter& refused;
        metrics::Counter& failed;
        metrics::Gauge& last_success;
        metrics::Gauge& users;
        metrics::Gauge& skipped;
        metrics::Gauge& duration;
    };

    void on_timer();
    void arm(bool did_fail);

    /// What the other thread makes.
    struct Comparison {
        Result<SyncPlan> plan;
        std::shared_ptr<const policy::Policy> policy;
        double seconds = 0;
    };

    void finish(const Edit& edit, Comparison comparison, const Done& done);
    SyncReport carry_out(const Edit& edit, Comparison comparison);
    void tell(const SyncReport& report);

    World world_;
    DirectorySettings settings_;
    std::optional<Counters> counters_;
    Timer timer_;
    std::shared_ptr<Interruption> interruption_;
    std::optional<SyncReport> last_;  ///< that was no dry run
    Background background_;           ///< goes first
};

}  // namespace isthmus::control
