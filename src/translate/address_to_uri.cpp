// JIDs to URIs: RFC 7247 §6.5, RFC 5122.
#include "base/text.h"
#include "translate/address.h"
#include "translate/address_faults.h"
#include "translate/escape.h"

#include <cstring>
#include <string>

namespace isthmus::translate {

namespace {

constexpr std::string_view scheme_prefix(Scheme scheme) {
    switch (scheme) {
        case Scheme::Sip:
            return "sip:";
        case Scheme::Sips:
            return "sips:";
        case Scheme::Im:
            return "im:";
        case Scheme::Pres:
            break;
    }
    return "pres:";
}

/// XEP-0106 undone, if that names this localpart alone.
AddressResult<std::string_view> unescaped(std::string_view local, Arena& arena) {
    if (local.find('\\') == std::string_view::npos) {
        return local;
    }
    const std::string_view plain = unescape_local(local, arena);
    if (escape_local(plain, arena) != local || plain.front() == ' ' || plain.back() == ' ') {
        return AddressFault::NonCanonicalEscape;
    }
    return plain;
}

/// Whether a host of plain characters is one by RFC 3261 §25.1 without a closer look.
bool is_usual_host(std::string_view host) {
    if (host.empty() || !all_in(host, kHost) || host.front() == '.' || host.front() == '-' ||
        host.back() == '.' || host.back() == '-') {
        return false;
    }
    for (std::size_t i = 1; i < host.size(); ++i) {
        if (host[i] == '.' && !(text::is_alnum(host[i - 1]) && text::is_alnum(host[i + 1]))) {
            return false;
        }
    }
    // toplabel begins with a letter; behind no dot host.front() is meant.
    return text::is_alpha(host[host.rfind('.') + 1]);
}

AddressResult<std::string_view> map_domain(std::string_view domain, Arena& arena) {
    if (is_usual_host(domain)) {
        return domain;
    }
    const auto ascii = xmpp::domain_to_ascii(domain, arena);
    if (!ascii) {
        return fault_of(ascii.error());
    }
    if (!sip::parse_uri(std::string("sip:").append(*ascii))) {
        return AddressFault::BadHost;
    }
    return *ascii;
}

char* put(char* to, std::string_view text) {
    if (!text.empty()) {
        std::memcpy(to, text.data(), text.size());
    }
    return to + text.size();
}

}  // namespace

AddressResult<std::string_view> to_uri(const xmpp::Jid& jid, Arena& arena, const UriForm& form) {
    const auto user = unescaped(jid.local, arena);
    if (!user) {
        return user.error();
    }
    std::string_view host = form.sip_domain;
    if (host.empty()) {
        const auto mapped = map_domain(jid.domain, arena);
        if (!mapped) {
            return mapped.error();
        }
        host = *mapped;
    }
    const bool is_sip = form.scheme == Scheme::Sip || form.scheme == Scheme::Sips;
    const std::string_view resource =
        is_sip && form.with_resource ? jid.resource : std::string_view();
    char* const to = arena.chars(3 * (user->size() + resource.size()) + host.size() + 16);
    char* end = to;
    if (form.in_brackets) {
        *end++ = '<';
    }
    end = put(end, scheme_prefix(form.scheme));
    if (!user->empty()) {
        end = percent_encode(*user, is_sip ? kSipUser : kImUser, end);
        *end++ = '@';
    }
    end = put(end, host);
    if (!resource.empty()) {
        // RFC 7247 §6.5 step 8, without its slash (gap G-26).
        end = percent_encode(resource, kGr, put(end, ";gr="));
    }
    if (form.in_brackets) {
        *end++ = '>';
    }
    arena.shrink_to(end);
    return std::string_view(to, static_cast<std::size_t>(end - to));
}

std::string compared_uri(std::string_view uri) {
    Arena arena;
    const auto mapped = to_jid(uri, arena);
    const auto made =
        mapped ? to_uri(mapped->jid.bare(), arena, {}) : AddressResult<std::string_view>(uri);
    return std::string(made ? *made : uri);
}

AddressResult<xmpp::Jid> read_jid(std::string_view text, Arena& arena) {
    auto jid = xmpp::parse_jid(text, arena);
    if (!jid) {
        return fault_of(jid.error());
    }
    return *jid;
}

std::string_view to_xmpp_iri(const xmpp::Jid& jid, Arena& arena) {
    char* const to =
        arena.chars(3 * (jid.local.size() + jid.resource.size()) + jid.domain.size() + 8);
    char* end = put(to, "xmpp:");
    if (!jid.local.empty()) {
        end = percent_encode(jid.local, kXmppNode, end);
        *end++ = '@';
    }
    end = put(end, jid.domain);
    if (!jid.resource.empty()) {
        *end++ = '/';
        end = percent_encode(jid.resource, kXmppNode, end);
    }
    arena.shrink_to(end);
    return {to, static_cast<std::size_t>(end - to)};
}

AddressResult<xmpp::Jid> from_xmpp_iri(std::string_view iri, Arena& arena) {
    if (!text::istarts_with(iri, "xmpp:")) {
        return AddressFault::Scheme;
    }
    const std::string_view path = iri.substr(5, iri.find_first_of("?#") - 5);
    const auto decoded = percent_decode(path, arena);
    if (!decoded || path.starts_with("//")) {
        return AddressFault::BadPercent;
    }
    return read_jid(*decoded, arena);
}

}  // namespace isthmus::translate
