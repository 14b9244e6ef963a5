#include "app/daemon.h"

#include "admin/api.h"
#include "admin/event_feed.h"
#include "admin/live_watch.h"
#include "app/addresses.h"
#include "app/admin_wing.h"
#include "app/archive.h"
#include "app/certificate_wing.h"
#include "app/config.h"
#include "app/crossing.h"
#include "app/doctor_facts.h"
#include "app/notify.h"
#include "app/start_failure.h"
#include "app/traffic_wing.h"
#include "app/version.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "control/contact_service.h"
#include "control/directory_service.h"
#include "control/doctor.h"
#include "control/home_service.h"
#include "control/partner_test.h"
#include "control/policy_service.h"
#include "control/subscription_service.h"
#include "control/traffic_service.h"
#include "control/user_service.h"
#include "net/event_loop.h"
#include "store/audit_log.h"
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

/// As the store wants it; config_checks has seen to the scheme.
std::string database_url(const Config& config) {
    constexpr std::string_view kScheme = "sqlite:";
    return config.database_url.starts_with(kScheme)
               ? fmt::format("{}{}",
                             kScheme,
                             config.in_state_dir(
                                 std::string_view(config.database_url).substr(kScheme.size())))
               : config.database_url;
}

/// The XMPP domains that we speak for, as compared. What is no domain the traffic wing refuses.
std::vector<std::string> own_domains(const Config& config) {
    std::vector<std::string> made;
    for (const std::string& domain :
         config.xmpp_domains.empty() ? config.sip_domains : config.xmpp_domains) {
        if (auto canonical = canonical_domain(domain)) {
            made.push_back(std::move(*canonical));
        }
    }
    return made;
}

