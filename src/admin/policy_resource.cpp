#include "admin/answers.h"
#include "admin/resource.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

HttpResponse rules(control::PolicyService& policies,
                   const HttpRequest& request,
                   std::string_view rest) {
    if (rest.empty()) {
        if (request.method != "GET") {
            return wrong_method("GET");
        }
        json::array list;
        for (const policy::AccessRule& rule : policies.current().rules()) {
            list.push_back(control::to_json(rule));
        }
        return answer(json::object{{"items", std::move(list)}});
    }
    if (request.method == "GET") {
        const auto found = policies.rule(rest);
        return found ? answer(control::to_json(*found)) : problem(found.error());
    }
    if (request.method == "PATCH") {
        const auto body = parse_body(request);
        return body ? committed(policies.set_rule(rest, *body, request.author))
                    : problem(body.error());
    }
    return wrong_method("GET, PATCH");
}

}  // namespace

Resource make_policy_resource(control::PolicyService& policies) {
    return at_once([&policies](const HttpRequest& request, std::string_view rest) {
        return rules(policies, request, rest);
    });
}

}  // namespace isthmus::admin
