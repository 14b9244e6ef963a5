#include "scenarios/machine_watch.h"

#include <fmt/format.h>

namespace isthmus::test {

namespace {

using subscriptions::SipWatchesXmpp;
using subscriptions::XmppWatchesSip;

std::set<std::string>& rows() {
    static std::set<std::string> all;
    return all;
}

template <class List, class Do>
std::string text_of(const List& list, Do retry) {
    std::string text;
    for (const auto& item : list) {
        text += fmt::format(" {}:{}",
                            static_cast<int>(item.what),
                            item.what == retry ? std::uint32_t{0} : item.value);
    }
    return text;
}

std::string text_of(const XmppWatchesSip& machine) {
    return fmt::format("{}/{}{}",
                       state_name(machine.state()),
                       standing_name(machine.standing()),
                       machine.is_told() ? "/told" : "");
}

std::string text_of(const XmppWatchesSip& before,
                    XmppWatchesSip::Event event,
                    const XmppWatchesSip::Details& details,
                    const XmppWatchesSip::List& list,
                    const XmppWatchesSip& after) {
    using Event = XmppWatchesSip::Event;
    const bool has_status = event == Event::Refused || event == Event::DialogGone;
    return fmt::format("she {} event {} reason {} status {} retry {} does{} is {}",
                       text_of(before),
                       static_cast<int>(event),
                       event == Event::NotifyTerminated ? static_cast<int>(details.reason) : 0,
                       has_status ? details.status : 0,
                       details.retry_after != 0,
                       text_of(list, XmppWatchesSip::Do::Retry),
                       text_of(after));
}

std::string text_of(const SipWatchesXmpp& before,
                    SipWatchesXmpp::Event event,
                    const SipWatchesXmpp::List& list,
                    const SipWatchesXmpp& after) {
    return fmt::format("he {} event {} does{} is {}",
                       state_name(before.state()),
                       static_cast<int>(event),
                       text_of(list, SipWatchesXmpp::Do::Retry),
                       state_name(after.state()));
}

}  // namespace

// The linker gives calls of on() to __wrap_, and on() itself to __real_ (tests/CMakeLists.txt).
XmppWatchesSip::List
ask_her_machine(XmppWatchesSip* machine, XmppWatchesSip::Event event, const XmppWatchesSip::Details& details) asm(
    "__real__ZN7isthmus13subscriptions14XmppWatchesSip2onENS1_5EventERKNS1_7DetailsE");
XmppWatchesSip::List
watch_her_machine(XmppWatchesSip* machine, XmppWatchesSip::Event event, const XmppWatchesSip::Details& details) asm(
    "__wrap__ZN7isthmus13subscriptions14XmppWatchesSip2onENS1_5EventERKNS1_7DetailsE");
SipWatchesXmpp::List ask_his_machine(
    SipWatchesXmpp* machine,
    SipWatchesXmpp::Event event,
    const SipWatchesXmpp::Facts&
        facts) asm("__real__ZN7isthmus13subscriptions14SipWatchesXmpp2onENS1_5EventERKNS1_5FactsE");
SipWatchesXmpp::List watch_his_machine(
    SipWatchesXmpp* machine,
    SipWatchesXmpp::Event event,
    const SipWatchesXmpp::Facts&
        facts) asm("__wrap__ZN7isthmus13subscriptions14SipWatchesXmpp2onENS1_5EventERKNS1_5FactsE");

XmppWatchesSip::List watch_her_machine(XmppWatchesSip* machine,
                                       XmppWatchesSip::Event event,
                                       const XmppWatchesSip::Details& details) {
    const XmppWatchesSip before = *machine;
    const XmppWatchesSip::List list = ask_her_machine(machine, event, details);
    rows().insert(text_of(before, event, details, list, *machine));
    return list;
}

SipWatchesXmpp::List watch_his_machine(SipWatchesXmpp* machine,
                                       SipWatchesXmpp::Event event,
                                       const SipWatchesXmpp::Facts& facts) {
    const SipWatchesXmpp before = *machine;
    const SipWatchesXmpp::List list = ask_his_machine(machine, event, facts);
    rows().insert(text_of(before, event, list, *machine));
    return list;
}

std::string row_text(const XmppWatchesSip& before,
                     XmppWatchesSip::Event event,
                     const XmppWatchesSip::Details& details) {
    XmppWatchesSip after = before;
    const XmppWatchesSip::List list = ask_her_machine(&after, event, details);
    return text_of(before, event, details, list, after);
}

std::string row_text(const SipWatchesXmpp& before,
                     SipWatchesXmpp::Event event,
                     const SipWatchesXmpp::Facts& facts) {
    SipWatchesXmpp after = before;
    const SipWatchesXmpp::List list = ask_his_machine(&after, event, facts);
    return text_of(before, event, list, after);
}

const std::set<std::string>& played_rows() {
    return rows();
}

}  // namespace isthmus::test
