// What is kept of those who sign in here comes back as it went in, and goes with the user.
#include "store/home_store.h"

#include "store/config_store.h"
#include "store/subscription_store.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "both_databases.h"

namespace isthmus::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kAlice = "alice@contoso.example";
constexpr const char* kBob = "bob@contoso.example";

class HomeStoreTest : public BothDatabases {
  protected:
    HomeStoreTest() { reopen(); }

    void reopen() {
        home.reset();
        BothDatabases::open();
        home.emplace(*database, &keys);
    }

    void write(std::vector<SubscriptionChange> changes) {
        SubscriptionStore(*database).write(changes);
    }

    std::vector<HomeDocument> documents() const {
        std::vector<HomeDocument> made;
        home->load([&](HomeDocument one) { made.push_back(std::move(one)); });
        return made;
    }

    std::vector<std::string> who_has_passwords() const {
        std::vector<std::string> made;
        EXPECT_EQ(home->load_passwords([&](std::string user, const policy::SipCredentials& one) {
            made.push_back(user);
            EXPECT_EQ(one, policy::SipCredentials::make(user, "a good long password"));
        }),
                  0U);
        std::ranges::sort(made);
        return made;
    }

    KeyBox keys;
    std::optional<HomeStore> home;
};

TEST_P(HomeStoreTest, DocumentsComeBackAsTheyWere) {
    const HomeDocument list{.user = kAlice,
                            .kind = "contacts",
                            .body = "contact\tromeo@fabrikam.example\t1\t1\tR\u00f6meo 'x'\n"};
    const HomeDocument note{.user = kAlice, .kind = "presence", .body = "note\tat lunch\n"};
    write({list, note, HomeDocument{.user = kBob, .kind = "presence", .body = "state\t6500\n"}});
    reopen();
    EXPECT_EQ(documents().size(), 3U);
    HomeDocument changed = list;
    changed.body = "contact\tnurse@fabrikam.example\t1\t1\t\n";
    write({changed, HomeDocument{.user = kBob, .kind = "presence", .body = ""}});
    reopen();
    EXPECT_THAT(documents(), ElementsAre(changed, note));
}

TEST_P(HomeStoreTest, PasswordsAreSealedAndNobodyElsesDocuments) {
    for (const char* user : {kAlice, kBob}) {
        home->set_password(user, policy::SipCredentials::make(user, "a good long password"));
    }
    reopen();
    EXPECT_THAT(documents(), IsEmpty());
    EXPECT_THAT(who_has_passwords(), ElementsAre(kAlice, kBob));
    EXPECT_EQ(
        number("SELECT count(*) FROM home_documents WHERE body LIKE '%" +
               policy::SipCredentials::make(kAlice, "a good long password").md5_by_local + "%'"),
        0);
    home->set_password(kBob, std::nullopt);
    EXPECT_THAT(who_has_passwords(), ElementsAre(kAlice));
    const KeyBox others;
    EXPECT_EQ(HomeStore(*database, &others).load_passwords([](const auto&, const auto&) {
        ADD_FAILURE();
    }),
              1U);
}

TEST_P(HomeStoreTest, WhoeverIsTakenOutLeavesNothing) {
    policy::User alice;
    alice.uri = kAlice;
    const auto commit = [&](std::optional<policy::User> before, std::optional<policy::User> after) {
        ConfigStore(*database).commit({.author = {"root", "unix"},
                                       .action = "set",
                                       .object = "users",
                                       .reason = {},
                                       .objects = {},
                                       .users = {{kAlice, std::move(before), std::move(after)}}});
    };
    commit(std::nullopt, alice);
    home->set_password(kAlice, policy::SipCredentials::make(kAlice, "a good long password"));
    write({HomeDocument{.user = kAlice, .kind = "contacts", .body = "x"},
           HomeDocument{.user = kBob, .kind = "contacts", .body = "y"}});
    commit(alice, std::nullopt);
    reopen();
    EXPECT_THAT(documents(),
                ElementsAre(HomeDocument{.user = kBob, .kind = "contacts", .body = "y"}));
    EXPECT_THAT(who_has_passwords(), IsEmpty());
}

ISTHMUS_ON_BOTH_DATABASES(HomeStoreTest);

}  // namespace
}  // namespace isthmus::store
