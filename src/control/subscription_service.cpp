#include "control/subscription_service.h"

#include "control/steering.h"

#include <utility>

namespace isthmus::control {

void SubscriptionService::list(SubscriptionFilter filter, PresenceSide::ListDone done) const {
    const auto limit = check_limit(filter.limit, kMaxLimit);
    auto good = limit ? with_canonical_names(canonical_, std::move(filter))
                      : Result<SubscriptionFilter>(limit.error());
    if (!good) {
        return done(good.error());
    }
    side_.list(*good, std::move(done));
}

Result<SubscriptionStatus> SubscriptionService::get(std::string_view id) const {
    return side_.get(id);
}

Result<void> SubscriptionService::refresh(std::string_view id, const Author& author) const {
    return steered(side_.refresh(id), "subscription.refresh", id, author);
}

Result<void> SubscriptionService::end(std::string_view id, const Author& author) const {
    return steered(side_.end(id), "subscription.end", id, author);
}

}  // namespace isthmus::control
