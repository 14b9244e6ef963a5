#include "app/api_wing.h"

#include "app/addresses.h"
#include "app/config_values.h"
#include "app/doctor_facts.h"
#include "app/version.h"
#include "base/utc.h"
#include "policy/policy.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace isthmus::app {

namespace {}  // namespace

ApiWing::ApiWing(Parts parts)
    : parts_(std::move(parts)),
      read_status_(make_status_reader()),
      subscriptions_(parts_.crossing.presence_side(), canonical_names()),
      contacts_(parts_.crossing.presence_side(), canonical_names()),
      traffic_(parts_.crossing.traffic_side(), canonical_names()),
      series_([this](auto done) { parts_.crossing.read_counts(std::move(done)); },
              parts_.control.timers(),
              utc_now_seconds),
      events_(parts_.control.timers(), SystemRandom().hex(4)),
      users_(parts_.policies),
      partner_tests_(parts_.policies, parts_.crossing.link_test_side(parts_.config.server_name)),
      doctor_(parts_.policies, make_doctor_side()),
      records_(doctor_.side(), parts_.control.timers()),
      sip_peers_(
          sip_peer_facts(parts_.config),
          read_status_,
          [this](auto index, auto done) { parts_.crossing.test_peer(index, std::move(done)); },
          [this](const control::SipPeerOrder& order) {
              return control::set_up_peer(
                  order, doctor_.side().read_local(), parts_.policies.current());
          }),
      traces_(
          parts_.crossing.trace_side(),
          canonical_names(),
          [this] {
              return parts_.policies.snapshot()->gateway().enable_logging_all_message_bodies;
          },
          parts_.admin.audit(),
          parts_.control.timers()),
      followers_(traces_, parts_.control.timers()),
      connect_([url = database_url(parts_.config)] {
          return std::make_unique<store::Database>(url, store::Database::Opening::Another);
      }) {
    live_watch_.emplace(events_, traffic_, parts_.control.timers(), [this] {
        return parts_.policies.current().revision();
    });
    traces_.on_change([this](const std::string& id, std::string_view change) {
        events_.publish("trace", control::Right::Trace, {{"id", id}, {"change", change}});
    });
    directory_.emplace(
        control::DirectoryService::World{
            .users = users_,
            .connect = connect_,
            .post = [this](auto call) { parts_.control.post(std::move(call)); },
            .timers = parts_.control.timers(),
            .random = random_,
            .metrics = parts_.metrics},
        parts_.config.directory);
    archive_.emplace(Archive::Parts{.control = parts_.control,
                                    .database = parts_.database,
                                    .connect = connect_,
                                    .keys = parts_.keys,
                                    .policies = parts_.policies,
                                    .audit = parts_.admin.audit(),
                                    .on_restored = parts_.on_restored});
    make_home();
    make_api();
}

void ApiWing::make_home() {
    if (parts_.home == nullptr) {
        return;
    }
    home_.emplace(
        users_,
        *parts_.home,
        parts_.admin.audit(),
        [this](const auto& user, const auto& one) {
            return parts_.crossing.set_credentials(user, one);
        },
        [this](const auto& user) { parts_.crossing.forget_home(user); });
    parts_.policies.set_on_user_erased(
        [this](const std::string& user) { home_->on_user_erased(user); });
}

control::ReadStatus ApiWing::make_status_reader() {
    return [this]() -> std::optional<control::Status> {
        auto status = parts_.crossing.read_status();
        if (status) {
            status->version = kVersion;
            status->certificates = parts_.certificates.status();
            status->stored_revision = parts_.policies.current().revision();
            status->directory = directory_ ? directory_->status() : std::nullopt;
        }
        return status;
    };
}

control::DoctorSide ApiWing::make_doctor_side() {
    return {.read_local =
                [this] {
                    const auto shown = parts_.certificates.context(control::Use::XmppS2s);
                    auto made = local_facts(parts_.config,
                                            parts_.listening.sip,
                                            parts_.listening.xmpp,
                                            shown != nullptr && shown->has_certificate());
                    made.certificates = parts_.certificates.status();
                    return made;
                },
            .look_up =
                [this](auto domains, auto done) {
                    parts_.crossing.look_up(std::move(domains), std::move(done));
                },
            .read_status = read_status_,
            .on_records = [this](const auto& checks) { records_.note(checks); }};
}

control::OverviewFacts ApiWing::overview_facts() const {
    const auto snapshot = parts_.policies.snapshot();
    return {.is_enabled = snapshot->gateway().enabled,
            .allows_federated_users = snapshot->access_edge().allow_federated_users,
            .allows_xmpp = std::ranges::any_of(snapshot->rules(),
                                               [](const policy::AccessRule& rule) {
                                                   return rule.enable_federation_access &&
                                                          rule.enable_xmpp_access;
                                               }),
            .partners = static_cast<std::size_t>(
                std::ranges::count(snapshot->partners(), true, &policy::Partner::enabled)),
            .records = records_.checks()};
}

void ApiWing::make_api() {
    api_.emplace(admin::ApiServices{
        .policies = parts_.policies,
        .users = users_,
        .subscriptions = subscriptions_,
        .contacts = contacts_,
        .read_status = read_status_,
        .read_usage =
            [this](control::UsageQuestion question) {
                return parts_.crossing.read_usage(std::move(question));
            },
        .reload = parts_.reload,
        .show_config = [this](bool is_effective) { return parts_.config.shown(is_effective); },
        .series = &series_,
        .traffic = &traffic_,
        .events = &events_,
        .traces = &traces_,
        .followers = &followers_,
        .overview_facts = [this] { return overview_facts(); },
        .sign_in = &parts_.admin.services(),
        .audit = parts_.admin.audit(),
        .partner_tests = &partner_tests_,
        .doctor = &doctor_,
        .sip_peers = &sip_peers_,
        .certificates = &parts_.certificates.services(),
        .connect = connect_,
        .post = [this](auto call) { parts_.control.post(std::move(call)); },
        .directory = &*directory_,
        .home = home_ ? &*home_ : nullptr,
        .audit_log = &archive_->audit_log(),
        .backups = &archive_->backups(),
        .spool_folder = parts_.config.state_dir});
}

void ApiWing::start() {
    series_.start();
    records_.start();
    directory_->start();
}

void ApiWing::end_events() {
    events_.stop();
    followers_.stop();
}

void ApiWing::stop() {
    archive_.reset();
    end_events();
    live_watch_.reset();
    directory_.reset();
}

}  // namespace isthmus::app
