// The files that a configuration names, as the start will find them.
#include "app/config_checks.h"
#include "app/config_values.h"
#include "base/text.h"
#include "net/resolver.h"
#include "net/tls_context.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>

namespace isthmus::app {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestFile = 16U << 20;  // of certificates; nobody has more

std::string reason(int number) {
    return std::system_category().message(number);
}

/// Who would have to be allowed.
std::string this_user() {
    // One thread: the start has not begun.
    const passwd* entry = getpwuid(geteuid());  // NOLINT(concurrency-mt-unsafe)
    return entry != nullptr ? entry->pw_name : fmt::format("uid {}", geteuid());
}

class FileChecks {
  public:
    FileChecks(const Config& config, Findings& findings) : config_(config), findings_(findings) {}

    void run() {
        check_state();
        check_certificate();
        for (std::size_t i = 0; i < config_.tls_extra_ca_files.size(); ++i) {
            check_authorities({"tls", "extra_ca_files", static_cast<int>(i)},
                              config_.tls_extra_ca_files[i]);
        }
        for (std::size_t i = 0; i < config_.tls_crl_files.size(); ++i) {
            check_revoked({"tls", "crl_files", static_cast<int>(i)}, config_.tls_crl_files[i]);
        }
        check_anchors({"dns", "trust_anchor_file"}, config_.dns_trust_anchor_file);
        check_secret({"xmpp.component", "secret_file"}, config_.component_secret_file);
        check_secret({"admin.oidc", "client_secret_file"}, config_.oidc.client_secret_file);
        for (std::size_t i = 0; i < config_.sip_peers.size(); ++i) {
            const std::string table = fmt::format("sip.peer[{}]", i);
            check_secret({table, "password_file"}, config_.sip_peers[i].password_file);
        }
        check_secret({"directory", "password_file"}, config_.directory.password_file);
        for (std::size_t i = 0; i < config_.directory.ca_files.size(); ++i) {
            check_authorities({"directory", "ca_files", static_cast<int>(i)},
                              config_.directory.ca_files[i]);
        }
    }

  private:
    void fault(const At& at, std::string_view sentence) {
        findings_.fault(config_.places.find(at), fmt::format("{}: {}", name_of(at), sentence));
    }

    void warn(const At& at, std::string_view code, std::string_view sentence) {
        findings_.warn(config_.places.find(at), code, fmt::format("{}: {}", name_of(at), sentence));
    }

    std::optional<std::string> read(const At& at, const std::string& path) {
        std::error_code failed;
        const auto size = fs::file_size(path, failed);
        if (failed) {
            fault(at, cannot_read(path, failed.message()));
            return std::nullopt;
        }
        if (size > kLargestFile) {
            fault(at, fmt::format("{}: {} octets are too many for such a file", path, size));
            return std::nullopt;
        }
        std::ifstream file(path, std::ios::binary);
        if (!file) {
            fault(at, cannot_read(path, reason(errno)));
            return std::nullopt;
        }
        return std::string((std::istreambuf_iterator<char>(file)), {});
    }

    static std::string cannot_read(const std::string& path, std::string_view why) {
        return fmt::format("{}: user {} cannot read it: {}", path, this_user(), why);
    }

    void check_secret(const At& at, const std::string& path) {
        if (path.empty()) {
            return;
        }
        if (const auto secret = read(at, path); secret && text::trim(*secret).empty()) {
            fault(at, fmt::format("{}: it is empty; write the secret into it, on one line", path));
        }
    }

    void check_anchors(const At& at, const std::string& path) {
        if (path.empty()) {
            return;
        }
        if (const auto anchors = read(at, path); anchors && !net::holds_trust_anchors(*anchors)) {
            fault(at,
                  fmt::format("{}: there is no DS or DNSKEY record in it; Debian's package "
                              "dns-root-data brings /usr/share/dns/root.key",
                              path));
        }
    }

    /// `list` is where such files go; `begin` is how each object in them begins.
    void check_pem(const At& at,
                   const std::string& path,
                   std::vector<std::string> net::TlsSettings::* list,
                   std::string_view begin) {
        const auto pem = read(at, path);
        if (!pem) {
            return;
        }
        net::TlsSettings settings{.trust_system = false};
        (settings.*list).push_back(*pem);
        if (const auto made = net::TlsContext::create(settings); !made) {
            fault(at,
                  fmt::format("{}: {}; it must be PEM, with {}", path, made.error().detail, begin));
        }
    }

