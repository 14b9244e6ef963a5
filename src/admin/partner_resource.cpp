#include "admin/answers.h"
#include "admin/resource.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

HttpResponse partner(control::PolicyService& policies,
                     const HttpRequest& request,
                     std::string_view domain) {
    if (request.method == "GET") {
        const auto found = policies.partner(domain);
        return found ? answer(control::to_json(*found)) : problem(found.error());
    }
    if (request.method == "PATCH") {
        const auto body = parse_body(request);
        return body ? committed(policies.set_partner(domain, *body, request.author))
                    : problem(body.error());
    }
    if (request.method == "DELETE") {
        return committed(policies.delete_partner(domain, request.author));
    }
    return wrong_method("GET, PATCH, DELETE");
}

HttpResponse partner_action(control::PolicyService& policies,
                            const HttpRequest& request,
                            std::string_view domain,
                            std::string_view action) {
    if (action != "enable" && action != "disable") {
        return not_found(request.path);
    }
    if (request.method != "POST") {
        return wrong_method("POST");
    }
    return committed(policies.set_partner(
        domain, json::object{{"enabled", action == "enable"}}, request.author));
}

HttpResponse partners(control::PolicyService& policies,
                      const HttpRequest& request,
                      std::string_view rest) {
    if (!rest.empty()) {
        const std::size_t colon = rest.rfind(':');
        return colon == std::string_view::npos
                   ? partner(policies, request, rest)
                   : partner_action(
                         policies, request, rest.substr(0, colon), rest.substr(colon + 1));
    }
    if (request.method == "GET") {
        std::vector<const policy::Partner*> sorted;
        for (const policy::Partner& one : policies.current().partners()) {
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
        return body ? committed(policies.create_partner(*body, request.author), 201)
                    : problem(body.error());
    }
    return wrong_method("GET, POST");
}

}  // namespace

Resource make_partner_resource(control::PolicyService& policies) {
    return at_once([&policies](const HttpRequest& request, std::string_view rest) {
        return partners(policies, request, rest);
    });
}

}  // namespace isthmus::admin
