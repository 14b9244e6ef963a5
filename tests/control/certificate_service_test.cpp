// Requested, imported, assigned, rolled, removed: each one revision, or refused with its code.
#include "control/certificate_service.h"

#include "store/audit_log.h"

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

#include "certificate_world.h"

namespace isthmus::control {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using CertificateServiceTest = Certificates;

TEST_F(CertificateServiceTest, FromTheRequestToWhatIsShown) {
    const auto made =
        request(R"({"name":"Web","key_type":"p-256","names":["sip.contoso.example"]})");
    ASSERT_TRUE(made) << made.error().public_text;
    EXPECT_EQ(made->object.at("name"), "web");
    EXPECT_EQ(made->object.at("state"), "pending");
    EXPECT_EQ(revisions(), 1U);
    const std::string csr = (*certificates->find("web"))->document.csr;
    // Only the request is there: nothing can be shown.
    EXPECT_EQ(code_of(certificates->assign(Use::Sip, {.certificates = {"web"}}, edit)),
              "IST-CERT-027");
    const auto imported = import({authority.sign(csr, std::chrono::hours(24 * 100))});
    ASSERT_TRUE(imported) << imported.error().public_text;
    EXPECT_EQ(imported->object.at("name"), "web");
    EXPECT_EQ(imported->object.at("state"), "valid");
    EXPECT_EQ(imported->object.at("chain_state"), "trusted");
    const auto& facts = *(*certificates->find("web"))->facts;
    EXPECT_THAT(facts.alternative_names,
                ElementsAre("DNS:gateway.contoso.example",
                            "DNS:contoso.example",
                            "DNS:contoso.test",
                            "DNS:sip.contoso.example",
                            "SRV:_xmpp-server.contoso.example",
                            "SRV:_xmpp-server.contoso.test",
                            "XMPP:contoso.example",
                            "XMPP:contoso.test"));
    ASSERT_EQ(shown, 2);
    const auto assigned = certificates->assign(Use::XmppS2s, {.certificates = {"web"}}, edit);
    ASSERT_TRUE(assigned) << assigned.error().public_text;
    EXPECT_EQ(assigned->revision, 3U);
    EXPECT_TRUE(assigned->is_in_force);
    EXPECT_EQ(shown, 3);
    EXPECT_EQ(first_shown(Use::XmppS2s), "web");
    EXPECT_EQ(first_shown(Use::Sip), "");
    // A restart loses nothing, the key least of all.
    start();
    EXPECT_EQ(first_shown(Use::XmppS2s), "web");
    EXPECT_FALSE(certificates->shown_by(Use::XmppS2s).front()->key_pem.empty());
}

TEST_F(CertificateServiceTest, AnsweredARequestTakesTheKeyThatWasMadeForIt) {
    ASSERT_TRUE(request(R"({"name":"a","key_type":"p-256"})"));
    ASSERT_TRUE(request(R"({"name":"b","key_type":"p-256"})"));
    const std::string key = (*certificates->find("b"))->key_pem;
    ASSERT_TRUE(import({authority.sign((*certificates->find("b"))->document.csr)}));
    EXPECT_EQ(state_of(**certificates->find("a"), wall), "pending");
    EXPECT_EQ(state_of(**certificates->find("b"), wall), "expiring");
    EXPECT_EQ((*certificates->find("b"))->key_pem, key);
    EXPECT_EQ((*certificates->find("a"))->document.request_id, 1U);
    EXPECT_EQ((*certificates->find("b"))->document.request_id, 2U);
    EXPECT_EQ(code_of(request(R"({"name":"B"})")), "IST-API-003");
    ASSERT_TRUE(request("{}"));
    EXPECT_TRUE(certificates->find("request-3"));
}

TEST_F(CertificateServiceTest, WhatIsAskedForMustMakeSense) {
    const std::pair<const char*, const char*> rows[] = {
        {R"({"name":"a b"})", "IST-API-001"},
        {R"({"name":"../x"})", "IST-API-001"},
        {R"({"name":"x","key_type":"1024"})", "IST-CERT-017"},
        {R"({"name":"x","key_size":"1024"})", "IST-CERT-017"},
        {R"({"name":"x","key_type":"dsa"})", "IST-API-001"},
        {R"({"name":"x","country":"Germany"})", "IST-API-001"},
        {R"({"name":"x","names":["a b"]})", "IST-API-001"},
        {R"({"name":"x","names":["SRV:contoso.example"]})", "IST-API-001"},
        {R"({"name":"x","names":["IP:nowhere"]})", "IST-API-001"},
        {R"({"name":"x","uses":["web"]})", "IST-API-001"},
        {R"({"name":"x","colour":"red"})", "IST-API-001"},
    };
    for (const auto& [text, code] : rows) {
        EXPECT_EQ(code_of(request(text)), code) << text;
    }
    is_busy = true;
    EXPECT_FALSE(request(R"({"name":"x"})"));
    EXPECT_EQ(revisions(), 0U);
    EXPECT_THAT(certificates->all(), IsEmpty());
}

TEST_F(CertificateServiceTest, AFileWithItsKeyIsNamedAndAssignedAtOnce) {
    const auto made = import({both(good()) + authority.pem()}, {.uses = {Use::Sip, Use::XmppS2s}});
    ASSERT_TRUE(made) << made.error().public_text;
    const std::string name(made->object.at("name").as_string());
    EXPECT_THAT(name, HasSubstr("gateway.contoso.example-20"));
    EXPECT_EQ(revisions(), 1U);
    EXPECT_EQ(first_shown(Use::Sip), name);
    EXPECT_EQ(first_shown(Use::XmppS2s), name);
    EXPECT_EQ(first_shown(Use::Admin), "");
    // The same once more changes nothing.
    has_other = true;
    const auto all = certificates->all();
    const std::string text = both({all.at(name).document.certificate, all.at(name).key_pem});
    ASSERT_TRUE(import({text}));
    EXPECT_EQ(revisions(), 1U);
}

TEST_F(CertificateServiceTest, EachFaultHasItsCode) {
    const auto other = authority.issue_for("contoso.example");
    const auto stranger = CertificateAuthority("Stranger").issue_for("contoso.example");
    const auto end = good(std::chrono::seconds(-60));
    const auto small = authority.issue({.dns_names = {"contoso.example"}, .rsa_bits = 1024});
    const auto weak = authority.issue({.dns_names = {"contoso.example"}, .signed_with_sha1 = true});

    const struct {
        std::string file;
        const char* code;
    } rows[] = {
        {good().certificate_pem + other.key_pem, "IST-CERT-012"},
        {good().certificate_pem, "IST-CERT-013"},
        {good().key_pem, "IST-CERT-010"},
        {both(end), "IST-CERT-014"},
        {both(small), "IST-CERT-017"},
        {both(weak), "IST-CERT-018"},
        {"nothing", "IST-CERT-010"},
    };

    for (const auto& row : rows) {
        EXPECT_EQ(code_of(import({row.file})), row.code);
    }

    // What can be stored, but not shown.
    const struct {
        test::Certificate one;
        Use use;
        const char* code;
    } shown_rows[] = {
        {authority.issue_for("elsewhere.example"), Use::XmppS2s, "IST-CERT-016"},
        {authority.issue_for("elsewhere.example"), Use::Sip, "IST-CERT-016"},
        {authority.issue(
             {.dns_names = {"contoso.example"}, .server_purpose = false, .client_purpose = true}),
         Use::XmppS2s,
         "IST-CERT-019"},
        {stranger, Use::XmppS2s, "IST-CERT-020"},
        {authority.issue({.dns_names = {"contoso.example"}, .valid_from = std::chrono::hours(1)}),
         Use::XmppS2s,
         "IST-CERT-015"},
    };

    for (const auto& row : shown_rows) {
        const auto refused = import({both(row.one)}, {.uses = {row.use}});
        EXPECT_EQ(code_of(refused), row.code);
        EXPECT_THAT(certificates->all(), IsEmpty()) << "all or nothing";
    }
    edit.force = true;
    EXPECT_EQ(code_of(import({both(shown_rows[0].one)}, {.uses = {Use::XmppS2s}})), "good");
    EXPECT_EQ(code_of(import({both(end)}, {.name = "old"})), "good");
    EXPECT_EQ(code_of(import({both(small)})), "IST-CERT-017") << "not even then";
}

TEST_F(CertificateServiceTest, SomeDomainsWithoutNameAreAWarning) {
    const auto made = import({both(authority.issue({.dns_names = {"contoso.example"},
                                                    .valid_until = std::chrono::hours(24 * 100)}))},
                             {.name = "half", .uses = {Use::XmppS2s}});
    ASSERT_TRUE(made);
    EXPECT_THAT(made->warnings, Contains(HasSubstr("contoso.test")));
    // A second one for the other domain, beside it.
    ASSERT_TRUE(import({both(authority.issue({.dns_names = {"contoso.test"},
                                              .valid_until = std::chrono::hours(24 * 100)}))},
                       {.name = "other"}));
    const auto beside =
        certificates->assign(Use::XmppS2s, {.certificates = {"other"}, .is_beside = true}, edit);
    ASSERT_TRUE(beside) << beside.error().public_text;
    EXPECT_THAT(beside->warnings, IsEmpty());
    EXPECT_THAT(certificates->use(Use::XmppS2s).certificates, ElementsAre("half", "other"));
    EXPECT_EQ(certificates->shown_by(Use::XmppS2s).size(), 2U);
}

TEST_F(CertificateServiceTest, ASuccessorTakesOverAtItsTimeAndThePreviousIsKept) {
    ASSERT_TRUE(import({both(good())}, {.name = "old", .uses = {Use::Sip}}));
    ASSERT_TRUE(import({both(good())}, {.name = "new"}));
    const std::int64_t day = 86400;
    EXPECT_EQ(code_of(certificates->assign(
                  Use::Sip, {.certificates = {"new"}, .effective = wall - 1}, edit)),
              "IST-API-001");
    const auto staged =
        certificates->assign(Use::Sip, {.certificates = {"new"}, .effective = wall + day}, edit);
    ASSERT_TRUE(staged);
    EXPECT_EQ(first_shown(Use::Sip), "old");
    EXPECT_FALSE(certificates->roll_due());
    const std::uint64_t before = revisions();
    wall += day;
    EXPECT_EQ(first_shown(Use::Sip), "new") << "by the clock, even before it is stored";
    EXPECT_TRUE(certificates->roll_due());
    EXPECT_FALSE(certificates->roll_due());
    EXPECT_EQ(revisions(), before + 1);
    const CertificateUse& use = certificates->use(Use::Sip);
    EXPECT_THAT(use.certificates, ElementsAre("new"));
    EXPECT_THAT(use.previous, ElementsAre("old"));
    EXPECT_EQ(use.effective, 0);
    const auto history = store.history(1);
    EXPECT_EQ(history.front().action, "roll");
    EXPECT_EQ(history.front().author.admin, "isthmus");
    start();
    EXPECT_EQ(first_shown(Use::Sip), "new");
    ASSERT_TRUE(certificates->unassign(Use::Sip, true, edit));
    EXPECT_THAT(certificates->use(Use::Sip).previous, IsEmpty());
    // One that will have ended by then is refused now.
    EXPECT_EQ(code_of(certificates->assign(
                  Use::Sip, {.certificates = {"old"}, .effective = wall + 200 * day}, edit)),
              "IST-CERT-014");
}

TEST_F(CertificateServiceTest, RemovalAsksWhenNothingIsLeft) {
    ASSERT_TRUE(import({both(good())}, {.name = "one", .uses = {Use::Sip}}));
    EXPECT_EQ(code_of(certificates->erase("one", edit)), "IST-API-010");
    EXPECT_EQ(code_of(certificates->unassign(Use::Sip, false, edit)), "IST-API-010");
    has_other = true;
    ASSERT_TRUE(certificates->unassign(Use::Sip, false, edit));
    EXPECT_EQ(first_shown(Use::Sip), "");
    EXPECT_THAT(certificates->use(Use::Sip).previous, ElementsAre("one"));
    ASSERT_TRUE(certificates->erase("One", edit));
    EXPECT_THAT(certificates->all(), IsEmpty());
    EXPECT_THAT(certificates->use(Use::Sip).previous, IsEmpty());
    start();
    EXPECT_THAT(certificates->all(), IsEmpty());
    EXPECT_EQ(code_of(certificates->erase("one", edit)), "IST-API-002");
}

TEST_F(CertificateServiceTest, AuthoritiesCompleteChainsOfOthers) {
    const auto middle = authority.subordinate({.common_name = "Middle", .is_authority = true});
    const auto leaf = middle->issue(
        {.dns_names = {"gateway.contoso.example"}, .valid_until = std::chrono::hours(24 * 100)});
    ASSERT_TRUE(import({both(leaf)}, {.name = "leaf"}));
    EXPECT_EQ(code_of(certificates->assign(Use::Sip, {.certificates = {"leaf"}}, edit)),
              "IST-CERT-020");
    ASSERT_TRUE(import({middle->pem()}));
    EXPECT_EQ((*certificates->find("leaf"))->chain.state, net::ChainState::Trusted);
    EXPECT_TRUE(certificates->assign(Use::Sip, {.certificates = {"leaf"}}, edit));
    EXPECT_THAT(certificates->shown_by(Use::Sip).front()->chain.intermediates,
                ElementsAre(middle->pem()));
    for (const auto& [name, one] : certificates->all()) {
        if (one.document.key.empty()) {
            EXPECT_EQ(code_of(certificates->assign(Use::Sip, {.certificates = {name}}, edit)),
                      "IST-CERT-026");
        }
    }
}

TEST_F(CertificateServiceTest, ADryRunChecksAndChangesNothing) {
    edit.dry_run = true;
    EXPECT_TRUE(request(R"({"name":"x","key_type":"p-256"})"));
    EXPECT_TRUE(import({both(good())}, {.uses = {Use::Sip}}));
    EXPECT_EQ(code_of(import({good().certificate_pem})), "IST-CERT-013");
    EXPECT_EQ(revisions(), 0U);
    EXPECT_EQ(shown, 0);
    EXPECT_THAT(certificates->all(), IsEmpty());
}

TEST_F(CertificateServiceTest, SomebodyElsesChangeIsNotOverwritten) {
    ASSERT_TRUE(import({both(good())}, {.name = "one"}));
    const std::string seen = CertificateService::etag_of(**certificates->find("one"));
    const std::string use_seen = certificates->etag_of(Use::Sip);
    ASSERT_TRUE(certificates->rename("one", "the first", edit));
    ASSERT_TRUE(certificates->assign(Use::Sip, {.certificates = {"one"}}, edit));
    edit.if_match = seen;
    EXPECT_EQ(code_of(certificates->rename("one", "mine", edit)), "IST-API-005");
    EXPECT_EQ(code_of(certificates->erase("one", edit)), "IST-API-005");
    edit.if_match = use_seen;
    EXPECT_EQ(code_of(certificates->assign(Use::Sip, {.certificates = {"one"}}, edit)),
              "IST-API-005");
}

TEST_F(CertificateServiceTest, KeysAreInNoRevisionAndNoAnswer) {
    ASSERT_TRUE(import({both(good())}, {.name = "one", .uses = {Use::Sip}}));
    const std::string shown_text =
        boost::json::serialize(certificates->shown(**certificates->find("one")));
    EXPECT_EQ(shown_text.find("PRIVATE KEY"), std::string::npos);
    for (const auto& change : store.changes(1)) {
        EXPECT_EQ(change.after.value_or("").find("PRIVATE KEY"), std::string::npos) << change.kind;
    }
    // And a rollback leaves certificates where they are.
    const auto rolled = service->rollback(0, edit);
    ASSERT_TRUE(rolled);
    EXPECT_THAT(rolled->warnings, Contains(HasSubstr("not rolled back")));
    start();
    EXPECT_EQ(first_shown(Use::Sip), "one");
    EXPECT_TRUE(store::AuditLog(database).verify().rows > 0);
}

TEST_F(CertificateServiceTest, AnotherKeyUnderTheNameMustBeWanted) {
    ASSERT_TRUE(import({both(good())}, {.name = "one", .uses = {Use::Sip}}));
    const auto next = good();
    EXPECT_EQ(code_of(import({both(next)}, {.name = "one"})), "IST-API-003");
    const auto made = import({both(next)}, {.name = "one", .is_replacing = true});
    ASSERT_TRUE(made);
    EXPECT_EQ(certificates->shown_by(Use::Sip).front()->key_pem.size(), next.key_pem.size());
    EXPECT_EQ(certificates->shown_by(Use::Sip).front()->document.certificate, next.certificate_pem);
}

TEST(ReadTime, IsUtcOrSaysWhat) {
    EXPECT_EQ(*read_time("1970-01-02"), 86400);
    EXPECT_EQ(*read_time("2030-07-01T12:00:00Z"), 1909137600);
    EXPECT_EQ(*read_time("2030-07-01T12:00Z"), 1909137600);
    EXPECT_EQ(*read_time("2030-07-01T14:00:00+02:00"), 1909137600);
    for (const char* bad : {"",
                            "2030",
                            "2030-13-01",
                            "2030-02-30",
                            "2030-07-01T25:00Z",
                            "2030-07-01T12:00",
                            "7/1/2030",
                            "2030-07-01T"}) {
        EXPECT_FALSE(read_time(bad)) << bad;
    }
}

}  // namespace
}  // namespace isthmus::control
