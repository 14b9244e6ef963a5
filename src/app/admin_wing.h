// What administrators come in by: accounts, tokens, sessions, the gate, the listeners. Control
// thread only.
#pragma once

#include "admin/api.h"
#include "admin/gate.h"
#include "admin/http_server.h"
#include "admin/oidc_login.h"
#include "admin/panel_files.h"
#include "app/config.h"
#include "base/random.h"
#include "control/offload.h"
#include "net/event_loop.h"
#include "net/tls_context.h"
#include "store/database.h"
#include "store/key_box.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace isthmus::app {

class AdminWing {
  public:
    /// `audit` hears of everything that is to be remembered; each entry is a log line as well.
    AdminWing(const Config& config,
              net::EventLoop& control,
              store::Database& database,
              const store::KeyBox& keys,
              control::Audit audit);
    AdminWing(const AdminWing&) = delete;
    AdminWing& operator=(const AdminWing&) = delete;
    AdminWing(AdminWing&&) = delete;
    AdminWing& operator=(AdminWing&&) = delete;
    ~AdminWing() = default;

    const admin::SignInServices& services() const { return services_; }

    control::Audit audit() const { return context_.audit; }

    /// After construction, before the Api is made. An error if its secret cannot be read.
    Result<void> set_up_oidc();
    /// Opens the unix socket and the TLS listeners for `api`, which lives longer, and for the
    /// files of the panel. Answers what could not be opened, with its place in the
    /// configuration.
    std::vector<Error> listen(const admin::Api& api, std::span<const admin::PanelFile> panel);
    /// Another listener without sign-in: metrics and health. Answers its address.
    Result<std::string> listen_plain(const std::string& where, admin::HttpHandler handler);

    /// "127.0.0.1:8443", the actual ports.
    const std::vector<std::string>& addresses() const { return addresses_; }

    /// After the boot file was read anew: the certificate of new connections, unless another is
    /// assigned.
    Result<void> reload(const Config& config);
    /// The certificate of new connections; null: what the boot file names, or our own.
    void assign(std::shared_ptr<const net::TlsContext> assigned);

    /// What is shown on the TLS listeners.
    const std::shared_ptr<const net::TlsContext>& certificate() const {
        return assigned_ ? assigned_ : default_;
    }

  private:
    Result<std::shared_ptr<const net::TlsContext>> load_certificate(const Config& config);
    std::string panel_url() const;
    std::vector<Error> listen_tls();
    std::shared_ptr<SpoolFile> spool(const admin::HttpRequest& head) const;

    const Config& config_;
    net::EventLoop& control_;
    SystemRandom random_;
    store::AdminStore store_;
    control::Worker hashes_;
    control::AdminContext context_;
    control::AdminService admins_;
    control::OwnAccount own_;
    control::TokenService tokens_;
    control::SignIn sign_in_;
    std::unique_ptr<control::Worker> provider_calls_;
    std::unique_ptr<admin::OidcLogin> oidc_;
    admin::SignInServices services_;
    std::unique_ptr<admin::Gate> gate_;
    admin::HttpServer http_;
    std::shared_ptr<const net::TlsContext> default_;
    std::shared_ptr<const net::TlsContext> assigned_;
    std::vector<std::string> addresses_;
};

}  // namespace isthmus::app
