// The table of the machine, a row a test.
#include "subscriptions/sip_watches_xmpp_rows.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace isthmus::subscriptions::sip_rows {
namespace {

class SipWatchesXmppTable : public testing::TestWithParam<Row> {};

TEST_P(SipWatchesXmppTable, Row) {
    const Row& row = GetParam();
    Machine machine;
    for (const Event event : row.past) {
        machine.on(event);
    }
    const List actions = machine.on(row.event, row.facts);
    EXPECT_EQ(text_of(actions), text_of(row.expected));
    EXPECT_EQ(machine.state(), row.state) << state_name(machine.state());
}

const auto kName = [](const testing::TestParamInfo<Row>& row) { return row.param.name; };
INSTANTIATE_TEST_SUITE_P(Sip, SipWatchesXmppTable, testing::ValuesIn(kSip), kName);
INSTANTIATE_TEST_SUITE_P(Xmpp, SipWatchesXmppTable, testing::ValuesIn(kXmpp), kName);
INSTANTIATE_TEST_SUITE_P(Links, SipWatchesXmppTable, testing::ValuesIn(kLinks), kName);

TEST(SipWatchesXmpp, WhatNoRowNamesDoesNothing) {
    std::set<std::pair<State, Event>> named;
    for (const auto* rows : {&kSip, &kXmpp, &kLinks}) {
        for (const Row& row : *rows) {
            Machine machine;
            for (const Event event : row.past) {
                machine.on(event);
            }
            named.emplace(machine.state(), row.event);
        }
    }
    for (const Past& past : {kNone, kSaving, kPending, kGranting, kActive}) {
        for (int number = 0; number <= static_cast<int>(Event::RetryDue); ++number) {
            for (int bits = 0; bits < 16; ++bits) {
                Machine machine;
                for (const Event event : past) {
                    machine.on(event);
                }
                const Machine before = machine;
                const auto event = static_cast<Event>(number);
                const List actions = machine.on(event,
                                                {.has_dialogs = (bits & 1) != 0,
                                                 .is_known = (bits & 2) != 0,
                                                 .is_shown = (bits & 4) != 0,
                                                 .is_away = (bits & 8) != 0});
                if (!named.contains({before.state(), event})) {
                    EXPECT_TRUE(actions.size() == 0 && machine == before)
                        << state_name(before.state()) << ", event " << number << ": "
                        << text_of(actions) << "and is " << state_name(machine.state());
                }
            }
        }
    }
}

TEST(SipWatchesXmpp, TheAuthorisationOutlivesTheDialogs) {  // PM150
    Machine machine = Machine::restored(Standing::Active);
    machine.on(Event::Left, kAlone);
    EXPECT_EQ(machine.standing(), Standing::Active);
}

TEST(SipWatchesXmpp, RestoredAsksForTheState) {
    Machine active = Machine::restored(Standing::Active);
    EXPECT_EQ(text_of(active.on(Event::RetryDue)), text_of({{Do::SendProbe}}));
    Machine pending = Machine::restored(Standing::Pending);
    EXPECT_EQ(text_of(pending.on(Event::RetryDue)),
              text_of({{Do::SendSubscribe}, {Do::Retry, 30}}));
    Machine none = Machine::restored(Standing::None);
    EXPECT_EQ(none.on(Event::RetryDue).size(), 0U);
}

TEST(SipWatchesXmpp, AsksMoreAndMoreSeldom) {  // RFC 6121 §3.1.2
    Machine machine = Machine::restored(Standing::Pending);
    for (const std::uint32_t delay : {30U, 120U, 480U, 1920U, 7680U, 30720U, 86400U, 86400U}) {
        EXPECT_EQ(text_of(machine.on(Event::RetryDue)),
                  text_of({{Do::SendSubscribe}, {Do::Retry, delay}}));
    }
    EXPECT_EQ(text_of(machine.on(Event::PartnerUp)),  // as if she had not been asked before
              text_of({{Do::SendSubscribe}, {Do::Retry, 30}}));
    machine.on(Event::Unsubscribed);
    machine.on(Event::Added);
    EXPECT_EQ(text_of(machine.on(Event::Saved)),
              text_of({{Do::AcceptHeld}, {Do::SendSubscribe}, {Do::Retry, 30}}));
}

TEST(SipWatchesXmpp, OnlyAGrantLetsPresenceCount) {
    Machine machine;
    for (const Event event : kGranting) {
        EXPECT_FALSE(machine.takes_presence());
        machine.on(event);
    }
    EXPECT_TRUE(machine.takes_presence());
}

}  // namespace
}  // namespace isthmus::subscriptions::sip_rows
