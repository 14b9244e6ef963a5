// A row of the machine's table: what went before, what happens, what is done.
#pragma once

#include "subscriptions/xmpp_watches_sip.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace isthmus::subscriptions::test {

using Machine = XmppWatchesSip;
using Do = Machine::Do;
using Event = Machine::Event;
using List = Machine::List;
using Reason = Machine::Reason;
using State = Machine::State;

struct Happening {
    Event event;
    Machine::Details details{};
};

/// How a machine comes to where the row begins.
using Past = std::vector<Happening>;

inline constexpr auto kNo = Standing::None;
inline constexpr auto kPending = Standing::Pending;
inline constexpr auto kActive = Standing::Active;

inline const Past kNone{};
inline const Past kSaving{{Event::Subscribe}};
inline const Past kSubscribing{{Event::Subscribe}, {Event::Saved}};
inline const Past kLivePending{{Event::Subscribe}, {Event::Saved}, {Event::NotifyPending}};
inline const Past kGranting{{Event::Subscribe}, {Event::Saved}, {Event::NotifyActive}};
inline const Past kLive{{Event::Subscribe}, {Event::Saved}, {Event::NotifyActive}, {Event::Saved}};
inline const Past kWaitingPending{{Event::Subscribe}, {Event::Saved}, {Event::Unanswered}};
inline const Past kWaiting{
    {Event::Subscribe}, {Event::Saved}, {Event::NotifyActive}, {Event::Saved}, {Event::Unanswered}};
inline const Past kResubscribing{{Event::Subscribe},
                                 {Event::Saved},
                                 {Event::NotifyActive},
                                 {Event::Saved},
                                 {Event::DialogGone, {.status = 481}}};
inline const Past kResting{{Event::Subscribe},
                           {Event::Saved},
                           {Event::NotifyActive},
                           {Event::Saved},
                           {Event::NotifyTerminated, {.reason = Reason::NoResource}}};
inline const Past kEnding{{Event::Subscribe},
                          {Event::Saved},
                          {Event::NotifyActive},
                          {Event::Saved},
                          {Event::Unsubscribe}};

// Consent is being stored, and the dialog that brought it is gone.
inline const Past kWaitingGranting{
    {Event::Subscribe}, {Event::Saved}, {Event::NotifyActive}, {Event::Unanswered}};
inline const Past kSubscribingGranting{{Event::Subscribe},
                                       {Event::Saved},
                                       {Event::NotifyActive},
                                       {Event::DialogGone, {.status = 481}}};
inline const Past kRestingGranting{{Event::Subscribe},
                                   {Event::Saved},
                                   {Event::NotifyActive},
                                   {Event::NotifyTerminated, {.reason = Reason::NoResource}}};
inline const Past kRestingPending{{Event::Subscribe},
                                  {Event::Saved},
                                  {Event::NotifyPending},
                                  {Event::NotifyTerminated, {.reason = Reason::Invariant}}};

struct Row {
    std::string name;
    Past past;
    Happening event;
    List expected;
    State state;
    Standing standing;
};

inline std::ostream& operator<<(std::ostream& to, const Row& row) {
    return to << row.name;
}

inline std::string text_of(const List& list) {
    std::string text;
    for (const auto& item : list) {
        text +=
            std::to_string(static_cast<int>(item.what)) + ":" + std::to_string(item.value) + " ";
    }
    return text;
}

class XmppWatchesSipTable : public testing::TestWithParam<Row> {};

inline Happening terminated(Reason reason, std::uint32_t retry_after = 0) {
    return {Event::NotifyTerminated, {.reason = reason, .retry_after = retry_after}};
}

inline Happening refused(int status, std::uint32_t retry_after = 0) {
    return {Event::Refused, {.retry_after = retry_after, .status = status}};
}

inline Happening gone(int status) {
    return {Event::DialogGone, {.status = status}};
}

inline const auto kName = [](const testing::TestParamInfo<Row>& row) { return row.param.name; };

}  // namespace isthmus::subscriptions::test
