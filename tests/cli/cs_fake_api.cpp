#include "cli/cs_fake_api.h"

#include "base/text.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::cli::cs {

namespace json = boost::json;

namespace {

const std::map<std::string, const char*, std::less<>> kNames = {
    {"partners", "domain"},
    {"policies", "identity"},
    {"users", "uri"},
    {"sites", "name"},
    {"pools", "fqdn"},
    {"sip-domains", "domain"},
    {"providers", "name"},
    {"certificates", "name"},
    {"certificate-uses", "use"},
};

std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            out.push_back(static_cast<char>(text::hex_value(text[i + 1]) * 16 +
                                            text::hex_value(text[i + 2])));
            i += 2;
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

Answer with_body(int status, json::value body) {
    Answer answer;
    answer.status = status;
    answer.text = json::serialize(body);
    answer.body = std::move(body);
    return answer;
}

Answer problem(int status, const char* code, const std::string& detail) {
    return with_body(status,
                     json::object{{"status", status},
                                  {"detail", detail},
                                  {"code", code},
                                  {"fix", "Do as the code's page says."}});
}

Answer nothing_at(const std::string& path) {
    return problem(404, "IST-API-002", fmt::format("There is nothing at /api/v1/{}.", path));
}

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

std::string etag_of(const json::object& object) {
    return fmt::format("\"{:x}\"", std::hash<std::string>()(json::serialize(object)));
}

/// "Tag:x" also as "x", as control/ has it.
std::string normal(std::string_view route, std::string id) {
    id = text::to_lower(id);
    if (route == "policies" && id != "global" && id.find(':') == std::string::npos) {
        return "tag:" + id;
    }
    return id;
}

bool can_negotiate(const json::object& partner) {
    const json::value* dialback = partner.if_contains("support_dialback_negotiation");
    return dialback == nullptr || dialback->as_bool() ||
           (text_of(partner, "tls_negotiation") != "NotSupported" &&
            text_of(partner, "sasl_negotiation") != "NotSupported");
}

json::object global_policy() {
    return {{"identity", "Global"},
            {"description", ""},
            {"enable_federation_access", false},
            {"enable_xmpp_access", false},
            {"enable_public_cloud_access", false},
            {"enable_public_cloud_audio_video_access", false},
            {"enable_outside_access", false}};
}

bool is_found_by(const json::object& object, const std::string& text) {
    return std::ranges::any_of(object, [&](const auto& member) {
        return member.value().is_string() &&
               text::to_lower(std::string(member.value().get_string()))
                       .find(text::to_lower(text)) != std::string::npos;
    });
}

}  // namespace

FakeApi::FakeApi() {
    objects_["policies"].push_back(global_policy());
    for (const char* name : {"America Online", "Windows Live", "Yahoo!"}) {
        objects_["providers"].push_back({{"name", name},
                                         {"kind", "public"},
                                         {"proxy_fqdn", "sip.example"},
                                         {"enabled", false},
                                         {"verification_level", "AlwaysVerifiable"}});
    }
    json::object& edge = singles_["access-edge"];
    json::object& gateway = singles_["gateway"];
    for (const auto& [noun, to] : {std::pair{"AccessEdgeConfiguration", &edge},
                                   std::pair{"XmppGatewayConfiguration", &gateway}}) {
        for (const Property& property : find_kind(noun)->properties) {
            const Parameter& one = property.parameter;
            (*to)[one.property] = *one.standard == '\0'
                                      ? json::value("")
                                      : json_of(convert(one, Value(one.standard)));
        }
    }
    gateway.erase("dialback_passphrase");
    gateway["dialback_passphrase_is_set"] = false;
}

