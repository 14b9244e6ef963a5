// What stands before the Api on every listener: is the request meant for us, is its body of a type
// that we read, and who sends it (token, session or the unix socket). Control thread only.
#pragma once

#include "admin/http.h"
#include "control/sign_in.h"
#include "control/token_service.h"

#include <string>
#include <string_view>
#include <vector>

namespace isthmus::admin {

/// RFC 6265bis §4.1.3.2: a name that only this host, over TLS, for all paths, can set.
inline constexpr std::string_view kSessionCookie = "__Host-isthmus";

struct Route;

class Gate {
  public:
    /// `names`: what the Host header may say besides localhost and any address (DNS rebinding).
    Gate(control::SignIn& sign_in,
         control::TokenService& tokens,
         std::vector<std::string> names,
         HttpHandler api);

    /// Who answers over TLS to what is not below /api/; without him nothing is there.
    void set_panel(HttpHandler panel);

    /// For the unix socket: the listener has set the author, a token takes his place.
    void handle_local(const HttpRequest& request, const HttpReply& reply) const;
    /// For TLS: the listener has set the origin.
    void handle_remote(const HttpRequest& request, const HttpReply& reply) const;

    /// How many octets of body a request with this head may bring.
    std::uint64_t body_limit(const HttpRequest& head) const;
    /// Whether its body may be of any size, and goes into a file.
    bool is_spooled(const HttpRequest& head) const;

  private:
    bool is_our_name(std::string_view field) const;
    /// Null if there is none, or its sender has not the right.
    const Route* allowed_route(const HttpRequest& head) const;
    void authenticate(HttpRequest& request, bool is_local) const;
    /// As authenticate(), and gives it author_now.
    void authenticate_lasting(HttpRequest& request, bool is_local) const;
    void use_token(HttpRequest& request, std::string_view field) const;
    void use_cookie(HttpRequest& request, std::string_view cookie) const;

    control::SignIn& sign_in_;
    control::TokenService& tokens_;
    std::vector<std::string> names_;
    HttpHandler api_;
    HttpHandler panel_;
};

/// The value of a cookie in a Cookie header; empty if it is not there.
std::string_view cookie_of(std::string_view header, std::string_view name);
std::string set_cookie(std::string_view name, std::string_view value, std::string_view attributes);

}  // namespace isthmus::admin
