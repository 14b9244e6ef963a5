// The doctor and the SIP peers over HTTP.
#include "admin/answers.h"
#include "admin/failure_card.h"
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

json::object to_json(const control::SipPeerView& peer) {
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
        if (request.arguments.empty()) {
            json::array items;
            for (const control::SipPeerView& one : peers.list()) {
                items.push_back(to_json(one));
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
        reply(found ? answer(to_json(*found)) : problem(found.error()));
    };
}

}  // namespace isthmus::admin
