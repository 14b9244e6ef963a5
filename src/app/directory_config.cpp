#include "app/directory_config.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace isthmus::app {

namespace {

/// RFC 4512 §1.4: a name, or the numbers of an OID.
bool is_attribute(std::string_view name) {
    const bool is_oid = !name.empty() && text::is_digit(name.front());
    return !name.empty() && name.size() <= 128 && (is_oid || text::is_alpha(name.front())) &&
           std::ranges::all_of(name, [&](char c) {
               return is_oid ? text::is_digit(c) || c == '.' : text::is_alnum(c) || c == '-';
           });
}

class DirectoryChecks {
  public:
    DirectoryChecks(const Config& config, Findings& findings)
        : config_(config), settings_(config.directory), findings_(findings) {}

    void run() {
        if (!config_.places.has({"directory", ""})) {
            return;
        }
        if (settings_.url.empty()) {
            return fault("url", "is required: ldaps://HOST of the directory");
        }
        const auto url = control::parse_directory_url(settings_);
        if (!url) {
            fault("url", url.error().detail);
        }
        if (settings_.base.empty()) {
            fault("base", "is required: the DN below which users are, as in \"DC=contoso,DC=com\"");
        }
        if (const auto wrong = control::fault_of_filter(settings_.filter)) {
            fault("filter", *wrong);
        }
        check_bind();
        check_attributes();
        if (url && url->protection == control::Protection::Plain && settings_.allow_plain) {
            findings_.warn(config_.places.find({"directory", "allow_plain"}),
                           "IST-CFG-002",
                           "[directory] allow_plain: whoever reads the network reads the password "
                           "and can invent users; use ldaps://");
        }
    }

  private:
    void fault(std::string_view key, std::string_view sentence) {
        const At at{"directory", key};
        findings_.fault(config_.places.find(at), fmt::format("{}: {}", name_of(at), sentence));
    }

    void check_bind() {
        if (settings_.bind_dn.empty() != settings_.password_file.empty()) {
            fault(settings_.bind_dn.empty() ? "password_file" : "bind_dn",
                  "bind_dn and password_file come together; without both the directory is asked "
                  "anonymously");
        }
    }

    void check_name(std::string_view key, const std::string& name) {
        const At at{"directory.attributes", key};
        if (!name.empty() && !is_attribute(name)) {
            findings_.fault(config_.places.find(at),
                            fmt::format("{}: '{}' is not the name of an attribute",
                                        name_of(at),
                                        text::escape_for_log(name, 80)));
        }
    }

    void check_attributes() {
        const control::DirectoryAttributes& names = settings_.attributes;
        if (names.sip_address.empty()) {
            const At at{"directory.attributes", "sip_address"};
            findings_.fault(config_.places.find(at),
                            fmt::format("{}: must name at least one attribute", name_of(at)));
        }
        for (const std::string& name : names.sip_address) {
            check_name("sip_address", name);
        }
        for (const std::string& name : names.display_name) {
            check_name("display_name", name);
        }
        check_name("upn", names.upn);
        check_name("logon", names.logon);
        check_name("account_control", names.account_control);
        check_name("sip_enabled", names.sip_enabled);
        check_name("home_server", names.home_server);
        check_name("pool", names.pool);
        check_name("site", names.site);
    }

    const Config& config_;
    const control::DirectorySettings& settings_;
    Findings& findings_;
};

}  // namespace

void read_directory(TableReader table, control::DirectorySettings& to) {
    table.take("url", to.url);
    table.take("base", to.base);
    table.take("bind_dn", to.bind_dn);
    table.take("password_file", to.password_file);
    table.take("filter", to.filter);
    table.take("ca_files", to.ca_files);
    table.take("start_tls", to.start_tls);
    table.take("allow_plain", to.allow_plain);
    table.take("logon_domain", to.logon_domain);
    std::string homed = "here";
    table.one_of("homed", homed, {"here", "legacy"});
    to.homed = homed == "here" ? policy::Homed::Here : policy::Homed::Legacy;
    constexpr std::int64_t kWeek = 7LL * 24 * 3600;
    table.take("interval_seconds", to.interval_seconds, 0, kWeek);
    table.take("timeout_seconds", to.timeout_seconds, 1, 300);
    table.take("deadline_seconds", to.deadline_seconds, 1, 86400);
    table.take("page_size", to.page_size, 1, 10'000);
    table.take("max_entries", to.max_entries, 1, 10'000'000);
    auto attributes = table.table("attributes");
    attributes.take("sip_address", to.attributes.sip_address);
    attributes.take("display_name", to.attributes.display_name);
    attributes.take("upn", to.attributes.upn);
    attributes.take("logon", to.attributes.logon);
    attributes.take("account_control", to.attributes.account_control);
    attributes.take("sip_enabled", to.attributes.sip_enabled);
    attributes.take("home_server", to.attributes.home_server);
    attributes.take("pool", to.attributes.pool);
    attributes.take("site", to.attributes.site);
    attributes.finish();
    table.finish();
}

void check_directory(const Config& config, Findings& findings) {
    DirectoryChecks(config, findings).run();
}

}  // namespace isthmus::app