    void check_authorities(const At& at, const std::string& path) {
        check_pem(at, path, &net::TlsSettings::extra_ca_pems, "BEGIN CERTIFICATE");
    }

    void check_revoked(const At& at, const std::string& path) {
        check_pem(at, path, &net::TlsSettings::crl_pems, "BEGIN X509 CRL");
    }

    void check_certificate();
    void check_own_certificate(const net::PeerCertificate& certificate);
    void check_state();

    const Config& config_;
    Findings& findings_;
};

void FileChecks::check_certificate() {
    if (config_.tls_certificate_file.empty() || config_.tls_private_key_file.empty()) {
        return;
    }
    const At chain{"tls", "certificate_file"};
    const At key{"tls", "private_key_file"};
    const auto chain_pem = read(chain, config_.tls_certificate_file);
    const auto key_pem = read(key, config_.tls_private_key_file);
    if (!chain_pem || !key_pem) {
        return;
    }
    const auto made = net::TlsContext::create(
        {.certificate_chain_pem = *chain_pem, .private_key_pem = *key_pem, .trust_system = false});
    if (!made) {
        const bool is_key = made.error().detail.find("private key") != std::string::npos;
        return fault(
            is_key ? key : chain,
            fmt::format("{}: {}",
                        is_key ? config_.tls_private_key_file : config_.tls_certificate_file,
                        made.error().detail));
    }
    if (const auto own = (*made)->own_certificate()) {
        check_own_certificate(*own);
    } else if (chain_pem->empty()) {
        fault(chain, fmt::format("{}: it is empty", config_.tls_certificate_file));
    }
}

void FileChecks::check_own_certificate(const net::PeerCertificate& certificate) {
    const At chain{"tls", "certificate_file"};
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    if (certificate.not_after <= now) {
        warn(chain,
             "IST-CERT-004",
             fmt::format("{}: it has expired, and partners will refuse it; renew it",
                         config_.tls_certificate_file));
    }
    const auto& ours = config_.xmpp_domains.empty() ? config_.sip_domains : config_.xmpp_domains;
    for (const std::string& domain : ours) {
        const auto name = sip_name(domain);
        if (name && !net::proves_xmpp_domain(certificate, *name)) {
            warn(chain,
                 "IST-CERT-005",
                 fmt::format("{0}: it does not name '{1}', so that partners can prove us by "
                             "dialback only; get one with the DNS name {1}",
                             config_.tls_certificate_file,
                             domain));
        }
    }
}

void FileChecks::check_state() {
    const At at{"server", "state_dir"};
    std::error_code failed;
    // Absolute, so that the way up ends at a directory that is there.
    fs::path found = fs::absolute(config_.state_dir, failed).lexically_normal();
    const bool is_there = fs::exists(found, failed);
    while (!fs::exists(found, failed) && found.has_parent_path() && found != found.parent_path()) {
        found = found.parent_path();
    }
    if (!fs::is_directory(found, failed)) {
        return fault(at, fmt::format("{} is not a directory", found.string()));
    }
    if (access(found.c_str(), W_OK | X_OK) != 0) {
        const std::string why = reason(errno);
        return fault(at,
                     fmt::format("{}: user {} cannot {}: {}; choose another, or give it to that "
                                 "user with chown",
                                 config_.state_dir,
                                 this_user(),
                                 is_there ? "write to it" : "make it",
                                 why));
    }
    constexpr std::string_view kScheme = "sqlite:";
    if (config_.database_url.starts_with(kScheme)) {
        const std::string path =
            config_.in_state_dir(std::string_view(config_.database_url).substr(kScheme.size()));
        if (fs::exists(path, failed) && access(path.c_str(), R_OK | W_OK) != 0) {
            const std::string why = reason(errno);
            fault({"database", "url"},
                  fmt::format("{}: user {} cannot write to it: {}", path, this_user(), why));
        }
    }
}

}  // namespace

void check_files(const Config& config, Findings& findings) {
    FileChecks(config, findings).run();
}

}  // namespace isthmus::app