json::object* FakeApi::find(std::string_view route, std::string_view id) {
    if (const auto single = singles_.find(std::string(route)); single != singles_.end()) {
        return &single->second;
    }
    Objects& all = objects_[std::string(route)];
    const auto name = kNames.find(route);
    const auto found = std::ranges::find_if(all, [&](const json::object& one) {
        return normal(route, text_of(one, name->second)) == normal(route, std::string(id));
    });
    return found == all.end() ? nullptr : &*found;
}

Answer FakeApi::committed(const json::object& object, int status) {
    json::object body = object;
    body["revision"] = ++revision_;
    body["in_force"] = true;
    return with_body(status, std::move(body));
}

Answer FakeApi::call(const ApiCall& call) {
    ++questions;
    std::map<std::string, std::string> query;
    const std::size_t mark = call.target.find('?');
    std::string path = call.target.substr(0, mark);
    for (std::size_t at = mark; at != std::string::npos;) {
        const std::size_t end = call.target.find('&', ++at);
        const std::string part = call.target.substr(at, end - at);
        query[part.substr(0, part.find('='))] = decoded(part.substr(part.find('=') + 1));
        at = end;
    }
    const bool is_dry_run = query.contains("dry_run");
    if (call.method != "GET") {
        changes.push_back(call.method + " " + call.target +
                          (call.body.empty() ? "" : " " + call.body));
        if (before_change) {
            std::exchange(before_change, nullptr)();
        }
    }
    if (singles_.contains(path)) {
        return single(call, path, is_dry_run);
    }
    const std::size_t slash = path.find('/');
    const std::string route = path.substr(0, slash);
    if (!kNames.contains(route)) {
        return nothing_at(path);
    }
    if (slash == std::string::npos) {
        return collection(call, route, query);
    }
    const std::string rest = path.substr(slash + 1);
    if (rest.ends_with("/policy")) {
        return user_policy(call, decoded(rest.substr(0, rest.size() - 7)), is_dry_run);
    }
    if (rest.ends_with(":grant")) {
        return grant(call, decoded(rest.substr(0, rest.size() - 6)), is_dry_run);
    }
    if (rest.find(':') != std::string::npos) {
        return nothing_at(path);
    }
    return element(call, route, decoded(rest), is_dry_run);
}

Answer FakeApi::collection(const ApiCall& call,
                           const std::string& route,
                           const std::map<std::string, std::string>& query) {
    Objects& all = objects_[route];
    const char* name = kNames.find(route)->second;
    if (call.method == "POST") {
        json::object made = json::parse(call.body).as_object();
        if (find(route, text_of(made, name)) != nullptr) {
            return problem(409,
                           "IST-API-003",
                           fmt::format("{} {} exists already.", route, text_of(made, name)));
        }
        if (route == "partners" && !can_negotiate(made)) {
            return problem(400, "IST-API-001", "SASL or Dialback must be enabled.");
        }
        if (!query.contains("dry_run")) {
            all.push_back(made);
        }
        return committed(made, 201);
    }
    json::array items;
    std::size_t total = 0;
    const std::size_t offset = query.contains("offset") ? std::stoul(query.at("offset")) : 0;
    const std::size_t limit = query.contains("limit") ? std::stoul(query.at("limit")) : 2;
    for (const json::object& one : all) {
        if ((query.contains("q") && !is_found_by(one, query.at("q"))) ||
            (query.contains("state") && text_of(one, "state") != query.at("state"))) {
            continue;
        }
        if (route != "users" || (total >= offset && items.size() < limit)) {
            items.push_back(one);
        }
        ++total;
    }
    json::object body{{"items", std::move(items)}};
    if (route == "users") {
        body["total"] = total;
    }
    return with_body(200, std::move(body));
}

