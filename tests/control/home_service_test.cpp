// Passwords of the home server: whoever is taken out loses his, by whatever way.
#include "control/home_service.h"

#include <functional>
#include <string>
#include <vector>

#include "management_world.h"

namespace isthmus::control {
namespace {

class HomeServiceTest : public Management {
  protected:
    HomeServiceTest()
        : passwords(database, nullptr),
          home(
              *users,
              passwords,
              {},
              [](const std::string& /*user*/, const auto& /*credentials*/) { return true; },
              [this](const std::string& user) { forgotten.push_back(user); }) {
        service->set_on_user_erased([this](const std::string& user) { home.on_user_erased(user); });
    }

    void enter(const std::string& name) {
        ASSERT_TRUE(users->create(boost::json::object{{"uri", name}}, edit));
        ASSERT_TRUE(home.set_password(name, "correct horse", edit));
        forgotten.clear();
    }

    store::HomeStore passwords;
    HomeService home;
    std::vector<std::string> forgotten;
};

TEST_F(HomeServiceTest, WhoIsTakenOutLosesHisPasswordByWhateverWay) {
    const std::string ann = "ann@contoso.example";
    const std::string ben = "ben@contoso.example";
    enter(ben);
    const std::uint64_t before = store.revision();
    const std::function<Result<Committed>()> ways[] = {
        [&] { return users->erase(ann, edit); },
        [&] { return service->rollback(before, edit); },
        [&] {
            return users->replace(
                {{ann, store.user(ann), std::nullopt}}, "sync", "users", edit, service->snapshot());
        },
    };
    for (const auto& way : ways) {
        enter(ann);
        edit.dry_run = true;
        ASSERT_TRUE(way());
        EXPECT_TRUE(passwords.has_password(ann)) << "a trial";
        EXPECT_TRUE(forgotten.empty());
        edit.dry_run = false;
        const auto done = way();
        ASSERT_TRUE(done) << done.error().public_text;
        EXPECT_FALSE(store.user(ann));
        EXPECT_FALSE(passwords.has_password(ann));
        EXPECT_EQ(forgotten, std::vector<std::string>{ann});
        // Who is entered again is perhaps another person.
        ASSERT_TRUE(users->create(boost::json::object{{"uri", ann}}, edit));
        EXPECT_FALSE(passwords.has_password(ann));
        ASSERT_TRUE(users->erase(ann, edit));
    }
    EXPECT_TRUE(passwords.has_password(ben));
}

}  // namespace
}  // namespace isthmus::control
