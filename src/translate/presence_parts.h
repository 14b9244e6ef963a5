// Presence documents that come in parts: each category of the Lync family stands until the next of
// its name, so what a document does not speak of is what the watcher was told last.
#pragma once

#include "sip/pidf.h"
#include "translate/presence.h"
#include "xmpp/stanza.h"

#include <span>
#include <vector>

namespace isthmus::translate {

/// `pidf`, which says no state: what was told last, with the note and the name that it says.
/// Nothing is appended if nothing was told.
void fill_unsaid_state(const sip::Pidf& pidf,
                       const PresenceContext& context,
                       std::vector<xmpp::Presence>& into);

/// Into what was made of a document that says a state: notes and names of the same resources, as
/// they were told last.
void fill_unsaid(const sip::PidfUnsaid& unsaid,
                 std::span<const xmpp::Presence> kept,
                 std::span<xmpp::Presence> made);

}  // namespace isthmus::translate
