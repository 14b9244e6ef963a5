#include "admin/api.h"

#include "base/codes.h"
#include "base/text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

constexpr std::string_view kPrefix = "/api/v1/";

HttpResponse answer(const json::value& value, int status = 200) {
    return {status, "application/json", json::serialize(value) + "\n", {}};
}

HttpResponse not_found(std::string_view path) {
    return problem(make_error(ErrorKind::NotFound,
                              "IST-API-002",
                              fmt::format("There is nothing at {}.", text::escape_for_log(path)),
                              {}));
}

HttpResponse wrong_method(std::string allow) {
    HttpResponse response = problem(
        make_error(ErrorKind::Unsupported, "IST-API-001", "That method is not allowed here.", {}));
    response.status = 405;
    response.allow = std::move(allow);
    return response;
}

HttpResponse committed(const Result<control::Committed>& result, int status = 200) {
    if (!result) {
        return problem(result.error());
    }
    json::object body = result->object;
    body["revision"] = result->revision;
    body["in_force"] = result->is_in_force;
    return answer(body, status);
}

Result<json::object> parse_body(const HttpRequest& request) {
    json::parse_options options;
    options.max_depth = 32;
    boost::system::error_code error;
    json::value value = json::parse(request.body.empty() ? "{}" : request.body, error, {}, options);
    if (error || !value.is_object()) {
        return make_error(ErrorKind::Syntax,
                          "IST-API-001",
                          "The body must be a JSON object.",
                          error ? error.message() : "");
    }
    return std::move(value.get_object());
}

json::object to_json(const control::StreamStatus& stream) {
    return {
        {"local_domain", stream.local_domain},
        {"remote_domain", stream.remote_domain},
        {"direction", stream.direction},
        {"state", stream.state},
        {"auth", stream.auth},
        {"tls", stream.tls},
        {"remote_address", stream.remote_address},
        {"queued", stream.queued},
        {"oldest_seconds", stream.oldest_seconds},
        {"last_error", stream.last_error},
    };
}

json::object to_json(const control::Status& status) {
    json::array streams;
    for (const auto& stream : status.streams) {
        streams.push_back(to_json(stream));
    }
    json::array peers;
    for (const auto& peer : status.peers) {
        peers.push_back(json::object{{"name", peer.name}, {"target", peer.target}});
    }
    return {
        {"version", status.version},
        {"server_name", status.server_name},
        {"state", status.state},
        {"uptime_seconds", status.uptime_seconds},
        {"stored_revision", status.stored_revision},
        {"running_revision", status.running_revision},
        {"messages_pending", status.messages_pending},
        {"messages_queued", status.messages_queued},
        {"oldest_queued_seconds", status.oldest_queued_seconds},
        {"streams", std::move(streams)},
        {"sip_peers", std::move(peers)},
    };
}

}  // namespace

HttpResponse problem(const Error& error) {
    const auto [status, title] = [&]() -> std::pair<int, std::string_view> {
        switch (error.kind) {
            case ErrorKind::Syntax:
            case ErrorKind::TooLong:
                return {400, "Invalid input"};
            case ErrorKind::NotFound:
                return {404, "Not found"};
            case ErrorKind::Conflict:
                return {409, "Conflict"};
            case ErrorKind::Forbidden:
            case ErrorKind::NotAuthorized:
                return {403, "Not allowed"};
            case ErrorKind::Timeout:
            case ErrorKind::Unreachable:
            case ErrorKind::Limit:
                return {503, "Not available"};
            case ErrorKind::Unsupported:
                return {400, "Not supported"};
            default:
                return {500, "Internal error"};
        }
    }();
    json::object body{{"type", "about:blank"}, {"title", title}, {"status", status}};
    body["detail"] = error.public_text;
    if (!error.detail.empty() && error.detail != error.public_text) {
        body["evidence"] = error.detail;
    }
    if (!error.code.empty()) {
        body["code"] = error.code;
        if (const codes::Code* code = codes::find(error.code); code != nullptr) {
            body["fix"] = code->fix;
        }
    }
    return {status, "application/problem+json", json::serialize(body) + "\n", {}};
}

HttpResponse Api::handle(const HttpRequest& request) {
    std::string_view path = request.path;
    if (!path.starts_with(kPrefix)) {
        return not_found(path);
    }
    path.remove_prefix(kPrefix.size());
    const std::size_t slash = path.find('/');
    const std::string_view resource = path.substr(0, slash);
    const std::string_view rest = slash == std::string_view::npos ? "" : path.substr(slash + 1);
    if (resource == "partners") {
        return partners(request, rest);
    }
    if (resource == "policies") {
        return policies(request, rest);
    }
    if (!rest.empty()) {
        return not_found(request.path);
    }
    if (resource == "access-edge") {
        return access_edge(request);
    }
    if (resource == "gateway") {
        return gateway(request);
    }
    if (resource == "status") {
        return status(request);
    }
    if (resource == "revisions") {
        return revisions(request);
    }
    if (resource == "config:reload") {
        return reload(request);
    }
    return not_found(request.path);
}

