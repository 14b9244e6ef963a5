// Backups and the audit log through the API, without sockets.
#include "admin/api.h"
#include "base/digest.h"
#include "base/text.h"
#include "store/audit_log.h"
#include "support/fake_presence.h"
#include "support/temporary_folder.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <optional>

namespace isthmus::admin {
namespace {

namespace json = boost::json;

constexpr const char* kPassphrase = "correct horse battery";

class ArchiveApiTest : public testing::Test {
  protected:
    ArchiveApiTest() : database(folder / "t.db") {}

    HttpResponse ask(const char* method,
                     const std::string& target,
                     const std::string& body = {},
                     std::shared_ptr<SpoolFile> upload = {},
                     const std::string& passphrase = kPassphrase,
                     control::Role role = control::Role::Admin) {
        HttpRequest request{.method = method,
                            .body = body,
                            .upload = std::move(upload),
                            .author = {{"alice", "unix"}, role}};
        request.headers["isthmus-passphrase"] = digest::base64_encode(passphrase);
        EXPECT_TRUE(parse_target(target, request));
        std::optional<HttpResponse> answer;
        api.handle(request, [&](HttpResponse response) { answer = std::move(response); });
        return answer.value();
    }

    static json::object object(const HttpResponse& response) {
        return json::parse(response.body).as_object();
    }

    static std::string code(const HttpResponse& response) {
        return std::string(object(response).at("code").as_string());
    }

    static std::string read_all(SpoolFile& file) {
        std::string text(file.size(), '\0');
        file.rewind();
        text.resize(file.read(text.data(), text.size()));
        return text;
    }

    std::shared_ptr<SpoolFile> file_of(std::string_view octets) const {
        auto made = std::make_shared<SpoolFile>(folder.path());
        made->write(octets);
        made->rewind();
        return made;
    }

    std::string back_up() {
        auto made = ask("POST", "/api/v1/backups", R"({"passphrase":"correct horse battery"})");
        EXPECT_EQ(made.status, 200);
        return read_all(*made.file);
    }

    void create(const std::string& partner) {
        EXPECT_EQ(ask("POST", "/api/v1/partners", R"({"domain":")" + partner + "\"}").status, 201);
    }

    static Result<std::string> lower(std::string_view name) {
        return Result<std::string>(text::to_lower(name));
    }

