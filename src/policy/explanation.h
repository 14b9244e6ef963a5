// One gate of a decision as an administrator reads it: what it says, which object says so, and the
// command that opens it. Refusals in the log, the API and the command line all say the same. Peers
// never see it.
#pragma once

#include "policy/policy.h"

#include <optional>
#include <string>
#include <string_view>

namespace isthmus::policy {

struct GateNote {
    std::string object;  ///< "policy/Tag:Sales", "partner/fabrikam.example"; empty: none
    /// A clause that begins in lower case with a word of ours, never with a name, and has no full
    /// stop: it may follow a colon.
    std::string why;
    std::string fix;  ///< a command that can be run as it stands; empty if the gate is open
};

/// `decision` holds what the gate looked at. `is_contact`: whether our user added that XMPP user,
/// if it is known.
GateNote describe(Gate gate,
                  bool is_open,
                  const Query& query,
                  const Decision& decision,
                  std::optional<bool> is_contact = {});

/// As a shell takes it for one word.
std::string shell_word(std::string_view text);

/// The clause as a sentence.
std::string as_sentence(std::string why);

}  // namespace isthmus::policy
