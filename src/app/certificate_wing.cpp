#include "app/certificate_wing.h"

#include "app/config_values.h"
#include "base/log.h"
#include "base/utc.h"
#include "control/doctor.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::app {

namespace json = boost::json;

namespace {

using control::Use;

constexpr Duration kTick = std::chrono::seconds(1);
constexpr int kTicksToLook = 60;
constexpr int kTicksToCheck = 300;
constexpr int kTicksAfterChange = 2;
constexpr std::size_t kMostKeys = 16;

control::ServedNames served_by(const Config& config) {
    control::ServedNames made{
        .server_name = config.server_name, .sip_domains = {}, .xmpp_domains = {}};
    const auto add = [](std::vector<std::string>& to, const std::vector<std::string>& domains) {
        for (const std::string& domain : domains) {
            if (auto name = sip_name(domain)) {  // A-labels, as certificates have them
                to.push_back(std::move(*name));
            }
        }
    };
    add(made.sip_domains, config.sip_domains);
    add(made.xmpp_domains, config.xmpp_domains.empty() ? config.sip_domains : config.xmpp_domains);
    return made;
}

net::TlsFiles files_of(const Config& config) {
    return {.certificate_chain = config.tls_certificate_file,
            .private_key = config.tls_private_key_file,
            .trust_system = config.tls_trust == "system",
            .extra_cas = config.tls_extra_ca_files,
            .crls = config.tls_crl_files,
            .only_tls13 = config.tls_min_version == "1.3"};
}

net::TlsSettings settings_of(const net::TlsFiles& files) {
    auto made = net::read_tls_files(files);
    return made ? std::move(*made) : net::TlsSettings{};
}

std::string look_of(const net::TlsFiles& files) {
    return files.certificate_chain.empty() ? std::string()
                                           : control::file_look(files.certificate_chain) +
                                                 control::file_look(files.private_key);
}

std::string chain_pem(const control::KnownCertificate& one) {
    std::string made = one.document.certificate;
    for (const std::string& link : one.chain.intermediates) {
        made += link;
    }
    return made;
}

void log_unusable(Use use, std::string_view name, std::string_view why) {
    log::event(log::Level::Error,
               "certificate.unusable",
               {{"use", control::name_of(use)},
                {"name", name},
                {"code", "IST-CERT-025"},
                {"evidence", why}});
}

/// Where somebody could see our certificates.
std::vector<ServedCertificates::Listener> listeners_of(const CertificateWing::Surroundings& around,
                                                       const control::ServedNames& served) {
    std::vector<ServedCertificates::Listener> made;
    constexpr std::string_view kTls = "tls:";
    for (const std::string& address : around.sip) {
        if (address.starts_with(kTls)) {
            made.push_back({.use = Use::Sip,
                            .address = address.substr(kTls.size()),
                            .name = served.server_name});
        }
    }
    for (const std::string& address : around.xmpp) {
        made.push_back(
            {.use = Use::XmppS2s,
             .address = address,
             .protocol = net::Probe::Protocol::Xmpp,
             .name = served.xmpp_domains.empty() ? std::string() : served.xmpp_domains.front()});
    }
    for (const std::string& address : around.admin) {
        made.push_back({.use = Use::Admin, .address = address, .name = served.server_name});
    }
    return made;
}

}  // namespace

CertificateWing::CertificateWing(const Config& config,
                                 net::EventLoop& control,
                                 metrics::Registry& metrics,
                                 control::PolicyService& policies)
    : metrics_(metrics),
      keys_([&control](auto call) { control.post(std::move(call)); }, kMostKeys),
      files_(files_of(config)),
      settings_(settings_of(files_)),
      certificates_(
          {.policies = policies,
           .served = served_by(config),
           .authorities = {settings_.trust_system, settings_.extra_ca_pems},
           .wall = utc_now_seconds,
           .offload = [this](auto work,
                             auto done) { return keys_.submit(std::move(work), std::move(done)); },
           .has_other =
               [this](Use use) { return use == Use::Admin || !files_.certificate_chain.empty(); },
           .put_in_force = [this] { return put_in_force(); }}),
      watch_(certificates_),
      services_{
          .certificates = certificates_,
          .watch = watch_,
          .add_state = [this](Use use, json::object& to) { add_state(use, to); },
          .ask_served = [this](const auto& address,
                               const auto& protocol,
                               const auto& name,
                               const auto& done) { served_.ask(address, protocol, name, done); }},
      served_(control, metrics, config.dns_static, [this](Use use) { return expected(use); }),
      timer_(control.timers(), [this] { tick(); }) {}