HttpResponse Api::partners(const HttpRequest& request, std::string_view rest) {
    if (!rest.empty()) {
        const std::size_t colon = rest.rfind(':');
        return colon == std::string_view::npos
                   ? partner(request, rest)
                   : partner_action(request, rest.substr(0, colon), rest.substr(colon + 1));
    }
    if (request.method == "GET") {
        std::vector<const policy::Partner*> sorted;
        for (const policy::Partner& one : services_.policies.current().partners()) {
            sorted.push_back(&one);
        }
        std::ranges::sort(
            sorted, {}, [](const auto* one) -> const std::string& { return one->domain; });
        json::array list;
        for (const policy::Partner* one : sorted) {
            list.push_back(control::to_json(*one));
        }
        return answer(json::object{{"items", std::move(list)}});
    }
    if (request.method == "POST") {
        const auto body = parse_body(request);
        return body ? committed(services_.policies.create_partner(*body, request.author), 201)
                    : problem(body.error());
    }
    return wrong_method("GET, POST");
}

HttpResponse Api::partner(const HttpRequest& request, std::string_view domain) {
    if (request.method == "GET") {
        const auto found = services_.policies.partner(domain);
        return found ? answer(control::to_json(*found)) : problem(found.error());
    }
    if (request.method == "PATCH") {
        const auto body = parse_body(request);
        return body ? committed(services_.policies.set_partner(domain, *body, request.author))
                    : problem(body.error());
    }
    if (request.method == "DELETE") {
        return committed(services_.policies.delete_partner(domain, request.author));
    }
    return wrong_method("GET, PATCH, DELETE");
}

HttpResponse Api::partner_action(const HttpRequest& request,
                                 std::string_view domain,
                                 std::string_view action) {
    if (action != "enable" && action != "disable") {
        return not_found(request.path);
    }
    if (request.method != "POST") {
        return wrong_method("POST");
    }
    return committed(services_.policies.set_partner(
        domain, json::object{{"enabled", action == "enable"}}, request.author));
}

HttpResponse Api::policies(const HttpRequest& request, std::string_view rest) {
    if (rest.empty()) {
        if (request.method != "GET") {
            return wrong_method("GET");
        }
        json::array list;
        for (const policy::AccessRule& rule : services_.policies.current().rules()) {
            list.push_back(control::to_json(rule));
        }
        return answer(json::object{{"items", std::move(list)}});
    }
    if (request.method == "GET") {
        const auto found = services_.policies.rule(rest);
        return found ? answer(control::to_json(*found)) : problem(found.error());
    }
    if (request.method == "PATCH") {
        const auto body = parse_body(request);
        return body ? committed(services_.policies.set_rule(rest, *body, request.author))
                    : problem(body.error());
    }
    return wrong_method("GET, PATCH");
}

HttpResponse Api::access_edge(const HttpRequest& request) {
    if (request.method == "GET") {
        return answer(control::to_json(services_.policies.current().access_edge()));
    }
    if (request.method == "PATCH") {
        const auto body = parse_body(request);
        return body ? committed(services_.policies.set_access_edge(*body, request.author))
                    : problem(body.error());
    }
    return wrong_method("GET, PATCH");
}

HttpResponse Api::gateway(const HttpRequest& request) {
    if (request.method == "GET") {
        return answer(control::to_json(services_.policies.current().gateway()));
    }
    if (request.method == "PATCH") {
        const auto body = parse_body(request);
        return body ? committed(services_.policies.set_gateway(*body, request.author))
                    : problem(body.error());
    }
    return wrong_method("GET, PATCH");
}

HttpResponse Api::status(const HttpRequest& request) {
    if (request.method != "GET") {
        return wrong_method("GET");
    }
    const auto status = services_.read_status();
    return status ? answer(to_json(*status))
                  : problem(make_error(
                        ErrorKind::Timeout, {}, "The traffic thread does not answer.", {}));
}

HttpResponse Api::revisions(const HttpRequest& request) {
    if (request.method != "GET") {
        return wrong_method("GET");
    }
    const auto asked = request.query.find("limit");
    const auto limit =
        asked == request.query.end() ? 100 : text::to_number(asked->second).value_or(100);
    json::array list;
    for (const control::Revision& one :
         services_.policies.history(std::min<std::uint64_t>(limit, 1000))) {
        list.push_back(json::object{{"revision", one.number},
                                    {"at", one.at},
                                    {"admin", one.author.admin},
                                    {"origin", one.author.origin},
                                    {"action", one.change.action},
                                    {"object", one.change.object}});
    }
    return answer(json::object{{"items", std::move(list)}});
}

HttpResponse Api::reload(const HttpRequest& request) {
    if (request.method != "POST") {
        return wrong_method("POST");
    }
    const auto done = services_.reload();
    return done ? answer(json::object{{"reloaded", true}}) : problem(done.error());
}

HttpHandler make_health_pages(std::function<std::string()> render_metrics,
                              control::ReadStatus read_status) {
    return [render = std::move(render_metrics),
            read = std::move(read_status)](const HttpRequest& request) -> HttpResponse {
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
    };
}

}  // namespace isthmus::admin
