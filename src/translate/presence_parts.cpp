#include "translate/presence_parts.h"

#include "translate/activities.h"

#include <algorithm>

namespace isthmus::translate {

namespace {

using xmpp::Presence;

/// What was made of an activity goes with the state, not with the note.
bool has_own_note(const Presence& presence) {
    return std::ranges::any_of(presence.statuses, [](const xmpp::LangText& status) {
        return !(status.lang == "en" && is_said_of_activity(status.text));
    });
}

}  // namespace

void fill_unsaid_state(const sip::Pidf& pidf,
                       const PresenceContext& context,
                       std::vector<Presence>& into) {
    for (const Presence& last : context.kept) {
        Presence& presence = into.emplace_back(last);
        if (!pidf.unsaid.notes) {
            presence.statuses.clear();
            for (const sip::PidfNote& note : pidf.notes) {
                presence.statuses.push_back({context.content_language, note.text});
            }
        }
        if (!pidf.unsaid.name) {
            presence.nick = pidf.display_name;
        }
    }
}

void fill_unsaid(const sip::PidfUnsaid& unsaid,
                 std::span<const Presence> kept,
                 std::span<Presence> made) {
    if (!unsaid.notes && !unsaid.name) {
        return;
    }
    for (Presence& presence : made) {
        const auto last = std::ranges::find_if(kept, [&presence](const Presence& one) {
            return one.from.resource == presence.from.resource;
        });
        if (last == kept.end()) {
            continue;
        }
        if (unsaid.notes && has_own_note(*last)) {
            presence.statuses = last->statuses;
        }
        if (unsaid.name && presence.nick.empty()) {
            presence.nick = last->nick;
        }
    }
}

}  // namespace isthmus::translate
