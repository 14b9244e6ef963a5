// URIs to JIDs: RFC 7247 §6.4.
#include "translate/address.h"

#include "base/text.h"
#include "translate/address_faults.h"
#include "translate/escape.h"

#include <algorithm>

namespace isthmus::translate {

namespace {

using text::iequals;

constexpr std::size_t kMaxPart = 1023;

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

}  // namespace

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

}  // namespace isthmus::translate
