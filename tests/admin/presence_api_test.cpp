// The routes of subscriptions and contacts; the traffic side is a fake.
#include "admin/api.h"
#include "support/fake_presence.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <optional>

namespace isthmus::admin {
namespace {

class PresenceApiTest : public testing::Test {
  protected:
    PresenceApiTest() {
        presence.known = {{.id = "1",
                           .direction = "sip_watches_xmpp",
                           .user = "alice@contoso.example",
                           .contact = "juliet@fabrikam.example",
                           .partner = "fabrikam.example",
                           .standing = "pending",
                           .state = "waiting",
                           .why = "The XMPP user has not decided yet.",
                           .since = 1'790'000'000,
                           .dialogs = 2,
                           .expires_in = 3600,
                           .last_notify = "pending"},
                          {.id = "2",
                           .direction = "xmpp_watches_sip",
                           .user = "bob@contoso.example",
                           .contact = "romeo@fabrikam.example",
                           .standing = "active",
                           .state = "live"}};
    }

    HttpResponse ask(const char* method, const char* target, const char* body = "") {
        reply.reset();
        HttpRequest request{
            .method = method, .body = body, .author = {{"root", "unix"}, control::Role::Admin}};
        EXPECT_TRUE(parse_target(target, request));
        const auto keep = [this](HttpResponse response) { reply = std::move(response); };
        const Resource resource =
            request.path.starts_with("/api/v1/contacts") ? contact_resource : subscription_resource;
        std::string_view rest = request.path;
        rest.remove_prefix(std::string_view("/api/v1/").size());
        rest.remove_prefix(std::min(rest.find('/'), rest.size()));
        rest.remove_prefix(rest.empty() ? 0 : 1);
        resource(request, rest, keep);
        return reply.value_or(HttpResponse{.status = 0});
    }

    static boost::json::object object(const HttpResponse& response) {
        return boost::json::parse(response.body).as_object();
    }

    control::FakePresence presence;
    control::SubscriptionService subscriptions{presence.side(), control::FakePresence::names()};
    control::ContactService contacts{presence.side(), control::FakePresence::names()};
    Resource subscription_resource = make_subscription_resource(subscriptions);
    Resource contact_resource = make_contact_resource(contacts);
    std::optional<HttpResponse> reply;
};

TEST_F(PresenceApiTest, ListsWithFilterAndTotal) {
    const auto page = object(ask("GET", "/api/v1/subscriptions?limit=1"));
    EXPECT_EQ(page.at("total"), 2);
    EXPECT_EQ(page.at("items").as_array().size(), 1U);
    const auto second =
        object(ask("GET", "/api/v1/subscriptions?user=Bob%40contoso.example&partner=P.example"));
    EXPECT_EQ(second.at("items").at(0).at("id"), "2");
    EXPECT_EQ(presence.asked.back(), "list bob@contoso.example  p.example");
    for (const char* bad : {"limit=0", "limit=1001", "limit=x", "offset=-1", "user=a+b"}) {
        const std::string target = std::string("/api/v1/subscriptions?") + bad;
        EXPECT_EQ(ask("GET", target.c_str()).status, 400) << bad;
    }
    presence.answers = false;
    EXPECT_EQ(ask("GET", "/api/v1/subscriptions").status, 503);
}

TEST_F(PresenceApiTest, OneSubscriptionWithTimesThatPeopleRead) {
    const auto one = object(ask("GET", "/api/v1/subscriptions/1"));
    EXPECT_EQ(one.at("since"), "2026-09-21T14:13:20Z");
    EXPECT_EQ(one.at("expires_in"), 3600);
    EXPECT_EQ(one.at("dialogs"), 2);
    EXPECT_TRUE(one.at("next_attempt_in").is_null());
    EXPECT_TRUE(one.at("last_presence_at").is_null());
    EXPECT_EQ(one.at("why"), "The XMPP user has not decided yet.");
    const auto none = ask("GET", "/api/v1/subscriptions/9");
    EXPECT_EQ(none.status, 404);
    EXPECT_EQ(object(none).at("code"), "IST-API-002");
}

TEST_F(PresenceApiTest, RefreshAndEnd) {
    EXPECT_EQ(object(ask("POST", "/api/v1/subscriptions/1:refresh")).at("id"), "1");
    EXPECT_EQ(ask("POST", "/api/v1/subscriptions/1:end").status, 200);
    EXPECT_EQ(ask("DELETE", "/api/v1/subscriptions/2").status, 200);
    EXPECT_EQ(presence.asked, (std::vector<std::string>{"refresh 1", "end 1", "end 2"}));
    EXPECT_EQ(ask("POST", "/api/v1/subscriptions/3:end").status, 404);
    EXPECT_EQ(ask("POST", "/api/v1/subscriptions/1:explode").status, 404);
    EXPECT_EQ(ask("GET", "/api/v1/subscriptions/1:end").allow, "POST");
    EXPECT_EQ(ask("PUT", "/api/v1/subscriptions/1").status, 405);
}

TEST_F(PresenceApiTest, ContactsAnswerWhenStored) {
    const auto list = object(ask("GET", "/api/v1/contacts?user=alice%40contoso.example"));
    EXPECT_EQ(list.at("items").at(0).at("xmpp_watches_sip"), "none");
    EXPECT_EQ(list.at("items").at(0).at("subscription"), "1");
    EXPECT_EQ(ask("GET", "/api/v1/contacts").status, 400);

    const char* body = R"({"user":"alice@contoso.example","contact":"nurse@fabrikam.example"})";
    EXPECT_EQ(ask("POST", "/api/v1/contacts", body).status, 0) << "not before it is stored";
    presence.open.at(0)({});
    EXPECT_EQ(reply.value().status, 201);
    ask("DELETE", "/api/v1/contacts/alice@contoso.example/nurse@fabrikam.example");
    EXPECT_EQ(presence.asked.back(), "remove alice@contoso.example nurse@fabrikam.example");
    presence.open.at(1)(make_error(ErrorKind::NotFound, "gone"));
    EXPECT_EQ(reply.value().status, 404);
    ask("POST", "/api/v1/contacts", body);
    presence.open.at(2)(make_error(ErrorKind::Conflict, "there"));
    EXPECT_EQ(reply.value().status, 409);
    ask("POST", "/api/v1/contacts", body);
    presence.open.at(3)(make_error(ErrorKind::NotAuthorized, "IST-POL-002", "no", ""));
    EXPECT_EQ(reply.value().status, 403);
    for (const char* bad : {"[]", "{}", R"({"user":1,"contact":"x"})", R"({"user":"a@b"})"}) {
        EXPECT_EQ(ask("POST", "/api/v1/contacts", bad).status, 400) << bad;
    }
    EXPECT_EQ(ask("DELETE", "/api/v1/contacts/alice@contoso.example").status, 404);
    EXPECT_EQ(ask("PATCH", "/api/v1/contacts").status, 405);
}

}  // namespace
}  // namespace isthmus::admin
