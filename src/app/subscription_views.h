// Subscriptions as the flow knows them, as control/ shows them: two rooms that may not know each
// other.
#pragma once

#include "control/subscription_service.h"
#include "gateway/presence_status.h"

namespace isthmus::app {

gateway::SubscriptionFilter to_gateway(const control::SubscriptionFilter& filter);
control::SubscriptionStatus to_control(gateway::SubscriptionStatus status);
control::SubscriptionPage to_control(gateway::SubscriptionPage page);

}  // namespace isthmus::app
