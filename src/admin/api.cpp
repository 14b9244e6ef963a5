#include "admin/api.h"

#include "admin/answers.h"
#include "admin/authorisation.h"
#include "admin/routes.h"
#include "base/text.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace isthmus::admin {

namespace {

FindContact find_contact(control::ContactService& contacts) {
    return [&contacts](const std::string& user, const std::string& contact, auto done) {
        contacts.list(user, [contact, done = std::move(done)](const auto& listed) {
            done(!listed ? std::nullopt
                         : std::optional(
                               std::ranges::any_of(*listed, [&](const control::ContactStatus& one) {
                                   return one.contact == contact && one.sip_watches_xmpp != "none";
                               })));
        });
    };
}

}  // namespace

Api::Api(const ApiServices& services)
    : resources_{
          {"partners", 
           make_partner_resource(services.policies, services.read_status, services.read_usage, services.partner_tests, services.traffic)},
          {"blocks", make_block_resource(services.policies, services.read_usage)},
          {"policies", make_policy_resource(services.policies, services.users)},
          {"explain", make_explain_resource(services.policies, find_contact(services.contacts))},
          {"users", make_user_resource(services.users, services.home)},
          {"users:import",
           make_user_import_resource(services.users, services.connect, services.post)},
          {"changes",
           make_change_resource(services.policies, services.connect, services.post)},
          {"users:sync", make_user_sync_resource(services.directory)},
          {"sites", make_site_resource(services.policies)},
          {"pools", make_pool_resource(services.policies)},
          {"access-edge", make_access_edge_resource(services.policies)},
          {"gateway", make_gateway_resource(services.policies)},
          {"sip-domains", make_sip_domain_resource(services.policies, services.read_usage)},
          {"providers", make_provider_resource(services.policies)},
          {"revisions", make_revision_resource(services.policies)},
          {"migrations", make_migration_resource(services.policies)},
          {"subscriptions", make_subscription_resource(services.subscriptions)},
          {"contacts", make_contact_resource(services.contacts)},
          {"status", make_status_resource(services.read_status, services.overview_facts)},
          {"config", make_config_resource(services.show_config)},
          {"config:reload", make_reload_resource(services.reload)},
          {"openapi.yaml", make_openapi_resource()},
      },
      audit_(services.audit) {
    if (services.doctor != nullptr) {
        resources_["doctor"] = make_doctor_resource(*services.doctor);
    }
    if (services.sip_peers != nullptr) {
        resources_["sip-peers"] = make_sip_peer_resource(*services.sip_peers);
    }
    if (services.certificates != nullptr) {
        add_certificate_resources(*services.certificates, resources_);
    }
    if (services.traffic != nullptr) {
        resources_.emplace("streams", make_stream_resource(*services.traffic));
        resources_.emplace("dialogs", make_dialog_resource(*services.traffic));
        resources_.emplace("messages", make_message_resource(*services.traffic));
        resources_.emplace("conversations", make_conversation_resource(*services.traffic));
    }
    if (services.series != nullptr) {
        resources_.emplace("series", make_series_resource(*services.series));
    }
    if (services.traces != nullptr) {
        resources_.emplace("traces", make_trace_resource(*services.traces, *services.followers));
    }
    if (services.events != nullptr) {
        resources_.emplace("events", make_event_resource(*services.events));
    }
    if (services.sign_in != nullptr) {
        add_sign_in_resources(*services.sign_in, resources_);
    }
    if (services.audit_log != nullptr) {
        add_audit_resources(*services.audit_log, services.spool_folder, resources_);
    }
    if (services.backups != nullptr) {
        add_backup_resources(*services.backups, services.spool_folder, resources_);
    }
}

void Api::handle(const HttpRequest& request, const HttpReply& reply) const {
    constexpr std::string_view kPrefix = "/api/v1/";
    if (!request.raw_path.starts_with(kPrefix)) {
        reply(not_found(request.path));
        return;
    }
    const RouteMatch match =
        match_route(request.method, std::string_view(request.raw_path).substr(kPrefix.size()));
    if (match.allow.empty()) {
        reply(not_found(request.path));
        return;
    }
    if (match.route == nullptr) {
        reply(wrong_method(match.allow));
        return;
    }
    if (auto allowed = check_right(request.author, match.route->right); !allowed) {
        // Credentials that count for nothing say more than that none came.
        const bool is_known = request.author.role != control::Role::None;
        reply(problem(!is_known && request.refusal ? *request.refusal : allowed.error()));
        if (is_known && audit_) {
            audit_({request.author.admin,
                    request.author.origin,
                    request.method,
                    text::escape_for_log(request.path),
                    "refused",
                    allowed.error().public_text});
        }
        return;
    }
    if (request.method != "GET" && !match.route->has_trial) {
        if (auto good = check_no_trial(request); !good) {
            reply(problem(good.error()));
            return;
        }
    }
    const std::string_view pattern = match.route->pattern;
    const auto resource = resources_.find(pattern.substr(0, pattern.find('/')));
    if (resource == resources_.end()) {
        reply(not_found(request.path));
        return;
    }
    HttpRequest routed = request;
    routed.arguments = match.arguments;
    routed.verb = match.verb;
    std::string_view rest = std::string_view(routed.path).substr(kPrefix.size());
    rest.remove_prefix(std::min(rest.find('/'), rest.size() - 1) + 1);
    try {
        resource->second(
            routed, pattern.find('/') == std::string_view::npos ? "" : rest, HttpReply(reply));
    } catch (const std::exception& error) {
        // The database, say: a resource that throws has not replied.
        reply(problem(
            make_error(ErrorKind::Internal, "IST-API-046", "The request failed.", error.what())));
    }
}

Resource at_once(std::function<HttpResponse(const HttpRequest&, std::string_view rest)> handle) {
    return [handle = std::move(handle)](const HttpRequest& request,
                                        std::string_view rest,
                                        const HttpReply& reply) { reply(handle(request, rest)); };
}

Resource single(std::function<HttpResponse(const HttpRequest&)> handle) {
    return at_once([handle = std::move(handle)](const HttpRequest& request, std::string_view rest) {
        return rest.empty() ? handle(request) : not_found(request.path);
    });
}

}  // namespace isthmus::admin
