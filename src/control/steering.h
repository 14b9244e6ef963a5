// What subscriptions, dialogs, streams and messages have in common for administrators: lists that
// are filtered by names, and changes that make no revision.
#pragma once

#include "base/result.h"
#include "control/author.h"
#include "control/names.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace isthmus::control {

/// The canonical form; empty for nothing given. IST-API-001 names the field.
Result<std::string> canonical_field(const Canonical& canonical,
                                    std::string_view field,
                                    std::string_view given);

/// IST-API-001 unless it is from 1 to `most`.
Result<void> check_limit(std::size_t limit, std::size_t most);

/// `filter` with its user, contact and partner as they are compared.
template <class Filter>
Result<Filter> with_canonical_names(const CanonicalNames& canonical, Filter filter) {
    auto user = canonical_field(canonical.user, "user", filter.user);
    auto contact = canonical_field(canonical.contact, "contact", filter.contact);
    auto partner = canonical_field(canonical.domain, "partner", filter.partner);
    for (const auto* name : {&user, &contact, &partner}) {
        if (!*name) {
            return name->error();
        }
    }
    filter.user = std::move(*user);
    filter.contact = std::move(*contact);
    filter.partner = std::move(*partner);
    return filter;
}

/// Hands `result` through: the log remembers who steered what.
Result<void> steered(Result<void> result,
                     std::string_view event,
                     std::string_view id,
                     const Author& author);

}  // namespace isthmus::control
