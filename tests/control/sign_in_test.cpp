#include "control/sign_in.h"

#include "support/admin_world.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace isthmus::control {
namespace {

using test::AdminWorld;
using test::kGoodPassword;

class SignInTest : public testing::Test, protected AdminWorld {
  protected:
    SignInTest() {
        create("alice", "admin");
        create("bob", "viewer");
        audit.clear();
    }
};

TEST_F(SignInTest, OpensASessionWithTheRoleOfTheAccount) {
    EXPECT_EQ(sign_in("Bob"), "");
    EXPECT_EQ(take_audit().at(0), "sign-in session/" + last->session.id + " done");
    const auto holder = door.holder_of(last->cookie, "192.0.2.9", true);
    ASSERT_TRUE(holder);
    EXPECT_EQ(holder->author.admin, "bob");
    EXPECT_EQ(holder->author.role, Role::Viewer);
    EXPECT_EQ(admins.get("bob")->account.last_sign_in_from, "192.0.2.1");
    EXPECT_FALSE(door.holder_of(last->session.id, "192.0.2.9", true));
    EXPECT_FALSE(door.holder_of("", "192.0.2.9", true));
}

TEST_F(SignInTest, UnknownWrongAndDisabledAreOneAnswerAfterTheSameWork) {
    set("bob", {.is_enabled = false});
    for (const char* name : {"alice", "nobody", "bob", "../../etc", ""}) {
        const char* password = std::string_view(name) == "bob" ? kGoodPassword : "wrong";
        bool is_answered = false;
        door.with_password({.name = name, .password = password, .origin = "192.0.2.1"},
                           [&](const auto& result) {
                               is_answered = true;
                               EXPECT_EQ(result.error().code, "IST-AUTH-010") << name;
                               EXPECT_EQ(result.error().detail, "") << name;
                           });
        EXPECT_EQ(waiting.size(), 1U) << "a hash is computed for " << name;
        EXPECT_FALSE(is_answered) << name;
        work();
        EXPECT_TRUE(is_answered) << name;
    }
    EXPECT_EQ(audit.back().detail, "unknown name");
}

TEST_F(SignInTest, GuessingLocksKnownAndUnknownNamesAlike) {
    for (const char* name : {"alice", "nobody"}) {
        take_audit();
        for (int i = 0; i < 5; ++i) {
            // From many addresses.
            const std::string from = "198.51.100." + std::to_string(i);
            EXPECT_EQ(sign_in(name, "wrong", {}, from.c_str()), "IST-AUTH-010");
        }
        EXPECT_EQ(sign_in(name, kGoodPassword), "IST-AUTH-011");
        EXPECT_EQ(sign_in(name, kGoodPassword), "IST-AUTH-011");
        const auto entries = take_audit();
        EXPECT_EQ(entries.size(), 5U + 1U + 1U) << "one entry of what is tried while locked";
        EXPECT_EQ(entries.at(5).substr(0, 8), "lock-out") << entries.at(5);
        EXPECT_EQ(door.locked_for(name, "203.0.113.1"), 30);
    }
    EXPECT_EQ(admins.get("alice")->locked_for, 30);
    advance(30);
    EXPECT_EQ(sign_in("alice", "wrong"), "IST-AUTH-010");
    EXPECT_EQ(door.locked_for("alice", "203.0.113.1"), 60);
    EXPECT_TRUE(admins.unlock("alice", root));
    EXPECT_EQ(sign_in("alice"), "");
    EXPECT_EQ(sign_in("alice", "wrong"), "IST-AUTH-010") << "a success starts anew";
    EXPECT_EQ(door.locked_for("alice", "203.0.113.1"), 0);
}

TEST_F(SignInTest, ManyTriesAtOnceDoNotPassTheLockTogether) {
    int refused = 0;
    for (int i = 0; i < 50; ++i) {
        door.with_password(
            {.name = "alice", .password = "wrong", .origin = "192.0.2.1"},
            [&](const auto& result) { refused += result.error().code == "IST-AUTH-011" ? 1 : 0; });
    }
    EXPECT_EQ(waiting.size(), 5U);
    work();
    EXPECT_EQ(refused, 45);
}

TEST_F(SignInTest, AnAddressThatTriesManyNamesIsLocked) {
    for (int i = 0; i < 20; ++i) {
        sign_in(("n" + std::to_string(i)).c_str(), "wrong");
    }
    EXPECT_EQ(sign_in("alice"), "IST-AUTH-011");
    EXPECT_EQ(sign_in("alice", kGoodPassword, {}, "192.0.2.2"), "");
    advance(60);
    EXPECT_EQ(sign_in("alice"), "");
}

TEST_F(SignInTest, AFullWorkerIsNoFailure) {
    is_worker_full = true;
    for (int i = 0; i < 30; ++i) {
        EXPECT_EQ(sign_in("alice"), "IST-AUTH-015");
    }
    is_worker_full = false;
    EXPECT_EQ(sign_in("alice"), "");
}

TEST_F(SignInTest, WhatHappensWhileTheHashIsComputedCounts) {
    std::string code;
    door.with_password({.name = "bob", .password = kGoodPassword, .origin = "192.0.2.1"},
                       [&](const auto& result) { code = result ? "" : result.error().code; });
    admins.set("bob", {.is_enabled = false}, root, false, [](const auto&) {});
    work();
    EXPECT_EQ(code, "IST-AUTH-010");
}

TEST_F(SignInTest, HashesOfOldCostsAreRenewed) {
    context.cost.passes = 2;
    const std::string before = store.account("alice")->password_hash;
    EXPECT_EQ(sign_in("alice"), "");
    const std::string after = store.account("alice")->password_hash;
    EXPECT_NE(before, after);
    EXPECT_FALSE(is_outdated(after, context.cost));
    EXPECT_EQ(sign_in("alice"), "");
}

TEST_F(SignInTest, SessionsEndIdleAndAbsolutely) {
    sign_in("alice");
    const std::string cookie = last->cookie;
    advance(Sessions::kIdle - 1);
    EXPECT_TRUE(door.holder_of(cookie, "192.0.2.1", true));
    advance(Sessions::kIdle - 1);
    EXPECT_TRUE(door.holder_of(cookie, "192.0.2.1", false));
    advance(1);
    EXPECT_FALSE(door.holder_of(cookie, "192.0.2.1", true)) << "only use keeps it alive";
    sign_in("alice");
    for (std::int64_t gone = 0; gone < Sessions::kAbsolute - 600; gone += 600) {
        ASSERT_TRUE(door.holder_of(last->cookie, "192.0.2.1", true)) << gone;
        advance(600);
    }
    advance(600);
    EXPECT_FALSE(door.holder_of(last->cookie, "192.0.2.1", true));
}

TEST_F(SignInTest, SessionsFollowTheAccount) {
    sign_in("bob");
    const std::string cookie = last->cookie;
    store.set_access("bob", "helpdesk", true);  // by another node of the pool
    EXPECT_EQ(door.holder_of(cookie, "192.0.2.1", true)->author.role, Role::Helpdesk);
    store.set_access("bob", "helpdesk", false);
    EXPECT_FALSE(door.holder_of(cookie, "192.0.2.1", true));
    store.set_access("bob", "helpdesk", true);
    EXPECT_FALSE(door.holder_of(cookie, "192.0.2.1", true)) << "it does not come back";
    sign_in("bob");
    set("bob", {.password = "another good one"});
    EXPECT_FALSE(door.holder_of(last->cookie, "192.0.2.1", true));
}

TEST_F(SignInTest, SessionsAreBounded) {
    std::string first;
    for (std::size_t i = 0; i <= Sessions::kMostOfOne; ++i) {
        advance(1);
        sign_in("alice");
        first = first.empty() ? last->cookie : first;
    }
    EXPECT_EQ(context.sessions.list().size(), Sessions::kMostOfOne);
    EXPECT_FALSE(door.holder_of(first, "192.0.2.1", true));
    EXPECT_TRUE(admins.end_session(last->session.id, root));
    EXPECT_FALSE(admins.end_session(last->session.id, root));
    EXPECT_FALSE(door.holder_of(last->cookie, "192.0.2.1", true));
}

TEST_F(SignInTest, ALinkSignsInOnceWithinTenMinutes) {
    const auto link = admins.make_link("bob", root);
    const auto used = door.with_link(link->secret, "192.0.2.1", "browser\r\nX: y");
    ASSERT_TRUE(used);
    EXPECT_EQ(used->session.admin, "bob");
    EXPECT_EQ(used->session.user_agent.find('\n'), std::string::npos);
    EXPECT_EQ(door.with_link(link->secret, "192.0.2.1", "").error().code, "IST-AUTH-019");
    const auto late = admins.make_link("bob", root);
    advance(Sessions::kLinkLife);
    EXPECT_EQ(door.with_link(late->secret, "192.0.2.1", "").error().code, "IST-AUTH-019");
    const auto mine = admins.make_link("", root);
    const auto me = door.with_link(mine->secret, "192.0.2.1", "");
    EXPECT_EQ(me->session.admin, "root");
    EXPECT_EQ(door.holder_of(me->cookie, "192.0.2.1", true)->author.role, Role::Admin);
    EXPECT_EQ(admins.make_link("nobody", root).error().code, "IST-API-002");
    const auto dead = admins.make_link("bob", root);
    set("bob", {.is_enabled = false});
    EXPECT_FALSE(door.with_link(dead->secret, "192.0.2.1", ""));
    EXPECT_FALSE(admins.make_link("bob", root));
}

TEST_F(SignInTest, GuessingLinksLocksTheAddress) {
    for (int i = 0; i < 20; ++i) {
        EXPECT_FALSE(door.with_link("guess", "192.0.2.1", ""));
    }
    EXPECT_TRUE(door.is_address_locked("192.0.2.1"));
    EXPECT_FALSE(door.is_address_locked("192.0.2.2"));
}

TEST_F(SignInTest, NoSecretReachesTheAuditLog) {
    sign_in("alice", "a secret that is wrong");
    sign_in("alice");
    const auto token = tokens.create("viewer", "1d", "", root, false);
    const auto link = admins.make_link("bob", root);
    for (const AuditEntry& entry : audit) {
        for (const std::string& field : {entry.detail, entry.object, entry.action, entry.admin}) {
            EXPECT_EQ(field.find("secret that"), std::string::npos);
            EXPECT_EQ(field.find(kGoodPassword), std::string::npos);
            EXPECT_EQ(field.find(token->secret), std::string::npos);
            EXPECT_EQ(field.find(link->secret), std::string::npos);
            EXPECT_EQ(field.find(last->cookie), std::string::npos);
        }
    }
}

TEST(Worker, RunsElsewhereAndReportsThroughPost) {
    std::mutex mutex;
    std::condition_variable ready;
    std::vector<std::function<void()>> posted;
    Worker worker(
        [&](std::function<void()> call) {
            const std::scoped_lock lock(mutex);
            posted.push_back(std::move(call));
            ready.notify_one();
        },
        1);
    std::thread::id where;
    bool is_done = false;
    ASSERT_TRUE(
        worker.submit([&] { where = std::this_thread::get_id(); }, [&] { is_done = true; }));
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return !posted.empty(); });
    EXPECT_FALSE(is_done);
    posted.front()();
    EXPECT_TRUE(is_done);
    EXPECT_NE(where, std::this_thread::get_id());
}

}  // namespace
}  // namespace isthmus::control
