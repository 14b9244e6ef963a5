// Several changes as one revision, and one revision taken back alone.
#include "control/change_set.h"

#include <gmock/gmock.h>

#include "management_world.h"

namespace isthmus::control {
namespace {

using policy::AccessRule;
using policy::GatewaySettings;
using policy::Partner;
using policy::Pool;
using policy::Site;
using testing::HasSubstr;

template <class Object>
ObjectOrder create(const char* body) {
    return {.name = "new",
            .if_match = {},
            .carry_out = [body = std::string(body)](PolicyService& service, const Edit& edit) {
                return service.create<Object>(boost::json::parse(body).as_object(), edit);
            }};
}

template <class Object>
ObjectOrder set(const char* id, const char* body, std::string if_match = {}) {
    return {.name = id,
            .if_match = std::move(if_match),
            .carry_out = [id = std::string(id), body = std::string(body)](PolicyService& service,
                                                                          const Edit& edit) {
                return service.set<Object>(id, boost::json::parse(body).as_object(), edit);
            }};
}

class ChangeSetTest : public Management {
  protected:
    Result<ChangeSetPlan> plan(const ChangeSet& all) {
        return plan_changes(
            all, service->rehearse(), edit, [this](const auto& take) { store.load_users(take); });
    }

    Result<Committed> change(const ChangeSet& all) {
        auto planned = plan(all);
        return planned ? carry_out(*service, std::move(*planned), edit) : planned.error();
    }

    /// A site with its policy and pool, a partner, and a user who is in all of them.
    ChangeSet everything() {
        return {.orders = {create<Site>(R"({"name":"Rome"})"),
                           create<Pool>(R"({"fqdn":"p.contoso.example","site":"Rome"})"),
                           create<AccessRule>(R"({"identity":"Tag:Sales"})"),
                           set<AccessRule>("Tag:Sales", R"({"enable_federation_access":true})"),
                           create<Partner>(R"({"domain":"a.example"})")},
                .users_csv = "uri,policy,pool\nalice@contoso.example,Sales,p.contoso.example\n"};
    }
};

TEST_F(ChangeSetTest, EachBuildsOnThoseBefore) {
    edit.reason = "from the old one";
    const auto done = change(everything());
    ASSERT_TRUE(done) << done.error().public_text;
    EXPECT_EQ(done->revision, 1U);
    EXPECT_EQ(done->object.at("objects"), 4);
    EXPECT_EQ(done->object.at("users").at("created"), 1);
    EXPECT_EQ(done->object.at("changes").as_array().size(), 5U);
    EXPECT_TRUE(service->get<AccessRule>("Tag:Sales")->enable_federation_access);
    EXPECT_NE(in_force->partner_of("a.example"), nullptr);
    EXPECT_EQ(store.user("alice@contoso.example")->policy, "Tag:Sales");
    const auto history = service->history(5);
    ASSERT_EQ(history.size(), 1U);
    EXPECT_EQ(history[0].action, "change");
    EXPECT_EQ(history[0].object, "4 objects, 1 user");
    EXPECT_EQ(history[0].reason, "from the old one");
    EXPECT_EQ(service->changes(1).size(), 5U);
    open();
    EXPECT_TRUE(service->get<AccessRule>("Tag:Sales")->enable_federation_access);
}

TEST_F(ChangeSetTest, AnImportIsCalledOne) {
    ChangeSet all = everything();
    all.action = "import";
    ASSERT_TRUE(change(all));
    EXPECT_EQ(service->history(1).front().action, "import");
}

TEST_F(ChangeSetTest, OneRefusalAndNothingHasChanged) {
    const auto before = in_force;
    ChangeSet all = everything();
    all.orders.push_back(create<Partner>(R"({"domain":"contoso.example"})"));
    const auto refused = change(all);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().public_text, HasSubstr("\"new\": "));
    all = everything();
    all.users_csv = "uri,policy\nalice@contoso.example,Nobody\n";
    const auto planned = plan(all);
    ASSERT_TRUE(planned);
    EXPECT_EQ(planned->users.faulty, 1U);
    EXPECT_EQ(store.revision(), 0U);
    EXPECT_EQ(in_force, before);
    EXPECT_FALSE(service->get<Site>("Rome"));
}

TEST_F(ChangeSetTest, ATrialChangesNothing) {
    edit.dry_run = true;
    const auto tried = change(everything());
    ASSERT_TRUE(tried);
    EXPECT_TRUE(tried->is_dry_run);
    EXPECT_EQ(tried->object.at("objects"), 4);
    EXPECT_EQ(store.revision(), 0U);
    EXPECT_FALSE(service->get<Site>("Rome"));
}

TEST_F(ChangeSetTest, WhoReadSomethingElseIsRefused) {
    ASSERT_TRUE(service->create<Partner>(object(R"({"domain":"a.example"})"), edit));
    const std::string tag = etag_of(to_json(*service->get<Partner>("a.example")));
    const auto changed = change(
        {.orders = {set<Partner>("a.example", R"({"enabled":false})", tag)}, .users_csv = {}});
    ASSERT_TRUE(changed);
    EXPECT_EQ(service->history(1).at(0).object, "partner/a.example");
    const auto late = change(
        {.orders = {set<Partner>("a.example", R"({"enabled":true})", tag)}, .users_csv = {}});
    EXPECT_EQ(late.error().code, "IST-API-005");
    auto planned = plan({.orders = {create<Site>(R"({"name":"Rome"})")}, .users_csv = {}});
    ASSERT_TRUE(planned);
    ASSERT_TRUE(service->create<Site>(object(R"({"name":"Oslo"})"), edit));
    EXPECT_EQ(carry_out(*service, std::move(*planned), edit).error().code, "IST-API-005");
    EXPECT_FALSE(service->get<Site>("Rome"));
}

TEST_F(ChangeSetTest, WhatIsAsItWasMakesNoRevision) {
    ASSERT_TRUE(change(everything()));
    const auto again = change({.orders = {set<Partner>("a.example", R"({"enabled":false})"),
                                          set<Partner>("a.example", R"({"enabled":true})")},
                               .users_csv = {}});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->object.at("objects"), 0);
    EXPECT_EQ(store.revision(), 1U);
}

