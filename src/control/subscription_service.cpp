#include "control/subscription_service.h"

#include "base/log.h"
#include "base/text.h"

#include <fmt/format.h>

#include <utility>

namespace isthmus::control {

namespace {

/// Who steered what: these changes make no revision, the log remembers them.
Result<void> logged(Result<void> result,
                    std::string_view event,
                    std::string_view id,
                    const Author& author) {
    log::event(log::Level::Info,
               event,
               {{"id", id},
                {"admin", author.admin},
                {"origin", author.origin},
                {"result", result ? "done" : "failed"},
                {"code", result ? std::string_view() : result.error().code}});
    return result;
}

}  // namespace

Result<std::string> canonical_field(const Canonical& canonical,
                                    std::string_view field,
                                    std::string_view given) {
    if (given.empty()) {
        return std::string();
    }
    auto made = canonical(given);
    if (!made) {
        return make_error(
            ErrorKind::Syntax,
            "IST-API-001",
            fmt::format("{}: '{}' is not an address.", field, text::escape_for_log(given)),
            made.error().detail);
    }
    return made;
}

void SubscriptionService::list(SubscriptionFilter filter, PresenceSide::ListDone done) const {
    if (filter.limit == 0 || filter.limit > kMaxLimit) {
        return done(make_error(ErrorKind::Syntax,
                               "IST-API-001",
                               fmt::format("limit must be a whole number from 1 to {}.", kMaxLimit),
                               {}));
    }
    auto user = canonical_field(canonical_.user, "user", filter.user);
    auto contact = canonical_field(canonical_.contact, "contact", filter.contact);
    auto partner = canonical_field(canonical_.domain, "partner", filter.partner);
    for (const auto* name : {&user, &contact, &partner}) {
        if (!*name) {
            return done(name->error());
        }
    }
    filter.user = std::move(*user);
    filter.contact = std::move(*contact);
    filter.partner = std::move(*partner);
    side_.list(filter, std::move(done));
}

Result<SubscriptionStatus> SubscriptionService::get(std::string_view id) const {
    return side_.get(id);
}

Result<void> SubscriptionService::refresh(std::string_view id, const Author& author) const {
    return logged(side_.refresh(id), "subscription.refresh", id, author);
}

Result<void> SubscriptionService::end(std::string_view id, const Author& author) const {
    return logged(side_.end(id), "subscription.end", id, author);
}

}  // namespace isthmus::control
