// What the admin API serves: the services of control/, what changes for whoever listens, the API
// over them. Control thread only.
#pragma once

#include "admin/api.h"
#include "admin/event_feed.h"
#include "admin/live_watch.h"
#include "admin/trace_follower.h"
#include "app/admin_wing.h"
#include "app/archive.h"
#include "app/certificate_wing.h"
#include "app/config.h"
#include "app/crossing.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "control/contact_service.h"
#include "control/directory_service.h"
#include "control/doctor.h"
#include "control/home_service.h"
#include "control/message_series.h"
#include "control/partner_test.h"
#include "control/policy_service.h"
#include "control/record_watch.h"
#include "control/sip_peers.h"
#include "control/status_service.h"
#include "control/subscription_service.h"
#include "control/trace_service.h"
#include "control/traffic_service.h"
#include "control/user_service.h"
#include "net/event_loop.h"
#include "store/database.h"
#include "store/home_store.h"
#include "store/key_box.h"

#include <functional>
#include <memory>
#include <optional>

namespace isthmus::app {

class ApiWing {
  public:
    /// All must outlive it.
    struct Parts {
        const Config& config;
        const Listening& listening;  ///< may be filled later
        net::EventLoop& control;
        metrics::Registry& metrics;
        store::Database& database;
        store::KeyBox& keys;
        control::PolicyService& policies;
        CertificateWing& certificates;
        Crossing& crossing;
        AdminWing& admin;
        store::HomeStore* home;  ///< null: nobody signs in here
        std::function<Result<void>()> reload;
        std::function<void()> on_restored;  ///< a backup's restoration has ended
    };

    explicit ApiWing(Parts parts);
    ApiWing(const ApiWing&) = delete;
    ApiWing& operator=(const ApiWing&) = delete;
    ApiWing(ApiWing&&) = delete;
    ApiWing& operator=(ApiWing&&) = delete;

    ~ApiWing() { parts_.policies.set_on_user_erased({}); }

    const admin::Api& api() const { return *api_; }

    const control::ReadStatus& read_status() const { return read_status_; }

    /// Everything listens: messages are counted along, the synchronisation with the directory
    /// begins.
    void start();

    /// Who follows events is told that the gateway stops.
    void end_events();

    /// Ends what works by itself. The services stay: requests under way may still refer to them.
    void stop();

  private:
    control::ReadStatus make_status_reader();
    control::DoctorSide make_doctor_side();
    control::OverviewFacts overview_facts() const;
    void make_home();
    void make_api();

    Parts parts_;
    control::ReadStatus read_status_;
    control::SubscriptionService subscriptions_;
    control::ContactService contacts_;
    control::TrafficService traffic_;
    control::MessageSeries series_;
    admin::EventFeed events_;
    std::optional<admin::LiveWatch> live_watch_;
    control::UserService users_;
    std::optional<control::HomeService> home_;
    control::PartnerTests partner_tests_;
    control::Doctor doctor_;
    control::RecordWatch records_;
    control::SipPeers sip_peers_;
    control::TraceService traces_;
    admin::TraceFollowers followers_;
    std::function<std::unique_ptr<store::Database>()> connect_;
    SystemRandom random_;
    std::optional<control::DirectoryService> directory_;
    std::optional<Archive> archive_;
    std::optional<admin::Api> api_;
};

}  // namespace isthmus::app
