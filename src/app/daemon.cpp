#include "app/daemon.h"

#include "admin/api.h"
#include "app/addresses.h"
#include "app/admin_wing.h"
#include "app/api_wing.h"
#include "app/archive.h"
#include "app/certificate_wing.h"
#include "app/config.h"
#include "app/config_values.h"
#include "app/crossing.h"
#include "app/home_records.h"
#include "app/notify.h"
#include "app/start_failure.h"
#include "app/traffic_config.h"
#include "app/traffic_wing.h"
#include "app/version.h"
#include "base/log.h"
#include "base/metrics.h"
#include "control/policy_service.h"
#include "net/event_loop.h"
#include "store/config_store.h"
#include "store/database.h"
#include "store/home_store.h"
#include "store/key_box.h"
#include "store/subscription_store.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace isthmus::app {

namespace {

log::Level level_of(const std::string& name) {
    constexpr std::string_view kNames[] = {"trace", "debug", "info", "warning", "error"};
    for (std::size_t i = 0; i < std::size(kNames); ++i) {
        if (kNames[i] == name) {
            return static_cast<log::Level>(i);
        }
    }
    return log::Level::Info;
}

void set_up_log(const Config& config) {
    log::set_up(config.log_format == "text" ? log::Format::Text : log::Format::Json,
                level_of(config.log_level));
}

/// What is no domain the traffic wing refuses.
control::OwnDomains own_domains(const Config& config) {
    control::OwnDomains made;
    for (const std::string& domain :
         config.xmpp_domains.empty() ? config.sip_domains : config.xmpp_domains) {
        if (auto canonical = canonical_domain(domain)) {
            made.xmpp.push_back(std::move(*canonical));
        }
    }
    const auto flows = make_flows(config);
    if (!flows) {
        return made;
    }
    for (const gateway::ServedDomain& domain : flows->domains) {
        const bool is_held = std::ranges::any_of(flows->peers, [&](const gateway::SipPeer& peer) {
            return std::ranges::find(peer.domains, domain.sip) != peer.domains.end();
        });
        if (is_held) {
            made.sip.push_back(domain.sip);
        }
    }
    return made;
}

void log_warnings(const Config& config) {
    for (const ConfigWarning& warning : config.warnings) {
        log::event(
            log::Level::Warning, "config.warning", {{"code", warning.code}, {"msg", warning.text}});
    }
}

boost::json::array as_array(const std::vector<std::string>& texts) {
    boost::json::array made(texts.begin(), texts.end());
    return made;
}

class Daemon {
  public:
    Daemon(std::string config_file, std::span<const admin::PanelFile> panel)
        : config_file_(std::move(config_file)), panel_(panel) {}

    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;
    Daemon(Daemon&&) = delete;
    Daemon& operator=(Daemon&&) = delete;

    ~Daemon() {
        // After a failed start step: the thread ends before what it calls into.
        if (traffic_) {
            traffic_->stop();
        }
    }

    int run() {
        auto config = load_config(config_file_);
        if (!config) {
            print_faults(config.error());
            return 2;
        }
        config_ = std::move(*config);
        set_up_log(config_);
        log_warnings(config_);
        try {
            start();
        } catch (const StartFailure& failure) {
            std::ranges::for_each(failure.reasons, log_failure);
            return failure.reasons.front().code == "IST-CFG-001" ? 2 : 1;
        } catch (const store::DatabaseDamaged& failure) {
            log_failure(make_error(
                ErrorKind::Internal, "IST-API-037", "The database is damaged.", failure.what()));
            return 1;
        } catch (const store::StoreError& failure) {
            log_failure(make_error(ErrorKind::Internal,
                                   "IST-API-004",
                                   "The database cannot be used.",
                                   fmt::format("{}: {}", database_url(config_), failure.what())));
            return 1;
        } catch (const std::exception& failure) {
            log::event(log::Level::Error, "daemon.failed", {{"msg", failure.what()}});
            return 1;
        }
        control_.run();
        stop();
        return 0;
    }

