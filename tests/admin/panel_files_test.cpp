#include "admin/panel_files.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace isthmus::admin {
namespace {

constexpr PanelFile kFiles[] = {
    {"/index.html", "text/html; charset=utf-8", "\"aaaa\"", false, "<p>page</p>", "gz", "br"},
    {"/assets/index-1.js", "text/javascript", "\"bbbb\"", true, "let a;", "", ""},
};

struct Got {
    HttpResponse response;

    std::string_view header(std::string_view name) const {
        for (const auto& [key, value] : response.headers) {
            if (key == name) {
                return value;
            }
        }
        return {};
    }
};

Got get(std::string_view path,
        std::string_view codings = {},
        std::string_view known = {},
        std::string_view method = "GET") {
    HttpRequest request;
    request.method = method;
    EXPECT_TRUE(parse_target(path, request));
    request.headers["accept-encoding"] = codings;
    request.headers["if-none-match"] = known;
    Got got;
    make_panel(kFiles)(request, [&](HttpResponse response) { got.response = std::move(response); });
    return got;
}

TEST(Panel, ItsPagesGetItsOnePage) {
    for (const char* path :
         {"/", "/home", "/users?q=a", "/federation/external-access-policy", "/administration"}) {
        EXPECT_EQ(get(path).response.body, "<p>page</p>") << path;
    }
    for (const char* path : {"/etc/passwd", "/usersx", "/index-1.js", "/assets/..", "/assets/"}) {
        EXPECT_EQ(get(path).response.status, 404) << path;
    }
}

TEST(Panel, ThePageIsAskedForAnewAndWhatItNamesIsKept) {
    EXPECT_EQ(get("/").header("Cache-Control"), "no-cache");
    EXPECT_EQ(get("/assets/index-1.js").header("Cache-Control"),
              "public, max-age=31536000, immutable");
    EXPECT_EQ(get("/assets/index-1.js").response.content_type, "text/javascript");
}

TEST(Panel, NothingForeignAndNothingInlineMayRun) {
    const Got got = get("/");
    const std::string_view policy = got.header("Content-Security-Policy");
    EXPECT_NE(policy.find("default-src 'none'"), std::string_view::npos);
    EXPECT_NE(policy.find("script-src 'self';"), std::string_view::npos);
    EXPECT_NE(policy.find("style-src 'self';"), std::string_view::npos);
    EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string_view::npos);
    EXPECT_EQ(policy.find("unsafe"), std::string_view::npos);
}

TEST(Panel, CodingsAreThoseThatTheBrowserTakes) {
    struct Case {
        std::string_view accepted;
        std::string_view coding;
        std::string_view body;
    };

    for (const Case& one : {Case{"gzip, deflate, br", "br", "br"},
                            Case{"gzip;q=0.5, br;q=0", "gzip", "gz"},
                            Case{"GZIP", "gzip", "gz"},
                            Case{"br;q=0.000, gzip;q=0", "", "<p>page</p>"},
                            Case{"brotli, xgzip", "", "<p>page</p>"},
                            Case{"", "", "<p>page</p>"}}) {
        const Got got = get("/", one.accepted);
        EXPECT_EQ(got.header("Content-Encoding"), one.coding) << one.accepted;
        EXPECT_EQ(got.response.body, one.body) << one.accepted;
        EXPECT_EQ(got.header("Vary"), "Accept-Encoding");
    }
    EXPECT_EQ(get("/assets/index-1.js", "br").header("Content-Encoding"), "");
}

TEST(Panel, WhatTheBrowserHasIsNotSentAgain) {
    const Got got = get("/", "br", "\"zzzz\", W/\"aaaa\"");
    EXPECT_EQ(got.response.status, 304);
    EXPECT_EQ(got.response.body, "");
    EXPECT_EQ(got.header("Content-Encoding"), "");
    EXPECT_EQ(get("/", "br", "\"bbbb\"").response.status, 200);
}

TEST(Panel, FilesAreOnlyRead) {
    EXPECT_EQ(get("/", {}, {}, "POST").response.status, 405);
    EXPECT_EQ(get("/", {}, {}, "POST").response.allow, "GET");
}

}  // namespace
}  // namespace isthmus::admin
