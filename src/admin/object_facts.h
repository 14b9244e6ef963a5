// What lists show of objects beside their properties: who made and changed them, what they were
// used for.
#pragma once

#include "control/policy_service.h"
#include "control/usage.h"

#include <boost/json/array.hpp>

namespace isthmus::admin {

/// "modified_at", "modified_by" of policies; null and "" where nobody ever changed one.
void add_modified(const control::PolicyService& policies, boost::json::array& policies_shown);
/// "last_message_at" of partners; left out if the traffic thread does not answer.
void add_last_message(const control::ReadUsage& read_usage, boost::json::array& partners);
/// "added_at", "added_by" of blocked domains, and "hits", which are left out if the traffic thread
/// does not answer. Allowed domains among them stay as they are.
void add_block_facts(const control::PolicyService& policies,
                     const control::ReadUsage& read_usage,
                     boost::json::array& domains);

}  // namespace isthmus::admin
