#include "control/rights.h"

#include "base/text.h"

namespace isthmus::control {

bool may(Role role, Right right) {
    if (right == Right::Anyone) {
        return true;
    }
    switch (role) {
        case Role::Admin:
            return true;
        case Role::UserAdmin:
            return right == Right::SignedIn || right == Right::Read || right == Right::Users ||
                   right == Right::Troubleshoot;
        case Role::Viewer:
            return right == Right::SignedIn || right == Right::Read;
        case Role::Helpdesk:
            return right == Right::SignedIn || right == Right::Read || right == Right::Troubleshoot;
        case Role::Tracer:
            return right == Right::SignedIn || right == Right::Read ||
                   right == Right::Troubleshoot || right == Right::Trace;
        case Role::None:
            break;
    }
    return false;
}

std::string_view name_of(Role role) {
    switch (role) {
        case Role::Admin:
            return "admin";
        case Role::UserAdmin:
            return "user-admin";
        case Role::Viewer:
            return "viewer";
        case Role::Helpdesk:
            return "helpdesk";
        case Role::Tracer:
            return "tracer";
        case Role::None:
            break;
    }
    return {};
}

std::string_view lync_name_of(Role role) {
    switch (role) {
        case Role::Admin:
            return "CsAdministrator";
        case Role::UserAdmin:
            return "CsUserAdministrator";
        case Role::Viewer:
            return "CsViewOnlyAdministrator";
        case Role::Helpdesk:
            return "CsHelpDesk";
        default:
            return {};
    }
}

std::optional<Role> role_named(std::string_view name) {
    for (const Role role : kRoles) {
        if (text::iequals(name, name_of(role)) ||
            (!lync_name_of(role).empty() && text::iequals(name, lync_name_of(role)))) {
            return role;
        }
    }
    return std::nullopt;
}

std::string_view name_of(Right right) {
    switch (right) {
        case Right::Anyone:
            return "anyone";
        case Right::SignedIn:
            return "signed in";
        case Right::Read:
            return "read";
        case Right::Users:
            return "users";
        case Right::Troubleshoot:
            return "troubleshoot";
        case Right::Configure:
            return "configure";
        case Right::Administer:
            return "administer";
        case Right::Trace:
            return "trace";
    }
    return {};
}

}  // namespace isthmus::control
