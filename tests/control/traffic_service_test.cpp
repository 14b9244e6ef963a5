// Streams, messages and conversations as the services above the traffic thread give them.
#include "control/traffic_service.h"

#include "base/text.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace isthmus::control {
namespace {

class TrafficServiceTest : public testing::Test {
  protected:
    TrafficSide side() {
        return {
            .read_status =
                [this](const TrafficSide::StatusDone& done) {
                    if (!answers) {
                        return done(make_error(ErrorKind::Timeout, "no answer"));
                    }
                    done(status);
                },
            .close_stream = [this](std::string_view id) -> Result<void> {
                asked.push_back("close " + std::string(id));
                return {};
            },
            .retry_links = [this](const std::vector<std::string>& domains) -> Result<std::size_t> {
                if (!answers) {
                    return make_error(ErrorKind::Timeout, "no answer");
                }
                asked.push_back("retry " + domains.front() + " " + domains.back());
                return domains.size();
            },
            .list_dialogs =
                [this](const SubscriptionFilter& filter, const TrafficSide::DialogsDone& done) {
                    asked.push_back("dialogs " + filter.user);
                    done(DialogPage());
                },
            .get_dialog = [](std::string_view) -> Result<DialogStatus> { return DialogStatus(); },
            .end_dialog = [this](std::string_view id) -> Result<void> {
                asked.push_back("end " + std::string(id));
                return {};
            },
            .list_messages =
                [this](const MessageFilter& filter, const TrafficSide::MessagesDone& done) {
                    asked.push_back("messages " + filter.user + " " + filter.partner + " " +
                                    std::to_string(filter.limit));
                    done(MessagePage{.items = messages, .total = messages.size()});
                }};
    }

    static Result<std::string> lower(std::string_view name) {
        return name.find(' ') == std::string_view::npos
                   ? Result<std::string>(text::to_lower(name))
                   : Result<std::string>(make_error(ErrorKind::Syntax, "bad"));
    }

    std::string code_of(MessageFilter filter) {
        std::string code;
        service.messages(std::move(filter), [&code](const Result<MessagePage>& page) {
            code = page ? "" : std::string(page.error().code);
        });
        return code;
    }

    Status status;
    std::vector<MessageStatus> messages;
    std::vector<std::string> asked;
    bool answers = true;
    TrafficService service{side(), {.domain = lower, .user = lower, .contact = lower}};
};

TEST_F(TrafficServiceTest, EachDomainOfAPartnerIsTriedAgain) {
    const policy::Partner partner{.domain = "a.example", .additional_domains = {"b.example"}};
    EXPECT_EQ(service.retry_links(partner, {}).value(), 2U);
    EXPECT_EQ(asked.back(), "retry a.example b.example");
    answers = false;
    EXPECT_EQ(service.retry_links(partner, {}).error().kind, ErrorKind::Timeout);
}

TEST_F(TrafficServiceTest, StreamsOfOnePartnerByAnyOfItsNames) {
    status.streams = {{.id = "o1", .remote_domain = "a.example", .partner = "p.example"},
                      {.id = "o2", .remote_domain = "p.example", .partner = "p.example"},
                      {.id = "i3", .remote_domain = "q.example", .partner = "q.example"}};
    const auto count = [this](const char* partner) {
        std::size_t found = 999;
        service.streams(partner,
                        [&found](const auto& all) { found = all ? all->size() : std::size_t{0}; });
        return found;
    };
    EXPECT_EQ(count(""), 3U);
    EXPECT_EQ(count("P.example"), 2U);
    EXPECT_EQ(count("a.example"), 1U);
    EXPECT_EQ(count("x.example"), 0U);
    std::string code = "none";
    service.stream("o2", [&code](const auto& one) { code = one ? one->id : "?"; });
    EXPECT_EQ(code, "o2");
    for (const char* id : {"o9", ""}) {
        service.stream(id, [&code](const auto& one) { code = one ? "?" : one.error().code; });
        EXPECT_EQ(code, "IST-API-002") << id;
    }
    answers = false;
    EXPECT_EQ(count(""), 0U);
}

TEST_F(TrafficServiceTest, RefusesFiltersThatMakeNoSense) {
    EXPECT_EQ(code_of({}), "");
    EXPECT_EQ(code_of({.state = "lost"}), "IST-API-001");
    EXPECT_EQ(code_of({.user = "a b"}), "IST-API-001");
    EXPECT_EQ(code_of({.limit = 0}), "IST-API-001");
    EXPECT_EQ(code_of({.limit = 1001}), "IST-API-001");
    EXPECT_EQ(code_of({.user = "Alice@C.example", .partner = "P.example", .limit = 7}), "");
    EXPECT_EQ(asked.back(), "messages alice@c.example p.example 7");
}

TEST_F(TrafficServiceTest, ConversationsAreTheMessagesOfTwo) {
    const auto message = [](const char* user, const char* contact, double at, const char* state) {
        return MessageStatus{.state = state, .user = user, .contact = contact, .at = at};
    };
    // The newest first, as the traffic thread gives them.
    messages = {message("a", "x", 9, "sending"),
                message("b", "y", 8, "denied"),
                message("a", "x", 7, "delivered"),
                message("", "x", 6, "denied"),
                message("a", "y", 5, "refused"),
                message("a", "x", 4, "refused")};
    std::optional<ConversationPage> page;
    service.conversations({.limit = 2}, 2, [&page](Result<ConversationPage> made) {
        page = std::move(made.value());
    });
    ASSERT_TRUE(page);
    EXPECT_EQ(page->total, 3U);
    ASSERT_EQ(page->items.size(), 2U);
    const Conversation& first = page->items[0];
    EXPECT_EQ(first.user + first.contact, "ax");
    EXPECT_EQ(first.messages, 3U);
    EXPECT_EQ(first.failed, 1U);
    EXPECT_EQ(first.first, 4);
    EXPECT_EQ(first.last, 9);
    EXPECT_EQ(first.last_state, "sending");
    ASSERT_EQ(first.newest.size(), 2U);
    EXPECT_EQ(first.newest[0].at, 7);
    EXPECT_EQ(page->items[1].user + page->items[1].contact, "by");
}

}  // namespace
}  // namespace isthmus::control