  private:
    // The steps in order; what they made is undone in reverse by stop() or by destruction.
    void start() {
        // Before any thread: signals are blocked in all of them and read by the control loop.
        control_.on_signal(SIGTERM, [this] { on_terminate(); });
        control_.on_signal(SIGINT, [this] { on_terminate(); });
        control_.on_signal(SIGHUP, [this] { (void)reload(); });
        std::signal(SIGPIPE, SIG_IGN);
        std::filesystem::create_directories(config_.state_dir);
        std::filesystem::permissions(config_.state_dir, std::filesystem::perms::owner_all);

        database_.emplace(database_url(config_));
        expect(open_keys(keys_, config_.in_state_dir("secret.key"), *database_));
        store_.emplace(*database_, &*keys_);
        subscription_store_.emplace(*database_);
        policies_.emplace(*store_, canonical_names(), own_domains(config_), [this](auto snapshot) {
            // Before there is a traffic thread, what it starts with is in force.
            return !crossing_ || crossing_->publish(std::move(snapshot));
        });
        certificates_.emplace(config_, control_, metrics_, *policies_);
        expect(certificates_->load(config_));
        traffic_ = expect(TrafficWing::create(config_, policies_->snapshot(), metrics_));
        traffic_->set_tls(certificates_->context(control::Use::Sip),
                          certificates_->context(control::Use::XmppS2s));
        crossing_.emplace(*traffic_, control_, *subscription_store_);
        restore_subscriptions();
        restore_home();
        traffic_->start();
        open_admin();
        auto listening = crossing_->listen(config_);
        if (!listening) {
            throw std::runtime_error("the traffic thread does not answer");
        }
        failures_.insert(failures_.end(), listening->failures.begin(), listening->failures.end());
        if (!failures_.empty()) {
            throw StartFailure(std::move(failures_));
        }
        certificates_->start({.show = [this] { return show_certificates(); },
                              .admin_default = [this] { return admin_->certificate(); },
                              .sip = listening->sip,
                              .xmpp = listening->xmpp,
                              .admin = admin_->addresses()});
        listening_ = std::move(*listening);
        announce(listening_);
        api_->start();
    }

    /// New handshakes only: what runs goes on with what it has.
    bool show_certificates() {
        admin_->assign(certificates_->context(control::Use::Admin));
        return crossing_->set_tls(certificates_->context(control::Use::Sip),
                                  certificates_->context(control::Use::XmppS2s));
    }

    void restore_subscriptions() {
        const auto start = std::chrono::steady_clock::now();
        const std::size_t count =
            subscription_store_->load([this](const auto& records) { traffic_->restore(records); });
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
        log::event(log::Level::Info,
                   "subscription.loaded",
                   {{"count", count}, {"duration_ms", time.count() * 1000}});
    }

    /// Passwords and lists of those who sign in here.
    void restore_home() {
        if (traffic_->home() == nullptr) {
            return;
        }
        home_store_.emplace(*database_, &*keys_);
        const HomeRecords kept = load_home(*home_store_);
        traffic_->home()->restore_all(kept.credentials, kept.documents);
    }

    void open_admin() {
        admin_.emplace(config_, control_, *database_, *keys_, audit_to(*database_));
        expect(admin_->set_up_oidc());
        admin_->assign(certificates_->context(control::Use::Admin));
        api_.emplace(ApiWing::Parts{.config = config_,
                                    .listening = listening_,
                                    .control = control_,
                                    .metrics = metrics_,
                                    .database = *database_,
                                    .keys = *keys_,
                                    .policies = *policies_,
                                    .certificates = *certificates_,
                                    .crossing = *crossing_,
                                    .admin = *admin_,
                                    .home = home_store_ ? &*home_store_ : nullptr,
                                    .reload = [this] { return reload(); },
                                    .on_restored = [this] { follow_restoration(); }});
        failures_ = admin_->listen(api_->api(), panel_);
        if (!config_.metrics_listen.empty()) {
            auto bound =
                admin_->listen_plain(config_.metrics_listen,
                                     admin::make_health_pages([this] { return metrics_.render(); },
                                                              api_->read_status()));
            if (bound) {
                metrics_at_ = std::move(*bound);
            } else {
                failures_.push_back(bound.error());
                failures_.back().detail =
                    config_.locate({"metrics", "listen"}) + bound.error().detail;
            }
        }
        metrics_.gauge("isthmus_build_info", "Always 1.", {{"version", kVersion}}).set(1);
    }

