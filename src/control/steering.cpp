#include "control/steering.h"

#include "base/log.h"
#include "base/text.h"

#include <fmt/format.h>

namespace isthmus::control {

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

Result<void> check_limit(std::size_t limit, std::size_t most) {
    if (limit == 0 || limit > most) {
        return make_error(ErrorKind::Syntax,
                          "IST-API-001",
                          fmt::format("limit must be a whole number from 1 to {}.", most),
                          {});
    }
    return {};
}

Result<void> steered(Result<void> result,
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

}  // namespace isthmus::control
