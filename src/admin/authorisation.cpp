#include "admin/authorisation.h"

#include <fmt/format.h>

namespace isthmus::admin {

Result<void> check_right(const control::Author& author, control::Right right) {
    if (control::may(author.role, right)) {
        return {};
    }
    if (author.role == control::Role::None) {
        return make_error(ErrorKind::NotAuthorized, "IST-API-006", "Sign in first.", std::string());
    }
    return make_error(ErrorKind::Forbidden,
                      "IST-API-007",
                      fmt::format("The role {} does not have the right '{}'.",
                                  control::name_of(author.role),
                                  control::name_of(right)),
                      std::string());
}

}  // namespace isthmus::admin
