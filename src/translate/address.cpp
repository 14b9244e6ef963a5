#include "translate/address.h"

#include "base/text.h"
#include "translate/escape.h"

#include <algorithm>
#include <cstring>

namespace isthmus::translate {

namespace {

using text::iequals;

constexpr std::size_t kMaxPart = 1023;

// What prepare_* of xmpp/jid.h says privately, as our fault.
AddressFault fault_of(const Error& error) {
    if (error.kind == ErrorKind::TooLong) {
        return AddressFault::TooLong;
    }
    for (AddressFault fault : {AddressFault::NotUtf8,
                               AddressFault::EmptyLocalpart,
                               AddressFault::EmptyDomain,
                               AddressFault::EmptyResource,
                               AddressFault::Disallowed}) {
        if (error.detail == fault_name(fault)) {
            return fault;
        }
    }
    return error.detail == "domain" ? AddressFault::Idna : AddressFault::Precis;
}

bool is_im_or_pres(std::string_view scheme) {
    return iequals(scheme, "im") || iequals(scheme, "pres");
}

/// Calls `visit(name, value, has_value)` for every parameter.
template <class Visit>
void for_each_param(std::string_view params, Visit visit) {
    while (!params.empty()) {
        const std::string_view one = params.substr(0, params.find(';'));
        params.remove_prefix(std::min(one.size() + 1, params.size()));
        const std::size_t equals = one.find('=');
        const bool has_value = equals != std::string_view::npos;
        visit(one.substr(0, equals), has_value ? one.substr(equals + 1) : "", has_value);
    }
}

// --- the user part ----------------------------------------------------------------------------

/// RFC 7247 §6.4 steps 3 to 6, for a user part that is not plain.
AddressResult<std::string_view> map_user(std::string_view user, Arena& arena, bool& is_changed) {
    const std::optional<std::string_view> decoded = percent_decode(user, arena);
    if (!decoded) {
        return AddressFault::BadPercent;
    }
    if (!text::is_utf8(*decoded)) {
        return AddressFault::NotUtf8;
    }
    // XEP-0106 §4.1: \20 must not be first or last.
    if (decoded->front() == ' ' || decoded->back() == ' ') {
        return AddressFault::EdgeSpace;
    }
    const std::string_view escaped = escape_local(*decoded, arena);
    const auto prepared = xmpp::prepare_local(escaped, arena);
    if (!prepared) {
        const AddressFault fault = fault_of(prepared.error());
        // We escaped those ourselves: width mapping made new ones.
        return fault == AddressFault::Disallowed ? AddressFault::Precis : fault;
    }
    // The mapping must not make escapes or undo them: full-width forms of a backslash, of digits
    // behind one, or of an escaped character would otherwise name somebody else.
    const auto backslashes = [](std::string_view part) { return std::ranges::count(part, '\\'); };
    if (backslashes(*prepared) != backslashes(escaped) ||
        count_escapes(*prepared) != count_escapes(escaped)) {
        return AddressFault::Precis;
    }
    is_changed = unescape_local(*prepared, arena) != *decoded;
    return *prepared;
}

AddressResult<std::string_view> map_gr(std::string_view gr, Arena& arena) {
    if (gr.size() <= kMaxPart && all_in(gr, kGr)) {
        return gr;
    }
    const std::optional<std::string_view> decoded = percent_decode(gr, arena);
    if (!decoded) {
        return AddressFault::BadGr;
    }
    const auto prepared = xmpp::prepare_resource(*decoded, arena);
    if (!prepared) {
        return fault_of(prepared.error());
    }
    return *prepared;
}

/// Name and value of gr; no value is a temporary GRUU and names no resource (RFC 7247 §6.3).
struct Gr {
    std::string_view value;
    int count = 0;
};

Gr find_gr(std::string_view params) {
    Gr gr;
    if (!params.empty()) {
        for_each_param(params, [&gr](std::string_view name, std::string_view value, bool) {
            if (iequals(name, "gr")) {
                gr.value = value;
                ++gr.count;
            }
        });
    }
    return gr;
}

AddressResult<MappedJid> map_sip_uri(const sip::Uri& uri,
                                     Arena& arena,
                                     std::string_view xmpp_domain) {
    MappedJid mapped;
    mapped.is_sips = uri.scheme.size() == 4;
    if (uri.has_user) {
        if (uri.user.size() <= kMaxPart && all_in(uri.user, kPlainUser)) {
            mapped.jid.local = uri.user;
        } else {
            const auto local = map_user(uri.user, arena, mapped.is_canonicalised);
            if (!local) {
                return local.error();
            }
            mapped.jid.local = *local;
        }
    }
    if (xmpp_domain.empty()) {
        const auto domain = xmpp::prepare_domain(uri.host, arena);
        if (!domain) {
            return fault_of(domain.error());
        }
        mapped.jid.domain = *domain;
    } else {
        mapped.jid.domain = xmpp_domain;
    }
    const Gr gr = find_gr(uri.params);
    if (gr.count > 1) {
        return AddressFault::BadGr;
    }
    if (!gr.value.empty()) {
        const auto resource = map_gr(gr.value, arena);
        if (!resource) {
            return resource.error();
        }
        mapped.jid.resource = *resource;
    }
    return mapped;
}

// --- naming what does not parse ---------------------------------------------------------------

/// First fault of a user part with its password, from the left.
AddressFault fault_in_userinfo(std::string_view userinfo) {
    if (userinfo.empty() || userinfo.front() == ':') {
        return AddressFault::EmptyUser;
    }
    for (std::size_t at = 0; at < userinfo.size(); ++at) {
        if (userinfo[at] == '%') {
            if (userinfo.size() - at < 3 || text::hex_value(userinfo[at + 1]) < 0 ||
                text::hex_value(userinfo[at + 2]) < 0) {
                return AddressFault::BadPercent;
            }
            at += 2;
        }
    }
    return AddressFault::RawChar;
}

AddressFault fault_behind_host(std::string_view tail) {
    const std::string_view params = tail.substr(0, tail.find('?'));
    bool is_bad_gr = false;
    for_each_param(params, [&](std::string_view name, std::string_view value, bool has_value) {
        is_bad_gr = is_bad_gr || (iequals(name, "gr") && has_value &&
                                  !sip::parse_uri(std::string("sip:x;gr=").append(value)));
    });
    return is_bad_gr ? AddressFault::BadGr : AddressFault::RawChar;
}

/// Of a text that sip::parse_uri() refuses, or that has a scheme which is none of ours.
AddressFault fault_in(std::string_view uri) {
    const std::size_t colon = uri.find(':');
    const std::string_view scheme = uri.substr(0, colon);
    if (colon == std::string_view::npos || scheme.empty() || !text::is_alpha(scheme.front()) ||
        !std::ranges::all_of(
            scheme, [](char c) { return text::is_alnum(c) || c == '+' || c == '-' || c == '.'; })) {
        return AddressFault::NoScheme;
    }
    if (!iequals(scheme, "sip") && !iequals(scheme, "sips") && !is_im_or_pres(scheme)) {
        return AddressFault::Scheme;
    }
    std::string_view rest = uri.substr(colon + 1);
    if (std::ranges::count(rest, '@') > 1) {
        return AddressFault::AtSign;
    }
    const std::size_t at = rest.find('@');
    if (at != std::string_view::npos) {
        const std::string_view userinfo = rest.substr(0, at);
        if (userinfo.empty() || !sip::parse_uri(std::string("sip:").append(userinfo) + "@x")) {
            return fault_in_userinfo(userinfo);
        }
        rest.remove_prefix(at + 1);
    }
    const std::string_view host = rest.substr(0, rest.find_first_of(";?"));
    if (!sip::parse_uri(std::string("sip:").append(host))) {
        return AddressFault::BadHost;
    }
    return fault_behind_host(rest.substr(host.size()));
}

// --- the way back -----------------------------------------------------------------------------

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

std::string_view fault_name(AddressFault fault) {
    switch (fault) {
        case AddressFault::NoScheme:
            return "no-scheme";
        case AddressFault::Scheme:
            return "scheme";
        case AddressFault::AtSign:
            return "at-sign";
        case AddressFault::EmptyUser:
            return "empty-user";
        case AddressFault::BadPercent:
            return "bad-percent";
        case AddressFault::RawChar:
            return "raw-char";
        case AddressFault::BadHost:
            return "bad-host";
        case AddressFault::BadGr:
            return "bad-gr";
        case AddressFault::NotUtf8:
            return "not-utf8";
        case AddressFault::EdgeSpace:
            return "edge-space";
        case AddressFault::Precis:
            return "precis";
        case AddressFault::Idna:
            return "idna";
        case AddressFault::TooLong:
            return "too-long";
        case AddressFault::EmptyLocalpart:
            return "empty-localpart";
        case AddressFault::EmptyDomain:
            return "empty-domain";
        case AddressFault::EmptyResource:
            return "empty-resource";
        case AddressFault::Disallowed:
            return "disallowed";
        case AddressFault::NonCanonicalEscape:
            break;
    }
    return "non-canonical-escape";
}

int status_of(AddressFault fault) {
    switch (fault) {
        case AddressFault::Scheme:
            return 416;
        case AddressFault::TooLong:
            return 414;
        case AddressFault::NotUtf8:
        case AddressFault::EdgeSpace:
        case AddressFault::Precis:
        case AddressFault::Idna:
            return 404;
        default:
            return 400;
    }
}

AddressResult<MappedJid> to_jid(const sip::Uri& uri, Arena& arena, std::string_view xmpp_domain) {
    if (uri.is_sip() || uri.is_sips()) {
        return map_sip_uri(uri, arena, xmpp_domain);
    }
    if (!is_im_or_pres(uri.scheme)) {
        return AddressFault::Scheme;
    }
    // RFC 3860 and RFC 3859 have the same shape without port and parameters.
    const std::string_view as_sip = arena.concat("sip:", uri.opaque);
    const auto parsed = sip::parse_uri(as_sip);
    if (!parsed) {
        return fault_in(as_sip);
    }
    auto mapped = map_sip_uri(*parsed, arena, xmpp_domain);
    if (mapped) {
        mapped->jid.resource = {};
    }
    return mapped;
}

AddressResult<MappedJid> to_jid(std::string_view uri, Arena& arena) {
    const auto parsed = sip::parse_uri(uri);
    if (!parsed) {
        return fault_in(uri);
    }
    return to_jid(*parsed, arena);
}

std::vector<std::string> losses(std::string_view uri, const MappedJid& mapped) {
    std::vector<std::string> out;
    const std::size_t colon = uri.find(':');
    const bool has_gr =
        iequals(uri.substr(0, colon), "sip") || iequals(uri.substr(0, colon), "sips");
    const std::string as_sip = std::string("sip").append(uri.substr(colon));
    if (const auto parsed = sip::parse_uri(as_sip)) {
        if (parsed->has_password) {
            out.emplace_back("password");
        }
        if (parsed->port != 0) {
            out.emplace_back("port");
        }
        for_each_param(parsed->params, [&](std::string_view name, std::string_view value, bool) {
            if (!has_gr || !iequals(name, "gr")) {
                out.push_back("param:" + text::to_lower(name));
            } else if (value.empty()) {
                out.emplace_back("temp-gruu");
            }
        });
        if (!parsed->headers.empty()) {
            out.emplace_back("headers");
        }
    }
    if (mapped.is_canonicalised) {
        out.emplace_back("canonicalised");
    }
    return out;
}

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
