#include "store/revision_writer.h"

#include "base/utc.h"

namespace isthmus::store {

namespace {

/// What the history shows of a secret.
constexpr const char* kHidden = "\"hidden\"";

void bind_optional(Bulk& to, const std::optional<std::string>& text) {
    if (text) {
        to.bind(*text);
    } else {
        to.bind_null();
    }
}

}  // namespace

RevisionWriter::RevisionWriter(Database& database, const Revision& head)
    : number_(static_cast<std::int64_t>(head.number)),
      changes_(
          Bulk::insert(database, "config_changes", "revision, position, kind, id, before, after")) {
    database
        .prepare(
            "INSERT INTO config_revisions (revision, at, admin, origin, action, object, "
            "reason) VALUES (?, ?, ?, ?, ?, ?, ?)")
        .bind(number_)
        .bind(utc_now_text())
        .bind(head.author.admin)
        .bind(head.author.origin)
        .bind(head.action)
        .bind(head.object)
        .bind(head.reason)
        .run();
}

void RevisionWriter::add(std::string_view kind,
                         std::string_view id,
                         const std::optional<std::string>& before,
                         const std::optional<std::string>& after) {
    changes_.bind(number_).bind(position_++).bind(kind).bind(id);
    for (const auto* side : {&before, &after}) {
        const bool is_hidden = kind == kSecretKind && side->has_value();
        bind_optional(changes_, is_hidden ? std::optional<std::string>(kHidden) : *side);
    }
    changes_.end_row();
}

}  // namespace isthmus::store
