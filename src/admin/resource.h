// One resource of the admin API: what answers below /api/v1/NAME. Each has its own file; api.cpp
// holds the table.
#pragma once

#include "admin/http.h"
#include "base/result.h"
#include "control/admin_service.h"
#include "control/audit_service.h"
#include "control/background.h"
#include "control/backup_service.h"
#include "control/contact_service.h"
#include "control/directory_service.h"
#include "control/doctor.h"
#include "control/home_service.h"
#include "control/message_series.h"
#include "control/overview.h"
#include "control/partner_test.h"
#include "control/policy_service.h"
#include "control/sign_in.h"
#include "control/sip_peers.h"
#include "control/status_service.h"
#include "control/subscription_service.h"
#include "control/token_service.h"
#include "control/trace_service.h"
#include "control/traffic_service.h"
#include "control/usage.h"
#include "control/user_service.h"

#include <boost/json/object.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::admin {

class EventFeed;
class TraceFollowers;

/// `rest` is what follows "/api/v1/NAME/", empty for NAME itself. What it keeps for a later reply
/// it copies.
using Resource =
    std::function<void(const HttpRequest& request, std::string_view rest, HttpReply reply)>;

/// A resource whose answer is known within the call.
Resource at_once(std::function<HttpResponse(const HttpRequest&, std::string_view rest)> handle);
/// The same for a resource with nothing below its name.
Resource single(std::function<HttpResponse(const HttpRequest&)> handle);

/// Whether the SIP user has added the XMPP user, both in compared form; `done` gets nothing if it
/// cannot be known now. Called later, once.
using FindContact = std::function<void(const std::string& user,
                                       const std::string& contact,
                                       std::function<void(std::optional<bool>)> done)>;

using ConnectStore = std::function<std::unique_ptr<store::Database>()>;

/// `tests` and `traffic` may be null: then there is no :test, no :retry. One partner is shown with
/// its links.
Resource make_partner_resource(control::PolicyService& policies,
                               control::ReadStatus read_status,
                               control::ReadUsage read_usage,
                               control::PartnerTests* tests,
                               const control::TrafficService* traffic);
Resource make_block_resource(control::PolicyService& policies, control::ReadUsage read_usage);
Resource make_policy_resource(control::PolicyService& policies, control::UserService& users);
Resource make_explain_resource(control::PolicyService& policies, FindContact find_contact);
/// `home` may be null: then nobody has a password here.
Resource make_user_resource(control::UserService& users, control::HomeService* home);
/// The body is a CSV file. `connect` gives a further connection, for the other thread.
Resource make_user_import_resource(control::UserService& users,
                                   ConnectStore connect,
                                   control::Background::Post post);
/// Several changes as one.
Resource make_change_resource(control::PolicyService& policies,
                              ConnectStore connect,
                              control::Background::Post post);
/// Answers when the synchronisation has ended. `directory` may be null.
Resource make_user_sync_resource(control::DirectoryService* directory);
Resource make_site_resource(control::PolicyService& policies);
Resource make_pool_resource(control::PolicyService& policies);
Resource make_sip_domain_resource(control::PolicyService& policies, control::ReadUsage read_usage);
Resource make_provider_resource(control::PolicyService& policies);
Resource make_access_edge_resource(control::PolicyService& policies);
Resource make_gateway_resource(control::PolicyService& policies);
Resource make_revision_resource(control::PolicyService& policies);
/// migrations/readiness
Resource make_migration_resource(control::PolicyService& policies);
Resource make_status_resource(control::ReadStatus read_status,
                              std::function<control::OverviewFacts()> overview_facts);
/// The boot file.
Resource make_config_resource(std::function<boost::json::object(bool is_effective)> shown);
Resource make_reload_resource(std::function<Result<void>()> reload);
Resource make_doctor_resource(const control::Doctor& doctor);
Resource make_sip_peer_resource(const control::SipPeers& peers);
/// api/openapi.yaml.
Resource make_openapi_resource();
Resource make_subscription_resource(control::SubscriptionService& subscriptions);
Resource make_contact_resource(control::ContactService& contacts);
Resource make_stream_resource(const control::TrafficService& traffic);
Resource make_dialog_resource(const control::TrafficService& traffic);
Resource make_message_resource(const control::TrafficService& traffic);
Resource make_conversation_resource(const control::TrafficService& traffic);
/// How many messages passed of late.
Resource make_series_resource(control::MessageSeries& series);
Resource make_trace_resource(control::TraceService& traces, TraceFollowers& followers);
/// Server-sent events; the feed outlives all connections.
Resource make_event_resource(EventFeed& feed);

/// POST partners/DOMAIN:test: one event per step while it runs, as lines of JSON or, if that is
/// accepted, server-sent events; one object at the end with ?stream=false.
void test_partner(control::PartnerTests& tests, const HttpRequest& request, const HttpReply& reply);

class OidcLogin;

/// What administrators sign in with; lives longer than the Api.
struct SignInServices {
    control::AdminContext& context;
    control::AdminService& admins;
    control::OwnAccount& own;
    control::TokenService& tokens;
    control::SignIn& sign_in;
    /// "https://127.0.0.1:8443/", where the control panel is; empty: not listening.
    std::function<std::string()> panel_url;
    OidcLogin* oidc = nullptr;  ///< nothing: no identity provider
};

/// audit and audit:*. Exports lie in `spool_folder` while they are sent.
void add_audit_resources(control::AuditService& log,
                         const std::string& spool_folder,
                         std::map<std::string, Resource, std::less<>>& to);
/// backups and backups:*.
void add_backup_resources(control::BackupService& backups,
                          const std::string& spool_folder,
                          std::map<std::string, Resource, std::less<>>& to);

Resource make_account_resource(const SignInServices& services);
Resource make_token_resource(const SignInServices& services);
Resource make_sessions_resource(const SignInServices& services);
Resource make_roles_resource();
/// session and session:*, each under its name.
void add_session_resources(const SignInServices& services,
                           std::map<std::string, Resource, std::less<>>& to);
/// All of the above.
void add_sign_in_resources(const SignInServices& services,
                           std::map<std::string, Resource, std::less<>>& to);

}  // namespace isthmus::admin
