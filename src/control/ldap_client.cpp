#include "control/ldap_client.h"

#include "base/text.h"
#include "control/ldap_handle.h"

#include <fmt/format.h>

#include <fstream>
#include <utility>
#include <vector>

namespace isthmus::control {

namespace {

constexpr std::size_t kLongestValue = 4096;
constexpr std::size_t kMostValues = 1000;
constexpr std::size_t kLongestPassword = 1024;
constexpr int kLevelsToPool = 3;

Result<std::string> read_password(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(kLongestPassword + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    while (text.ends_with('\n') || text.ends_with('\r')) {
        text.pop_back();
    }
    // RFC 4513 §5.1.2: a name with an empty password would be anonymous without saying so.
    if (text.empty() || text.size() > kLongestPassword) {
        return make_error(ErrorKind::Unreachable,
                          "IST-API-022",
                          "The password of the directory cannot be read.",
                          fmt::format("{}: {}",
                                      path,
                                      text.empty() ? "cannot be read, or is empty"
                                                   : "is longer than 1024 octets"));
    }
    return text;
}

/// "proxyAddresses;range=0-1499" (Active Directory) is proxyAddresses; other options are other
/// attributes (RFC 4512 §2.5).
std::string_view attribute_of(std::string_view description) {
    const std::size_t option = description.find(";range=");
    return description.substr(0, option);
}

}  // namespace

LdapClient::LdapClient(DirectorySettings settings, Interruption& interruption)
    : settings_(std::move(settings)), interruption_(interruption) {}

LdapClient::~LdapClient() = default;

Result<void> LdapClient::open() {
    const auto url = parse_directory_url(settings_);
    if (!url) {
        return url.error();
    }
    std::string password;
    if (!settings_.bind_dn.empty()) {
        auto read = read_password(settings_.password_file);
        if (!read) {
            return read.error();
        }
        password = std::move(*read);
    }
    handle_ = std::make_unique<LdapHandle>(*url, settings_, interruption_);
    if (auto good = handle_->set_up(settings_); !good) {
        return good;
    }
    if (url->protection == Protection::StartTls) {
        if (auto good = handle_->start_tls(); !good) {
            return good;
        }
    }
    return handle_->bind(settings_.bind_dn, password);
}

Result<void> LdapClient::read(const TakeEntry& take) {
    std::string cookie;
    do {
        if (auto page = read_page(cookie, take); !page) {
            return page.error();
        }
    } while (!cookie.empty());
    return {};
}

Result<void> LdapClient::read_page(std::string& cookie, const TakeEntry& take) {
    std::vector<std::string> names = wanted_attributes(settings_.attributes);
    const std::string before = cookie;
    const std::size_t first = entries_;
    auto done = handle_->search(
        {.base = settings_.base,
         .is_subtree = true,
         .filter = settings_.filter,
         .attributes = std::move(names),
         .page_size = settings_.page_size},
        cookie,
        [&](LDAPMessage* message) -> Result<void> {
            if (++entries_ > settings_.max_entries) {
                return make_error(ErrorKind::Limit,
                                  "IST-API-023",
                                  "The directory's answer is too long.",
                                  fmt::format("more than max_entries = {} entries; make the filter "
                                              "narrower, or the limit wider",
                                              settings_.max_entries));
            }
            DirectoryEntry entry{.dn = handle_->dn_of(message), .attributes = {}, .too_long = {}};
            handle_->each_attribute(message, [&](std::string_view name, auto&& values) {
                auto& [own_name, own_values] = entry.attributes.emplace_back();
                own_name = attribute_of(name);
                for (const std::string_view value : values) {
                    if (value.size() > kLongestValue || own_values.size() == kMostValues) {
                        entry.too_long = own_name;
                        break;
                    }
                    own_values.emplace_back(value);
                }
            });
            take(std::move(entry));
            return {};
        },
        referrals_);
    if (done && !cookie.empty() && cookie == before && entries_ == first) {
        return make_error(ErrorKind::Internal,
                          "IST-API-023",
                          "The directory's answer does not end.",
                          "an empty page with the same cookie as the page before");
    }
    return done;
}

Result<std::string> LdapClient::read_pool(const std::string& home_server) {
    std::string dn = home_server;
    for (int level = 0; level < kLevelsToPool && !dn.empty(); ++level) {
        std::string found;
        std::string no_pages;
        std::size_t ignored = 0;
        const auto done = handle_->search(
            {.base = dn,
             .is_subtree = false,
             .filter = "(objectClass=*)",
             .attributes = {"dNSHostName"},
             .page_size = 0},
            no_pages,
            [&](LDAPMessage* message) -> Result<void> {
                handle_->each_attribute(message, [&](std::string_view, auto&& values) {
                    if (!values.empty() && values.front().size() <= kLongestValue) {
                        found = text::to_lower(values.front());
                    }
                });
                return {};
            },
            ignored);
        if (!found.empty()) {
            return found;
        }
        if (!done && !handle_->is_about_one_object()) {
            return done.error();
        }
        // The parent: behind the first comma that nothing escapes (RFC 4514 §2.1).
        std::size_t comma = 0;
        while (comma < dn.size() && dn[comma] != ',') {
            comma += dn[comma] == '\\' ? 2 : 1;
        }
        dn = comma < dn.size() ? dn.substr(comma + 1) : std::string();
    }
    return std::string();
}

}  // namespace isthmus::control
