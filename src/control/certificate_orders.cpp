#include "control/certificate_orders.h"

#include "base/digest.h"
#include "base/text.h"
#include "base/utc.h"
#include "control/faults.h"
#include "control/properties.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace isthmus::control {

namespace json = boost::json;

namespace {

constexpr std::size_t kMostText = 256;
constexpr std::size_t kMostNames = 200;

Result<std::string> use_text(std::string_view given) {
    const auto use = use_named(given);
    return use ? Result<std::string>(std::string(name_of(*use)))
               : Result<std::string>(invalid("no use"));
}

void read_uses(Properties& from, std::vector<Use>& to) {
    std::vector<std::string> names;
    from.list("uses", names, use_text, "use (sip, xmpp-s2s, admin)");
    for (const std::string& name : names) {
        to.push_back(*use_named(name));
    }
}

bool is_visible(std::string_view text) {
    return !text.empty() && text.size() <= 255 &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_host(std::string_view text) {
    return is_visible(text) && std::ranges::all_of(text, [](char c) {
               return text::is_alnum(c) || c == '.' || c == '-' || c == '_' || c == '*';
           });
}

void add(std::vector<std::string>& to, const std::string& name) {
    if (std::ranges::find(to, name) == to.end()) {
        to.push_back(name);
    }
}

/// One name with its kind in front; a DNS name or an address without one.
bool add_name(net::RequestNames& to, std::string_view given) {
    const auto behind = [&](std::string_view kind) -> std::optional<std::string> {
        return text::istarts_with(given, kind)
                   ? std::optional(std::string(given.substr(kind.size())))
                   : std::nullopt;
    };
    if (const auto srv = behind("SRV:")) {
        add(to.srv_names, text::to_lower(*srv));
        return is_host(*srv) && srv->starts_with('_');
    }
    if (const auto xmpp = behind("XMPP:")) {
        add(to.xmpp_addrs, text::to_lower(*xmpp));
        return is_host(*xmpp);
    }
    if (const auto uri = behind("URI:")) {
        add(to.uris, *uri);
        return is_visible(*uri);
    }
    if (const auto address = behind("IP:")) {
        add(to.ip_addresses, *address);
        return is_visible(*address);
    }
    const std::string host = behind("DNS:").value_or(std::string(given));
    add(to.dns_names, text::to_lower(host));
    return is_host(host);
}

void fill_in(net::RequestNames& to,
             const std::vector<Use>& uses,
             const ServedNames& served,
             bool only_dns) {
    const auto has = [&](Use use) { return std::ranges::find(uses, use) != uses.end(); };
    add(to.dns_names, served.server_name);
    if (has(Use::XmppS2s)) {
        for (const std::string& domain : served.xmpp_domains) {
            add(to.dns_names, domain);
            if (!only_dns) {
                add(to.srv_names, "_xmpp-server." + domain);
                add(to.xmpp_addrs, domain);
            }
        }
    }
    if (has(Use::Sip)) {
        for (const std::string& domain : served.sip_domains) {
            add(to.dns_names, domain);
        }
    }
}

Result<net::KeyKind> read_kind(Properties& from) {
    std::string algorithm;
    std::string size;
    from.text("key_type", algorithm, kMostText);
    from.text("key_alg", algorithm, kMostText);  // as Request-CsCertificate has it
    from.text("key_size", size, kMostText);
    const bool is_rsa = algorithm.empty() || text::iequals(algorithm, "RSA");
    const std::string wanted = is_rsa ? (size.empty() ? "rsa-2048" : size) : algorithm;
    if (wanted == "1024" || text::iequals(wanted, "rsa-1024")) {
        return make_error(ErrorKind::Syntax,
                          "IST-CERT-017",
                          "A key of 1024 bits is refused: no authority signs it, and no partner "
                          "accepts it.",
                          {});
    }
    const auto kind = net::key_kind_named(wanted);
    if (!kind) {
        return invalid(fmt::format("key_type {}: must be one of {}.",
                                   text::escape_for_log(wanted, 40),
                                   net::key_kind_names()));
    }
    return *kind;
}

void read_subject(Properties& from, net::RequestSubject& to) {
    from.text("organization", to.organization, 64);
    from.text("ou", to.organizational_unit, 64);
    from.text("city", to.locality, 128);
    from.text("state", to.state, 128);
    from.text("country", to.country, 2);
    if (!to.country.empty() && (to.country.size() != 2 || !text::is_alpha(to.country[0]) ||
                                !text::is_alpha(to.country[1]))) {
        from.fail("country", "two letters, as in ISO 3166");
    }
}

void read_moment(Properties& from, std::int64_t& to) {
    std::string text;
    from.text("effective", text, 64);
    from.text("effective_date", text, 64);
    if (text.empty() || text == "now") {
        return;
    }
    const auto time = read_time(text);
    if (!time) {
        from.fail_alone("effective", time.error().public_text);
        return;
    }
    to = *time;
}

void read_name(Properties& from, std::string& to) {
    from.text("name", to, kMostText);
    if (to.empty()) {
        return;
    }
    if (auto name = certificate_name(to)) {
        to = *name;
    } else {
        from.fail_alone("name", "must be 1 to 64 letters, digits, dots, hyphens and underscores.");
    }
}

Result<void> add_base64(std::string_view name,
                        const json::value& from,
                        std::vector<std::string>& to) {
    auto octets = from.is_string() ? digest::base64_decode(from.get_string()) : std::nullopt;
    if (!octets) {
        return invalid(fmt::format("{}{}: must be base64.",
                                   name,
                                   from.is_string()
                                       ? std::string()
                                       : " " + text::escape_for_log(json::serialize(from), 40)));
    }
    to.push_back(*std::move(octets));
    return {};
}

Result<void> read_content(const json::object& given, std::vector<std::string>& to) {
    const json::value* text = given.if_contains("content");
    const json::value* encoded = given.if_contains("content_base64");
    std::vector<std::string> further;
    if (const json::value* more = given.if_contains("more_base64")) {
        if (!more->is_array() || more->get_array().size() > 10) {
            return invalid(fmt::format("more_base64 {}: must be a list of at most 10 files.",
                                       text::escape_for_log(json::serialize(*more), 40)));
        }
        for (const json::value& one : more->get_array()) {
            if (auto good = add_base64("more_base64", one, further); !good) {
                return good;
            }
        }
    }
    if (text != nullptr && !text->is_string()) {
        return invalid(fmt::format("content {}: must be a text.",
                                   text::escape_for_log(json::serialize(*text), 40)));
    }
    if (encoded != nullptr) {
        if (auto good = add_base64("content_base64", *encoded, to); !good) {
            return good;
        }
    }
    if ((text == nullptr) == (encoded == nullptr)) {
        return invalid("content: the file is required, as text, or in content_base64.");
    }
    if (text != nullptr) {
        to.emplace_back(text->get_string());
    }
    to.insert(
        to.end(), std::make_move_iterator(further.begin()), std::make_move_iterator(further.end()));
    return {};
}

}  // namespace

Result<std::int64_t> read_time(std::string_view text) {
    constexpr std::size_t kDate = 10;
    constexpr std::size_t kMinutes = 16;
    std::string whole(text);
    if (text.size() == kDate) {
        whole += "T00:00:00Z";
    } else if (text.size() == kMinutes + 1) {
        whole.insert(kMinutes, ":00");
    }
    if (const auto seconds = utc_seconds(whole)) {
        return *seconds;
    }
    return invalid(fmt::format("'{}' is no time; write 2030-07-01 or 2030-07-01T12:00:00Z.",
                               text::escape_for_log(text, 40)));
}

Result<CertificateRequest> read_request(const json::object& given, const ServedNames& served) {
    CertificateRequest made;
    Properties from(given);
    std::vector<Use> uses;
    std::vector<std::string> names;
    std::string more;
    std::string ca;
    bool is_dns_only = false;
    bool all_sip = false;
    bool ignored = false;
    read_name(from, made.name);
    from.text("friendly_name", made.friendly_name, kMostText);
    read_uses(from, uses);
    from.fqdn("common_name", made.subject.common_name);
    from.fqdn("computer_fqdn", made.subject.common_name);
    from.list(
        "names",
        names,
        [](std::string_view one) -> Result<std::string> { return std::string(one); },
        "name");
    from.text("domain_name", more, 4096);
    from.flag("all_sip_domain", all_sip);
    from.flag("dns_only", is_dns_only);
    from.flag("private_key_exportable", ignored);
    from.flag("client_eku", ignored);
    from.text("ca", ca, kMostText);
    read_subject(from, made.subject);
    const auto kind = read_kind(from);
    if (auto good = from.finish(); !good) {
        return good.error();
    }
    if (!kind) {
        return kind.error();
    }
    made.kind = *kind;
    if (made.subject.common_name.empty()) {
        made.subject.common_name = served.server_name;
    }
    add(made.names.dns_names, made.subject.common_name);
    fill_in(made.names,
            uses.empty() ? std::vector<Use>(kUses.begin(), kUses.end()) : uses,
            served,
            is_dns_only);
    if (all_sip) {
        for (const std::string& domain : served.sip_domains) {
            add(made.names.dns_names, "sip." + domain);
        }
    }
    for (std::size_t at = 0; at < more.size();) {
        const std::size_t comma = std::min(more.find(',', at), more.size());
        if (const auto one = text::trim(std::string_view(more).substr(at, comma - at));
            !one.empty()) {
            names.emplace_back(one);
        }
        at = comma + 1;
    }
    for (const std::string& name : names) {
        if (!add_name(made.names, name)) {
            return invalid(fmt::format("names: '{}' cannot stand in a certificate.",
                                       text::escape_for_log(name, 80)));
        }
    }
    if (made.names.dns_names.size() + made.names.srv_names.size() > kMostNames) {
        return invalid(fmt::format("names: at most {} fit into a certificate.", kMostNames));
    }
    // X.520 allows 64 characters; the name stands among the alternative names in any case.
    if (made.subject.common_name.size() > 64) {
        made.subject.common_name.clear();
    }
    return made;
}

Result<CertificateImport> read_import(const json::object& given) {
    CertificateImport made;
    Properties from(given);
    std::string password;
    bool ignored = false;
    read_name(from, made.name);
    from.text("friendly_name", made.friendly_name, kMostText);
    from.ignore("content");
    from.ignore("content_base64");
    from.ignore("more_base64");
    from.text("password", password, 1024);
    from.flag("replace", made.is_replacing);
    from.flag("private_key_exportable", ignored);
    from.flag("roll", ignored);
    read_uses(from, made.uses);
    read_moment(from, made.effective);
    if (auto good = from.finish(); !good) {
        return good.error();
    }
    if (auto good = read_content(given, made.files); !good) {
        return good.error();
    }
    if (given.contains("password")) {
        made.password = std::move(password);
    }
    return made;
}

Result<CertificateImport> read_watch(const json::object& given) {
    CertificateImport made;
    Properties from(given);
    read_name(from, made.name);
    from.text("friendly_name", made.friendly_name, kMostText);
    from.text("certificate_file", made.certificate_file, 4096);
    from.text("private_key_file", made.private_key_file, 4096);
    from.flag("replace", made.is_replacing);
    read_uses(from, made.uses);
    read_moment(from, made.effective);
    if (made.name.empty()) {
        from.fail_alone("name", "is required.");
    }
    for (const auto& [name, path] : {std::pair("certificate_file", &made.certificate_file),
                                     std::pair("private_key_file", &made.private_key_file)}) {
        if (!path->starts_with('/')) {
            from.fail(name, "the path of a file on the gateway, from the root");
        }
    }
    if (auto good = from.finish(); !good) {
        return good.error();
    }
    return made;
}

Result<Assignment> read_assignment(const json::object& given) {
    Assignment made;
    Properties from(given);
    std::string one;
    bool ignored = false;
    from.text("certificate", one, kMostText);
    from.list(
        "certificates",
        made.certificates,
        [](std::string_view name) { return certificate_name(name); },
        "name of a certificate");
    from.flag("beside", made.is_beside);
    from.flag("roll", ignored);
    read_moment(from, made.effective);
    if (auto good = from.finish(); !good) {
        return good.error();
    }
    if (!one.empty()) {
        made.certificates.insert(made.certificates.begin(), text::to_lower(one));
    }
    return made;
}

}  // namespace isthmus::control
