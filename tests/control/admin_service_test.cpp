// Accounts, passwords, second factor, tokens.
#include "control/admin_service.h"

#include "control/totp.h"
#include "support/admin_world.h"

#include <gtest/gtest.h>

namespace isthmus::control {
namespace {

using test::AdminWorld;
using test::kGoodPassword;

TEST(Password, Rules) {
    EXPECT_TRUE(check_new_password("correct horse", "alice"));
    EXPECT_TRUE(check_new_password("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\xe2\x82\xac twelve", "alice"));
    for (const char* bad : {"",
                            "eleven char",
                            "aaaaaaaaaaaaaaaa",
                            "abababababababab",
                            "Alice.Smith.1",
                            "alice.smith",
                            "alice.smithalice.smith",
                            "bad \xff octets here",
                            "line\nbreak inside"}) {
        const auto checked = check_new_password(bad, "alice.smith");
        EXPECT_FALSE(checked) << bad;
        EXPECT_EQ(checked.error().code, "IST-AUTH-013");
    }
    EXPECT_FALSE(check_new_password(std::string(257, 'x') + "abcdef", "a"));
}

TEST(Password, HashesAreSaltedAndVerified) {
    const HashCost cheap{.memory_kib = 8, .passes = 1};
    const std::string one = hash_password("secret", cheap);
    EXPECT_TRUE(one.starts_with("$argon2id$v=19$m=8,t=1,p=1$")) << one;
    EXPECT_NE(one, hash_password("secret", cheap));
    EXPECT_TRUE(verify_password("secret", one));
    EXPECT_FALSE(verify_password("Secret", one));
    EXPECT_FALSE(verify_password("secret", ""));
    EXPECT_FALSE(is_outdated(one, cheap));
    EXPECT_TRUE(is_outdated(one));
}

TEST(AdminService, LifeOfAnAccount) {
    AdminWorld world;
    EXPECT_TRUE(world.create("Alice", "admin"));
    EXPECT_EQ(world.create("alice", "viewer").error().code, "IST-API-003");
    EXPECT_TRUE(world.create("bob", "CsHelpDesk"));
    EXPECT_EQ(world.admins.get("BOB")->account.role, "helpdesk");
    EXPECT_TRUE(world.set("bob", {.role = "viewer", .is_enabled = false}));
    EXPECT_FALSE(world.admins.get("bob")->account.is_enabled);
    EXPECT_EQ(world.admins.list()->size(), 2U);
    EXPECT_TRUE(world.admins.erase("bob", world.root, true));
    EXPECT_TRUE(world.admins.get("bob")) << "a trial";
    EXPECT_TRUE(world.admins.erase("bob", world.root, false));
    EXPECT_EQ(world.admins.get("bob").error().code, "IST-API-002");
    EXPECT_EQ(world.take_audit(),
              (std::vector<std::string>{"create admin/alice done",
                                        "create admin/bob done",
                                        "set admin/bob done",
                                        "delete admin/bob done"}));
}

TEST(AdminService, RefusesWhatIsNoAccount) {
    AdminWorld world;
    for (const char* bad : {"", "a b", "../x", ".a", "a/b", "a'--", "\xc3\xa4", "a\r\nb"}) {
        EXPECT_EQ(world.create(bad, "admin").error().code, "IST-API-001") << bad;
    }
    EXPECT_FALSE(world.create(std::string(65, 'a').c_str(), "admin"));
    EXPECT_EQ(world.create("a", "root").error().code, "IST-API-001");
    EXPECT_EQ(world.create("a", "admin", "short").error().code, "IST-AUTH-013");
    world.is_worker_full = true;
    EXPECT_EQ(world.create("a", "admin").error().code, "IST-AUTH-015");
    EXPECT_TRUE(world.admins.list()->empty());
}

TEST(AdminService, TheLastAdminStays) {
    AdminWorld world;
    world.create("alice", "admin");
    world.create("bob", "viewer");
    EXPECT_EQ(world.admins.erase("alice", world.root, false).error().code, "IST-AUTH-014");
    EXPECT_EQ(world.set("alice", {.role = "viewer"}).error().code, "IST-AUTH-014");
    EXPECT_EQ(world.set("alice", {.is_enabled = false}).error().code, "IST-AUTH-014");
    const std::string hash = world.store.account("alice")->password_hash;
    EXPECT_FALSE(world.set("alice", {.role = "viewer", .password = "another good one"}));
    EXPECT_EQ(world.store.account("alice")->password_hash, hash) << "all or nothing";
    EXPECT_TRUE(world.set("bob", {.role = "admin"}));
    EXPECT_TRUE(world.set("alice", {.is_enabled = false}));
    EXPECT_EQ(world.admins.erase("bob", world.root, false).error().code, "IST-AUTH-014")
        << "a disabled one does not count";
    EXPECT_TRUE(world.admins.erase("alice", world.root, false)) << "nor is it kept";
}

TEST(AdminService, ATrialRefusesTheLastAdminToo) {
    AdminWorld world;
    world.create("alice", "admin");
    world.create("bob", "viewer");
    world.take_audit();
    const auto try_set = [&](const char* name, const AccountChange& change) {
        std::string code = "nobody called back";
        world.admins.set(name, change, world.root, true, [&](const auto& made) {
            code = made ? "" : std::string(made.error().code);
        });
        return code;
    };
    EXPECT_EQ(world.admins.erase("alice", world.root, true).error().code, "IST-AUTH-014");
    EXPECT_EQ(try_set("alice", {.role = "viewer"}), "IST-AUTH-014");
    EXPECT_EQ(try_set("alice", {.is_enabled = false}), "IST-AUTH-014");
    EXPECT_EQ(try_set("bob", {.role = "admin"}), "");
    EXPECT_EQ(world.admins.get("bob")->account.role, "viewer") << "a trial";
    EXPECT_TRUE(world.set("bob", {.role = "admin"}));
    EXPECT_EQ(try_set("alice", {.role = "viewer"}), "");
    EXPECT_TRUE(world.admins.erase("alice", world.root, true));
    EXPECT_EQ(world.take_audit(), (std::vector<std::string>{"set admin/bob done"}));
}

TEST(OwnAccount, ChangesThePasswordAndEndsTheOtherSessions) {
    AdminWorld world;
    world.create("alice", "admin");
    ASSERT_EQ(world.sign_in("alice"), "");
    const std::string other = world.last->cookie;
    ASSERT_EQ(world.sign_in("alice"), "");
    const SignedIn mine = *world.last;
    const Author alice{{"alice", "192.0.2.1"}, Role::Admin};
    std::string code = "none";
    const auto change = [&](const char* current, const char* wanted) {
        world.own.change_password(alice, mine.session.id, current, wanted, [&](auto done) {
            code = done ? "" : std::string(done.error().code);
        });
        world.work();
        return code;
    };
    EXPECT_EQ(change("wrong", "another good one"), "IST-AUTH-020");
    EXPECT_EQ(change(kGoodPassword, "alice"), "IST-AUTH-013");
    EXPECT_EQ(change(kGoodPassword, "another good one"), "");
    EXPECT_FALSE(world.door.holder_of(other, "192.0.2.1", true));
    EXPECT_TRUE(world.door.holder_of(mine.cookie, "192.0.2.1", true));
    EXPECT_EQ(world.sign_in("alice"), "IST-AUTH-010");
    EXPECT_EQ(world.sign_in("alice", "another good one"), "");
    for (int i = 0; i < 5; ++i) {
        change("wrong", "yet another good one");
    }
    EXPECT_EQ(change("another good one", "yet another good one"), "IST-AUTH-011")
        << "a stolen session cannot guess either";
}

class SecondFactor : public testing::Test {
  protected:
    SecondFactor() {
        world.create("alice", "admin");
        secret = world.own.enrol_totp(alice)->secret;
    }

