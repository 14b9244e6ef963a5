// The doctor and the SIP peers over HTTP.
#include "admin/answers.h"
#include "admin/failure_card.h"
#include "admin/fields.h"
#include "admin/resource.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

json::array texts(const std::vector<std::string>& list) {
    json::array made(list.begin(), list.end());
    return made;
}

json::object json_of(const control::SipPeerView& peer) {
    json::object made{{"name", peer.facts.name},
                      {"kind", peer.facts.kind},
                      {"target", peer.facts.target},
                      {"domains", texts(peer.facts.domains)},
                      {"certificate_names", texts(peer.facts.certificate_names)},
                      {"addresses", texts(peer.facts.addresses)},
                      {"has_credentials", peer.facts.has_credentials},
                      {"state", peer.status ? peer.status->state : "unknown"}};
    if (peer.status) {
        made["state_seconds"] = peer.status->state_seconds;
        made["pending"] = peer.status->pending;
    }
    made["failure"] = peer.status ? failure_card(peer.status->last_error) : json::value();
    return made;
}

json::object json_of(const control::SipPeerSetup& setup) {
    json::array ways;
    for (const control::Instruction& one : setup.instructions) {
        ways.push_back(json::object{{"title", one.title}, {"lines", texts(one.lines)}});
    }
    return {{"name", setup.peer.name},
            {"kind", setup.peer.kind},
            {"is_configured", setup.is_configured},
            {"configuration", texts(setup.configuration)},
            {"instructions", std::move(ways)}};
}

/// What would have to be done for a SIP peer; it is done in the configuration file and elsewhere.
HttpResponse set_up(const control::SipPeers& peers, const HttpRequest& request) {
    const auto body = parse_body(request);
    if (!body) {
        return problem(body.error());
    }
    if (auto fine = only_fields(
            *body, {"name", "kind", "target", "domains", "certificate_names", "addresses"});
        !fine) {
        return problem(fine.error());
    }
    control::SipPeerOrder order;
    for (const auto& [name, into] : {std::pair{"name", &order.name},
                                     std::pair{"kind", &order.kind},
                                     std::pair{"target", &order.target}}) {
        auto value = text_field(*body, name);
        if (!value) {
            return problem(value.error());
        }
        *into = value->value_or(std::string());
    }
    for (const auto& [name, into] : {std::pair{"domains", &order.domains},
                                     std::pair{"certificate_names", &order.certificate_names},
                                     std::pair{"addresses", &order.addresses}}) {
        const json::value* list = body->if_contains(name);
        if (list == nullptr) {
            continue;
        }
        const bool is_list =
            list->is_array() && std::ranges::all_of(list->get_array(), [](const json::value& one) {
                return one.is_string();
            });
        if (!is_list) {
            return problem(wrong_field(*body, name, "a list of texts"));
        }
        for (const json::value& one : list->get_array()) {
            into->emplace_back(one.get_string());
        }
    }
    const auto made = peers.set_up(order);
    return made ? answer(json_of(*made)) : problem(made.error());
}

HttpResponse tested(const std::string& name, const Result<std::vector<control::TestStep>>& steps) {
    if (!steps) {
        return problem(steps.error());
    }
    json::array told;
    const control::TestStep* failed = nullptr;
    double duration = 0;
    for (const control::TestStep& step : *steps) {
        if (step.state == control::TestState::Fail) {
            failed = &step;
        }
        duration = std::max(duration, step.elapsed_ms);
        json::object one = control::to_json(step);
        one["number"] = told.size() + 1;
        told.push_back(std::move(one));
    }
    return answer(json::object{
        {"name", name},
        {"result", failed == nullptr ? "success" : "failure"},
        {"failed_step", failed == nullptr ? std::string() : failed->id},
        {"sentence",
         failed == nullptr
             ? fmt::format("{} can be reached.", name)
             : fmt::format("{}: the step {} failed. {}", name, failed->id, failed->sentence)},
        {"code", failed == nullptr ? std::string() : failed->code},
        {"fix", failed == nullptr ? std::string() : failed->fix},
        {"duration_ms", duration},
        {"steps", std::move(told)}});
}

}  // namespace

Resource make_doctor_resource(const control::Doctor& doctor) {
    return [&doctor](const HttpRequest& /*request*/, std::string_view, const HttpReply& reply) {
        doctor.run([reply](const control::Findings& findings) {
            reply(answer(control::to_json(findings)));
        });
    };
}

Resource make_sip_peer_resource(const control::SipPeers& peers) {
    return [&peers](const HttpRequest& request, std::string_view, const HttpReply& reply) {
        if (request.arguments.empty() && request.method == "POST") {
            return reply(set_up(peers, request));
        }
        if (request.arguments.empty()) {
            json::array items;
            for (const control::SipPeerView& one : peers.list()) {
                items.push_back(json_of(one));
            }
            const std::size_t total = items.size();
            return reply(answer(json::object{{"items", std::move(items)}, {"total", total}}));
        }
        const std::string& name = request.arguments.front();
        if (request.verb == "test") {
            return peers.test(name,
                              [reply, name](const auto& steps) { reply(tested(name, steps)); });
        }
        const auto found = peers.get(name);
        reply(found ? answer(json_of(*found)) : problem(found.error()));
    };
}

}  // namespace isthmus::admin
