#include "translate/activities.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace isthmus::translate {

namespace {

// First the names of RPID, then tokens that servers of the Lync family write as text.
constexpr std::array<Activity, 28> kActivities{{
    {"away", "away", {}},
    {"busy", "dnd", {}},
    {"on-the-phone", "dnd", "On the phone"},
    {"meeting", "dnd", "In a meeting"},
    {"presentation", "dnd", "Presenting"},
    {"performance", "dnd", {}},
    {"vacation", "xa", "On vacation"},
    {"holiday", "xa", "On holiday"},
    {"sleeping", "xa", {}},
    {"permanent-absence", "xa", {}},
    {"meal", "away", "At a meal"},
    {"breakfast", "away", "At breakfast"},
    {"lunch", "away", "At lunch"},
    {"dinner", "away", "At dinner"},
    {"idle", "away", {}},
    {"inactive", "away", {}},
    {"be-right-back", "away", "Be right back"},
    {"out-to-lunch", "away", "At lunch"},
    {"do-not-disturb", "dnd", {}},
    {"donotdisturb", "dnd", {}},
    {"urgent-interruptions-only", "dnd", "Urgent interruptions only"},
    {"in-a-meeting", "dnd", "In a meeting"},
    {"in-a-conference", "dnd", "In a conference call"},
    {"in-presentation", "dnd", "Presenting"},
    {"off-work", "xa", "Off work"},
    {"offwork", "xa", "Off work"},
    {"out-of-office", "xa", "Out of office"},
    {"out-of-town", "xa", "Out of town"},
}};

}  // namespace

const Activity* find_activity(std::string_view name) {
    const auto* found = std::ranges::find_if(
        kActivities, [name](const Activity& one) { return text::iequals(one.name, name); });
    return found == kActivities.end() ? nullptr : found;
}

bool is_said_of_activity(std::string_view text) {
    return !text.empty() && std::ranges::any_of(kActivities, [text](const Activity& one) {
        return one.said == text;
    });
}

}  // namespace isthmus::translate
