// What the audit log is told: every sign-in, refusal, lock-out, change of accounts and tokens.
#pragma once

#include <functional>
#include <string>

namespace isthmus::control {

/// No entry holds a secret or a message body.
struct AuditEntry {
    std::string admin;    ///< who; as given if nobody proved to be it
    std::string origin;   ///< "unix", or an address
    std::string action;   ///< "sign-in", "create", "set", "delete", "lock-out", ...
    std::string object;   ///< "admin/alice", "token/1f...", "session/..."
    std::string outcome;  ///< "done" or "refused"
    std::string detail;   ///< why, or what changed
};

/// Control thread; does not throw.
using Audit = std::function<void(const AuditEntry&)>;

}  // namespace isthmus::control
