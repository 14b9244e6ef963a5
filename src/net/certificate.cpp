#include "net/certificate.h"

#include "base/text.h"
#include "net/address.h"

#include <algorithm>
#include <optional>

namespace isthmus::net {

namespace {

constexpr std::string_view kXmppService = "_xmpp-server.";

bool contains(const std::vector<std::string>& names, std::string_view wanted) {
    return std::ranges::any_of(names,
                               [&](const auto& name) { return text::iequals(name, wanted); });
}

/// RFC 9525 §6.3: a wildcard is the whole left-most label and stands for exactly one label; one
/// directly under a top-level domain stands for nothing.
bool matches(std::string_view name, std::string_view host) {
    if (name.find('*') == std::string_view::npos) {
        return text::iequals(name, host);
    }
    if (!name.starts_with("*.")) {
        return false;
    }
    const std::string_view parent = name.substr(1);
    const std::size_t dot = host.find('.');
    return parent.find('*') == std::string_view::npos &&
           parent.find('.', 1) != std::string_view::npos && dot != 0 &&
           dot != std::string_view::npos && text::iequals(host.substr(dot), parent);
}

bool has_dns_name(const PeerCertificate& certificate, std::string_view host) {
    return std::ranges::any_of(certificate.dns_names,
                               [&](const auto& name) { return matches(name, host); });
}

/// RFC 5922 §7.1: the domain of a "sip" URI without user part; any other URI is no SIP identity.
std::optional<std::string_view> sip_domain_of(std::string_view uri) {
    constexpr std::string_view kScheme = "sip:";
    if (!text::istarts_with(uri, kScheme) || uri.find('@') != std::string_view::npos) {
        return std::nullopt;
    }
    return uri.substr(kScheme.size(), uri.find_first_of(":;?", kScheme.size()) - kScheme.size());
}

}  // namespace

bool proves_xmpp_domain(const PeerCertificate& certificate, std::string_view domain) {
    if (domain.empty()) {
        return false;
    }
    const bool by_srv_name = std::ranges::any_of(certificate.srv_names, [&](std::string_view name) {
        return text::istarts_with(name, kXmppService) &&
               text::iequals(name.substr(kXmppService.size()), domain);
    });
    return by_srv_name || contains(certificate.xmpp_addrs, domain) ||
           has_dns_name(certificate, domain);
}

bool proves_sip_domain(const PeerCertificate& certificate, std::string_view domain) {
    if (domain.empty()) {
        return false;
    }
    bool has_sip_identity = false;
    for (const std::string& uri : certificate.uris) {
        if (const auto name = sip_domain_of(uri)) {
            has_sip_identity = true;
            if (text::iequals(*name, domain)) {
                return true;
            }
        }
    }
    // RFC 5922 §7.1: dNSName counts only if no SIP URI is there; §7.2: no wildcards.
    return !has_sip_identity && domain.front() != '*' && contains(certificate.dns_names, domain);
}

bool names_host(const PeerCertificate& certificate, std::string_view host) {
    if (const auto address = IpAddress::parse(host)) {
        return contains(certificate.ip_addresses, address->to_string());
    }
    return !host.empty() && has_dns_name(certificate, host);
}

}  // namespace isthmus::net
