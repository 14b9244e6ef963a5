#include "control/oidc.h"

#include "base/digest.h"
#include "base/text.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace isthmus::control {

namespace json = boost::json;

namespace {

constexpr std::int64_t kSkew = 60;
constexpr std::int64_t kOldest = 600;  // a token comes fresh from its endpoint
constexpr std::size_t kMostShownName = 100;

/// What is more comes first, for who is in several groups.
constexpr std::array kByPower = {
    Role::Admin, Role::UserAdmin, Role::Tracer, Role::Helpdesk, Role::Viewer};

Error refused(std::string detail) {
    return make_error(ErrorKind::NotAuthorized,
                      "IST-AUTH-018",
                      "The identity provider's answer does not let you in.",
                      std::move(detail));
}

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
}

std::optional<std::int64_t> time_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    boost::system::error_code error;
    const auto number = value->to_number<std::int64_t>(error);
    // Some write a fraction.
    if (error && value->is_double() && value->get_double() > 0 && value->get_double() < 1e12) {
        return static_cast<std::int64_t>(value->get_double());
    }
    return error ? std::nullopt : std::optional(number);
}

/// A text or a list of texts.
std::vector<std::string> texts_of(const json::value* value) {
    std::vector<std::string> made;
    if (value != nullptr && value->is_string()) {
        made.emplace_back(value->get_string());
    } else if (value != nullptr && value->is_array()) {
        for (const json::value& one : value->get_array()) {
            if (one.is_string()) {
                made.emplace_back(one.get_string());
            }
        }
    }
    return made;
}

/// The whole name first: claims with dots in them exist ("https://example.org/groups").
const json::value* find_claim(const json::object& claims, std::string_view path) {
    if (const json::value* whole = claims.if_contains(path)) {
        return whole;
    }
    const std::size_t dot = path.find('.');
    if (dot == std::string_view::npos) {
        return nullptr;
    }
    const json::value* inner = claims.if_contains(path.substr(0, dot));
    return inner != nullptr && inner->is_object()
               ? find_claim(inner->get_object(), path.substr(dot + 1))
               : nullptr;
}

bool is_https(std::string_view url) {
    return url.starts_with("https://") && url.size() <= 2048 &&
           std::ranges::all_of(url, [](char c) { return c > ' ' && c < 0x7F; });
}

Role role_of(const json::object& claims, const OidcSettings& settings) {
    const auto values = texts_of(find_claim(claims, settings.role_claim));
    for (const Role role : kByPower) {
        for (const std::string& value : values) {
            const auto found = settings.roles.find(value);
            if (found != settings.roles.end() && found->second == role) {
                return role;
            }
        }
    }
    return Role::None;
}

}  // namespace

Result<Provider> read_provider(std::string_view document, const std::string& issuer) {
    json::parse_options options;
    options.max_depth = 16;
    boost::system::error_code error;
    const json::value value = json::parse({document.data(), document.size()}, error, {}, options);
    if (error || !value.is_object()) {
        return refused("the discovery document is no JSON object");
    }
    const json::object& object = value.get_object();
    if (text_of(object, "issuer") != issuer) {
        return refused(fmt::format("the discovery document is of the issuer '{}'",
                                   text::escape_for_log(text_of(object, "issuer"))));
    }
    Provider made{.authorization_endpoint = text_of(object, "authorization_endpoint"),
                  .token_endpoint = text_of(object, "token_endpoint"),
                  .jwks_uri = text_of(object, "jwks_uri")};
    for (const std::string* url :
         {&made.authorization_endpoint, &made.token_endpoint, &made.jwks_uri}) {
        if (!is_https(*url)) {
            return refused(fmt::format("the discovery document names '{}', which is not https",
                                       text::escape_for_log(*url)));
        }
    }
    return made;
}

std::string pkce_challenge(std::string_view verifier) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    EVP_Digest(verifier.data(), verifier.size(), hash.data(), &size, EVP_sha256(), nullptr);
    return base64url_encode({reinterpret_cast<const char*>(hash.data()), size});
}

std::string authorization_url(const Provider& provider,
                              const OidcSettings& settings,
                              std::string_view state,
                              std::string_view nonce,
                              std::string_view verifier) {
    return fmt::format(
        "{}{}response_type=code&client_id={}&redirect_uri={}&scope={}&state={}&nonce={}&"
        "code_challenge={}&code_challenge_method=S256",
        provider.authorization_endpoint,
        provider.authorization_endpoint.find('?') == std::string::npos ? '?' : '&',
        text::percent_encoded(settings.client_id),
        text::percent_encoded(settings.redirect_url),
        text::percent_encoded(settings.scope),
        text::percent_encoded(state),
        text::percent_encoded(nonce),
        pkce_challenge(verifier));
}

Result<Identity> check_claims(const json::object& claims,
                              const OidcSettings& settings,
                              std::string_view nonce,
                              std::int64_t now) {
    if (text_of(claims, "iss") != settings.issuer) {
        return refused("iss is another issuer");
    }
    const auto audience = texts_of(claims.if_contains("aud"));
    const std::string party = text_of(claims, "azp");
    if (std::ranges::find(audience, settings.client_id) == audience.end() ||
        (audience.size() > 1 && party.empty()) || (!party.empty() && party != settings.client_id)) {
        return refused("aud or azp is another client");
    }
    const auto expires = time_of(claims, "exp");
    const auto issued = time_of(claims, "iat");
    const auto not_before = time_of(claims, "nbf");
    if (!expires || *expires <= now - kSkew) {
        return refused("exp: the token is over");
    }
    if (!issued || *issued > now + kSkew || *issued < now - kOldest ||
        not_before.value_or(now) > now + kSkew) {
        return refused("iat or nbf: the token is not of now; compare the clocks");
    }
    if (nonce.empty() || !digest::equal_constant_time(text_of(claims, "nonce"), nonce)) {
        return refused("nonce is not the one of this sign-in");
    }
    Identity identity;
    for (const std::string& claim :
         {settings.name_claim, std::string("email"), std::string("sub")}) {
        const json::value* value = find_claim(claims, claim);
        if (identity.name.empty() && value != nullptr && value->is_string()) {
            identity.name = text::escape_for_log(value->get_string(), kMostShownName);
        }
    }
    if (identity.name.empty() || text_of(claims, "sub").empty()) {
        return refused("sub is missing");
    }
    identity.role = role_of(claims, settings);
    if (identity.role == Role::None) {
        return make_error(
            ErrorKind::Forbidden,
            "IST-AUTH-018",
            "None of your groups has a role here.",
            fmt::format("no value of '{}' is in [admin.oidc.roles]", settings.role_claim));
    }
    return identity;
}

}  // namespace isthmus::control
