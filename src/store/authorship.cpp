// Who made an object and who changed it last, from the history.
#include "store/bulk.h"
#include "store/config_store.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

namespace isthmus::store {

namespace {

struct Numbers {
    std::int64_t added = 0;
    std::int64_t modified = 0;
};

struct Stamp {
    std::string at;
    std::string by;
};

}  // namespace

std::map<std::string, Authorship, std::less<>> ConfigStore::authorship(
    std::string_view kind, std::span<const std::string> ids) const {
    Transaction snapshot(database_, Access::Read);
    std::map<std::string, Numbers, std::less<>> numbers;
    // The index leaves users out, and wants to be told that they are not asked for.
    Bulk find(database_,
              fmt::format("SELECT id, COALESCE(MAX(CASE WHEN before IS NULL THEN revision END), 0),"
                          " MAX(revision) FROM config_changes WHERE kind = '{}' AND "
                          "kind <> 'user' AND id IN (",
                          kind),
              "?",
              ") GROUP BY id");
    find.on_row([&numbers](const Statement& row) {
        numbers[row.text(0)] = {row.number(1), row.number(2)};
    });
    for (const std::string& id : ids) {
        find.bind(id).end_row();
    }
    find.finish();
    std::map<std::int64_t, Stamp> revisions;
    for (const auto& [id, one] : numbers) {
        revisions.try_emplace(one.added);
        revisions.try_emplace(one.modified);
    }
    Bulk read(database_,
              "SELECT revision, at, admin FROM config_revisions WHERE revision IN (",
              "?",
              ")");
    read.on_row([&revisions](const Statement& row) {
        revisions[row.number(0)] = {row.text(1), row.text(2)};
    });
    for (const auto& [revision, author] : revisions) {
        read.bind(revision).end_row();
    }
    read.finish();
    snapshot.commit();
    std::map<std::string, Authorship, std::less<>> made;
    for (const auto& [id, one] : numbers) {
        const Stamp& added = revisions[one.added];
        const Stamp& modified = revisions[one.modified];
        made[id] = {.added_at = added.at,
                    .added_by = added.by,
                    .modified_at = modified.at,
                    .modified_by = modified.by};
    }
    return made;
}

}  // namespace isthmus::store
