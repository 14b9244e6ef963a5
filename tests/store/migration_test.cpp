// A database of an older program is brought up to date without losing anything; one of a newer
// program is refused.
#include "store/audit_log.h"
#include "store/config_store.h"
#include "store/migrations.h"
#include "store/subscription_store.h"

#include <sqlite3.h>

#include <map>

#include "both_databases.h"

namespace isthmus::store {
namespace {

/// The schema as version 2 made it, and what its program had written.
constexpr const char* kSchema2 = R"(
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
    
    PRAGMA user_version = 2;
)";

constexpr const char* kContents2 = R"(
    INSERT INTO partners VALUES
        ('fabrikam.example', 'O''Brien "x" \ ; DROP', 2, 0, 1, 1, 0, 7, 'proxy.example', 0),
        ('plain.example', '', 0, 0, 0, 1, 1, NULL, '', 1),
        ('third.example', '', 1, 2, 2, 1, 1, NULL, '', 1);
    INSERT INTO partner_domains VALUES
        ('b.example', 'fabrikam.example', 0), ('a.example', 'fabrikam.example', 1);
    INSERT INTO access_rules VALUES
        ('Global', '', 0, 0, 0, 0, 0), ('Tag:FedPic', 'pictures', 1, 1, 0, 1, 0);
    INSERT INTO grants VALUES ('alice@contoso.example', 'Tag:FedPic');
    INSERT INTO settings VALUES
        ('access_edge.allow_federated_users', '1'), ('access_edge.allow_outside_users', '0'),
        ('access_edge.allow_anonymous_users', '0'), ('gateway.enabled', '1'),
        ('gateway.dialback_passphrase', 'se"cret\'), ('gateway.connection_limit', '1200'),
        ('gateway.keep_alive_interval', '300'), ('gateway.stream_inactivity_timeout', '600'),
        ('gateway.presence_restore_rate', '250');
    INSERT INTO revisions VALUES
        (1, '2026-01-31T09:05:00Z', 'root', 'unix', 'create', 'partner/fabrikam.example', NULL,
            '{"domain":"fabrikam.example"}'),
        (2, '2026-01-31T09:06:00Z', 'root', 'unix', 'set', 'gateway',
            '{"enabled":false,"dialback_passphrase_is_set":true}', '{"enabled":true,'
            || '"dialback_passphrase_is_set":true}'),
        (3, '2026-01-31T09:07:00Z', 'bob', '10.0.0.1', 'delete', 'partner/gone.example',
            '{"domain":"gone.example"}', NULL);
    INSERT INTO subscriptions VALUES ('a@contoso.example', 'b@fabrikam.example', 'sip:a@x', 2, 1, 5);
    INSERT INTO watch_dialogs VALUES ('a@contoso.example', 'b@fabrikam.example', 0, x'00ff', 9);
)";

class MigrationTest : public testing::Test {
  protected:
    MigrationTest() {
        folder = std::filesystem::temp_directory_path() / "isthmus-store-XXXXXX";
        mkdtemp(folder.data());
        path = folder + "/test.db";
    }

    ~MigrationTest() override { std::filesystem::remove_all(folder); }

    void run(const char* sql) {
        sqlite3* file = nullptr;
        sqlite3_open(path.c_str(), &file);
        char* fault = nullptr;
        EXPECT_EQ(sqlite3_exec(file, sql, nullptr, nullptr, &fault), SQLITE_OK) << fault;
        sqlite3_close(file);
    }

