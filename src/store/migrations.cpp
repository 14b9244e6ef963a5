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
    // 2: who watches whom, and the dialogs of the SIP devices that watch. Both tables are read in
    // the order of their keys, side by side.
    R"(
    CREATE TABLE subscriptions (
        user TEXT NOT NULL,
        contact TEXT NOT NULL,
        user_uri TEXT NOT NULL,
        sip_watches_xmpp INTEGER NOT NULL CHECK (sip_watches_xmpp BETWEEN 0 AND 2),
        xmpp_watches_sip INTEGER NOT NULL CHECK (xmpp_watches_sip BETWEEN 0 AND 2),
        since INTEGER NOT NULL,
        PRIMARY KEY (user, contact)
    ) WITHOUT ROWID;
    CREATE TABLE watch_dialogs (
        user TEXT NOT NULL,
        contact TEXT NOT NULL,
        position INTEGER NOT NULL,
        saved BLOB NOT NULL,
        expires_at INTEGER NOT NULL,
        PRIMARY KEY (user, contact, position),
        FOREIGN KEY (user, contact) REFERENCES subscriptions(user, contact) ON DELETE CASCADE
    ) WITHOUT ROWID;
    )",
    // 3: administrators, their recovery codes, tokens. Times are seconds since 1970, 0 for never.
    R"(
    CREATE TABLE admins (
        name TEXT PRIMARY KEY NOT NULL,
        role TEXT NOT NULL,
        enabled BIGINT NOT NULL,
        password_hash TEXT NOT NULL,
        totp_secret TEXT NOT NULL,
        totp_confirmed BIGINT NOT NULL,
        totp_last_step BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        password_set_at BIGINT NOT NULL,
        last_sign_in_at BIGINT NOT NULL,
        last_sign_in_from TEXT NOT NULL
    );
    CREATE TABLE recovery_codes (
        admin TEXT NOT NULL REFERENCES admins(name),
        hash TEXT NOT NULL,
        PRIMARY KEY (admin, hash)
    );
    CREATE TABLE tokens (
        id TEXT PRIMARY KEY NOT NULL,
        role TEXT NOT NULL,
        description TEXT NOT NULL,
        hash TEXT NOT NULL UNIQUE,
        created_by TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        last_used_at BIGINT NOT NULL,
        last_used_from TEXT NOT NULL
    );
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
