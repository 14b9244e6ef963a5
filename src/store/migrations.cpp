// The schema as a list of steps, forward only. A step that has been released is never edited.
#include "store/database.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

namespace isthmus::store {

namespace {

constexpr const char* kSteps[] = {
    // 1: policies, partners, grants, master switches, revisions.
    R"(
    CREATE TABLE revisions (
        revision INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        admin TEXT NOT NULL,
        origin TEXT NOT NULL,
        action TEXT NOT NULL,
        object TEXT NOT NULL,
        before TEXT,
        after TEXT
    );
    CREATE TABLE settings (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE access_rules (
        identity TEXT PRIMARY KEY,
        description TEXT NOT NULL,
        enable_federation_access INTEGER NOT NULL,
        enable_xmpp_access INTEGER NOT NULL,
        enable_public_cloud_access INTEGER NOT NULL,
        enable_public_cloud_audio_video_access INTEGER NOT NULL,
        enable_outside_access INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE partners (
        domain TEXT PRIMARY KEY,
        description TEXT NOT NULL,
        partner_type INTEGER NOT NULL,
        tls_negotiation INTEGER NOT NULL,
        sasl_negotiation INTEGER NOT NULL,
        support_dialback_negotiation INTEGER NOT NULL,
        enable_keep_alive INTEGER NOT NULL,
        connection_limit INTEGER,
        proxy_fqdn TEXT NOT NULL,
        enabled INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE partner_domains (
        domain TEXT PRIMARY KEY,
        partner TEXT NOT NULL REFERENCES partners(domain) ON DELETE CASCADE,
        position INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX partner_domains_by_partner ON partner_domains(partner, position);
    CREATE TABLE grants (
        user TEXT PRIMARY KEY,
        policy TEXT NOT NULL REFERENCES access_rules(identity)
    ) WITHOUT ROWID;
    )",
};

}  // namespace

void migrate(Database& database) {
    std::int64_t version = 0;
    {
        Statement read = database.prepare("PRAGMA user_version");
        read.step();
        version = read.number(0);
    }
    constexpr auto kNewest = static_cast<std::int64_t>(std::size(kSteps));
    if (version > kNewest) {
        throw StoreError(fmt::format(
            "the database has schema {}, this program knows up to {}: use a newer program",
            version,
            kNewest));
    }
    for (; version < kNewest; ++version) {
        Transaction transaction(database);
        database.execute(kSteps[version]);
        database.execute(fmt::format("PRAGMA user_version={}", version + 1).c_str());
        transaction.commit();
    }
}

}  // namespace isthmus::store