/// What administrators do goes into the audit log; if it cannot be written, the log line that the
/// wing writes of each entry is what is left.
control::Audit audit_to(store::Database& database) {
    return [&database](const control::AuditEntry& entry) {
        try {
            store::AuditLog(database).append({{entry.admin, entry.origin},
                                              entry.action,
                                              entry.object,
                                              entry.outcome,
                                              entry.detail});
        } catch (const store::StoreError& error) {
            log::event(log::Level::Error,
                       "audit.failed",
                       {{"code", "IST-API-004"}, {"msg", error.what()}});
        }
    };
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
        directory_->start();
    }

    /// New handshakes only: what runs goes on with what it has.
    bool show_certificates() {
        admin_->assign(certificates_->context(control::Use::Admin));
        return crossing_->set_tls(certificates_->context(control::Use::Sip),
                                  certificates_->context(control::Use::XmppS2s));
    }

    void restore_subscriptions() {
        const auto start = std::chrono::steady_clock::now();
        const std::size_t count = subscription_store_->load(
            [this](auto records) { traffic_->restore(std::move(records)); });
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
        std::size_t users = 0;
        const std::size_t unreadable = home_store_->load_passwords(
            [&](const std::string& user, const policy::SipCredentials& credentials) {
                ++users;
                traffic_->home()->set_credentials(user, credentials);
            });
        home_store_->load([&](const store::HomeDocument& one) {
            traffic_->home()->restore(one.user, one.kind, one.body);
        });
        log::event(unreadable == 0 ? log::Level::Info : log::Level::Error,
                   "home.loaded",
                   {{"code", unreadable == 0 ? "" : "IST-HOME-005"},
                    {"count", users},
                    {"unreadable", unreadable}});
    }

    void open_admin() {
        read_status_ = [this]() -> std::optional<control::Status> {
            auto status = crossing_->read_status();
            if (status) {
                status->version = kVersion;
                status->certificates = certificates_->status();
                status->stored_revision = policies_->current().revision();
                status->directory = directory_ ? directory_->status() : std::nullopt;
            }
            return status;
        };
        const control::PresenceSide presence = crossing_->presence_side();
        subscriptions_.emplace(presence, canonical_names());
        contacts_.emplace(presence, canonical_names());
        traffic_service_.emplace(crossing_->traffic_side(), canonical_names());
        events_.emplace(control_.timers(), SystemRandom().hex(4));
        live_watch_.emplace(*events_, *traffic_service_, control_.timers(), [this] {
            return policies_->current().revision();
        });
        users_.emplace(*policies_);
        admin_.emplace(config_, control_, *database_, *keys_, audit_to(*database_));
        expect(admin_->set_up_oidc());
        if (home_store_) {
            home_service_.emplace(
                *users_, *home_store_, admin_->audit(), [this](const auto& user, const auto& one) {
                    return crossing_->set_credentials(user, one);
                });
            users_->set_on_erased(
                [this](const std::string& user) { home_service_->on_user_erased(user); });
        }
        partner_tests_.emplace(*policies_, crossing_->link_test_side(config_.server_name));
        doctor_.emplace(
            *policies_,
            control::DoctorSide{
                .read_local =
                    [this] {
                        const auto shown = certificates_->context(control::Use::XmppS2s);
                        return local_facts(config_,
                                           listening_.sip,
                                           listening_.xmpp,
                                           shown != nullptr && shown->has_certificate());
                    },
                .look_up = [this](auto domains,
                                  auto done) { crossing_->look_up(std::move(domains), done); },
                .read_status = read_status_});
        sip_peers_.emplace(
            sip_peer_facts(config_),
            read_status_,
            [this](auto index, auto done) { crossing_->test_peer(index, std::move(done)); },
            [this](const control::SipPeerOrder& order) {
                return control::set_up_peer(
                    order, doctor_->side().read_local(), policies_->current());
            });
        admin_->assign(certificates_->context(control::Use::Admin));
        const auto connect = [url = database_url(config_)] {
            return std::make_unique<store::Database>(url, store::Database::Opening::Another);
        };
        const auto post = [this](auto call) { control_.post(std::move(call)); };
        directory_.emplace(control::DirectoryService::World{.users = *users_,
                                                            .connect = connect,
                                                            .post = post,
                                                            .timers = control_.timers(),
                                                            .random = random_,
                                                            .metrics = metrics_},
                           config_.directory);
        archive_.emplace(Archive::Parts{.control = control_,
                                        .database = *database_,
                                        .connect = connect,
                                        .keys = *keys_,
                                        .policies = *policies_,
                                        .audit = admin_->audit(),
                                        .on_restored = [this] { follow_restoration(); }});
        api_.emplace(admin::ApiServices{.policies = *policies_,
                                        .users = *users_,
                                        .subscriptions = *subscriptions_,
                                        .contacts = *contacts_,
                                        .read_status = read_status_,
                                        .reload = [this] { return reload(); },
                                        .traffic = &*traffic_service_,
                                        .events = &*events_,
                                        .sign_in = &admin_->services(),
                                        .audit = admin_->audit(),
                                        .partner_tests = &*partner_tests_,
                                        .doctor = &*doctor_,
                                        .sip_peers = &*sip_peers_,
                                        .certificates = &certificates_->services(),
                                        .connect = connect,
                                        .post = post,
                                        .directory = &*directory_,
                                        .home = home_service_ ? &*home_service_ : nullptr,
                                        .audit_log = &archive_->audit_log(),
                                        .backups = &archive_->backups(),
                                        .spool_folder = config_.state_dir});
        failures_ = admin_->listen(*api_, panel_);
        if (!config_.metrics_listen.empty()) {
            auto bound = admin_->listen_plain(
                config_.metrics_listen,
                admin::make_health_pages([this] { return metrics_.render(); }, read_status_));
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
        events_->stop();
        crossing_->drain(std::chrono::seconds(config_.drain_seconds), [this] { control_.stop(); });
    }

    void stop() {
        archive_.reset();
        events_->stop();
        live_watch_.reset();
        directory_.reset();
        admin_.reset();
        api_.reset();
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
    std::optional<control::UserService> users_;
    std::optional<store::HomeStore> home_store_;
    std::optional<control::HomeService> home_service_;
    std::optional<control::SubscriptionService> subscriptions_;
    std::optional<control::ContactService> contacts_;
    std::optional<control::TrafficService> traffic_service_;
    std::optional<admin::EventFeed> events_;
    std::optional<admin::LiveWatch> live_watch_;
    std::optional<control::PartnerTests> partner_tests_;
    std::optional<control::Doctor> doctor_;
    std::optional<control::SipPeers> sip_peers_;
    Listening listening_;
    SystemRandom random_;
    std::optional<control::DirectoryService> directory_;
    control::ReadStatus read_status_;
    std::optional<admin::Api> api_;
    std::optional<AdminWing> admin_;
    std::optional<Archive> archive_;
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
