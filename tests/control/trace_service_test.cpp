// Who may order which recording, and what is remembered of it.
#include "control/trace_service.h"

#include "base/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

namespace isthmus::control {
namespace {

class TraceServiceTest : public testing::Test {
  protected:
    TraceSide side() {
        const auto find = [this](std::string_view id) {
            return std::ranges::find(known, id, &TraceInfo::id);
        };
        return {.start = [this](const std::string& id, const TraceOrder& order) -> Result<void> {
                    known.push_back({.id = id,
                                     .user = order.user,
                                     .partner = order.partner,
                                     .with_bodies = order.with_bodies,
                                     .is_running = true});
                    return {};
                },
                .stop = [this, find](std::string_view id) -> Result<void> {
                    if (find(id) == known.end()) {
                        return make_error(ErrorKind::NotFound, "IST-API-002", "none", "");
                    }
                    find(id)->is_running = false;
                    return {};
                },
                .forget = [this, find](std::string_view id) -> Result<void> {
                    if (find(id) == known.end()) {
                        return make_error(ErrorKind::NotFound, "IST-API-002", "none", "");
                    }
                    known.erase(find(id));
                    return {};
                },
                .list = [this]() -> Result<std::vector<TraceInfo>> { return known; },
                .read =
                    [this, find](std::string_view id,
                                 std::uint64_t after,
                                 std::size_t limit,
                                 const TraceSide::ReadDone& done) {
                        TracePage page;
                        page.trace = *find(id);
                        for (std::uint64_t i = after + 1; i <= events && page.events.size() < limit;
                             ++i) {
                            page.events.push_back({.number = i});
                            page.events.back().text = "raw";
                        }
                        done(std::move(page));
                    }};
    }

    static Result<std::string> lower(std::string_view name) {
        return name.find(' ') == std::string_view::npos
                   ? Result<std::string>(text::to_lower(name))
                   : Result<std::string>(make_error(ErrorKind::Syntax, "bad"));
    }

    std::string start_code(const TraceOrder& order, const std::string& reason = {}) {
        const auto made = service.start(order, reason, author);
        return made ? "" : std::string(made.error().code);
    }

    Timers timers;
    std::vector<TraceInfo> known;
    std::uint64_t events = 0;
    bool may_log = false;
    std::vector<AuditEntry> audit;
    std::vector<std::string> changes;
    Author author{{"eve", "192.0.2.9"}, Role::Tracer};
    TraceService service{side(),
                         {.domain = lower, .user = lower, .contact = lower},
                         [this] { return may_log; },
                         [this](const AuditEntry& entry) { audit.push_back(entry); },
                         timers};
};

TEST_F(TraceServiceTest, IsRememberedWithWhoAndWhy) {
    service.on_change([this](const std::string& id, std::string_view change) {
        changes.push_back(id + " " + std::string(change));
    });
    const auto made = service.start(
        {.user = "Alice@Contoso.example", .partner = "Fabrikam.example"}, "ticket 7", author);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->user, "alice@contoso.example");
    EXPECT_EQ(made->admin, "eve");
    EXPECT_EQ(made->reason, "ticket 7");
    EXPECT_EQ(service.list()->front().admin, "eve");
    ASSERT_EQ(audit.size(), 1U);
    EXPECT_EQ(audit[0].object, "trace/" + made->id);
    EXPECT_NE(audit[0].detail.find("ticket 7"), std::string::npos);
    EXPECT_FALSE(service.stop(made->id, author)->is_running);
    EXPECT_TRUE(service.remove(made->id, author));
    EXPECT_EQ(service.get(made->id).error().code, "IST-API-002");
    EXPECT_EQ(service.stop("t99", author).error().code, "IST-API-002");
    EXPECT_EQ(changes, (std::vector<std::string>{"t1 started", "t1 stopped", "t1 removed"}));
    service.note_reading(*made, "events", author);
    EXPECT_EQ(audit.size(), 3U) << "there were no texts in it";
}

TEST_F(TraceServiceTest, TextsNeedRightSettingAndReason) {
    const TraceOrder order{.with_bodies = true};
    EXPECT_EQ(start_code(order, "ticket 7"), "IST-API-042");
    may_log = true;
    EXPECT_EQ(start_code(order), "IST-API-042");
    EXPECT_EQ(start_code(order, "no"), "IST-API-042");
    author.role = Role::Helpdesk;
    EXPECT_EQ(start_code(order, "ticket 7"), "IST-API-042");
    EXPECT_TRUE(known.empty());
    EXPECT_EQ(audit.size(), 4U);
    EXPECT_TRUE(std::ranges::all_of(
        audit, [](const AuditEntry& entry) { return entry.outcome == "refused"; }));
    author.role = Role::Tracer;
    EXPECT_EQ(start_code(order, "ticket 7"), "");
    service.note_reading(known.front(), "events", author);
    EXPECT_EQ(audit.back().action, "read");
}

TEST_F(TraceServiceTest, WhoReadsOnIsEnteredOnceInAWhile) {
    may_log = true;
    ASSERT_EQ(start_code({.with_bodies = true}, "ticket 7"), "");
    const auto read = [this] { service.note_reading(known.front(), "events", author); };
    read();
    read();
    EXPECT_EQ(audit.size(), 2U);
    author.admin = "adam";
    read();
    EXPECT_EQ(audit.size(), 3U);
    timers.advance(TraceService::kReading);
    read();
    EXPECT_EQ(audit.size(), 4U);
}

TEST_F(TraceServiceTest, TextsAreShownOnlyWhileTheSettingIsOn) {
    may_log = true;
    events = 3;
    ASSERT_EQ(start_code({.with_bodies = true}, "ticket 7"), "");
    const auto text = [this] {
        std::string shown;
        service.read("t1", 0, [&](const Result<TracePage>& page) {
            shown = page.value().events.front().text;
        });
        return shown;
    };
    EXPECT_EQ(text(), "raw");
    may_log = false;
    EXPECT_NE(text().find("[not shown"), std::string::npos);
    service.read_all("t1", [&](const Result<TracePage>& page) {
        EXPECT_NE(page.value().events.back().text, "raw");
    });
    const std::size_t entries = audit.size();
    service.note_reading(known.front(), "events", author);
    EXPECT_EQ(audit.size(), entries) << "nothing was read";
    known.front().with_bodies = false;
    EXPECT_EQ(text(), "raw") << "texts are hidden in it from the start";
}

TEST_F(TraceServiceTest, RefusesWhatMakesNoSense) {
    EXPECT_EQ(start_code({.user = "a b"}), "IST-API-001");
    EXPECT_EQ(start_code({.partner = "a b"}), "IST-API-001");
    for (const std::int64_t seconds : {-1, 0, 9, 1801}) {
        EXPECT_EQ(start_code({.seconds = seconds}), "IST-API-001") << seconds;
    }
    EXPECT_EQ(start_code({}, std::string(1025, 'x')), "IST-API-001");
    EXPECT_EQ(start_code({}, "\xff"), "IST-API-001");
    EXPECT_TRUE(known.empty());
}

TEST_F(TraceServiceTest, TheWholeOfItIsReadPageByPage) {
    ASSERT_EQ(start_code({}), "");
    for (const std::uint64_t count : {0UL, 1UL, 200UL, 401UL}) {
        events = count;
        std::optional<TracePage> whole;
        service.read_all("t1", [&](Result<TracePage> page) { whole = std::move(page.value()); });
        ASSERT_TRUE(whole);
        EXPECT_EQ(whole->events.size(), count);
        EXPECT_EQ(whole->trace.admin, "eve");
    }
}

}  // namespace
}  // namespace isthmus::control