Answer FakeApi::element(const ApiCall& call,
                        const std::string& route,
                        const std::string& id,
                        bool is_dry_run) {
    json::object* found = find(route, id);
    if (found == nullptr && route == "users") {
        std::vector<json::object*> named;
        for (json::object& user : objects_[route]) {
            for (const char* name : {"upn", "logon", "dn", "display_name"}) {
                if (text::iequals(text_of(user, name), id)) {
                    named.push_back(&user);
                    break;
                }
            }
        }
        if (named.size() > 1) {
            return problem(
                400, "IST-API-001", fmt::format("'{}' names {} users.", id, named.size()));
        }
        found = named.empty() ? nullptr : named.front();
    }
    if (call.method == "PUT" && found == nullptr) {
        json::object made = json::parse(call.body).as_object();
        made[kNames.find(route)->second] = id;
        objects_[route].push_back(made);
        return committed(made);
    }
    if (found == nullptr) {
        return problem(404, "IST-API-002", fmt::format("There is no {} {}.", route, id));
    }
    if (call.method == "GET") {
        Answer answer = with_body(200, *found);
        answer.etag = etag_of(*found);
        return answer;
    }
    if (!call.if_match.empty() && call.if_match != etag_of(*found)) {
        return problem(412, "IST-API-005", "Somebody changed it in the meantime.");
    }
    json::object next = *found;
    const bool is_held = std::ranges::any_of(objects_["users"], [&](const json::object& user) {
        return route == "policies" && !text_of(user, "policy").empty() &&
               text_of(user, "policy") == text_of(*found, "identity");
    });
    if (call.method == "DELETE" && is_held && call.target.find("force=true") == std::string::npos) {
        return problem(409, "IST-API-010", "The policy is granted to users.");
    }
    if (call.method == "DELETE") {
        if (!is_dry_run && normal(route, id) == "global") {
            *found = global_policy();
            return committed({{"warnings", json::array{"The global policy has been reset."}}});
        } else if (!is_dry_run) {
            Objects& all = objects_[route];
            all.erase(all.begin() + (found - all.data()));
        }
        return committed({});
    }
    const json::value change = json::parse(call.body);
    for (const auto& member : change.as_object()) {
        next[member.key()] = member.value();
    }
    if (route == "partners" && !can_negotiate(next)) {
        return problem(400, "IST-API-001", "SASL or Dialback must be enabled.");
    }
    if (!is_dry_run) {
        *found = next;
    }
    return committed(next);
}

Answer FakeApi::single(const ApiCall& call, const std::string& route, bool is_dry_run) {
    json::object next = singles_[route];
    if (call.method == "GET") {
        return with_body(200, std::move(next));
    }
    const json::value change = json::parse(call.body);
    for (const auto& member : change.as_object()) {
        next[member.key()] = member.value();
    }
    if (next.contains("dialback_passphrase")) {
        next.erase("dialback_passphrase");
        next["dialback_passphrase_is_set"] = true;
    }
    if (!is_dry_run) {
        singles_[route] = next;
    }
    return committed(next);
}

Answer FakeApi::user_policy(const ApiCall& call, const std::string& uri, bool is_dry_run) {
    json::object* user = find("users", uri);
    if (user == nullptr) {
        return problem(404, "IST-API-002", fmt::format("There is no user {}.", uri));
    }
    if (call.method == "DELETE" && !is_dry_run) {
        (*user)["policy"] = "";
    }
    return committed(*user);
}

Answer FakeApi::grant(const ApiCall& call, const std::string& policy, bool is_dry_run) {
    const json::object* rule = find("policies", policy);
    if (rule == nullptr) {
        return problem(404, "IST-API-002", fmt::format("There is no policy {}.", policy));
    }
    const json::value body = json::parse(call.body);
    for (const json::value& uri : body.as_object().at("users").as_array()) {
        if (find("users", uri.as_string()) == nullptr) {
            return problem(404, "IST-API-002", "There is no such user.");
        }
    }
    for (const json::value& uri : body.as_object().at("users").as_array()) {
        if (!is_dry_run) {
            (*find("users", uri.as_string()))["policy"] = text_of(*rule, "identity");
        }
    }
    return committed({});
}

}  // namespace isthmus::cli::cs
