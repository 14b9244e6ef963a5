#include "app/subscription_views.h"

#include "app/page_views.h"

#include <string>
#include <utility>

namespace isthmus::app {

gateway::SubscriptionFilter to_gateway(const control::SubscriptionFilter& filter) {
    return {.user = filter.user,
            .contact = filter.contact,
            .partner = filter.partner,
            .offset = filter.offset,
            .limit = filter.limit};
}

control::SubscriptionStatus to_control(gateway::SubscriptionStatus status) {
    return {.id = std::move(status.id),
            .direction = std::move(status.direction),
            .user = std::move(status.user),
            .contact = std::move(status.contact),
            .partner = std::move(status.partner),
            .standing = std::string(subscriptions::standing_name(status.standing)),
            .state = std::move(status.state),
            .why = std::move(status.why),
            .code = std::move(status.code),
            .since = status.since,
            .dialogs = status.dialogs,
            .expires_in = status.expires_in,
            .next_attempt_in = status.next_attempt_in,
            .last_notify = std::move(status.last_notify),
            .last_notify_at = status.last_notify_at,
            .last_presence = std::move(status.last_presence),
            .last_presence_at = status.last_presence_at};
}

control::SubscriptionPage to_control(gateway::SubscriptionPage page) {
    return page_of<control::SubscriptionPage>(std::move(page),
                                              [](auto one) { return to_control(std::move(one)); });
}

}  // namespace isthmus::app
