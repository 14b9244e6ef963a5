#include "control/directory_service.h"

#include "base/log.h"
#include "base/utc.h"
#include "control/directory_fetch.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <exception>
#include <utility>

namespace isthmus::control {

namespace json = boost::json;

namespace {

constexpr std::size_t kMostLines = 20;           ///< of faulty entries in the log, each run
constexpr std::size_t kFirstWithin = 60;         ///< seconds after the start
constexpr std::size_t kAgainAfterFailure = 300;  ///< seconds, if the interval is longer
constexpr std::string_view kAction = "sync";

/// On the other thread: nothing here is shared but what cannot change.
Result<SyncPlan> read_and_compare(const DirectorySettings& settings,
                                  Interruption& interruption,
                                  const policy::Policy& policy,
                                  const CanonicalNames& canonical,
                                  const std::function<std::unique_ptr<store::Database>()>& connect,
                                  bool force) {
    auto answer = fetch_directory(settings, interruption);
    if (!answer) {
        return answer.error();
    }
    try {
        const auto database = connect();
        const store::ConfigStore store(*database);
        return plan_sync(
            std::move(*answer),
            {.policy = policy,
             .canonical = canonical,
             .homed = settings.homed,
             .each_user = [&](const auto& take) { store.load_users(take); },
             .disabled_by_us =
                 [&](const auto& uris) { return store.users_disabled_by(kAction, uris); },
             .force = force});
    } catch (const std::exception& failure) {
        return make_error(ErrorKind::Internal,
                          "IST-API-004",
                          "The users could not be read from the database; nothing has changed.",
                          failure.what());
    }
}

void note_names(const SyncPlan& plan, SyncReport& to) {
    for (const store::UserChange& change : plan.changes) {
        auto& list = !change.before ? to.created : !change.after ? to.removed : to.changed;
        if (list.size() < SyncReport::kMostNames) {
            list.push_back(change.uri);
        }
    }
}

json::array as_array(const std::vector<std::string>& texts) {
    json::array made(texts.begin(), texts.end());
    return made;
}

}  // namespace

json::object to_json(const SyncReport& report) {
    json::array faults;
    for (const EntryFault& fault : report.faults) {
        faults.push_back(json::object{{"dn", fault.dn}, {"sentence", fault.sentence}});
    }
    const SyncCounts& counts = report.counts;
    json::object made{{"outcome", report.outcome},
                      {"at", report.at},
                      {"duration_seconds", report.duration_seconds},
                      {"users", counts.users},
                      {"created", counts.created},
                      {"changed", counts.changed},
                      {"taken_over", counts.taken_over},
                      {"renamed", counts.renamed},
                      {"disabled", counts.disabled},
                      {"enabled", counts.enabled},
                      {"removed", counts.removed},
                      {"same", counts.same},
                      {"skipped", counts.skipped},
                      {"without_address", counts.without_address},
                      {"created_users", as_array(report.created)},
                      {"changed_users", as_array(report.changed)},
                      {"removed_users", as_array(report.removed)},
                      {"faults", std::move(faults)},
                      {"notices", as_array(report.notices)}};
    if (report.outcome == "done") {
        made["revision"] = report.revision;
        made["in_force"] = report.is_in_force;
    }
    if (report.outcome == "dry-run") {
        made["dry_run"] = true;
    }
    return made;
}

DirectoryService::Counters::Counters(metrics::Registry& registry)
    : done(registry.counter("isthmus_directory_syncs_total",
                            "Synchronisations with the directory, by how they ended.",
                            {{"result", "done"}})),
      refused(registry.counter("isthmus_directory_syncs_total", "", {{"result", "refused"}})),
      failed(registry.counter("isthmus_directory_syncs_total", "", {{"result", "failed"}})),
      last_success(registry.gauge("isthmus_directory_last_success_timestamp_seconds",
                                  "When the last one was done, seconds since 1970.")),
      users(registry.gauge("isthmus_directory_users", "Valid users in the directory's answer.")),
      skipped(registry.gauge("isthmus_directory_skipped_entries",
                             "Entries of the last answer that were not valid.")),
      duration(
          registry.gauge("isthmus_directory_duration_seconds", "How long the last one took.")) {}

DirectoryService::DirectoryService(World world, DirectorySettings settings)
    : world_(std::move(world)),
      settings_(std::move(settings)),
      timer_(world_.timers, [this] { on_timer(); }),
      background_(world_.post) {
    if (!settings_.url.empty()) {
        counters_.emplace(world_.metrics);
    }
}

DirectoryService::~DirectoryService() {
    if (interruption_) {
        interruption_->interrupt();
    }
}

void DirectoryService::start() {
    if (settings_.url.empty() || settings_.interval_seconds == 0) {
        return;
    }
    const std::size_t within = std::min(settings_.interval_seconds, kFirstWithin);
    timer_.arm(std::chrono::milliseconds(world_.random.below(within * 1000)));
}

void DirectoryService::arm(bool did_fail) {
    if (settings_.url.empty() || settings_.interval_seconds == 0) {
        return;
    }
    const std::size_t seconds = did_fail ? std::min(settings_.interval_seconds, kAgainAfterFailure)
                                         : settings_.interval_seconds;
    // A tenth up or down, so that not all gateways of a company ask at once.
    const std::uint64_t jitter = world_.random.below(seconds * 200 + 1);
    timer_.arm(std::chrono::milliseconds(seconds * 900 + jitter));
}

void DirectoryService::on_timer() {
    const Edit edit{.author = {{"directory", "timer"}, Role::Admin}, .reason = {}, .if_match = {}};
    if (!sync(edit, [](const SyncReport&) {})) {
        arm(false);
    }
}

Result<void> DirectoryService::sync(const Edit& edit, Done done) {
    if (settings_.url.empty()) {
        return make_error(
            ErrorKind::NotFound, "IST-API-026", "There is no directory to synchronise with.", {});
    }
    if (is_running()) {
        return make_error(
            ErrorKind::Conflict, "IST-API-025", "A synchronisation is under way already.", {});
    }
    timer_.cancel();
    interruption_ = std::make_shared<Interruption>();
    const auto made = std::make_shared<Comparison>(
        Comparison{.plan = SyncPlan{}, .policy = world_.users.policies().snapshot()});
    background_.run(
        [made,
         settings = settings_,
         interruption = interruption_,
         canonical = world_.users.policies().canonical(),
         connect = world_.connect,
         force = edit.force](const std::atomic<bool>& /*asked_to_end*/) {
            const auto begin = std::chrono::steady_clock::now();
            made->plan =
                read_and_compare(settings, *interruption, *made->policy, canonical, connect, force);
            const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
            made->seconds = time.count();
        },
        [this, made, edit, done = std::move(done)] { finish(edit, std::move(*made), done); });
    return {};
}

std::optional<DirectoryStatus> DirectoryService::status() const {
    if (settings_.url.empty()) {
        return std::nullopt;
    }
    DirectoryStatus made{.url = settings_.url, .state = is_running() ? "running" : "never"};
    if (last_) {
        made.state = is_running() ? "running" : std::string(last_->outcome);
        made.last_at = last_->at;
        made.users = last_->counts.users;
        made.skipped = last_->counts.skipped;
        if (last_->error) {
            made.last_error = fmt::format(
                "{}: {} {}", last_->error->code, last_->error->public_text, last_->error->detail);
        }
    }
    return made;
}

SyncReport DirectoryService::carry_out(const Edit& edit, Comparison comparison) {
    Result<SyncPlan>& plan = comparison.plan;
    SyncReport made{.outcome = "failed"};
    if (!plan) {
        made.error = plan.error();
        return made;
    }
    made.counts = plan->counts;
    made.faults = std::move(plan->faults);
    made.notices = std::move(plan->notices);
    note_names(*plan, made);
    if (plan->refusal) {
        made.outcome = "refused";
        made.error = std::move(plan->refusal);
        return made;
    }
    auto committed = world_.users.replace(
        std::move(plan->changes), std::string(kAction), "users", edit, comparison.policy);
    if (!committed) {
        made.error = committed.error();
        return made;
    }
    made.outcome = edit.dry_run ? "dry-run" : "done";
    made.revision = committed->revision;
    made.is_in_force = committed->is_in_force;
    return made;
}

void DirectoryService::finish(const Edit& edit, Comparison comparison, const Done& done) {
    const double seconds = comparison.seconds;
    SyncReport report = carry_out(edit, std::move(comparison));
    report.at = utc_now_text();
    report.duration_seconds = seconds;
    tell(report);
    arm(report.outcome == "failed");
    if (report.outcome != "dry-run") {
        last_ = report;
    }
    done(report);
}

void DirectoryService::tell(const SyncReport& report) {
    const bool is_good = !report.error;
    if (report.outcome != "dry-run") {
        (is_good                       ? counters_->done
         : report.outcome == "refused" ? counters_->refused
                                       : counters_->failed)
            .add();
        counters_->duration.set(static_cast<std::int64_t>(report.duration_seconds));
        if (report.outcome != "failed") {
            counters_->users.set(static_cast<std::int64_t>(report.counts.users));
            counters_->skipped.set(static_cast<std::int64_t>(report.counts.skipped));
        }
        if (is_good) {
            counters_->last_success.set(std::time(nullptr));
        }
    }
    log::event(is_good ? log::Level::Info : log::Level::Error,
               "directory.sync",
               {{"result", report.outcome},
                {"code", is_good ? std::string_view() : report.error->code},
                {"msg",
                 is_good ? std::string()
                         : fmt::format("{} {}", report.error->public_text, report.error->detail)},
                {"users", report.counts.users},
                {"created", report.counts.created},
                {"changed", report.counts.changed + report.counts.taken_over},
                {"renamed", report.counts.renamed},
                {"disabled", report.counts.disabled},
                {"enabled", report.counts.enabled},
                {"removed", report.counts.removed},
                {"skipped", report.counts.skipped},
                {"revision", report.revision},
                {"duration_ms", report.duration_seconds * 1000}});
    for (std::size_t i = 0; i < std::min(report.faults.size(), kMostLines); ++i) {
        log::event(log::Level::Warning,
                   "directory.entry",
                   {{"dn", report.faults[i].dn}, {"msg", report.faults[i].sentence}});
    }
}

}  // namespace isthmus::control
