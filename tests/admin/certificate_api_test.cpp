// Certificates through the API: concurrent edits, trials, and what an answer may not hold.
#include "admin/api.h"
#include "base/digest.h"
#include "store/config_store.h"
#include "store/database.h"
#include "support/certificates.h"
#include "support/fake_presence.h"
#include "support/temporary_folder.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>

namespace isthmus::admin {
namespace {

namespace json = boost::json;

class CertificateApi : public testing::Test {
  protected:
    CertificateApi() : database(folder / "t.db"), store(database) {}

    static Result<std::string> same(std::string_view name) { return std::string(name); }

    HttpResponse ask(const char* method,
                     const std::string& target,
                     const json::object& body = {},
                     const std::string& if_match = {},
                     control::Role role = control::Role::Admin) {
        HttpRequest request{.method = method,
                            .body = body.empty() ? "" : json::serialize(body),
                            .author = {{"alice", "unix"}, role}};
        if (!if_match.empty()) {
            request.headers["if-match"] = if_match;
        }
        EXPECT_TRUE(parse_target("/api/v1/" + target, request));
        std::optional<HttpResponse> answer;
        api.handle(request, [&](HttpResponse response) { answer = std::move(response); });
        return answer.value();
    }

    static std::string etag(const HttpResponse& response) {
        std::string found;
        int count = 0;
        for (const auto& [name, value] : response.headers) {
            found = name == "ETag" ? value : found;
            count += name == "ETag" ? 1 : 0;
        }
        EXPECT_LE(count, 1);
        return found;
    }

    static json::object object(const HttpResponse& response) {
        return json::parse(response.body).as_object();
    }

    json::object file() {
        const auto own = authority.issue(
            {.dns_names = {"contoso.example"}, .valid_until = std::chrono::hours(24 * 100)});
        return {{"content", own.certificate_pem + own.key_pem}, {"name", "own"}};
    }

