#include "app/admin_wing.h"

#include "base/log.h"
#include "base/text.h"
#include "base/utc.h"
#include "net/address.h"
#include "net/self_signed.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <utility>

namespace isthmus::app {

namespace {

constexpr std::size_t kMostHashes = 32;  // three seconds of one core
constexpr std::size_t kMostProviderCalls = 16;

std::int64_t monotonic_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// Each entry is a log line too, whatever else becomes of it.
control::Audit logged(control::Audit next) {
    return [next = std::move(next)](const control::AuditEntry& entry) {
        log::event(entry.outcome == "done" ? log::Level::Info : log::Level::Warning,
                   "admin.audit",
                   {{"admin", entry.admin},
                    {"origin", entry.origin},
                    {"action", entry.action},
                    {"object", entry.object},
                    {"result", entry.outcome},
                    {"msg", entry.detail}});
        if (next) {
            next(entry);
        }
    };
}

/// "127.0.0.1" of "127.0.0.1:8443".
std::string host_of(const std::string& where) {
    std::string host = where.substr(0, where.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    return host;
}

bool is_unspecified(const std::string& host) {
    return host == "0.0.0.0" || host == "::";
}

/// What a certificate of our own has to name.
std::vector<std::string> own_names(const Config& config) {
    std::vector<std::string> names = {config.server_name, "localhost", "127.0.0.1", "::1"};
    names.insert(names.end(), config.admin_names.begin(), config.admin_names.end());
    for (const std::string& where : config.admin_listen) {
        if (const std::string host = host_of(where);
            !is_unspecified(host) && std::ranges::find(names, host) == names.end()) {
            names.push_back(host);
        }
    }
    return names;
}

}  // namespace

AdminWing::AdminWing(const Config& config,
                     net::EventLoop& control,
                     store::Database& database,
                     const store::KeyBox& keys,
                     control::Audit audit)
    : config_(config),
      control_(control),
      store_(database, &keys),
      hashes_([&control](auto call) { control.post(std::move(call)); }, kMostHashes),
      context_{
          .store = store_,
          .random = random_,
          .wall = utc_now_seconds,
          .monotonic = monotonic_seconds,
          .offload = [this](auto work,
                            auto done) { return hashes_.submit(std::move(work), std::move(done)); },
          .audit = logged(std::move(audit))},
      admins_(context_),
      own_(context_),
      tokens_(context_),
      sign_in_(context_),
      services_{.context = context_,
                .admins = admins_,
                .own = own_,
                .tokens = tokens_,
                .sign_in = sign_in_,
                .panel_url = [this] { return panel_url(); }},
      http_(control.asio()) {}

std::string AdminWing::panel_url() const {
    if (addresses_.empty()) {
        return {};
    }
    const std::string& where = addresses_.front();
    if (!is_unspecified(host_of(where))) {
        return fmt::format("https://{}/", where);
    }
    return fmt::format("https://{}{}/", config_.server_name, where.substr(where.rfind(':')));
}

Result<std::shared_ptr<const net::TlsContext>> AdminWing::load_certificate(const Config& config) {
    net::TlsFiles files{.certificate_chain = config.tls_certificate_file,
                        .private_key = config.tls_private_key_file,
                        .trust_system = false,
                        .only_tls13 = config.tls_min_version == "1.3"};
    if (files.certificate_chain.empty()) {
        auto made = net::ensure_self_signed(config.state_dir, own_names(config));
        if (!made) {
            return made.error();
        }
        files.certificate_chain = made->certificate_file;
        files.private_key = made->private_key_file;
    }
    auto context = net::TlsContext::load(files);
    if (context) {
        log::event(log::Level::Info,
                   "admin.certificate",
                   {{"file", files.certificate_chain},
                    {"sha256", net::certificate_fingerprint(files.certificate_chain)}});
    }
    return context;
}

Result<void> AdminWing::set_up_oidc() {
    const OidcConfig& given = config_.oidc;
    if (given.issuer.empty()) {
        return {};
    }
    control::OidcSettings settings{.issuer = given.issuer,
                                   .client_id = given.client_id,
                                   .redirect_url = given.redirect_url,
                                   .scope = given.scope,
                                   .name_claim = given.name_claim,
                                   .role_claim = given.role_claim};
    for (const auto& [value, role] : given.roles) {
        settings.roles[value] = control::role_named(role).value_or(control::Role::None);
    }
    if (!given.client_secret_file.empty()) {
        std::ifstream file(given.client_secret_file);
        std::string line;
        if (!std::getline(file, line) || text::trim(line).empty()) {
            return make_error(ErrorKind::NotFound,
                              "IST-CFG-001",
                              "The client secret cannot be read.",
                              fmt::format("[admin.oidc] client_secret_file: cannot read {}",
                                          given.client_secret_file));
        }
        settings.client_secret = text::trim(line);
    }
    provider_calls_ = std::make_unique<control::Worker>(
        [&loop = control_](auto call) { loop.post(std::move(call)); }, kMostProviderCalls);
    oidc_ = std::make_unique<admin::OidcLogin>(
        std::move(settings),
        admin::make_https_fetch(
            {.is_system = config_.tls_trust == "system", .ca_files = config_.tls_extra_ca_files}),
        [this](auto work, auto done) {
            return provider_calls_->submit(std::move(work), std::move(done));
        },
        context_,
        sign_in_);
    services_.oidc = oidc_.get();
    return {};
}

std::vector<Error> AdminWing::listen(const admin::Api& api,
                                     std::span<const admin::PanelFile> panel) {
    std::vector<std::string> names = config_.admin_names;
    names.push_back(config_.server_name);
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) == 0) {
        names.emplace_back(host.data());
    }
    gate_ = std::make_unique<admin::Gate>(
        sign_in_, tokens_, std::move(names), [&api](const auto& request, const auto& reply) {
            api.handle(request, reply);
        });
    gate_->set_panel(admin::make_panel(panel));
    const auto opened = http_.listen_unix(
        config_.in_state_dir(config_.admin_unix_socket),
        {.handler = [this](const auto& request,
                           const auto& reply) { gate_->handle_local(request, reply); },
         .body_limit = [this](const auto& head) { return gate_->body_limit(head); },
         .spool = [this](const auto& head) { return spool(head); }});
    // Another gateway on the same state directory: the rest would only repeat it.
    return opened ? listen_tls() : std::vector<Error>{opened.error()};
}

