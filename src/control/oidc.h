// OpenID Connect as a relying party: what the provider's documents and ID tokens must say, and
// which role follows. Pure; any thread. The flow is admin/oidc_resource.
#pragma once

#include "base/result.h"
#include "control/jwt.h"
#include "control/rights.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

struct OidcSettings {
    std::string issuer;  ///< "https://..."; empty: none
    std::string client_id;
    std::string client_secret;
    std::string redirect_url;  ///< of our callback, as registered with the provider
    std::string scope = "openid profile email";
    std::string name_claim = "preferred_username";  ///< else email, else sub
    std::string role_claim = "groups";              ///< "realm_access.roles" reaches into objects
    std::map<std::string, Role> roles;              ///< value of the claim -> role
};

/// OpenID Connect Discovery 1.0 §3.
struct Provider {
    std::string authorization_endpoint;
    std::string token_endpoint;
    std::string jwks_uri;
};

/// Refuses another issuer (§4.3) and endpoints without TLS.
Result<Provider> read_provider(std::string_view document, const std::string& issuer);

/// RFC 7636 §4.2, S256.
std::string pkce_challenge(std::string_view verifier);

/// Where the browser is sent (OpenID Connect Core 1.0 §3.1.2.1).
std::string authorization_url(const Provider& provider,
                              const OidcSettings& settings,
                              std::string_view state,
                              std::string_view nonce,
                              std::string_view verifier);

struct Identity {
    std::string name;
    Role role = Role::None;
};

/// OpenID Connect Core 1.0 §3.1.3.7 on claims whose signature is good, with 60 seconds for clocks
/// that differ; then name and role. `now`: seconds since 1970.
Result<Identity> check_claims(const boost::json::object& claims,
                              const OidcSettings& settings,
                              std::string_view nonce,
                              std::int64_t now);

}  // namespace isthmus::control
