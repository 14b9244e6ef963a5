// What an export would change here: the gateway itself is asked about each object (dry_run), so
// that it says what is new, the same or refused. Then all of it is committed, and taken back as
// one.
#pragma once

#include "cli/api_client.h"
#include "cli/lync_export.h"

#include <boost/json/object.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::cli {

struct ApiQuestion {
    std::string method;
    std::string target;  ///< below /api/v1/
    std::string body{};
    std::string if_match{};
    const char* type = "application/json";
};

using AskApi = std::function<Answer(const ApiQuestion&)>;

/// An answer that ends the whole: not signed in, the daemon's own fault.
struct Refusal {
    Answer answer;
};

struct MigrationOptions {
    bool are_partners_enabled = false;  ///< else each waits for its cut-over
    bool are_users_moved = false;       ///< homed "here", else "legacy"
    std::string reason{};               ///< for the history
};

/// Below /api/v1/, by LyncKind; users go by their import.
inline constexpr std::array<std::string_view, 5> kMigratedCollections = {
    "sites", "pools", "policies", "gateway", "partners"};

inline constexpr std::string_view kPlanFormat = "isthmus-migration-plan/1";

/// "format", "counts", "changes", "users", "ignored_properties", "notes": docs/migration.md.
/// Holds no secret. Throws Refusal.
boost::json::object make_plan(const LyncExport& found,
                              const MigrationOptions& options,
                              const AskApi& ask);

/// Which revisions it was.
struct Migrated {
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    std::size_t objects = 0;
    std::size_t users = 0;
    std::optional<Answer> refused{};  ///< what ended it in the middle
    std::string refused_at{};         ///< the object

    /// "12-20": what `migrate undo` takes.
    std::string id() const;
};

/// What is new or changed in the plan, in its order, ends at the first that is refused. Throws
/// NotUsable if it is no plan, Refusal before anything was written.
Migrated apply_plan(const boost::json::value& plan, const std::string& reason, const AskApi& ask);

/// Somebody has changed something since.
struct Overtaken {
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    std::uint64_t newest = 0;
};

/// Everything as before, in one new revision; that revision's answer. Throws NotUsable on an id
/// that is none, Overtaken, Refusal.
Answer undo_migration(std::string_view id, const AskApi& ask);

}  // namespace isthmus::cli
