// What administrators type as names, in compared form: control/ knows neither protocol.
#pragma once

#include "base/result.h"
#include "control/subscription_service.h"

#include <string>
#include <string_view>

namespace isthmus::app {

/// An XMPP domain, prepared.
Result<std::string> canonical_domain(std::string_view domain);
/// A SIP user, with or without "sip:": "alice@contoso.example", the local part as account key, the
/// domain in A-labels, as subscriptions::Record has it.
Result<std::string> canonical_user(std::string_view user);
/// A bare JID, prepared; a resource is a fault.
Result<std::string> canonical_contact(std::string_view jid);

control::CanonicalNames canonical_names();

}  // namespace isthmus::app