    std::string code(std::int64_t later = 0) const {
        return totp::hotp(*totp::base32_decode(secret),
                          static_cast<std::uint64_t>(totp::step_at(world.wall + later)),
                          6);
    }

    AdminWorld world;
    Author alice{{"alice", "192.0.2.1"}, Role::Admin};
    std::string secret;
};

TEST_F(SecondFactor, CountsOnceItIsConfirmed) {
    EXPECT_EQ(world.sign_in("alice"), "");
    EXPECT_EQ(world.own.confirm_totp(alice, "000000").error().code, "IST-AUTH-020");
    const auto codes = world.own.confirm_totp(alice, code());
    ASSERT_TRUE(codes);
    EXPECT_EQ(world.sign_in("alice"), "IST-AUTH-012");
    EXPECT_EQ(world.sign_in("alice", "wrong password"), "IST-AUTH-010")
        << "no word of the second factor to who does not know the password";
    EXPECT_EQ(world.sign_in("alice", kGoodPassword, code()), "IST-AUTH-010") << "used above";
    world.advance(30);
    EXPECT_EQ(world.sign_in("alice", kGoodPassword, code()), "");
    EXPECT_EQ(world.sign_in("alice", kGoodPassword, code()), "IST-AUTH-010") << "a replay";
    EXPECT_EQ(world.sign_in("alice", kGoodPassword, code(-30)), "IST-AUTH-010")
        << "an earlier one after a later one";
    EXPECT_EQ(world.own.enrol_totp(alice).error().code, "IST-API-003");
    EXPECT_EQ(world.sign_in("alice", kGoodPassword, codes->at(3)), "");
    EXPECT_EQ(world.sign_in("alice", kGoodPassword, codes->at(3)), "IST-AUTH-010") << "used up";
    EXPECT_EQ(world.admins.get("alice")->recovery_codes_left, 9);
}

TEST_F(SecondFactor, GuessingCodesLocks) {
    world.own.confirm_totp(alice, code());
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(world.sign_in("alice", kGoodPassword, "00000" + std::to_string(i)),
                  "IST-AUTH-010");
    }
    world.advance(1);
    EXPECT_EQ(world.sign_in("alice", kGoodPassword, code(30)), "IST-AUTH-011");
}

TEST_F(SecondFactor, RemovedByItsOwnerOrReset) {
    const auto codes = world.own.confirm_totp(alice, code());
    EXPECT_EQ(world.own.remove_totp(alice, "000000").error().code, "IST-AUTH-020");
    EXPECT_TRUE(world.own.remove_totp(alice, codes->at(0)));
    EXPECT_EQ(world.sign_in("alice"), "");
    secret = world.own.enrol_totp(alice)->secret;
    ASSERT_TRUE(world.own.confirm_totp(alice, code()));
    EXPECT_EQ(world.sign_in("alice"), "IST-AUTH-012");
    EXPECT_TRUE(world.admins.reset_totp("alice", world.root));
    EXPECT_EQ(world.sign_in("alice"), "");
    EXPECT_EQ(world.store.recovery_codes_left("alice"), 0);
}

TEST(TokenService, LifeOfAToken) {
    AdminWorld world;
    const auto made = world.tokens.create("viewer", "30d", "backup script", world.root, false);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->secret.size(), 4U + 64U);
    const auto author = world.tokens.authenticate(made->secret, "192.0.2.7");
    ASSERT_TRUE(author);
    EXPECT_EQ(author->role, Role::Viewer);
    EXPECT_EQ(author->admin, "token/" + made->token.id);
    EXPECT_EQ(world.tokens.get(made->token.id)->last_used_from, "192.0.2.7");
    std::string wrong = made->secret;
    wrong.back() = wrong.back() == '0' ? '1' : '0';
    for (const std::string& bad : {wrong, std::string(), std::string("ist_"), made->token.hash}) {
        EXPECT_FALSE(world.tokens.authenticate(bad, "192.0.2.7")) << bad;
    }
    world.advance(30LL * 86400 - 1);
    EXPECT_TRUE(world.tokens.authenticate(made->secret, "192.0.2.7"));
    world.advance(1);
    EXPECT_FALSE(world.tokens.authenticate(made->secret, "192.0.2.7"));
    const auto second = world.tokens.create("admin", "1h", "", world.root, false);
    EXPECT_TRUE(world.tokens.revoke(second->token.id, world.root));
    EXPECT_FALSE(world.tokens.authenticate(second->secret, "192.0.2.7"));
    EXPECT_EQ(world.tokens.revoke(second->token.id, world.root).error().code, "IST-API-002");
    EXPECT_EQ(world.tokens.list()->size(), 1U);
}

TEST(TokenService, RefusesWhatIsNoToken) {
    AdminWorld world;
    for (const char* bad : {"", "0d", "59", "367d", "1y", "-1d", "99999999999999999999d", "d"}) {
        EXPECT_EQ(world.tokens.create("viewer", bad, "", world.root, false).error().code,
                  "IST-API-001")
            << bad;
    }
    EXPECT_FALSE(world.tokens.create("none", "1d", "", world.root, false));
    EXPECT_FALSE(world.tokens.create("viewer", "1d", std::string(257, 'x'), world.root, false));
    EXPECT_TRUE(world.tokens.create("viewer", "1d", "", world.root, true)->secret.empty());
    EXPECT_TRUE(world.tokens.list()->empty());
}

}  // namespace
}  // namespace isthmus::control
