// What the two machines of presence are asked while scenarios play, and what they answer: the
// linker puts this between them and the flows (--wrap), so nothing in the gateway knows.
#pragma once

#include "subscriptions/sip_watches_xmpp.h"
#include "subscriptions/xmpp_watches_sip.h"

#include <set>
#include <string>

namespace isthmus::test {

/// A row of a table as a text: what was, what happened, what is done, what is then. How long a
/// retry waits is left out: it depends on all failures before.
std::string row_text(const subscriptions::XmppWatchesSip& before,
                     subscriptions::XmppWatchesSip::Event event,
                     const subscriptions::XmppWatchesSip::Details& details);
std::string row_text(const subscriptions::SipWatchesXmpp& before,
                     subscriptions::SipWatchesXmpp::Event event,
                     const subscriptions::SipWatchesXmpp::Facts& facts);

/// Those that were played so far in this process.
const std::set<std::string>& played_rows();

}  // namespace isthmus::test