    std::string folder;
    std::string path;
};

TEST_F(MigrationTest, TypedTablesBecomeDocuments) {
    run(kSchema2);
    run(kContents2);
    Database database(path);
    EXPECT_EQ(database.schema_version(), kNewestSchema);
    std::map<std::string, std::string> objects;
    ConfigStore store(database);
    store.load_objects([&](auto kind, auto id, auto body) {
        objects[std::string(kind) + "/" + std::string(id)] = body;
    });
    const std::map<std::string, std::string> expected{
        {"partner/fabrikam.example",
         R"({"domain":"fabrikam.example","additional_domains":["b.example","a.example"],)"
         R"("description":"O'Brien \"x\" \\ ; DROP","partner_type":"Federated",)"
         R"("tls_negotiation":"Required","sasl_negotiation":"Optional",)"
         R"("support_dialback_negotiation":true,"enable_keep_alive":false,"connection_limit":7,)"
         R"("proxy_fqdn":"proxy.example","enabled":false})"},
        {"partner/plain.example",
         R"({"domain":"plain.example","additional_domains":[],"description":"",)"
         R"("partner_type":"PublicUnverified","tls_negotiation":"Required",)"
         R"("sasl_negotiation":"Required","support_dialback_negotiation":true,)"
         R"("enable_keep_alive":true,"connection_limit":null,"proxy_fqdn":"","enabled":true})"},
        {"partner/third.example",
         R"({"domain":"third.example","additional_domains":[],"description":"",)"
         R"("partner_type":"PublicVerified","tls_negotiation":"NotSupported",)"
         R"("sasl_negotiation":"NotSupported","support_dialback_negotiation":true,)"
         R"("enable_keep_alive":true,"connection_limit":null,"proxy_fqdn":"","enabled":true})"},
        {"policy/Global",
         R"({"identity":"Global","description":"","enable_federation_access":false,)"
         R"("enable_xmpp_access":false,"enable_public_cloud_access":false,)"
         R"("enable_public_cloud_audio_video_access":false,"enable_outside_access":false})"},
        {"policy/Tag:FedPic",
         R"({"identity":"Tag:FedPic","description":"pictures","enable_federation_access":true,)"
         R"("enable_xmpp_access":true,"enable_public_cloud_access":false,)"
         R"("enable_public_cloud_audio_video_access":true,"enable_outside_access":false})"},
        {"access-edge/",
         R"({"allow_anonymous_users":false,"allow_federated_users":true,)"
         R"("allow_outside_users":false})"},
        {"gateway/",
         R"({"connection_limit":1200,"enabled":true,)"
         R"("keep_alive_interval":300,"presence_restore_rate":250,)"
         R"("stream_inactivity_timeout":600})"},
        {"secret/gateway.dialback_passphrase", R"("se\"cret\\")"},
    };
    EXPECT_EQ(objects, expected);
    const policy::User alice{.uri = "alice@contoso.example", .policy = "Tag:FedPic"};
    EXPECT_EQ(store.user(alice.uri), alice);
    EXPECT_EQ(store.find_users({.text = "lice@"}).total, 1U);
}

TEST_F(MigrationTest, RevisionsStayAndGoOn) {
    run(kSchema2);
    run(kContents2);
    Database database(path);
    ConfigStore store(database);
    EXPECT_EQ(store.revision(), 3U);
    EXPECT_EQ(store.history(10).back(),
              (Revision{1,
                        "2026-01-31T09:05:00Z",
                        {"root", "unix"},
                        "create",
                        "partner/fabrikam.example",
                        ""}));
    EXPECT_EQ(
        store.changes(1),
        (std::vector<RevisionChange>{
            {"partner", "fabrikam.example", std::nullopt, R"({"domain":"fabrikam.example"})"}}));
    EXPECT_EQ(store.changes(2),
              (std::vector<RevisionChange>{
                  {"gateway", "", R"({"enabled":false})", R"({"enabled":true})"}}));
    EXPECT_EQ(store.changes(3).at(0).after, std::nullopt);
    EXPECT_EQ(store.commit({.author = {"root", "unix"},
                            .action = "create",
                            .object = "partner/n.example",
                            .objects = {{"partner", "n.example", std::nullopt, "{}"}}}),
              4U);
    EXPECT_FALSE(AuditLog(database).verify().fault);
}

TEST_F(MigrationTest, SubscriptionsStay) {
    run(kSchema2);
    run(kContents2);
    Database database(path);
    std::vector<subscriptions::Record> records;
    SubscriptionStore(database).load([&](auto slice) { records = std::move(slice); });
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].dialogs.at(0).saved, std::string("\0\xFF", 2));
}

TEST_F(MigrationTest, AStepThatFailsLeavesTheDatabaseAsItWas) {
    run(kSchema2);
    run(kContents2);
    run("CREATE TABLE audit (x)");
    EXPECT_THROW(Database{path}, StoreError);
    run("DROP TABLE audit");
    Database database(path);
    EXPECT_EQ(ConfigStore(database).revision(), 3U);
}

class SchemaVersionTest : public BothDatabases {};

ISTHMUS_ON_BOTH_DATABASES(SchemaVersionTest);

TEST_P(SchemaVersionTest, ANewerSchemaIsRefusedAndNotTouched) {
    database->execute(is_postgres() ? "UPDATE isthmus.schema_version SET version = 99"
                                    : "PRAGMA user_version = 99");
    database.reset();
    EXPECT_THROW(Database{url}, StoreError);
    const Database looked(url, Database::Opening::Another);
    EXPECT_EQ(Database(url, Database::Opening::Another).schema_version(), 99);
}

TEST_P(SchemaVersionTest, EveryOlderOneIsBroughtUpToDateWithWhatIsInIt) {
    const auto newest = database->tables();
    for (std::int64_t version = kDocumentSchema; version < kNewestSchema; ++version) {
        database.reset();
        if (is_postgres()) {
            PostgresServer::shared().clear();
        } else {
            url = "sqlite:" + folder + "/" + std::to_string(version) + ".db";
        }
        {
            Database old(url, Database::Opening::Another);
            migrate(old, version);
            EXPECT_EQ(old.schema_version(), version);
            ConfigStore(old).commit(
                {.action = "x", .objects = {{"partner", "a.example", std::nullopt, "{}"}}});
        }
        open();
        EXPECT_EQ(database->schema_version(), kNewestSchema);
        EXPECT_EQ(database->tables(), newest);
        EXPECT_EQ(ConfigStore(*database).revision(), 1U);
        EXPECT_FALSE(AuditLog(*database).verify().fault);
        EXPECT_EQ(number("SELECT COUNT(*) FROM objects"), 1);
    }
}

TEST_P(SchemaVersionTest, OpeningAgainChangesNothing) {
    const auto tables = database->tables();
    EXPECT_FALSE(tables.empty());
    open();
    EXPECT_EQ(database->tables(), tables);
}

}  // namespace
}  // namespace isthmus::store
