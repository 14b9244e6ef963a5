// Who may do what: the roles of administrators and the rights that routes ask for. The roles are
// those of Lync's role-based access control, with one of ours for traces.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace isthmus::control {

enum class Role : std::uint8_t {
    None,       ///< not signed in
    Admin,      ///< CsAdministrator: everything
    UserAdmin,  ///< CsUserAdministrator: users and their grants, but not the policies
    Viewer,     ///< CsViewOnlyAdministrator
    Helpdesk,   ///< CsHelpDesk: reads, and finds out why
    Tracer,     ///< helpdesk that may also record traffic
};

inline constexpr std::array kRoles = {
    Role::Admin, Role::UserAdmin, Role::Viewer, Role::Helpdesk, Role::Tracer};

enum class Right : std::uint8_t {
    Anyone,        ///< no sign-in: what leads to one
    SignedIn,      ///< any role: what concerns oneself
    Read,          ///< everything but secrets, administrators and the audit log
    Users,         ///< users, grants, contacts, subscriptions
    Troubleshoot,  ///< explain, tests, refresh
    Configure,     ///< policies, partners, domains, settings
    Administer,    ///< administrators, tokens, backup, audit log, rollback, message bodies
    Trace,         ///< recordings of traffic
};

/// What a role gives; the others come with any sign-in or none.
inline constexpr std::array kGivenRights = {Right::Read,
                                            Right::Users,
                                            Right::Troubleshoot,
                                            Right::Configure,
                                            Right::Administer,
                                            Right::Trace};

bool may(Role role, Right right);

/// "admin", "user-admin", "viewer", "helpdesk", "tracer"; empty for None.
std::string_view name_of(Role role);
/// The name as Get-CsAdminRole shows it; Lync has none for tracer.
std::string_view lync_name_of(Role role);
/// Either name, in any case.
std::optional<Role> role_named(std::string_view name);

std::string_view name_of(Right right);

}  // namespace isthmus::control
