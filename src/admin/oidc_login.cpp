#include "admin/oidc_login.h"

#include "admin/answers.h"
#include "admin/gate.h"
#include "base/digest.h"
#include "base/text.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

constexpr std::string_view kStateCookie = "__Host-isthmus-oidc";
constexpr std::size_t kSecretOctets = 32;
constexpr std::int64_t kDiscoveryLife = 3600;

Error refused(std::string sentence, std::string detail) {
    return make_error(
        ErrorKind::NotAuthorized, "IST-AUTH-018", std::move(sentence), std::move(detail));
}

Result<std::string> get(const Fetch& fetch, const std::string& url) {
    auto answer = fetch({.url = url});
    if (!answer) {
        return answer.error();
    }
    if (answer->status != 200) {
        return refused("The identity provider cannot be asked.",
                       fmt::format("{}: HTTP {}", url, answer->status));
    }
    return std::move(answer->body);
}

Result<std::vector<control::SigningKey>> fetch_keys(const Fetch& fetch, const std::string& url) {
    const auto document = get(fetch, url);
    if (!document) {
        return document.error();
    }
    auto keys = control::read_keys(*document);
    if (!keys) {
        return refused("The identity provider cannot be asked.", keys.error().public_text);
    }
    return keys;
}

std::string_view fault_text(control::JwtFault fault) {
    switch (fault) {
        case control::JwtFault::Malformed:
            return "the ID token is malformed";
        case control::JwtFault::Algorithm:
            return "the ID token is not signed with RS256 or ES256";
        case control::JwtFault::UnknownKey:
            return "the ID token is signed with a key that the provider does not publish";
        case control::JwtFault::Signature:
            return "the signature of the ID token is wrong";
        case control::JwtFault::None:
            break;
    }
    return {};
}

}  // namespace

/// One code on its way over the worker: what goes in, what comes out.
struct OidcLogin::Exchange {
    Fetch fetch;
    control::OidcSettings settings;
    Known known;
    Pending pending;
    std::string code;
    std::string origin;
    std::string user_agent;
    Result<json::object> claims = Error{};
};

OidcLogin::OidcLogin(control::OidcSettings settings,
                     Fetch fetch,
                     control::Offload offload,
                     control::AdminContext& context,
                     control::SignIn& sign_in)
    : settings_(std::move(settings)),
      fetch_(std::move(fetch)),
      offload_(std::move(offload)),
      context_(context),
      sign_in_(sign_in) {}

Result<OidcLogin::Known> OidcLogin::discover(const Fetch& fetch,
                                             const control::OidcSettings& settings) {
    const std::string base =
        settings.issuer.ends_with('/') ? settings.issuer : settings.issuer + "/";
    const auto document = get(fetch, base + ".well-known/openid-configuration");
    if (!document) {
        return document.error();
    }
    auto provider = control::read_provider(*document, settings.issuer);
    if (!provider) {
        return provider.error();
    }
    auto keys = fetch_keys(fetch, provider->jwks_uri);
    if (!keys) {
        return keys.error();
    }
    return Known{*std::move(provider), *std::move(keys)};
}

HttpResponse OidcLogin::refuse(const std::string& origin, const Error& error) const {
    context_.note({{"", origin}},
                  "sign-in",
                  "session",
                  "refused",
                  fmt::format("identity provider: {}", error.detail));
    return problem(error);
}

void OidcLogin::forget_old() {
    const std::int64_t now = context_.monotonic();
    std::erase_if(pending_, [&](const auto& entry) { return entry.second.expires <= now; });
}

void OidcLogin::login(const HttpRequest& request, const HttpReply& reply) {
    const std::string address = control::address_key(request.author.origin);
    forget_old();
    const auto of_address = static_cast<std::size_t>(std::ranges::count_if(
        pending_, [&](const auto& entry) { return entry.second.address == address; }));
    if (pending_.size() >= kMostPending || of_address >= kMostOfOneAddress) {
        return reply(problem(control::is_busy()));
    }
    if (known_ && known_->until > context_.monotonic()) {
        return redirect(address, reply);
    }
    const auto found = std::make_shared<Result<Known>>(Error{});
    const bool waits = offload_(
        [found, fetch = fetch_, settings = settings_] { *found = discover(fetch, settings); },
        [this, found, address, origin = request.author.origin, reply] {
            if (!*found) {
                return reply(refuse(origin, found->error()));
            }
            known_ = *std::move(*found);
            known_->until = context_.monotonic() + kDiscoveryLife;
            redirect(address, reply);
        });
    if (!waits) {
        reply(problem(control::is_busy()));
    }
}

void OidcLogin::redirect(const std::string& address, const HttpReply& reply) {
    Pending pending{.nonce = context_.random.hex(kSecretOctets),
                    .verifier = context_.random.hex(kSecretOctets),
                    .address = address,
                    .expires = context_.monotonic() + kPatience};
    const std::string state = context_.random.hex(kSecretOctets);
    HttpResponse response{.status = 303, .content_type = "text/plain"};
    response.headers.emplace_back(
        "Location",
        control::authorization_url(
            known_->provider, settings_, state, pending.nonce, pending.verifier));
    // Lax: the browser comes back from another site. It ties the state to this browser.
    response.headers.emplace_back(
        "Set-Cookie",
        set_cookie(kStateCookie, state, fmt::format("SameSite=Lax; Max-Age={}", kPatience)));
    pending_.emplace(digest::sha256_hex(state), std::move(pending));
    reply(std::move(response));
}

