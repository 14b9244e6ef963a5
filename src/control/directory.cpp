#include "control/directory.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace isthmus::control {

namespace {

Error url_fault(std::string sentence) {
    return make_error(
        ErrorKind::Syntax, "IST-CFG-001", "The URL is not valid.", std::move(sentence));
}

bool is_loopback(std::string_view host) {
    return host == "localhost" || host == "::1" ||
           (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

/// "host", "host:port", "[::1]:port"; the host without brackets, the port after it.
std::optional<std::pair<std::string, std::string>> split_host(std::string_view authority) {
    std::string_view host = authority;
    std::string_view port;
    if (authority.starts_with('[')) {
        const std::size_t end = authority.find(']');
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        host = authority.substr(1, end - 1);
        port = authority.substr(end + 1);
        if (!port.empty() && port.front() != ':') {
            return std::nullopt;
        }
        port.remove_prefix(port.empty() ? 0 : 1);
    } else if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
        host = authority.substr(0, colon);
        port = authority.substr(colon + 1);
    }
    const auto number = text::to_number(port);
    const bool is_port = authority.ends_with(':') ? false
                         : port.empty()           ? true
                                                  : number && *number >= 1 && *number <= 65535;
    const bool is_host = !host.empty() && std::ranges::all_of(host, [](char c) {
        return c > ' ' && c < 0x7f &&
               std::string_view("/?#@%\\\"<>[]").find(c) == std::string_view::npos;
    });
    if (!is_port || !is_host) {
        return std::nullopt;
    }
    return std::pair(std::string(host), std::string(port));
}

Result<Protection> protection_of(const DirectorySettings& settings,
                                 std::string_view scheme,
                                 std::string_view host) {
    if (scheme == "ldaps") {
        if (settings.start_tls == true) {
            return url_fault("start_tls is for ldap://; ldaps:// is TLS from the first octet");
        }
        return Protection::Tls;
    }
    const bool may_be_plain = is_loopback(host) || settings.allow_plain;
    if (settings.start_tls.value_or(!may_be_plain)) {
        return Protection::StartTls;
    }
    if (!may_be_plain) {
        return url_fault(
            fmt::format("without TLS anybody between here and {} reads the password and sets the "
                        "answer; leave start_tls out, use ldaps://, or say allow_plain = true",
                        host));
    }
    return Protection::Plain;
}

/// An address of SIP in one value: "sip:alice@a" or "alice@a"; empty for any other kind.
std::string_view address_in(std::string_view value) {
    value = text::trim(value);
    if (text::istarts_with(value, "sip:")) {
        return value.substr(4);
    }
    const std::size_t at = value.find('@');
    return at == std::string_view::npos || value.find(':') < at ? std::string_view() : value;
}

/// Values come in any order: a primary "SIP:" first, then by the alphabet, so that the same entry
/// is the same user tomorrow.
std::string_view address_of(const std::vector<std::string>& values) {
    std::string_view best;
    bool is_best_primary = false;
    for (const std::string& value : values) {
        const std::string_view address = address_in(value);
        const bool is_primary = text::trim(value).starts_with("SIP:");
        if (address.empty() || (is_best_primary && !is_primary)) {
            continue;
        }
        if (best.empty() || (is_primary && !is_best_primary) || address < best) {
            best = address;
            is_best_primary = is_primary;
        }
    }
    return best;
}

/// The first DC of a DN, in capitals: what Windows mostly calls the domain.
std::string first_dc(std::string_view base) {
    for (std::size_t at = 0; at < base.size();) {
        const std::size_t comma = std::min(base.find(',', at), base.size());
        const std::string_view part = text::trim(base.substr(at, comma - at));
        if (text::istarts_with(part, "dc=")) {
            std::string made(part.substr(3));
            std::ranges::transform(made, made.begin(), [](char c) {
                return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
            });
            return made;
        }
        at = comma + 1;
    }
    return {};
}

Error entry_fault(std::string sentence) {
    return make_error(ErrorKind::Syntax, "IST-API-001", std::move(sentence), {});
}

/// Both must say yes, as far as they are there.
Result<bool> is_enabled(const DirectoryEntry& entry, const DirectoryAttributes& names) {
    bool made = true;
    if (const std::string_view text = entry.value(names.account_control); !text.empty()) {
        std::int64_t number = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
        if (read.ec != std::errc() || read.ptr != text.data() + text.size()) {
            return entry_fault(fmt::format("{} \"{}\": must be a number.",
                                           names.account_control,
                                           text::escape_for_log(text, 40)));
        }
        constexpr std::int64_t kAccountDisable = 0x2;  // ADS_UF_ACCOUNTDISABLE
        made = (number & kAccountDisable) == 0;
    }
    if (const std::string_view text = entry.value(names.sip_enabled); !text.empty()) {
        // RFC 4517 §3.3.3
        if (!text::iequals(text, "TRUE") && !text::iequals(text, "FALSE")) {
            return entry_fault(fmt::format("{} \"{}\": must be TRUE or FALSE.",
                                           names.sip_enabled,
                                           text::escape_for_log(text, 40)));
        }
        made = made && text::iequals(text, "TRUE");
    }
    return made;
}

}  // namespace

Result<DirectoryUrl> parse_directory_url(const DirectorySettings& settings) {
    const std::string_view url = settings.url;
    const std::size_t colon = url.find("://");
    const std::string scheme = text::to_lower(url.substr(0, std::min(colon, url.size())));
    if (colon == std::string_view::npos ||
        (scheme != "ldap" && scheme != "ldaps" && scheme != "ldapi")) {
        return url_fault("write ldaps://HOST, ldap://HOST or ldapi://%2Fpath%2Fof%2Fsocket");
    }
    std::string_view rest = url.substr(colon + 3);
    if (rest.ends_with('/')) {
        rest.remove_suffix(1);
    }
    if (scheme == "ldapi") {
        if (settings.start_tls == true) {
            return url_fault("start_tls: a socket of this machine needs no TLS");
        }
        return DirectoryUrl{scheme, std::string(rest), std::string(url), Protection::Plain};
    }
    const auto host = split_host(rest);
    if (!host) {
        return url_fault(
            fmt::format("'{}' is no HOST or HOST:PORT; base and filter have keys of their own",
                        text::escape_for_log(rest, 80)));
    }
    const auto protection = protection_of(settings, scheme, host->first);
    if (!protection) {
        return protection.error();
    }
    if (host->first == "localhost" && *protection != Protection::Plain) {
        // libldap would look for the machine's own name in the certificate.
        return url_fault("with TLS write 127.0.0.1 or the machine's name, not localhost");
    }
    const bool is_v6 = host->first.find(':') != std::string::npos;
    return DirectoryUrl{scheme,
                        host->first,
                        fmt::format("{}://{}{}{}{}{}",
                                    scheme,
                                    is_v6 ? "[" : "",
                                    host->first,
                                    is_v6 ? "]" : "",
                                    host->second.empty() ? "" : ":",
                                    host->second),
                        *protection};
}

std::optional<std::string> fault_of_filter(std::string_view filter) {
    if (!filter.starts_with('(') || !filter.ends_with(')')) {
        return "must be in brackets, as (objectClass=user)";
    }
    int depth = 0;
    for (std::size_t i = 0; i < filter.size(); ++i) {
        const char c = filter[i];
        if (c == '\0') {
            return "must not hold NUL";
        }
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        const bool is_end = i + 1 == filter.size();
        if (depth < 0 || (depth == 0 && !is_end)) {
            return fmt::format("the brackets do not match at character {}", i + 1);
        }
        if (c == '(' && !is_end && filter[i + 1] == ')') {
            return fmt::format("empty brackets at character {}", i + 1);
        }
    }
    return depth == 0 ? std::nullopt
                      : std::optional(fmt::format("{} brackets are not closed", depth));
}

const std::vector<std::string>* DirectoryEntry::values(std::string_view name) const {
    if (name.empty()) {
        return nullptr;
    }
    const auto found = std::ranges::find_if(
        attributes, [&](const auto& one) { return text::iequals(one.first, name); });
    return found == attributes.end() ? nullptr : &found->second;
}

std::string_view DirectoryEntry::value(std::string_view name) const {
    const auto* found = values(name);
    return found == nullptr || found->empty() ? std::string_view()
                                              : text::trim(std::string_view(found->front()));
}

Result<std::optional<DirectoryUser>> read_entry(const DirectoryEntry& entry,
                                                const DirectorySettings& settings) {
    const DirectoryAttributes& names = settings.attributes;
    DirectoryUser made{.dn = entry.dn};
    for (const std::string& name : names.sip_address) {
        if (const auto* values = entry.values(name); values != nullptr && made.address.empty()) {
            made.address = address_of(*values);
        }
    }
    if (!entry.too_long.empty()) {
        return entry_fault(fmt::format("{}: is too long.", entry.too_long));
    }
    if (made.address.empty()) {
        return std::optional<DirectoryUser>();
    }
    const auto enabled = is_enabled(entry, names);
    if (!enabled) {
        return enabled.error();
    }
    made.enabled = *enabled;
    for (const std::string& name : names.display_name) {
        if (made.display_name.empty()) {
            made.display_name = entry.value(name);
        }
    }
    made.site = entry.value(names.site);
    made.pool = text::to_lower(entry.value(names.pool));
    if (made.pool.empty()) {
        made.home_server = entry.value(names.home_server);
    }
    made.upn = entry.value(names.upn);
    if (const std::string_view name = entry.value(names.logon); !name.empty()) {
        const std::string domain =
            settings.logon_domain.empty() ? first_dc(settings.base) : settings.logon_domain;
        made.logon = domain.empty() ? std::string() : fmt::format("{}\\{}", domain, name);
    }
    return std::optional(std::move(made));
}

std::vector<std::string> wanted_attributes(const DirectoryAttributes& attributes) {
    std::vector<std::string> made = attributes.sip_address;
    made.insert(made.end(), attributes.display_name.begin(), attributes.display_name.end());
    for (const std::string* one : {&attributes.upn,
                                   &attributes.logon,
                                   &attributes.account_control,
                                   &attributes.sip_enabled,
                                   &attributes.home_server,
                                   &attributes.pool,
                                   &attributes.site}) {
        made.push_back(*one);
    }
    std::ranges::sort(made);
    made.erase(std::ranges::unique(made).begin(), made.end());
    std::erase(made, "");
    return made;
}

}  // namespace isthmus::control
