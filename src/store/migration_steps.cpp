#include "store/migration_steps.h"

#include "store/migrations.h"

#include <iterator>

namespace isthmus::store {

namespace {

constexpr MigrationStep kSteps[] = {
    // 1: policies, partners, grants, master switches, revisions. SQLite only, as 2.
    {.sqlite = R"(
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
    )"},
    // 2: who watches whom, and the dialogs of the SIP devices that watch. Both tables are read in
    // the order of their keys, side by side.
    {.sqlite = R"(
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
    )"},
    // 3: objects as documents, users, revisions that can be taken back, the audit log. What 1 kept
    // in typed tables is converted; its revisions stay, without a row in the audit log.
    {.both = R"(
    CREATE TABLE objects (
        kind $TEXT NOT NULL,
        id $TEXT NOT NULL,
        body $TEXT NOT NULL,
        PRIMARY KEY (kind, id)
    ) $TABLE;
    CREATE TABLE config_revisions (
        revision $NUMBER NOT NULL PRIMARY KEY,
        at $TEXT NOT NULL,
        admin $TEXT NOT NULL,
        origin $TEXT NOT NULL,
        action $TEXT NOT NULL,
        object $TEXT NOT NULL,
        reason $TEXT NOT NULL
    ) $TABLE;
    CREATE TABLE config_changes (
        revision $NUMBER NOT NULL REFERENCES config_revisions(revision),
        position $NUMBER NOT NULL,
        kind $TEXT NOT NULL,
        id $TEXT NOT NULL,
        before $TEXT,
        after $TEXT,
        PRIMARY KEY (revision, position)
    ) $TABLE;
    CREATE TABLE audit (
        seq $NUMBER NOT NULL PRIMARY KEY,
        at $TEXT NOT NULL,
        admin $TEXT NOT NULL,
        origin $TEXT NOT NULL,
        action $TEXT NOT NULL,
        object $TEXT NOT NULL,
        outcome $TEXT NOT NULL,
        detail $TEXT NOT NULL,
        revision $NUMBER,
        changes $TEXT NOT NULL,
        hash $TEXT NOT NULL
    ) $TABLE;
    CREATE UNIQUE INDEX audit_by_revision ON audit(revision);
    CREATE TABLE audit_head (
        id $NUMBER NOT NULL PRIMARY KEY CHECK (id = 1),
        seq $NUMBER NOT NULL,
        hash $TEXT NOT NULL
    ) $TABLE;
    INSERT INTO audit_head VALUES (1, 0, '');
    )",
     .sqlite = R"(
    CREATE TABLE users (
        sqlite_rowid INTEGER PRIMARY KEY,
        uri TEXT NOT NULL UNIQUE,
        display_name TEXT NOT NULL,
        enabled INTEGER NOT NULL,
        site TEXT NOT NULL,
        pool TEXT NOT NULL,
        homed INTEGER NOT NULL,
        policy TEXT NOT NULL,
        source INTEGER NOT NULL,
        upn TEXT NOT NULL,
        logon TEXT NOT NULL,
        dn TEXT NOT NULL,
        name_key TEXT NOT NULL,
        search TEXT NOT NULL
    ) STRICT;
    CREATE VIRTUAL TABLE users_search USING fts5(
        search, content='users', content_rowid='sqlite_rowid', detail=none, columnsize=0,
        tokenize='trigram case_sensitive 1');
    CREATE TRIGGER users_search_insert AFTER INSERT ON users BEGIN
        INSERT INTO users_search(rowid, search) VALUES (new.sqlite_rowid, new.search);
    END;
    CREATE TRIGGER users_search_delete AFTER DELETE ON users BEGIN
        INSERT INTO users_search(users_search, rowid, search)
            VALUES ('delete', old.sqlite_rowid, old.search);
    END;
    CREATE TRIGGER users_search_update AFTER UPDATE ON users WHEN old.search <> new.search BEGIN
        INSERT INTO users_search(users_search, rowid, search)
            VALUES ('delete', old.sqlite_rowid, old.search);
        INSERT INTO users_search(rowid, search) VALUES (new.sqlite_rowid, new.search);
    END;
    CREATE INDEX users_by_name ON users(name_key, uri);
    CREATE INDEX users_by_site ON users(site, uri);
    CREATE INDEX users_by_pool ON users(pool, uri);
    CREATE INDEX users_by_policy ON users(policy, uri);
    CREATE INDEX users_on_legacy ON users(uri) WHERE homed = 1;
    CREATE INDEX users_disabled ON users(uri) WHERE enabled = 0;
    CREATE INDEX users_by_upn ON users(substr(lower(upn), 1, 200)) WHERE upn <> '';
    CREATE INDEX users_by_logon ON users(substr(lower(logon), 1, 200)) WHERE logon <> '';
    CREATE INDEX users_by_dn ON users(substr(lower(dn), 1, 200)) WHERE dn <> '';

    INSERT INTO objects SELECT 'partner', domain, json_object(
        'domain', domain,
        'additional_domains', json((SELECT json_group_array(d.domain) FROM (
            SELECT domain FROM partner_domains WHERE partner = p.domain ORDER BY position) AS d)),
        'description', description,
        'partner_type', CASE partner_type WHEN 0 THEN 'PublicUnverified'
            WHEN 1 THEN 'PublicVerified' ELSE 'Federated' END,
        'tls_negotiation', CASE tls_negotiation WHEN 0 THEN 'Required'
            WHEN 1 THEN 'Optional' ELSE 'NotSupported' END,
        'sasl_negotiation', CASE sasl_negotiation WHEN 0 THEN 'Required'
            WHEN 1 THEN 'Optional' ELSE 'NotSupported' END,
        'support_dialback_negotiation', json(iif(support_dialback_negotiation, 'true', 'false')),
        'enable_keep_alive', json(iif(enable_keep_alive, 'true', 'false')),
        'connection_limit', connection_limit,
        'proxy_fqdn', proxy_fqdn,
        'enabled', json(iif(enabled, 'true', 'false'))) FROM partners AS p;
    INSERT INTO objects SELECT 'policy', identity, json_object(
        'identity', identity,
        'description', description,
        'enable_federation_access', json(iif(enable_federation_access, 'true', 'false')),
        'enable_xmpp_access', json(iif(enable_xmpp_access, 'true', 'false')),
        'enable_public_cloud_access', json(iif(enable_public_cloud_access, 'true', 'false')),
        'enable_public_cloud_audio_video_access',
            json(iif(enable_public_cloud_audio_video_access, 'true', 'false')),
        'enable_outside_access', json(iif(enable_outside_access, 'true', 'false')))
        FROM access_rules;
    INSERT INTO objects SELECT substr(name, 1, instr(name, '.') - 1), '',
        '{' || group_concat(property, ',') || '}' FROM (
            SELECT name, json_quote(substr(name, instr(name, '.') + 1)) || ':' || CASE
                WHEN name = 'gateway.dialback_passphrase' THEN json_quote(value)
                WHEN name GLOB '*_interval' OR name GLOB '*_limit' OR name GLOB '*_timeout'
                    OR name GLOB '*_rate' THEN CAST(CAST(value AS INTEGER) AS TEXT)
                ELSE iif(value = '1', 'true', 'false') END AS property
            FROM settings WHERE instr(name, '.') > 0 ORDER BY name)
        GROUP BY 1;
    UPDATE objects SET kind = 'access-edge' WHERE kind = 'access_edge';
    INSERT INTO users(uri, display_name, enabled, site, pool, homed, policy, source, upn, logon,
        dn, name_key, search)
        SELECT user, '', 1, '', '', 0, policy, 0, '', '', '', '', user || char(10) FROM grants;
    INSERT INTO config_revisions SELECT revision, at, admin, origin, action, object, ''
        FROM revisions;
    INSERT INTO config_changes SELECT revision, 0,
        CASE WHEN instr(object, '/') = 0 THEN object
            ELSE substr(object, 1, instr(object, '/') - 1) END,
        CASE WHEN instr(object, '/') = 0 THEN ''
            ELSE substr(object, instr(object, '/') + 1) END,
        iif(json_valid(before), json_remove(before, '$.dialback_passphrase_is_set'), NULL),
        iif(json_valid(after), json_remove(after, '$.dialback_passphrase_is_set'), NULL)
        FROM revisions WHERE object <> '';
    )",
     .postgres = R"(
    CREATE TABLE subscriptions (
        "user" TEXT COLLATE "C" NOT NULL,
        contact TEXT COLLATE "C" NOT NULL,
        user_uri TEXT COLLATE "C" NOT NULL,
        sip_watches_xmpp BIGINT NOT NULL CHECK (sip_watches_xmpp BETWEEN 0 AND 2),
        xmpp_watches_sip BIGINT NOT NULL CHECK (xmpp_watches_sip BETWEEN 0 AND 2),
        since BIGINT NOT NULL,
        PRIMARY KEY ("user", contact)
    );
    CREATE TABLE watch_dialogs (
        "user" TEXT COLLATE "C" NOT NULL,
        contact TEXT COLLATE "C" NOT NULL,
        position BIGINT NOT NULL,
        saved BYTEA NOT NULL,
        expires_at BIGINT NOT NULL,
        PRIMARY KEY ("user", contact, position),
        FOREIGN KEY ("user", contact) REFERENCES subscriptions("user", contact) ON DELETE CASCADE
    );
    CREATE TABLE users (
        uri TEXT COLLATE "C" NOT NULL PRIMARY KEY,
        display_name TEXT COLLATE "C" NOT NULL,
        enabled BIGINT NOT NULL,
        site TEXT COLLATE "C" NOT NULL,
        pool TEXT COLLATE "C" NOT NULL,
        homed BIGINT NOT NULL,
        policy TEXT COLLATE "C" NOT NULL,
        source BIGINT NOT NULL,
        upn TEXT COLLATE "C" NOT NULL,
        logon TEXT COLLATE "C" NOT NULL,
        dn TEXT COLLATE "C" NOT NULL,
        name_key TEXT COLLATE "C" NOT NULL,
        search TEXT COLLATE "C" NOT NULL
    );
    CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA isthmus;
    CREATE INDEX users_search ON users USING gin (search gin_trgm_ops);
    CREATE INDEX users_by_name ON users(name_key, uri);
    CREATE INDEX users_by_site ON users(site, uri);
    CREATE INDEX users_by_pool ON users(pool, uri);
    CREATE INDEX users_by_policy ON users(policy, uri);
    CREATE INDEX users_on_legacy ON users(uri) WHERE homed = 1;
    CREATE INDEX users_disabled ON users(uri) WHERE enabled = 0;
    CREATE INDEX users_by_upn ON users(substr(lower(upn), 1, 200)) WHERE upn <> '';
    CREATE INDEX users_by_logon ON users(substr(lower(logon), 1, 200)) WHERE logon <> '';
    CREATE INDEX users_by_dn ON users(substr(lower(dn), 1, 200)) WHERE dn <> '';
    )"},
    // 4: which resources of the SIP user the contact was shown, each with a line end behind it.
    {.both = R"(
    ALTER TABLE subscriptions ADD COLUMN shown $TEXT NOT NULL DEFAULT '';
    )"},
    // 5: administrators, their recovery codes, tokens. Times are seconds since 1970, 0 for never.
    {.both = R"(
    CREATE TABLE admins (
        name $TEXT PRIMARY KEY NOT NULL,
        role $TEXT NOT NULL,
        enabled $NUMBER NOT NULL,
        password_hash $TEXT NOT NULL,
        totp_secret $TEXT NOT NULL,
        totp_confirmed $NUMBER NOT NULL,
        totp_last_step $NUMBER NOT NULL,
        created_at $NUMBER NOT NULL,
        password_set_at $NUMBER NOT NULL,
        last_sign_in_at $NUMBER NOT NULL,
        last_sign_in_from $TEXT NOT NULL
    ) $TABLE;
    CREATE TABLE recovery_codes (
        admin $TEXT NOT NULL REFERENCES admins(name),
        hash $TEXT NOT NULL,
        PRIMARY KEY (admin, hash)
    ) $TABLE;
    CREATE TABLE tokens (
        id $TEXT PRIMARY KEY NOT NULL,
        role $TEXT NOT NULL,
        description $TEXT NOT NULL,
        hash $TEXT NOT NULL UNIQUE,
        created_by $TEXT NOT NULL,
        created_at $NUMBER NOT NULL,
        expires_at $NUMBER NOT NULL,
        last_used_at $NUMBER NOT NULL,
        last_used_from $TEXT NOT NULL
    ) $TABLE;
    )"},
    // 6
    {},
    // 7: the audit log is asked for an administrator, an object, a time. What schema 2 kept of the
    // passphrase leaves the document of the settings.
    {.both = R"(
    CREATE INDEX audit_by_admin ON audit(substr(admin, 1, 200), seq);
    CREATE INDEX audit_by_object ON audit(substr(object, 1, 200), seq);
    CREATE INDEX audit_by_at ON audit(at, seq);
    )",
     .sqlite = R"(
    INSERT INTO objects SELECT 'secret', 'gateway.dialback_passphrase',
        json_quote(json_extract(body, '$.dialback_passphrase')) FROM objects
        WHERE kind = 'gateway' AND json_extract(body, '$.dialback_passphrase') <> ''
        ON CONFLICT (kind, id) DO NOTHING;
    UPDATE objects SET body = json_remove(body, '$.dialback_passphrase')
        WHERE kind = 'gateway' AND json_extract(body, '$.dialback_passphrase') IS NOT NULL;
    )"},
    // 8: what the home server keeps for its users, by kind; "password" is sealed.
    {.both = R"(
    CREATE TABLE home_documents (
        "user" $TEXT NOT NULL,
        kind $TEXT NOT NULL,
        body $TEXT NOT NULL,
        PRIMARY KEY ("user", kind)
    ) $TABLE;
    )"},
    // 9: lists show who made an object and who changed it last. Users, of whom an import changes a
    // million at once, stay out of it.
    {.both = R"(
    CREATE INDEX config_changes_by_object ON config_changes(kind, id, revision)
        WHERE kind <> 'user';
    )"},
};

static_assert(std::size(kSteps) == kNewestSchema);

}  // namespace

const MigrationStep& migration_step(std::int64_t version) {
    return kSteps[version];
}

}  // namespace isthmus::store
