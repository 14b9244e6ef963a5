// The table of the machine, a row a test; what no row names does nothing.
#include "subscriptions/xmpp_watches_sip_answers.h"
#include "subscriptions/xmpp_watches_sip_asking.h"
#include "subscriptions/xmpp_watches_sip_links.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace isthmus::subscriptions::test {
namespace {

TEST_P(XmppWatchesSipTable, Row) {
    const Row& row = GetParam();
    Machine machine;
    for (const Happening& happening : row.past) {
        machine.on(happening.event, happening.details);
    }
    const List actions = machine.on(row.event.event, row.event.details);
    EXPECT_EQ(text_of(actions), text_of(row.expected));
    EXPECT_EQ(machine.state(), row.state) << state_name(machine.state());
    EXPECT_EQ(machine.standing(), row.standing) << standing_name(machine.standing());
}

INSTANTIATE_TEST_SUITE_P(Asking, XmppWatchesSipTable, testing::ValuesIn(kAsking), kName);
INSTANTIATE_TEST_SUITE_P(Leaving, XmppWatchesSipTable, testing::ValuesIn(kLeaving), kName);
INSTANTIATE_TEST_SUITE_P(Links, XmppWatchesSipTable, testing::ValuesIn(kLinks), kName);
INSTANTIATE_TEST_SUITE_P(Notifies, XmppWatchesSipTable, testing::ValuesIn(kNotifies), kName);
INSTANTIATE_TEST_SUITE_P(Responses, XmppWatchesSipTable, testing::ValuesIn(kResponses), kName);

using Cell = std::tuple<State, Standing, bool, Event>;

Cell cell_of(const Machine& machine, Event event) {
    return {machine.state(), machine.standing(), machine.is_told(), event};
}

std::vector<Machine::Details> all_details() {
    std::vector<Machine::Details> all;
    for (int reason = 0; reason <= static_cast<int>(Reason::Invariant); ++reason) {
        for (const std::uint32_t retry_after : {0U, 60U}) {
            for (const int status : {0, 403, 404, 423, 480, 481, 489, 500, 503, 603}) {
                all.push_back({.reason = static_cast<Reason>(reason),
                               .retry_after = retry_after,
                               .status = status});
            }
        }
    }
    return all;
}

TEST(XmppWatchesSip, WhatNoRowNamesDoesNothing) {
    std::set<Cell> named;
    for (const auto* rows : {&kAsking, &kLeaving, &kLinks, &kNotifies, &kResponses}) {
        for (const Row& row : *rows) {
            Machine machine;
            for (const Happening& happening : row.past) {
                machine.on(happening.event, happening.details);
            }
            named.insert(cell_of(machine, row.event.event));
        }
    }
    // All that a machine can become, from nothing or restored.
    std::vector<Machine> reached{
        Machine{}, Machine::restored(kPending), Machine::restored(kActive)};
    const auto details = all_details();
    for (std::size_t i = 0; i < reached.size(); ++i) {
        for (int number = 0; number <= static_cast<int>(Event::RetryDue); ++number) {
            const auto event = static_cast<Event>(number);
            for (const Machine::Details& each : details) {
                Machine next = reached[i];
                const List actions = next.on(event, each);
                if (!named.contains(cell_of(reached[i], event))) {
                    ASSERT_TRUE(actions.size() == 0 && next == reached[i])
                        << state_name(reached[i].state()) << ' '
                        << standing_name(reached[i].standing())
                        << (reached[i].is_told() ? " told" : "") << ", event " << number << ": "
                        << text_of(actions) << "and is " << state_name(next.state());
                }
                if (std::ranges::find(reached, next) == reached.end()) {
                    reached.push_back(next);
                }
            }
        }
    }
    EXPECT_GT(reached.size(), 20U);
}

TEST(XmppWatchesSip, RestoredWaitsForItsTurnAndIsNotToldTwice) {
    Machine machine = Machine::restored(kActive);
    EXPECT_EQ(machine.state(), State::Waiting);
    EXPECT_EQ(text_of(machine.on(Event::RetryDue)), text_of({{Do::Subscribe}}));
    EXPECT_EQ(text_of(machine.on(Event::NotifyActive)), text_of({{Do::TellPresence}}));
    EXPECT_EQ(Machine::restored(kNo), Machine{});
}

TEST(XmppWatchesSip, AttemptsBecomeRarer) {
    Machine machine = Machine::restored(kActive);
    std::vector<std::uint32_t> delays;
    for (int i = 0; i < 9; ++i) {
        machine.on(Event::RetryDue);
        for (const auto& item : machine.on(Event::Unanswered)) {
            if (item.what == Do::Retry) {
                delays.push_back(item.value);
            }
        }
    }
    EXPECT_EQ(delays, (std::vector<std::uint32_t>{5, 10, 20, 40, 80, 160, 320, 600, 600}));
}

TEST(XmppWatchesSip, ASecondNotifyForgivesTheFailures) {
    Machine machine = Machine::restored(kActive);
    machine.on(Event::RetryDue);
    machine.on(Event::Unanswered);
    machine.on(Event::RetryDue);
    machine.on(Event::NotifyActive);
    machine.on(Event::NotifyActive);
    EXPECT_EQ(text_of(machine.on(Event::DialogGone, {.status = 481})), text_of({{Do::Subscribe}}));
}

TEST(XmppWatchesSip, AGrantThatOutlivesItsDialogIsTold) {
    Machine machine;
    for (const Event event : {Event::Subscribe, Event::Saved, Event::NotifyActive}) {
        machine.on(event);
    }
    machine.on(Event::Unanswered);
    EXPECT_EQ(text_of(machine.on(Event::Saved)), text_of({{Do::TellSubscribed}}));
    EXPECT_EQ(machine.state(), State::Waiting);
}

}  // namespace
}  // namespace isthmus::subscriptions::test