    test::TemporaryFolder folder;
    store::Database database;
    store::ConfigStore store;
    test::CertificateAuthority authority;
    control::PolicyService policies{
        store, {same, same, same}, {{"contoso.example"}, {"contoso.example"}}, [](const auto&) {
            return true;
        }};
    control::UserService users{policies};
    control::FakePresence presence;
    control::SubscriptionService subscriptions{{}, {}};
    control::ContactService contacts{presence.side(), control::FakePresence::names()};
    control::CertificateService certificates{
        {.policies = policies,
         .served = {"gateway.example", {"contoso.example"}, {"contoso.example"}},
         .authorities = {false, {authority.pem()}},
         .wall =
             [] {
                 return std::chrono::duration_cast<std::chrono::seconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                     .count();
             },
         .offload =
             [](auto work, auto done) {
                 work();
                 done();
                 return true;
             },
         .has_other = [](control::Use) { return true; },
         .put_in_force = [] { return true; }}};
    control::CertificateWatch watch{certificates};
    CertificateServices services{
        .certificates = certificates,
        .watch = watch,
        .add_state = [](control::Use, json::object& to) { to["source"] = "own"; },
        .ask_served =
            [](const auto& address, const auto&, const auto&, auto done) {
                done(json::object{{"asked", address}});
            }};
    Api api{{.policies = policies,
             .users = users,
             .subscriptions = subscriptions,
             .contacts = contacts,
             .read_status = [] { return std::nullopt; },
             .reload = [] { return Result<void>(); },
             .certificates = &services}};
};

TEST_F(CertificateApi, RequestImportAssignRemove) {
    const auto made = ask("POST", "certificates:request", {{"name", "web"}, {"key_type", "p-256"}});
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_NE(object(made).at("csr").as_string().find("BEGIN CERTIFICATE REQUEST"),
              std::string::npos);
    EXPECT_EQ(object(ask("GET", "certificates/web:csr")).at("csr"), object(made).at("csr"));
    EXPECT_EQ(object(ask("GET", "certificates?state=pending")).at("total"), 1);
    const std::string answer = authority.sign(std::string(object(made).at("csr").as_string()),
                                              std::chrono::hours(24 * 100));
    const auto imported =
        ask("POST", "certificates:import", {{"content_base64", digest::base64_encode(answer)}});
    EXPECT_EQ(imported.status, 200) << imported.body;
    EXPECT_EQ(object(imported).at("state"), "valid");
    const auto assigned = ask("PUT", "certificate-uses/sip", {{"certificate", "web"}});
    EXPECT_EQ(assigned.status, 200) << assigned.body;
    EXPECT_EQ(object(assigned).at("in_force"), true);
    EXPECT_EQ(object(ask("GET", "certificate-uses/sip")).at("certificates"),
              json::value(json::array{"web"}));
    EXPECT_EQ(object(ask("GET", "certificate-uses")).at("total"), 3);
    EXPECT_EQ(ask("DELETE", "certificates/web").status, 409);
    EXPECT_EQ(ask("DELETE", "certificate-uses/sip").status, 200);
    EXPECT_EQ(ask("DELETE", "certificates/web").status, 200);
    EXPECT_EQ(ask("GET", "certificates/web").status, 404);
    EXPECT_EQ(ask("GET", "certificate-uses/mail").status, 404);
}

TEST_F(CertificateApi, NoAnswerHoldsAKey) {
    for (const auto& response :
         {ask("POST", "certificates:import", file()),
          ask("GET", "certificates/own"),
          ask("GET", "certificates"),
          ask("GET", "certificate-uses"),
          ask("POST", "certificates:request", {{"name", "x"}, {"key_type", "p-256"}})}) {
        EXPECT_LT(response.status, 300);
        EXPECT_EQ(response.body.find("PRIVATE KEY"), std::string::npos);
    }
}

TEST_F(CertificateApi, ConcurrentEditsAndTrials) {
    json::object trial = file();
    EXPECT_EQ(ask("POST", "certificates:import?dry_run=true", trial).status, 200);
    EXPECT_EQ(object(ask("GET", "certificates")).at("total"), 0);
    ASSERT_EQ(ask("POST", "certificates:import", file()).status, 200);
    const std::string seen = etag(ask("GET", "certificates/own"));
    const std::string use_seen = etag(ask("GET", "certificate-uses/sip"));
    EXPECT_NE(seen, "");
    const auto named = ask("PATCH", "certificates/own", {{"friendly_name", "ours"}}, seen);
    EXPECT_EQ(named.status, 200);
    EXPECT_NE(etag(named), seen);
    EXPECT_EQ(ask("PATCH", "certificates/own", {{"friendly_name", "mine"}}, seen).status, 412);
    EXPECT_EQ(ask("DELETE", "certificates/own", {}, seen).status, 412);
    const auto assigned = ask("PUT", "certificate-uses/sip", {{"certificate", "own"}}, use_seen);
    EXPECT_EQ(assigned.status, 200);
    EXPECT_EQ(etag(assigned), etag(ask("GET", "certificate-uses/sip")));
    EXPECT_EQ(ask("PUT", "certificate-uses/sip", {{"certificate", "own"}}, use_seen).status, 412);
}

TEST_F(CertificateApi, BadBodiesAndRights) {
    const std::pair<const char*, json::object> rows[] = {
        {"certificates:import", {}},
        {"certificates:import", {{"content", "a"}, {"content_base64", "YQ=="}}},
        {"certificates:import", {{"content_base64", "%"}}},
        {"certificates:import", {{"content", "a"}, {"more_base64", "x"}}},
        {"certificates:import", {{"content", "a"}, {"effective", "tomorrow"}}},
        {"certificates:watch", {{"name", "x"}}},
        {"certificates:watch",
         {{"name", "x"}, {"certificate_file", "relative"}, {"private_key_file", "/b"}}},
        {"certificates:request", {{"nam", "x"}}},
        {"certificates:served", {{"adress", "x"}}},
    };
    for (const auto& [target, body] : rows) {
        EXPECT_EQ(ask("POST", target, body).status, 400) << target << json::serialize(body);
    }
    EXPECT_EQ(ask("POST", "certificates:import", file(), {}, control::Role::Helpdesk).status, 403);
    EXPECT_EQ(
        ask("POST", "certificates:served", {{"address", "x"}}, {}, control::Role::Helpdesk).status,
        403);
    EXPECT_EQ(object(ask("POST", "certificates:served", {{"address", "x"}})).at("asked"), "x");
}

}  // namespace
}  // namespace isthmus::admin