std::shared_ptr<SpoolFile> AdminWing::spool(const admin::HttpRequest& head) const {
    return gate_->is_spooled(head) ? std::make_shared<SpoolFile>(config_.state_dir) : nullptr;
}

std::vector<Error> AdminWing::listen_tls() {
    if (config_.admin_listen.empty()) {
        return {};
    }
    auto tls = load_certificate(config_);
    if (!tls) {
        return {tls.error()};
    }
    default_ = *std::move(tls);
    std::vector<Error> failures;
    for (std::size_t i = 0; i < config_.admin_listen.size(); ++i) {
        auto opened = http_.listen_tls(
            config_.admin_listen[i],
            certificate(),
            {.handler = [this](const auto& request,
                               const auto& reply) { gate_->handle_remote(request, reply); },
             .body_limit = [this](const auto& head) { return gate_->body_limit(head); },
             .spool = [this](const auto& head) { return spool(head); }});
        if (opened) {
            addresses_.push_back(*std::move(opened));
            continue;
        }
        failures.push_back(opened.error());
        failures.back().detail =
            config_.locate({"admin", "listen", static_cast<int>(i)}) + opened.error().detail;
    }
    if (oidc_ && oidc_->redirect_url().empty()) {
        oidc_->set_redirect_url(panel_url() + "api/v1/oidc/callback");
    }
    return failures;
}

Result<std::string> AdminWing::listen_plain(const std::string& where, admin::HttpHandler handler) {
    return http_.listen_tcp(where, {.handler = std::move(handler)});
}

Result<void> AdminWing::reload(const Config& config) {
    if (addresses_.empty()) {
        return {};
    }
    auto tls = load_certificate(config);
    if (!tls) {
        return tls.error();
    }
    default_ = *std::move(tls);
    http_.set_tls(certificate());
    return {};
}

void AdminWing::assign(std::shared_ptr<const net::TlsContext> assigned) {
    assigned_ = std::move(assigned);
    if (!addresses_.empty()) {
        http_.set_tls(certificate());
    }
}

}  // namespace isthmus::app
