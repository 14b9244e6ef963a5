// Passwords of administrators: the rules for new ones, and Argon2id (RFC 9106).
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace isthmus::control {

/// Length 12 to 256 characters, well-formed UTF-8 without controls, not made of the account's
/// name, at least five different characters. No rules of composition (NIST SP 800-63B §5.1.1.2).
Result<void> check_new_password(std::string_view password, std::string_view account);

/// Costs, docs/decisions.md says why these.
struct HashCost {
    unsigned memory_kib = 47104;
    unsigned passes = 2;
};

/// A PHC string with a random salt. About 100 ms of one core: not on the control thread.
std::string hash_password(std::string_view password, HashCost cost = {});
/// Same cost. False for a hash that is none.
bool verify_password(std::string_view password, const std::string& hash);
/// Made with other costs than today's.
bool is_outdated(std::string_view hash, HashCost cost = {});

}  // namespace isthmus::control