Result<void> CertificateWing::load(const Config& config) {
    return load(files_of(config));
}

Result<void> CertificateWing::load(net::TlsFiles files) {
    const std::string look = look_of(files);
    auto settings = net::read_tls_files(files);
    auto made = settings ? net::TlsContext::create(*settings)
                         : Result<std::shared_ptr<const net::TlsContext>>(settings.error());
    if (!made) {
        return made.error();
    }
    files_ = std::move(files);
    settings_ = std::move(*settings);
    default_ = std::move(*made);
    files_look_ = files_tried_ = look;
    rebuild();
    return {};
}

CertificateWing::Context CertificateWing::build(Use use) const {
    Context fallback = use == Use::Admin ? nullptr : default_;
    const auto shown = certificates_.shown_by(use);
    if (shown.empty()) {
        if (const auto names = certificates_.effective_use(use).certificates; !names.empty()) {
            log_unusable(use, names.front(), "its private key cannot be opened");
        }
        return fallback;
    }
    net::TlsSettings settings = settings_;
    settings.certificate_chain_pem = chain_pem(*shown.front());
    settings.private_key_pem = shown.front()->key_pem;
    for (std::size_t i = 1; i < shown.size(); ++i) {
        settings.more_certificates.push_back({chain_pem(*shown[i]), shown[i]->key_pem});
    }
    if (use == Use::Admin) {
        settings.trust_system = false;  // administrators prove themselves in other ways
        settings.extra_ca_pems.clear();
    }
    auto made = net::TlsContext::create(settings);
    if (!made) {
        log_unusable(use, shown.front()->document.name, made.error().detail);
        return fallback;
    }
    return *std::move(made);
}

void CertificateWing::rebuild() {
    for (const Use use : control::kUses) {
        contexts_[static_cast<std::size_t>(use)] = build(use);
    }
    look_at_ends();
}

bool CertificateWing::put_in_force() {
    rebuild();
    ticks_to_check_ = kTicksAfterChange;
    return !around_.show || around_.show();
}

void CertificateWing::start(Surroundings around) {
    around_ = std::move(around);
    served_.set_listeners(listeners_of(around_, certificates_.served()));
    ticks_to_check_ = kTicksToCheck;
    timer_.arm(kTick);
}

std::vector<std::string> CertificateWing::expected(Use use) const {
    std::vector<std::string> made;
    for (const control::KnownCertificate* one : certificates_.shown_by(use)) {
        made.push_back(one->facts->names.sha256);
    }
    if (!made.empty()) {
        return made;
    }
    const Context other = use != Use::Admin       ? default_
                          : around_.admin_default ? around_.admin_default()
                                                  : nullptr;
    if (const auto own = other ? other->own_certificate() : std::nullopt) {
        made.push_back(own->sha256);
    }
    return made;
}

void CertificateWing::tick() {
    timer_.arm(kTick);
    certificates_.roll_due();
    watch_.poll();
    follow_configuration();
    look_at_files();
    if (++ticks_ % kTicksToLook == 0) {
        look_at_ends();
    }
    if (--ticks_to_check_ <= 0) {
        ticks_to_check_ = kTicksToCheck;
        served_.check();
    }
}

void CertificateWing::look_at_files() {
    for (const Use use : control::kUses) {
        const auto shown = certificates_.shown_by(use);
        served_.set_file_trouble(
            use,
            std::ranges::any_of(shown,
                                [this](const auto* one) {
                                    return watch_.trouble(one->document.name) != nullptr;
                                }) ||
                (shown.empty() && use != Use::Admin && files_trouble_));
    }
}

