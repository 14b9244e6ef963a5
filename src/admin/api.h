// The admin API as one function from request to answer; each resource has its own file.
// api/openapi.yaml describes it. Control thread only.
#pragma once

#include "admin/certificate_resource.h"
#include "admin/http.h"
#include "admin/resource.h"
#include "control/overview.h"

#include <boost/json/object.hpp>

#include <functional>
#include <map>
#include <string>

namespace isthmus::admin {

struct ApiServices {
    control::PolicyService& policies;
    control::UserService& users;
    control::SubscriptionService& subscriptions;
    control::ContactService& contacts;
    control::ReadStatus read_status;
    control::ReadUsage read_usage = {};  ///< null: it is not shown
    /// Reload of the boot file (log level, certificates), as SIGHUP does; the error text if it
    /// failed.
    std::function<Result<void>()> reload;
    /// The boot file as it was read at the start, without secrets; with what holds where it is
    /// silent, if asked for.
    std::function<boost::json::object(bool is_effective)> show_config = {};
    control::MessageSeries* series = nullptr;
    const control::TrafficService* traffic = nullptr;  ///< nothing: there is no traffic here
    EventFeed* events = nullptr;
    control::TraceService* traces = nullptr;
    TraceFollowers* followers = nullptr;  ///< as traces
    /// What policy says, for the lights of status; null: none are shown.
    std::function<control::OverviewFacts()> overview_facts = {};
    const SignInServices* sign_in = nullptr;  ///< nothing: there are no accounts here
    /// Hears of what a role may not do.
    control::Audit audit = {};
    /// Nothing: partners cannot be tested, and so on.
    control::PartnerTests* partner_tests = nullptr;
    const control::Doctor* doctor = nullptr;
    const control::SipPeers* sip_peers = nullptr;
    const CertificateServices* certificates = nullptr;  ///< nothing: they are not managed here
    /// A further connection to the database, and the way back to the control thread: for what is
    /// done on a thread of its own.
    ConnectStore connect;
    control::Background::Post post;
    control::DirectoryService* directory = nullptr;  ///< null: there is none
    control::HomeService* home = nullptr;            ///< null: there is no home server
    control::AuditService* audit_log = nullptr;
    control::BackupService* backups = nullptr;
    std::string spool_folder = {};  ///< for what is too large for the memory
};

class Api {
  public:
    explicit Api(const ApiServices& services);

    /// `reply` is called once, within the call or later.
    void handle(const HttpRequest& request, const HttpReply& reply) const;

  private:
    std::map<std::string, Resource, std::less<>> resources_;
    control::Audit audit_;
};

/// /metrics, /healthz (the process lives), /readyz (it carries traffic).
HttpHandler make_health_pages(std::function<std::string()> render_metrics,
                              control::ReadStatus read_status);

}  // namespace isthmus::admin
