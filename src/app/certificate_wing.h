// What the gateway shows in TLS handshakes: for each use the certificates that are assigned to it,
// else what the configuration file names. Builds the contexts, follows files and dates, warns of
// what ends. Control thread only.
#pragma once

#include "admin/certificate_resource.h"
#include "app/config.h"
#include "app/served_certificates.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "control/certificate_service.h"
#include "control/certificate_watch.h"
#include "control/offload.h"
#include "control/status_service.h"
#include "net/event_loop.h"
#include "net/tls_context.h"

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace isthmus::app {

class CertificateWing {
  public:
    using Context = std::shared_ptr<const net::TlsContext>;

    /// Loads what is stored; throws as control::CertificateService.
    CertificateWing(const Config& config,
                    net::EventLoop& control,
                    metrics::Registry& metrics,
                    control::PolicyService& policies);
    CertificateWing(const CertificateWing&) = delete;
    CertificateWing& operator=(const CertificateWing&) = delete;
    CertificateWing(CertificateWing&&) = delete;
    CertificateWing& operator=(CertificateWing&&) = delete;
    ~CertificateWing() = default;

    /// At start and reload: what the file says of TLS. An error changes nothing.
    Result<void> load(const Config& config);

    /// What is in force; for the administrators' port null when nothing is assigned.
    const Context& context(control::Use use) const {
        return contexts_[static_cast<std::size_t>(use)];
    }

    struct Surroundings {
        /// Called whenever a context has changed. False: not confirmed.
        std::function<bool()> show;
        /// What the administrators' port shows when nothing is assigned.
        std::function<Context()> admin_default;
        /// What is listened on, as daemon.ready tells it.
        std::vector<std::string> sip;
        std::vector<std::string> xmpp;
        std::vector<std::string> admin;
    };

    /// Everything listens: from now on the clock runs.
    void start(Surroundings around);

    const admin::CertificateServices& services() const { return services_; }

    /// For `isthmus status`: what is shown, use by use.
    std::vector<control::OwnCertificateStatus> status() const;

    /// What a restoration has brought is in force. False: not confirmed. Throws as the constructor.
    bool reload_stored() {
        certificates_.load();
        return put_in_force();
    }

    /// Reads watched files at once.
    void reload_files() { watch_.reload(); }

  private:
    Result<void> load(net::TlsFiles files);
    bool put_in_force();
    void rebuild();
    Context build(control::Use use) const;
    void tick();
    void follow_configuration();
    void look_at_ends();
    void look_at_files();
    std::vector<std::string> expected(control::Use use) const;
    void add_state(control::Use use, boost::json::object& to) const;

    metrics::Registry& metrics_;
    control::Worker keys_;
    net::TlsFiles files_;        ///< what the configuration names
    net::TlsSettings settings_;  ///< of them, with their certificate
    std::string files_look_;
    std::string files_tried_;
    bool files_trouble_ = false;
    control::CertificateService certificates_;
    control::CertificateWatch watch_;
    admin::CertificateServices services_;
    std::array<Context, control::kUses.size()> contexts_;
    Context default_;
    Surroundings around_;
    ServedCertificates served_;
    int ticks_to_check_ = 0;                    ///< until the listeners are asked
    std::map<std::string, std::int64_t> told_;  ///< by fingerprint: the last warning, in days
    int ticks_ = 0;
    Timer timer_;
};

}  // namespace isthmus::app
