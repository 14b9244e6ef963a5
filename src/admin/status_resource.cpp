// What the process is doing, for administrators and for probes; and the reload of its boot file.
#include "admin/answers.h"
#include "admin/api.h"
#include "admin/openapi.h"
#include "admin/resource.h"
#include "admin/traffic_json.h"
#include "base/codes.h"
#include "base/utc.h"
#include "control/overview.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

json::object json_of(const control::Status& status) {
    json::array streams;
    for (const auto& stream : status.streams) {
        streams.push_back(admin::to_json(stream));
    }
    json::array peers;
    for (const auto& peer : status.peers) {
        peers.push_back(admin::to_json(peer));
    }
    json::array certificates;
    for (const auto& one : status.certificates) {
        certificates.push_back(json::object{{"use", one.use},
                                            {"name", one.name},
                                            {"state", one.state},
                                            {"not_after", utc_text(one.not_after)},
                                            {"days_left", one.days_left}});
    }
    json::object made{
        {"version", status.version},
        {"server_name", status.server_name},
        {"state", status.state},
        {"uptime_seconds", status.uptime_seconds},
        {"stored_revision", status.stored_revision},
        {"running_revision", status.running_revision},
        {"messages_pending", status.messages_pending},
        {"messages_queued", status.messages_queued},
        {"oldest_queued_seconds", status.oldest_queued_seconds},
        {"messages",
         json::object{{"sip_to_xmpp", status.messages[0]}, {"xmpp_to_sip", status.messages[1]}}},
        {"failures",
         json::object{{"sip_to_xmpp", status.failures[0]}, {"xmpp_to_sip", status.failures[1]}}},
        {"subscriptions", status.subscriptions},
        {"dialogs", status.dialogs},
        {"streams", std::move(streams)},
        {"sip_peers", std::move(peers)},
        {"certificates", std::move(certificates)},
    };
    if (status.directory) {
        made["directory"] = json::object{{"url", status.directory->url},
                                         {"state", status.directory->state},
                                         {"last_at", status.directory->last_at},
                                         {"users", status.directory->users},
                                         {"skipped", status.directory->skipped},
                                         {"last_error", status.directory->last_error}};
    }
    return made;
}

json::array gates_json(const control::Overview& overview) {
    json::array made;
    for (const control::Gate& gate : overview.gates) {
        made.push_back(json::object{{"name", gate.name},
                                    {"light", control::name_of(gate.light)},
                                    {"sentence", gate.sentence},
                                    {"fix", gate.fix}});
    }
    return made;
}

json::array failures_json(const control::Overview& overview) {
    json::array made;
    for (const control::Failure& failure : overview.last_failures) {
        const codes::Code code = codes::find(failure.trouble.code, failure.trouble.text);
        made.push_back(json::object{{"where", failure.where},
                                    {"name", failure.name},
                                    {"code", failure.trouble.code},
                                    {"sentence", code.sentence},
                                    {"fix", code.fix},
                                    {"step", failure.trouble.step},
                                    {"evidence", failure.trouble.text},
                                    {"address", failure.trouble.address},
                                    {"age_seconds", failure.trouble.age_seconds}});
    }
    return made;
}

json::array steps_json(const control::Overview& overview) {
    json::array made;
    for (const control::Step& step : overview.next_steps) {
        made.push_back(json::object{
            {"step", step.sentence}, {"command", step.command}, {"is_done", step.is_done}});
    }
    return made;
}

void add_overview(json::object& to, const control::Overview& overview) {
    to["gates"] = gates_json(overview);
    to["last_failures"] = failures_json(overview);
    to["next_steps"] = steps_json(overview);
}

HttpResponse health_page(const HttpRequest& request,
                         const std::function<std::string()>& render,
                         const control::ReadStatus& read) {
    if (request.method != "GET") {
        return wrong_method("GET");
    }
    if (request.path == "/metrics") {
        return {200, "text/plain; version=0.0.4; charset=utf-8", render(), {}};
    }
    if (request.path != "/healthz" && request.path != "/readyz") {
        return not_found(request.path);
    }
    const auto status = read();
    const bool is_ready = status && status->state == "running";
    json::object body{{"status", !status ? "stalled" : status->state}};
    if (status) {
        body["stored_revision"] = status->stored_revision;
        body["running_revision"] = status->running_revision;
    }
    const bool good = request.path == "/healthz" ? status.has_value() : is_ready;
    return answer(body, good ? 200 : 503);
}

}  // namespace

Resource make_status_resource(control::ReadStatus read_status,
                              std::function<control::OverviewFacts()> overview_facts) {
    return single([read = std::move(read_status),
                   facts = std::move(overview_facts)](const HttpRequest& request) {
        if (request.method != "GET") {
            return wrong_method("GET");
        }
        const auto status = read();
        if (!status) {
            return problem(
                make_error(ErrorKind::Timeout, {}, "The traffic thread does not answer.", {}));
        }
        json::object made = json_of(*status);
        if (facts) {
            add_overview(made, control::overview_of(*status, facts()));
        }
        return answer(made);
    });
}

Resource make_reload_resource(std::function<Result<void>()> reload_now) {
    return single([reload = std::move(reload_now)](const HttpRequest& request) {
        if (request.method != "POST") {
            return wrong_method("POST");
        }
        const auto done = reload();
        return done ? answer(json::object{{"reloaded", true}}) : problem(done.error());
    });
}

Resource make_config_resource(std::function<json::object(bool is_effective)> shown) {
    return single([shown = std::move(shown)](const HttpRequest& request) {
        if (!shown) {
            return not_found(request.path);
        }
        const auto is_effective = flag_of(request, "effective", false);
        return is_effective ? answer(shown(*is_effective)) : problem(is_effective.error());
    });
}

Resource make_openapi_resource() {
    return single([](const HttpRequest& /*request*/) {
        return HttpResponse{200, "application/yaml", std::string(openapi_document()), {}};
    });
}

HttpHandler make_health_pages(std::function<std::string()> render_metrics,
                              control::ReadStatus read_status) {
    return [render = std::move(render_metrics), read = std::move(read_status)](
               const HttpRequest& request, const HttpReply& reply) {
        reply(health_page(request, render, read));
    };
}

}  // namespace isthmus::admin
