// Subscriptions and contacts without HTTP: compared names, pages, both halves of a pair, codes.
#include "control/subscription_service.h"

#include "control/contact_service.h"
#include "support/fake_presence.h"

#include <gtest/gtest.h>

#include <optional>

namespace isthmus::control {
namespace {

class SubscriptionServiceTest : public testing::Test {
  protected:
    void half(const char* id, bool sip_watches, const char* user, const char* contact) {
        presence.known.push_back(
            {.id = id,
             .direction = sip_watches ? "sip_watches_xmpp" : "xmpp_watches_sip",
             .user = user,
             .contact = contact,
             .standing = sip_watches ? "pending" : "active",
             .state = sip_watches ? "waiting" : "live",
             .why = sip_watches ? "The XMPP user has not decided yet." : "",
             .since = sip_watches ? 200 : 100});
    }

    ContactService::Done keep() {
        return [this](Result<void> result) { answer = std::move(result); };
    }

    Result<SubscriptionPage> page_of(SubscriptionFilter filter) {
        std::optional<Result<SubscriptionPage>> made;
        service.list(std::move(filter), [&](auto page) { made = std::move(page); });
        return made.value();
    }

    Result<std::vector<ContactStatus>> contacts_of(std::string_view user) {
        std::optional<Result<std::vector<ContactStatus>>> made;
        contacts.list(user, [&](auto found) { made = std::move(found); });
        return made.value();
    }

    FakePresence presence;
    SubscriptionService service{presence.side(), FakePresence::names()};
    ContactService contacts{presence.side(), FakePresence::names()};
    Author author{{"root", "unix"}, Role::Admin};
    std::optional<Result<void>> answer;
};

TEST_F(SubscriptionServiceTest, FiltersAreComparedAndLimited) {
    half("1", true, "alice@contoso.example", "juliet@fabrikam.example");
    EXPECT_EQ(
        page_of({.user = "Alice@contoso.example", .contact = "J@X", .partner = "P"}).value().total,
        1U);
    EXPECT_EQ(presence.asked.back(), "list alice@contoso.example j@x p");
    EXPECT_EQ(page_of({.user = {}, .contact = "a b", .partner = {}}).error().code, "IST-API-001");
    for (const std::size_t limit : {std::size_t{0}, SubscriptionService::kMaxLimit + 1}) {
        EXPECT_EQ(page_of({.user = {}, .contact = {}, .partner = {}, .offset = 0, .limit = limit})
                      .error()
                      .code,
                  "IST-API-001");
    }
    presence.answers = false;
    EXPECT_EQ(page_of({}).error().kind, ErrorKind::Timeout);
}

TEST_F(SubscriptionServiceTest, SteeringNamesOneSubscription) {
    half("7", true, "alice@contoso.example", "juliet@fabrikam.example");
    EXPECT_EQ(service.get("7").value().state, "waiting");
    EXPECT_TRUE(service.refresh("7", author));
    EXPECT_TRUE(service.end("7", author));
    EXPECT_EQ(presence.asked, (std::vector<std::string>{"refresh 7", "end 7"}));
    EXPECT_EQ(service.end("8", author).error().kind, ErrorKind::NotFound);
    EXPECT_EQ(service.get("8").error().code, "IST-API-002");
}

TEST_F(SubscriptionServiceTest, AContactIsBothHalvesAndAMereWatcherIsNone) {
    half("1", true, "alice@contoso.example", "romeo@fabrikam.example");
    half("2", true, "alice@contoso.example", "juliet@fabrikam.example");
    half("3", false, "alice@contoso.example", "juliet@fabrikam.example");
    half("4", false, "alice@contoso.example", "nurse@fabrikam.example");
    half("5", true, "bob@contoso.example", "juliet@fabrikam.example");
    half("6", true, "alice@contoso.example", "tybalt@fabrikam.example");
    presence.known.back().standing = "none";
    const auto list = contacts_of("Alice@contoso.example").value();
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[0].contact, "juliet@fabrikam.example");
    EXPECT_EQ(list[0].sip_watches_xmpp, "pending");
    EXPECT_EQ(list[0].xmpp_watches_sip, "active");
    EXPECT_EQ(list[0].subscription, "2");
    EXPECT_EQ(list[0].why, "The XMPP user has not decided yet.");
    EXPECT_EQ(list[0].since, 100);
    EXPECT_EQ(list[1].contact, "romeo@fabrikam.example");
    EXPECT_EQ(contacts_of("").error().code, "IST-API-001");
}

TEST_F(SubscriptionServiceTest, ALongContactListIsOneQuestion) {
    for (int i = 0; i < 2500; ++i) {
        half(std::to_string(i).c_str(),
             true,
             "alice@contoso.example",
             ("c" + std::to_string(i)).c_str());
    }
    EXPECT_EQ(contacts_of("alice@contoso.example").value().size(), 2500U);
    EXPECT_EQ(presence.asked.size(), 1U);
}

TEST_F(SubscriptionServiceTest, AContactIsAnsweredWhenItIsStored) {
    contacts.add("Alice@contoso.example", "Juliet@fabrikam.example", author, keep());
    EXPECT_EQ(presence.asked.back(), "add alice@contoso.example juliet@fabrikam.example");
    EXPECT_FALSE(answer);
    presence.open.at(0)({});
    EXPECT_TRUE(answer.value());

    contacts.add("alice@contoso.example", "juliet@fabrikam.example", author, keep());
    presence.open.at(1)(make_error(ErrorKind::Conflict, "there"));
    EXPECT_EQ(answer->error().code, "IST-API-003");
    contacts.remove("alice@contoso.example", "nobody@fabrikam.example", author, keep());
    presence.open.at(2)(make_error(ErrorKind::NotFound, "gone"));
    EXPECT_EQ(answer->error().code, "IST-API-002");
    contacts.add("alice@contoso.example", "x@b.example", author, keep());
    presence.open.at(3)(make_error(ErrorKind::NotAuthorized, "IST-POL-001", "no", ""));
    EXPECT_EQ(answer->error().code, "IST-POL-001");
}

TEST_F(SubscriptionServiceTest, WhatIsNoNameNeverReachesTheFlow) {
    contacts.add("alice@contoso.example", "a b", author, keep());
    EXPECT_EQ(answer->error().code, "IST-API-001");
    answer.reset();
    contacts.remove("", "juliet@fabrikam.example", author, keep());
    EXPECT_EQ(answer->error().code, "IST-API-001");
    EXPECT_TRUE(presence.asked.empty());
}

}  // namespace
}  // namespace isthmus::control
