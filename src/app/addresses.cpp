#include "app/addresses.h"

#include "base/arena.h"
#include "translate/address.h"
#include "xmpp/jid.h"

#include <fmt/format.h>

namespace isthmus::app {

Result<std::string> canonical_domain(std::string_view domain) {
    Arena arena;
    const auto prepared = xmpp::prepare_domain(domain, arena);
    if (!prepared) {
        return prepared.error();
    }
    return std::string(*prepared);
}

Result<std::string> canonical_user(std::string_view user) {
    Arena arena;
    const bool has_scheme = user.starts_with("sip:") || user.starts_with("sips:");
    const std::string uri = has_scheme ? std::string(user) : fmt::format("sip:{}", user);
    const auto mapped = translate::to_jid(uri, arena);
    if (!mapped || mapped->jid.local.empty() || !mapped->jid.is_bare()) {
        return make_error(
            ErrorKind::Syntax,
            "IST-API-001",
            "That is not the address of a SIP user.",
            mapped ? "it must be USER@DOMAIN" : std::string(translate::fault_name(mapped.error())));
    }
    const auto key = xmpp::account_key(mapped->jid.local, arena);
    const auto domain = xmpp::domain_to_ascii(mapped->jid.domain, arena);
    if (!key || !domain) {
        return key ? domain.error() : key.error();
    }
    return fmt::format("{}@{}", *key, *domain);
}

Result<std::string> canonical_contact(std::string_view jid) {
    Arena arena;
    const auto parsed = xmpp::parse_jid(jid, arena);
    if (!parsed) {
        return parsed.error();
    }
    if (parsed->local.empty() || !parsed->is_bare()) {
        return make_error(ErrorKind::Syntax,
                          "IST-API-001",
                          "That is not the address of an XMPP user.",
                          "it must be USER@DOMAIN without a resource");
    }
    return parsed->to_bare_string();
}

control::CanonicalNames canonical_names() {
    return {.domain = canonical_domain, .user = canonical_user, .contact = canonical_contact};
}

}  // namespace isthmus::app