    /// What a restored backup has brought besides policies: certificates, and subscriptions that
    /// are not alive already.
    void follow_restoration() {
        try {
            certificates_->reload_stored();
        } catch (const std::exception& failure) {
            log::event(log::Level::Error,
                       "backup.restored",
                       {{"code", "IST-API-034"}, {"msg", failure.what()}});
        }
        const std::size_t count = subscription_store_->load(
            [this](auto records) { crossing_->restore(std::move(records)); });
        crossing_->begin_restored();
        log::event(log::Level::Info, "subscription.loaded", {{"count", count}});
        if (home_store_) {
            crossing_->restore_home(load_home(*home_store_));
        }
    }

    void announce(const Listening& listening) {
        const boost::json::object listeners{
            {"sip", as_array(listening.sip)},
            {"xmpp", as_array(listening.xmpp)},
            {"xmpp_direct_tls", as_array(listening.xmpp_direct_tls)},
            {"admin", as_array(admin_->addresses())},
            {"metrics",
             as_array(metrics_at_.empty() ? std::vector<std::string>()
                                          : std::vector<std::string>{metrics_at_})}};
        log::event_with_json(
            log::Level::Info, "daemon.ready", "listeners", boost::json::serialize(listeners));
        notify("READY=1");
    }

    void on_terminate() {
        if (std::exchange(is_stopping_, true)) {
            log::event(
                log::Level::Warning, "daemon.stop", {{"msg", "second signal: stopping now"}});
            control_.stop();
            return;
        }
        log::event(
            log::Level::Info, "daemon.drain", {{"msg", "no new work; finishing what there is"}});
        notify("STOPPING=1");
        api_->end_events();
        crossing_->drain(std::chrono::seconds(config_.drain_seconds), [this] { control_.stop(); });
    }

    void stop() {
        api_->stop();
        admin_.reset();
        certificates_.reset();
        policies_.reset();
        traffic_->stop();
        crossing_->write_rest();
        const std::size_t left = traffic_->status().messages_pending;
        traffic_.reset();
        log::event(left == 0 ? log::Level::Info : log::Level::Warning,
                   "daemon.stopped",
                   {{"messages_left", left}});
    }

    /// SIGHUP and `config reload`: log level and certificates. All or nothing.
    Result<void> reload() {
        auto config = load_config(config_file_);
        const auto tls = config ? certificates_->load(*config) : Result<void>(config.error());
        const auto admin = tls ? admin_->reload(*config) : Result<void>(tls.error());
        metrics_.gauge("isthmus_config_last_reload_success", "1 if the last reload worked.")
            .set(admin ? 1 : 0);
        if (!admin) {
            log::event(log::Level::Error,
                       "config.reload",
                       {{"result", "failed"},
                        {"code", admin.error().code},
                        {"msg", admin.error().detail}});
            return admin.error();
        }
        set_up_log(*config);
        log_warnings(*config);
        config_.log_level = config->log_level;
        config_.log_format = config->log_format;
        certificates_->reload_files();
        (void)show_certificates();
        log::event(log::Level::Info, "config.reload", {{"result", "done"}});
        return {};
    }

    std::string config_file_;
    const std::span<const admin::PanelFile> panel_;
    Config config_;
    metrics::Registry metrics_;
    net::EventLoop control_;
    std::optional<store::Database> database_;
    std::optional<store::KeyBox> keys_;
    std::optional<store::ConfigStore> store_;
    std::optional<store::SubscriptionStore> subscription_store_;
    std::unique_ptr<TrafficWing> traffic_;
    std::optional<Crossing> crossing_;
    std::optional<control::PolicyService> policies_;
    std::optional<CertificateWing> certificates_;
    std::optional<store::HomeStore> home_store_;
    Listening listening_;
    std::optional<ApiWing> api_;
    std::optional<AdminWing> admin_;
    std::string metrics_at_;
    std::vector<Error> failures_;  ///< of the start: what could not be listened on
    bool is_stopping_ = false;
};

}  // namespace

int serve(const std::string& config_file, std::span<const admin::PanelFile> panel) {
    return Daemon(config_file, panel).run();
}

int check_config(const std::string& config_file) {
    const auto config = load_config(config_file);
    if (!config) {
        print_faults(config.error());
        return 2;
    }
    for (const ConfigWarning& warning : config->warnings) {
        fmt::print(stderr, "{} (warning, {})\n", warning.text, warning.code);
    }
    const std::size_t count = config->warnings.size();
    fmt::print("{}: good{}\n",
               config_file,
               count == 0   ? ""
               : count == 1 ? ", with one warning"
                            : fmt::format(", with {} warnings", count));
    return 0;
}

}  // namespace isthmus::app