void OidcLogin::callback(const HttpRequest& request, const HttpReply& reply) {
    const std::string& origin = request.author.origin;
    if (sign_in_.is_address_locked(origin)) {
        return reply(problem(make_error(
            ErrorKind::Limit, "IST-AUTH-011", "Too many failed sign-ins; try again later.", {})));
    }
    forget_old();
    const std::string state = query_of(request, "state");
    const std::string_view cookie = cookie_of(request.header("cookie"), kStateCookie);
    auto found = pending_.extract(digest::sha256_hex(state));
    if (found.empty() || !digest::equal_constant_time(cookie, state) || !known_) {
        sign_in_.note_bad_credential({{"", origin}}, "an answer of the provider to no question");
        return reply(problem(refused("This sign-in was not begun here, or is over.",
                                     "state is not one of this browser")));
    }
    if (const std::string error = query_of(request, "error"); !error.empty()) {
        return reply(refuse(
            origin,
            refused("The identity provider did not let you in.", text::escape_for_log(error, 64))));
    }
    // RFC 9207 §2.4
    if (const std::string issuer = query_of(request, "iss");
        !issuer.empty() && issuer != settings_.issuer) {
        return reply(refuse(origin,
                            refused("The identity provider's answer does not let you in.",
                                    "iss of the answer is another issuer")));
    }
    const auto exchange = std::make_shared<Exchange>(
        Exchange{.fetch = fetch_,
                 .settings = settings_,
                 .known = *known_,
                 .pending = std::move(found.mapped()),
                 .code = query_of(request, "code"),
                 .origin = origin,
                 .user_agent = std::string(request.header("user-agent"))});
    const bool waits = offload_([exchange] { redeem(*exchange); },
                                [this, exchange, reply] { finish(*exchange, reply); });
    if (!waits) {
        reply(problem(control::is_busy()));
    }
}

void OidcLogin::redeem(Exchange& exchange) {
    const control::OidcSettings& settings = exchange.settings;
    HttpsRequest request{.url = exchange.known.provider.token_endpoint,
                         .method = "POST",
                         .content_type = "application/x-www-form-urlencoded"};
    request.body =
        fmt::format("grant_type=authorization_code&code={}&redirect_uri={}&code_verifier={}",
                    text::percent_encoded(exchange.code),
                    text::percent_encoded(settings.redirect_url),
                    exchange.pending.verifier);
    if (settings.client_secret.empty()) {
        request.body += "&client_id=" + text::percent_encoded(settings.client_id);
    } else {
        // RFC 6749 §2.3.1: both are form-encoded first.
        request.authorization =
            "Basic " + digest::base64_encode(text::percent_encoded(settings.client_id) + ":" +
                                             text::percent_encoded(settings.client_secret));
    }
    const auto answer = exchange.fetch(request);
    if (!answer) {
        exchange.claims = answer.error();
        return;
    }
    boost::system::error_code error;
    const json::value body = json::parse(answer->body, error);
    const json::object* object = error ? nullptr : body.if_object();
    const json::value* token = object != nullptr ? object->if_contains("id_token") : nullptr;
    if (answer->status != 200 || token == nullptr || !token->is_string()) {
        exchange.claims =
            refused("The identity provider did not let you in.",
                    fmt::format("the token endpoint: HTTP {}, no ID token", answer->status));
        return;
    }
    control::Jwt jwt = control::verify_jwt(token->get_string(), exchange.known.keys);
    if (jwt.fault == control::JwtFault::UnknownKey) {
        // The provider may have changed its keys since we asked.
        if (auto keys = fetch_keys(exchange.fetch, exchange.known.provider.jwks_uri)) {
            exchange.known.keys = *std::move(keys);
            jwt = control::verify_jwt(token->get_string(), exchange.known.keys);
        }
    }
    if (jwt.fault != control::JwtFault::None) {
        exchange.claims = refused("The identity provider's answer does not let you in.",
                                  std::string(fault_text(jwt.fault)));
        return;
    }
    exchange.claims = std::move(jwt.claims);
}

void OidcLogin::finish(Exchange& exchange, const HttpReply& reply) {
    if (!exchange.claims) {
        return reply(refuse(exchange.origin, exchange.claims.error()));
    }
    const auto identity =
        control::check_claims(*exchange.claims, settings_, exchange.pending.nonce, context_.wall());
    if (!identity) {
        return reply(refuse(exchange.origin, identity.error()));
    }
    known_->keys = exchange.known.keys;
    const auto signed_in = sign_in_.with_provider({.admin = "oidc:" + identity->name,
                                                   .role = identity->role,
                                                   .method = "oidc",
                                                   .origin = exchange.origin,
                                                   .user_agent = exchange.user_agent});
    HttpResponse response{.status = 303, .content_type = "text/plain"};
    response.headers.emplace_back("Location", "/");
    response.headers.emplace_back("Set-Cookie",
                                  set_cookie(kSessionCookie, signed_in.cookie, "SameSite=Strict"));
    response.headers.emplace_back("Set-Cookie",
                                  set_cookie(kStateCookie, "", "SameSite=Lax; Max-Age=0"));
    reply(std::move(response));
}

}  // namespace isthmus::admin
