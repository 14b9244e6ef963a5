// The API without sockets, on a database of its own.
#pragma once

#include "admin/api.h"
#include "base/text.h"
#include "store/config_store.h"
#include "store/database.h"
#include "support/fake_presence.h"
#include "support/posted_calls.h"
#include "support/temporary_folder.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace isthmus::admin {

class ApiTest : public testing::Test {
  protected:
    ApiTest() : database(folder / "t.db"), store(database) {}

    HttpResponse ask(const char* method,
                     const char* target,
                     const char* body = "",
                     const std::string& if_match = {}) {
        HttpRequest request{
            .method = method, .body = body, .author = {{"alice", "unix"}, control::Role::Admin}};
        if (!if_match.empty()) {
            request.headers["if-match"] = if_match;
        }
        EXPECT_TRUE(parse_target(target, request));
        std::optional<HttpResponse> answer;
        api.handle(request, [&](HttpResponse response) { answer = std::move(response); });
        while (!answer && posted.run_one()) {
        }
        return answer.value();
    }

    static boost::json::object object(const HttpResponse& response) {
        return boost::json::parse(response.body).as_object();
    }

    test::TemporaryFolder folder;
    store::Database database;

    static Result<std::string> lower(std::string_view name) {
        return !name.empty() && name.find(' ') == std::string_view::npos
                   ? Result<std::string>(text::to_lower(name))
                   : Result<std::string>(make_error(ErrorKind::Syntax, "bad"));
    }

    store::ConfigStore store;
    control::PolicyService service{store,
                                   {.domain = lower, .user = lower, .contact = lower},
                                   {{"contoso.example"}, {"contoso.example"}},
                                   [](const auto&) { return true; }};
    control::UserService users{service};
    control::SubscriptionService subscriptions{{}, {}};
    control::FakePresence presence;
    control::ContactService contacts{presence.side(), control::FakePresence::names()};
    test::PostedCalls posted;
    Api api{{.policies = service,
             .users = users,
             .subscriptions = subscriptions,
             .contacts = contacts,
             .read_status = []() -> std::optional<control::Status> {
                 return control::Status{.state = "running"};
             },
             .reload = []() -> Result<void> {
                 return make_error(ErrorKind::Syntax, "IST-CFG-001", "bad", "f:1:1: x");
             },
             .connect =
                 [this] {
                     return std::make_unique<store::Database>(folder / "t.db",
                                                              store::Database::Opening::Another);
                 },
             .post = [this](auto call) { posted.post(std::move(call)); }}};
};

}  // namespace isthmus::admin
