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
    bool is_large = false;  ///< it may take as long as the users of a whole company
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

/// What was done, all of it in one revision.
struct Migrated {
    std::uint64_t revision = 0;  ///< 0: none, for nothing was to be changed
    std::size_t objects = 0;
    std::size_t users = 0;
    std::optional<Answer> refused{};  ///< then nothing was done

    /// What `migrate undo` takes; "-" if there is nothing to undo.
    std::string id() const;
};

/// What is new or changed in the plan, all or nothing; with `is_trial` it is only checked. Throws
/// NotUsable if it is no plan.
Migrated apply_plan(const boost::json::value& plan,
                    const std::string& reason,
                    bool is_trial,
                    const AskApi& ask);

/// What that migration has changed, as before, in one new revision; that revision's answer. Throws
/// NotUsable on an id that is none.
Answer undo_migration(std::string_view id, const AskApi& ask);

}  // namespace isthmus::cli