/// The files that the configuration names are renewed like others: a pair that has changed and
/// stays as it is for a second is taken.
void CertificateWing::follow_configuration() {
    const std::string before = std::exchange(files_look_, look_of(files_));
    if (files_look_ == files_tried_ || files_look_ != before) {
        return;
    }
    files_tried_ = files_look_;
    const auto taken = load(files_);
    files_trouble_ = !taken;
    log::event(taken ? log::Level::Info : log::Level::Warning,
               "certificate.file",
               {{"result", taken ? "taken" : "failed"},
                {"code", taken ? "" : "IST-CERT-022"},
                {"file", files_.certificate_chain},
                {"evidence", taken ? "" : taken.error().detail}});
    if (taken) {
        ticks_to_check_ = kTicksAfterChange;
        if (around_.show) {
            around_.show();
        }
    }
}

std::vector<control::OwnCertificateStatus> CertificateWing::status() const {
    std::vector<control::OwnCertificateStatus> made;
    const std::int64_t now = certificates_.now();
    for (const Use use : control::kUses) {
        const auto shown = certificates_.shown_by(use);
        for (const control::KnownCertificate* one : shown) {
            made.push_back({.use = std::string(control::name_of(use)),
                            .name = one->document.name,
                            .not_after = one->facts->names.not_after.time_since_epoch().count(),
                            .days_left = control::days_left(*one->facts, now),
                            .state = std::string(control::state_of(*one, now))});
        }
        if (!shown.empty() || use == Use::Admin || !default_) {
            continue;
        }
        if (const auto own = default_->own_certificate()) {
            const std::int64_t end = own->not_after.time_since_epoch().count();
            control::KnownCertificate known;
            known.facts.emplace();
            known.facts->names = *own;
            known.document.key = "of the file";
            made.push_back({.use = std::string(control::name_of(use)),
                            .name = std::string(control::OwnCertificateStatus::kOfTheFile),
                            .not_after = end,
                            .days_left = control::days_left(*known.facts, now),
                            .state = std::string(control::state_of(known, now))});
        }
    }
    return made;
}

void CertificateWing::look_at_ends() {
    constexpr std::string_view kName = "isthmus_certificate_not_after_timestamp_seconds";
    metrics_.forget_gauges(kName);
    for (const control::OwnCertificateStatus& one : status()) {
        metrics_
            .gauge(kName,
                   "When a certificate that is shown ends.",
                   {{"name", one.name}, {"use", one.use}})
            .set(one.not_after);
        const auto* threshold = std::ranges::find_if(
            control::kWarningDays, [&](std::int64_t days) { return one.days_left < days; });
        if (threshold == control::kWarningDays.end()) {
            continue;
        }
        const bool is_over = one.state == "expired";
        const std::int64_t step = is_over ? 0 : *threshold;
        const std::string key = fmt::format("{} {} {}", one.use, one.name, one.not_after);
        const auto [told, is_new] = told_.try_emplace(key, step);
        if (!is_new && told->second <= step) {
            continue;
        }
        told->second = step;
        log::event(is_over || step <= 7 ? log::Level::Error : log::Level::Warning,
                   "certificate.ends",
                   {{"code", is_over ? "IST-CERT-014" : "IST-CERT-024"},
                    {"msg", control::end_of_certificate(one)},
                    {"name", one.name},
                    {"use", one.use},
                    {"not_after", utc_text(one.not_after)},
                    {"days_left", one.days_left}});
    }
}

void CertificateWing::add_state(Use use, json::object& to) const {
    const Context& context = this->context(use);
    const bool is_assigned = !certificates_.shown_by(use).empty();
    const auto own = context ? context->own_certificate() : std::nullopt;
    to["source"] = is_assigned                        ? "assigned"
                   : use == Use::Admin                ? "own"
                   : files_.certificate_chain.empty() ? "none"
                                                      : "configuration file";
    if (const std::string& presented = served_.presented(use); !presented.empty()) {
        to["presented_sha256"] = presented;
    }
    const auto mismatch = served_.is_mismatch(use);
    to["mismatch"] = mismatch ? json::value(*mismatch) : json::value();
    to["loaded_sha256"] = own ? json::value(own->sha256) : json::value();
    if (own && !to.contains("subject")) {
        to["subject"] = own->subject;
        to["not_after"] = utc_text(own->not_after.time_since_epoch().count());
    }
}

}  // namespace isthmus::app
