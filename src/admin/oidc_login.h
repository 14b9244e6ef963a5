// Sign-in with an identity provider: the authorization code flow with PKCE, state and nonce
// (OpenID Connect Core 1.0 §3.1, RFC 7636, RFC 9700). Calls to the provider run on a worker; all
// else on the control thread.
#pragma once

#include "admin/http.h"
#include "admin/https_client.h"
#include "control/oidc.h"
#include "control/sign_in.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace isthmus::admin {

class OidcLogin {
  public:
    /// `offload`: a worker of its own, so that a slow provider holds up no password.
    OidcLogin(control::OidcSettings settings,
              Fetch fetch,
              control::Offload offload,
              control::AdminContext& context,
              control::SignIn& sign_in);

    /// Known once the listeners are open, if the boot file does not say it.
    void set_redirect_url(std::string url) { settings_.redirect_url = std::move(url); }

    const std::string& redirect_url() const { return settings_.redirect_url; }

    /// GET oidc/login: sends the browser to the provider.
    void login(const HttpRequest& request, const HttpReply& reply);
    /// GET oidc/callback: the browser comes back with a code.
    void callback(const HttpRequest& request, const HttpReply& reply);

    static constexpr std::int64_t kPatience = 600;  ///< seconds for the user at the provider
    static constexpr std::size_t kMostPending = 1000;
    static constexpr std::size_t kMostOfOneAddress = 20;

  private:
    /// A browser that is at the provider.
    struct Pending {
        std::string nonce;
        std::string verifier;
        std::string address;
        std::int64_t expires = 0;
    };

    struct Known {
        control::Provider provider;
        std::vector<control::SigningKey> keys;
        std::int64_t until = 0;
    };

    struct Exchange;

    static Result<Known> discover(const Fetch& fetch, const control::OidcSettings& settings);
    static void redeem(Exchange& exchange);
    void redirect(const std::string& address, const HttpReply& reply);
    void finish(Exchange& exchange, const HttpReply& reply);
    HttpResponse refuse(const std::string& origin, const Error& error) const;
    void forget_old();

    control::OidcSettings settings_;
    Fetch fetch_;
    control::Offload offload_;
    control::AdminContext& context_;
    control::SignIn& sign_in_;
    std::optional<Known> known_;
    std::map<std::string, Pending, std::less<>> pending_;  // by hash of the state
};

}  // namespace isthmus::admin