TEST_F(ChangeSetTest, UndoTakesBackThatRevisionAlone) {
    ASSERT_TRUE(change(everything()));
    ASSERT_TRUE(service->create<Partner>(object(R"({"domain":"mine.example"})"), edit));
    const auto undone = service->undo(1, edit);
    ASSERT_TRUE(undone) << undone.error().public_text;
    EXPECT_EQ(undone->revision, 3U);
    EXPECT_EQ(undone->object.at("objects"), 4);
    EXPECT_EQ(undone->object.at("users"), 1);
    EXPECT_FALSE(service->get<Site>("Rome"));
    EXPECT_FALSE(store.user("alice@contoso.example"));
    EXPECT_NE(in_force->partner_of("mine.example"), nullptr);
    EXPECT_EQ(service->history(1).at(0).object, "revision/1");
    ASSERT_TRUE(service->undo(3, edit)) << "an undo too";
    EXPECT_TRUE(service->get<Site>("Rome"));
    open();
    EXPECT_TRUE(service->get<Site>("Rome"));
    EXPECT_EQ(service->undo(99, edit).error().code, "IST-API-002");
}

TEST_F(ChangeSetTest, UndoRefusesWhatWasChangedAgain) {
    ASSERT_TRUE(change(everything()));
    ASSERT_TRUE(service->set<Partner>("a.example", object(R"({"enabled":false})"), edit));
    const auto refused = service->undo(1, edit);
    EXPECT_EQ(refused.error().code, "IST-API-005");
    EXPECT_THAT(refused.error().public_text, HasSubstr("partner/a.example was changed again"));
    ASSERT_TRUE(service->undo(2, edit));
    ASSERT_TRUE(users->set("alice@contoso.example", object(R"({"display_name":"A"})"), edit));
    EXPECT_THAT(service->undo(1, edit).error().public_text,
                HasSubstr("user/alice@contoso.example was changed again"));
    edit.dry_run = true;
    ASSERT_TRUE(service->undo(4, edit));
    EXPECT_EQ(store.revision(), 4U);
}

TEST_F(ChangeSetTest, UndoRefusesWhatIsInUse) {
    ASSERT_TRUE(change(everything()));
    for (const char* user : {R"({"uri":"bob@contoso.example","policy":"Tag:Sales"})",
                             R"({"uri":"bob@contoso.example","site":"Rome"})",
                             R"({"uri":"bob@contoso.example","pool":"p.contoso.example"})"}) {
        ASSERT_TRUE(users->create(object(user), edit));
        const auto refused = service->undo(1, edit);
        EXPECT_EQ(refused.error().code, "IST-API-010") << user;
        EXPECT_THAT(refused.error().public_text, HasSubstr("still used by 1 users"));
        ASSERT_TRUE(users->erase("bob@contoso.example", edit));
    }
    ASSERT_TRUE(service->create<AccessRule>(object(R"({"identity":"Site:Rome"})"), edit));
    EXPECT_EQ(service->undo(1, edit).error().code, "IST-API-010");
}

TEST_F(ChangeSetTest, SecretsStay) {
    ASSERT_TRUE(service->set_single<GatewaySettings>(
        object(R"({"dialback_passphrase":"first","connection_limit":7})"), edit));
    const auto undone = service->undo(1, edit);
    ASSERT_TRUE(undone);
    EXPECT_EQ(undone->warnings.size(), 1U);
    EXPECT_EQ(in_force->gateway().dialback_passphrase, "first");
    EXPECT_EQ(in_force->gateway().connection_limit, 1000U);
}

}  // namespace
}  // namespace isthmus::control
