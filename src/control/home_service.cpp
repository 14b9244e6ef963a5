#include "control/home_service.h"

#include "control/password.h"

#include <utility>

namespace isthmus::control {

Result<Committed> HomeService::set_password(std::string_view identity,
                                            std::string_view password,
                                            const Edit& edit) {
    const auto user = users_.get(identity);
    if (!user) {
        return user.error();
    }
    const std::string_view local = std::string_view(user->uri).substr(0, user->uri.find('@'));
    if (auto good = check_new_password(password, local); !good) {
        return good.error();
    }
    return change(user->uri, policy::SipCredentials::make(user->uri, password), edit);
}

Result<Committed> HomeService::erase_password(std::string_view identity, const Edit& edit) {
    const auto user = users_.get(identity);
    if (!user) {
        return user.error();
    }
    if (!store_.has_password(user->uri)) {
        return make_error(
            ErrorKind::NotFound, "IST-API-002", "This user has no password.", user->uri);
    }
    return change(user->uri, std::nullopt, edit);
}

void HomeService::on_user_erased(const std::string& user) {
    forget_(user);
}

Result<Committed> HomeService::change(const std::string& user,
                                      const std::optional<policy::SipCredentials>& credentials,
                                      const Edit& edit) {
    Committed made{.revision = users_.policies().current().revision(),
                   .is_in_force = true,
                   .is_dry_run = edit.dry_run,
                   .object = {{"uri", user}, {"has_password", credentials.has_value()}}};
    if (edit.dry_run) {
        return made;
    }
    store_.set_password(user, credentials);
    if (audit_) {
        audit_({.admin = edit.author.admin,
                .origin = edit.author.origin,
                .action = credentials ? "set" : "delete",
                .object = "user/" + user + "/password",
                .outcome = "done",
                .detail = edit.reason});
    }
    made.is_in_force = publish_(user, credentials);
    return made;
}

}  // namespace isthmus::control