    test::TemporaryFolder folder;
    store::Database database;
    store::KeyBox keys;
    store::ConfigStore store{database, &keys};
    std::size_t published = 0;
    control::PolicyService service{store,
                                   {.domain = lower, .user = lower, .contact = lower},
                                   {{"contoso.example"}, {"contoso.example"}},
                                   [this](const auto&) {
                                       ++published;
                                       return true;
                                   }};
    control::UserService users{service};
    control::SubscriptionService subscriptions{{}, {}};
    control::FakePresence presence;
    control::ContactService contacts{presence.side(), control::FakePresence::names()};
    std::vector<control::AuditEntry> audit;
    bool is_busy = false;
    std::size_t revived = 0;
    control::Offload offload = [this](auto work, auto done) {
        if (is_busy) {
            return false;
        }
        work();
        done();
        return true;
    };
    std::function<std::unique_ptr<store::Database>()> connect = [this] {
        return std::make_unique<store::Database>(folder / "t.db",
                                                 store::Database::Opening::Another);
    };
    control::AuditService audit_log{{.database = database,
                                     .connect = connect,
                                     .offload = offload,
                                     .audit = [this](const auto& entry) { audit.push_back(entry); },
                                     .wall = [] { return std::int64_t{1'800'000'000}; }}};
    control::BackupService backups{{.database = database,
                                    .connect = connect,
                                    .keys = keys,
                                    .policies = service,
                                    .offload = offload,
                                    .audit = [this](const auto& entry) { audit.push_back(entry); },
                                    .on_restored = [this] { ++revived; },
                                    .cost = {.memory_kib = 8, .passes = 1}}};
    Api api{{.policies = service,
             .users = users,
             .subscriptions = subscriptions,
             .contacts = contacts,
             .read_status = []() -> std::optional<control::Status> {
                 return control::Status{.state = "running"};
             },
             .reload = []() -> Result<void> { return {}; },
             .audit_log = &audit_log,
             .backups = &backups,
             .spool_folder = folder.path()}};
};

TEST_F(ArchiveApiTest, ABackupGoesOutAndComesBackInForce) {
    create("a.example");
    const std::string backup = back_up();
    create("b.example");
    EXPECT_EQ(ask("PATCH", "/api/v1/partners/a.example", R"({"description":"x"})").status, 200);
    const std::size_t before = published;

    const auto verified = ask("POST", "/api/v1/backups:verify", {}, file_of(backup));
    EXPECT_EQ(verified.status, 200);
    EXPECT_EQ(object(verified).at("rows").at("objects"), 1);
    const auto trial =
        object(ask("POST", "/api/v1/backups:restore?dry_run=true", {}, file_of(backup)));
    EXPECT_EQ(trial.at("changes"),
              json::parse(R"([{"kind":"partner","created":0,"changed":1,"deleted":1,)"
                          R"("names":["~a.example","-b.example"]}])"));
    EXPECT_EQ(published, before);
    EXPECT_EQ(ask("GET", "/api/v1/partners/b.example").status, 200);

    const auto made = ask("POST", "/api/v1/backups:restore?reason=wrong", {}, file_of(backup));
    EXPECT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(object(made).at("changes"), trial.at("changes"));
    EXPECT_EQ(object(made).at("revision"), 4);
    EXPECT_EQ(object(made).at("in_force"), true);
    EXPECT_EQ(published, before + 1);
    EXPECT_EQ(revived, 1U);
    EXPECT_EQ(ask("GET", "/api/v1/partners/b.example").status, 404);
    EXPECT_EQ(object(ask("GET", "/api/v1/partners/a.example")).at("description"), "");
    // What was loaded can be changed as before.
    EXPECT_EQ(ask("PATCH", "/api/v1/partners/a.example", R"({"description":"y"})").status, 200);
    EXPECT_EQ(ask("POST", "/api/v1/revisions/3:rollback").status, 200);
    EXPECT_EQ(ask("GET", "/api/v1/partners/b.example").status, 200);
}

TEST_F(ArchiveApiTest, EveryFaultHasItsCodeAndChangesNothing) {
    create("a.example");
    const std::string backup = back_up();
    std::string newer = backup;
    newer[15] = 2;
    const auto restore = [&](const std::string& octets, const std::string& passphrase) {
        return code(ask("POST", "/api/v1/backups:restore", {}, file_of(octets), passphrase));
    };
    EXPECT_EQ(restore(backup, "another passphrase"), "IST-API-030");
    EXPECT_EQ(restore(backup.substr(0, backup.size() - 1), kPassphrase), "IST-API-031");
    EXPECT_EQ(restore("", kPassphrase), "IST-API-031");
    EXPECT_EQ(restore(newer, kPassphrase), "IST-API-032");
    EXPECT_EQ(code(ask("POST", "/api/v1/backups:verify", {}, file_of("x"))), "IST-API-031");
    EXPECT_EQ(code(ask("POST", "/api/v1/backups:restore")), "IST-API-001");
    EXPECT_EQ(code(ask("POST", "/api/v1/backups:verify", {}, file_of(backup), "")), "IST-API-001");
    for (const char* bad : {"{}",
                            R"({"passphrase":"short"})",
                            R"({"passphrase":7})",
                            R"({"passphrase":"long enough\nbut two lines"})",
                            R"({"passphrase":"correct horse battery","path":"/etc/passwd"})"}) {
        EXPECT_EQ(code(ask("POST", "/api/v1/backups", bad)), "IST-API-001") << bad;
    }
    EXPECT_EQ(store.revision(), 1U);
    EXPECT_EQ(revived, 0U);
    for (const auto& entry : audit) {
        EXPECT_EQ(entry.detail.find(kPassphrase), std::string::npos);
    }
    EXPECT_EQ(audit.back().outcome, "refused");
}

TEST_F(ArchiveApiTest, WhatDoesNotFitIsNotRestored) {
    database.execute("INSERT INTO objects VALUES ('gadget', 'x', '{}')");
    const std::string backup = back_up();
    database.execute("DELETE FROM objects");
    create("a.example");
    const auto made = ask("POST", "/api/v1/backups:restore", {}, file_of(backup));
    EXPECT_EQ(made.status, 409);
    EXPECT_EQ(code(made), "IST-API-034");
    EXPECT_NE(made.body.find("gadget"), std::string::npos);
    EXPECT_EQ(ask("GET", "/api/v1/partners/a.example").status, 200);
    EXPECT_EQ(store.revision(), 1U);
}

TEST_F(ArchiveApiTest, OnlyWhoAdministersMay) {
    for (const auto& [method, target] : {std::pair("POST", "/api/v1/backups"),
                                         std::pair("POST", "/api/v1/backups:verify"),
                                         std::pair("POST", "/api/v1/backups:restore"),
                                         std::pair("GET", "/api/v1/audit"),
                                         std::pair("POST", "/api/v1/audit:verify"),
                                         std::pair("GET", "/api/v1/audit:export")}) {
        const auto refused = ask(method, target, {}, {}, kPassphrase, control::Role::UserAdmin);
        EXPECT_EQ(refused.status, 403) << target;
    }
}

TEST_F(ArchiveApiTest, TooMuchAtOnceIsToldSo) {
    is_busy = true;
    const std::string body = R"({"passphrase":"correct horse battery"})";
    EXPECT_EQ(ask("POST", "/api/v1/backups", body).status, 503);
    EXPECT_EQ(ask("POST", "/api/v1/audit:verify").status, 503);
    EXPECT_EQ(ask("GET", "/api/v1/audit:export").status, 503);
}

TEST_F(ArchiveApiTest, TheLogIsFilteredAndPaged) {
    create("a.example");
    create("b.example");
    ask("DELETE", "/api/v1/partners/b.example");
    const auto page = object(ask("GET", "/api/v1/audit?limit=2"));
    EXPECT_EQ(page.at("items").as_array().size(), 2U);
    EXPECT_EQ(page.at("items").at(0).at("action"), "delete");
    EXPECT_EQ(page.at("items").at(0).at("revision"), 3);
    EXPECT_EQ(page.at("next"), 2);
    const auto rest = object(ask("GET", "/api/v1/audit?before=2"));
    EXPECT_EQ(rest.at("items").as_array().size(), 1U);
    EXPECT_TRUE(rest.at("next").is_null());
    const auto count = [&](const std::string& query) {
        return object(ask("GET", "/api/v1/audit?" + query)).at("items").as_array().size();
    };
    EXPECT_EQ(count("object=partner/b.example"), 2U);
    EXPECT_EQ(count("object=partner/&action=create"), 2U);
    EXPECT_EQ(count("admin=alice&outcome=done"), 3U);
    EXPECT_EQ(count("admin=eve"), 0U);
    EXPECT_EQ(count("since=2001-01-01&until=2999-12-31T00:00:00Z"), 3U);
    for (const char* bad : {"since=yesterday",
                            "since=2026-1-1",
                            "until=99999999h",
                            "since=h",
                            "before=0",
                            "before=x",
                            "limit=0",
                            "limit=1001"}) {
        EXPECT_EQ(code(ask("GET", std::string("/api/v1/audit?") + bad)), "IST-API-001") << bad;
    }
}

TEST_F(ArchiveApiTest, TheLogIsExportedInBothForms) {
    create("a.example");
    store::AuditLog(database).append(
        {{"=cmd|'/c calc'!A0", "192.0.2.1"}, "sign-in", "", "refused", "a \"quoted\", text"});
    const auto lines = ask("GET", "/api/v1/audit:export");
    EXPECT_EQ(lines.content_type, "application/jsonl");
    const std::string text = read_all(*lines.file);
    EXPECT_EQ(std::ranges::count(text, '\n'), 2);
    EXPECT_EQ(json::parse(text.substr(0, text.find('\n'))),
              object(ask("GET", "/api/v1/audit?before=2")).at("items").at(0));
    const auto table = ask("GET", "/api/v1/audit:export?format=csv&admin=%3Dcmd%7C'/c%20calc'!A0");
    EXPECT_TRUE(table.content_type.starts_with("text/csv"));
    const std::string csv = read_all(*table.file);
    EXPECT_TRUE(csv.starts_with("seq,at,admin,")) << csv;
    EXPECT_NE(csv.find("\"'=cmd|'/c calc'!A0\",\"192.0.2.1\",\"sign-in\",\"\",\"refused\","
                       "\"a \"\"quoted\"\", text\",,"),
              std::string::npos)
        << csv;
    EXPECT_EQ(code(ask("GET", "/api/v1/audit:export?format=xml")), "IST-API-001");
    EXPECT_EQ(audit.back().action, "export");
}

TEST_F(ArchiveApiTest, TamperingIsNamed) {
    create("a.example");
    create("b.example");
    const auto good = object(ask("POST", "/api/v1/audit:verify"));
    EXPECT_EQ(good.at("good"), true);
    EXPECT_EQ(good.at("rows"), 2);
    const std::string head = json::serialize(good.at("head"));
    EXPECT_EQ(object(ask("POST", "/api/v1/audit:verify", head)).at("good"), true);
    // Whoever forges everything cannot meet a head that was written down.
    const auto other = object(
        ask("POST", "/api/v1/audit:verify", R"({"seq":2,"hash":")" + std::string(64, '0') + "\"}"));
    EXPECT_EQ(other.at("fault").at("seq"), 2);
    const auto beyond = object(
        ask("POST", "/api/v1/audit:verify", R"({"seq":9,"hash":")" + std::string(64, '0') + "\"}"));
    EXPECT_EQ(beyond.at("good"), false);
    database.execute("UPDATE audit SET admin = 'eve' WHERE seq = 1");
    const auto bad = object(ask("POST", "/api/v1/audit:verify"));
    EXPECT_EQ(bad.at("good"), false);
    EXPECT_EQ(bad.at("fault").at("seq"), 1);
    EXPECT_EQ(bad.at("fault").at("code"), "IST-API-039");
    for (const char* wrong : {R"({"seq":1})", R"({"hash":"x"})", R"({"seq":1,"hash":"x"})", "[]"}) {
        EXPECT_EQ(code(ask("POST", "/api/v1/audit:verify", wrong)), "IST-API-001") << wrong;
    }
}

}  // namespace
}  // namespace isthmus::admin
