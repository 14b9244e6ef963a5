// All routes × all roles × all methods: who gets in is what the table says, and nothing else.
#include "admin/routes.h"

#include "admin/authorisation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace isthmus::admin {
namespace {

using control::Right;
using control::Role;

constexpr const char* kMethods[] = {
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", ""};

std::string example(std::string_view pattern) {
    std::string made(pattern);
    for (std::size_t at = 0; (at = made.find("{}")) != std::string::npos;) {
        made.replace(at, 2, "x%2Fy%3Aenable");
    }
    return made;
}

TEST(Routes, EachRowIsFoundByItsOwnPathAndNoOtherMethod) {
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (const Route& route : routes()) {
        EXPECT_TRUE(seen.insert({route.method, route.pattern}).second) << route.pattern;
        for (const char* method : kMethods) {
            const RouteMatch match = match_route(method, example(route.pattern));
            const bool is_listed = std::ranges::any_of(routes(), [&](const Route& other) {
                return other.method == method && other.pattern == route.pattern;
            });
            ASSERT_EQ(match.route != nullptr, is_listed) << method << ' ' << route.pattern;
            EXPECT_NE(match.allow.find(route.method), std::string::npos);
            if (is_listed) {
                EXPECT_EQ(match.route->pattern, route.pattern);
                EXPECT_TRUE(match.arguments.empty() || match.arguments[0] == "x/y:enable");
            }
        }
    }
}

// Written out once more, so that a right given away by mistake is seen here.
bool expected(Role role, Right right) {
    const auto among = [right](std::initializer_list<Right> rights) {
        return std::ranges::find(rights, right) != rights.end();
    };
    switch (role) {
        case Role::Admin:
            return true;
        case Role::UserAdmin:
            return among(
                {Right::Anyone, Right::SignedIn, Right::Read, Right::Users, Right::Troubleshoot});
        case Role::Viewer:
            return among({Right::Anyone, Right::SignedIn, Right::Read});
        case Role::Helpdesk:
            return among({Right::Anyone, Right::SignedIn, Right::Read, Right::Troubleshoot});
        case Role::Tracer:
            return among(
                {Right::Anyone, Right::SignedIn, Right::Read, Right::Troubleshoot, Right::Trace});
        default:
            return right == Right::Anyone;
    }
}

TEST(Routes, EachRoleHasTheRightsOfItsRoleOnly) {
    for (const Route& route : routes()) {
        for (const Role role : {Role::None,
                                Role::Admin,
                                Role::UserAdmin,
                                Role::Viewer,
                                Role::Helpdesk,
                                Role::Tracer}) {
            const auto allowed = check_right({{"x", "unix"}, role}, route.right);
            ASSERT_EQ(allowed.has_value(), expected(role, route.right))
                << route.method << ' ' << route.pattern << " as " << control::name_of(role);
            if (!allowed) {
                EXPECT_EQ(allowed.error().code, role == Role::None ? "IST-API-006" : "IST-API-007");
            }
        }
    }
}

TEST(Routes, WhatWritesAsksForMoreThanReading) {
    const std::set<std::string_view> open = {
        "session", "session:link", "session:methods", "oidc/login", "oidc/callback"};
    for (const Route& route : routes()) {
        EXPECT_EQ(
            route.right == Right::Anyone,
            open.contains(route.pattern) && !(route.pattern == "session" && route.method != "POST"))
            << route.method << ' ' << route.pattern;
        if (route.method != "GET" && route.pattern != "sip-peers") {  // it only says what to do
            EXPECT_NE(route.right, Right::Read) << route.method << ' ' << route.pattern;
        }
    }
}

TEST(Routes, VerbsAndNamesAreToldApart) {
    EXPECT_EQ(match_route("POST", "partners/a.example:enable").verb, "enable");
    EXPECT_EQ(match_route("GET", "partners/a.example:enable").allow, "POST");
    EXPECT_EQ(match_route("GET", "partners/a.example%3Aenable").arguments.at(0),
              "a.example:enable");
    EXPECT_EQ(match_route("PATCH", "policies/tag:FedPic").arguments.at(0), "tag:FedPic");
    EXPECT_EQ(match_route("POST", "policies/tag:FedPic:grant").arguments.at(0), "tag:FedPic");
    EXPECT_EQ(match_route("DELETE", "contacts/a@x/b@y%2Fr").arguments.at(1), "b@y/r");
}

TEST(Routes, NothingElseIsThere) {
    for (const char* path : {"",
                             "/",
                             "partners/",
                             "partners//",
                             "partners/../gateway",
                             "partners/%2e%2e/gateway",
                             "Partners",
                             "gateway/x",
                             "partners/:enable",
                             "users/x/policy/y",
                             "session/",
                             "oidc"}) {
        EXPECT_EQ(match_route("GET", path).allow, "") << path;
    }
}

TEST(Rights, NamesOfRoles) {
    EXPECT_EQ(control::role_named("CsAdministrator"), Role::Admin);
    EXPECT_EQ(control::role_named("csuseradministrator"), Role::UserAdmin);
    EXPECT_EQ(control::role_named("CsViewOnlyAdministrator"), Role::Viewer);
    EXPECT_EQ(control::role_named("CsHelpDesk"), Role::Helpdesk);
    EXPECT_EQ(control::role_named("tracer"), Role::Tracer);
    for (const char* bad : {"", "root", "admins", "None"}) {
        EXPECT_FALSE(control::role_named(bad)) << bad;
    }
}

}  // namespace
}  // namespace isthmus::admin
