// Which users a text and filters find, in which order, a page at a time.
#include "store/config_store.h"

#include <fmt/format.h>

#include "both_databases.h"

namespace isthmus::store {
namespace {

using policy::Homed;
using policy::User;

class UserSearchTest : public BothDatabases {
  protected:
    void add(const std::vector<User>& users) {
        Commit commit;
        for (const User& user : users) {
            commit.users.push_back({user.uri, std::nullopt, user});
        }
        ConfigStore(*database).commit(commit);
    }

    void add_some() {
        add({{.uri = "alice@contoso.example", .display_name = "Alice Müller", .site = "A"},
             {.uri = "bob@contoso.example",
              .display_name = "Bob Liddell",
              .site = "B",
              .policy = "Tag:x"},
             {.uri = "liddell.alice@contoso.example", .display_name = "李明", .enabled = false},
             {.uri = "zoe@contoso.example",
              .display_name = "ALICE 100%_\\\"'*",
              .site = "A",
              .pool = "p"},
             {.uri = "100@fabrikam.example",
              .display_name = "ＭＡＸ Straße",
              .homed = Homed::Legacy}});
    }

    std::string find(const UserFilter& filter) {
        const UserPage page = ConfigStore(*database).find_users(filter);
        std::string made;
        for (const User& user : page.users) {
            made += user.uri.substr(0, user.uri.find('@')) + " ";
        }
        return fmt::format("{}{}{}", made, page.total, page.is_total_exact ? "" : "+");
    }
};

ISTHMUS_ON_BOTH_DATABASES(UserSearchTest);

TEST_P(UserSearchTest, AnywhereAndFirstWhereTheUriStarts) {
    add_some();
    EXPECT_EQ(find({}), "100 alice bob liddell.alice zoe 5");
    EXPECT_EQ(find({.text = "alice"}), "alice liddell.alice zoe 3");
    EXPECT_EQ(find({.text = "LIDDELL"}), "liddell.alice bob 2");
    EXPECT_EQ(find({.text = "müLL"}), "alice 1");
    EXPECT_EQ(find({.text = "max strasse"}), "100 1");
    EXPECT_EQ(find({.text = "@contoso"}), "alice bob liddell.alice zoe 4");
    EXPECT_EQ(find({.text = "ice m"}), "alice 1");
    EXPECT_EQ(find({.text = "nobody"}), "0");
    EXPECT_EQ(find({.text = "bob@contoso.example\nbob"}), "bob 1");
}

TEST_P(UserSearchTest, ShortTextsAreBeginnings) {
    add_some();
    EXPECT_EQ(find({.text = "a"}), "alice zoe 2");
    EXPECT_EQ(find({.text = "li"}), "liddell.alice 1");
    EXPECT_EQ(find({.text = "李"}), "liddell.alice 1");
    EXPECT_EQ(find({.text = "李明"}), "liddell.alice 1");
    EXPECT_EQ(find({.text = "B"}), "bob 1");
    EXPECT_EQ(find({.text = "ob"}), "0");
}

TEST_P(UserSearchTest, NothingInATextIsAPattern) {
    add_some();
    EXPECT_EQ(find({.text = "100%_\\\"'*"}), "zoe 1");
    EXPECT_EQ(find({.text = "%__"}), "0");
    EXPECT_EQ(find({.text = "a_ice"}), "0");
    EXPECT_EQ(find({.text = "%"}), "0");
    EXPECT_EQ(find({.text = "\" OR \""}), "0");
    EXPECT_EQ(find({.text = "'; DROP TABLE users; --"}), "0");
    EXPECT_EQ(find({.site = "' OR '1'='1"}), "0");
    EXPECT_EQ(find({.text = std::string(100'000, 'a')}), "0");
    EXPECT_EQ(find({}), "100 alice bob liddell.alice zoe 5");
}

TEST_P(UserSearchTest, FiltersRestrict) {
    add_some();
    EXPECT_EQ(find({.site = "A"}), "alice zoe 2");
    EXPECT_EQ(find({.text = "alice", .site = "A"}), "alice zoe 2");
    EXPECT_EQ(find({.text = "alice", .site = "A", .pool = "p"}), "zoe 1");
    EXPECT_EQ(find({.policy = "Tag:x"}), "bob 1");
    EXPECT_EQ(find({.homed = Homed::Legacy}), "100 1");
    EXPECT_EQ(find({.homed = Homed::Here, .enabled = true}), "alice bob zoe 3");
    EXPECT_EQ(find({.text = "l", .enabled = false}), "liddell.alice 1");
    EXPECT_EQ(find({.text = "alice", .enabled = true}), "alice zoe 2");
}

TEST_P(UserSearchTest, PagesFollowEachOtherOverBothParts) {
    add_some();
    const char* const pages[] = {"alice 3", "liddell.alice 3", "zoe 3", "3"};
    for (std::size_t i = 0; i < std::size(pages); ++i) {
        EXPECT_EQ(find({.text = "alice", .offset = i, .limit = 1}), pages[i]);
    }
    EXPECT_EQ(find({.text = "alice", .offset = 1, .limit = 5}), "liddell.alice zoe 3");
    EXPECT_EQ(find({.text = "alice", .limit = 0}), "3");
    EXPECT_EQ(find({.offset = 4}), "zoe 5");
}

TEST_P(UserSearchTest, AChangedNameIsFoundByItsNewTextOnly) {
    add_some();
    User bob = *ConfigStore(*database).user("bob@contoso.example");
    User renamed = bob;
    renamed.display_name = "Robert";
    Commit commit;
    commit.users.push_back({bob.uri, bob, renamed});
    ConfigStore(*database).commit(commit);
    EXPECT_EQ(find({.text = "Robert"}), "bob 1");
    EXPECT_EQ(find({.text = "Liddell"}), "liddell.alice 1");
    EXPECT_EQ(find({.text = "ro"}), "bob 1");
}

TEST_P(UserSearchTest, MoreThanAreCounted) {
    std::vector<User> many;
    for (int i = 10'000; i < 30'000; ++i) {
        many.push_back({.uri = fmt::format("user{}@contoso.example", i),
                        .display_name = fmt::format("Person {}", i),
                        .site = i % 1000 == 999 ? "rare" : ""});
    }
    many.push_back({.uri = "aaa@contoso.example", .display_name = "Userlike"});
    add(many);
    EXPECT_EQ(find({.limit = 1}), "aaa 10000+");
    EXPECT_EQ(find({.text = "user", .limit = 1}), "user10000 10000+");
    EXPECT_EQ(find({.text = "contoso", .offset = 2, .limit = 2}), "user10001 user10002 4+");
    EXPECT_EQ(find({.text = "person 2", .limit = 2}), "user20000 user20001 10000");
    EXPECT_EQ(find({.text = "person 29999"}), "user29999 1");
    EXPECT_EQ(find({.text = "contoso", .site = "rare", .offset = 1, .limit = 2}),
              "user11999 user12999 3+");
    EXPECT_EQ(find({.text = "user1", .site = "rare", .limit = 1}), "user10999 10");
    EXPECT_EQ(find({.text = "erson 1299"}).size(), std::string("user12990 ").size() * 10 + 2);
}

}  // namespace
}  // namespace isthmus::store
