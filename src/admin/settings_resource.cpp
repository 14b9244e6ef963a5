// The switches that there is one of: access edge and gateway; and the revisions of all objects.
#include "admin/answers.h"
#include "admin/resource.h"
#include "base/text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

Resource make_access_edge_resource(control::PolicyService& policies) {
    return single([&policies](const HttpRequest& request) {
        if (request.method == "GET") {
            return answer(control::to_json(policies.current().access_edge()));
        }
        if (request.method == "PATCH") {
            const auto body = parse_body(request);
            return body ? committed(policies.set_access_edge(*body, request.author))
                        : problem(body.error());
        }
        return wrong_method("GET, PATCH");
    });
}

Resource make_gateway_resource(control::PolicyService& policies) {
    return single([&policies](const HttpRequest& request) {
        if (request.method == "GET") {
            return answer(control::to_json(policies.current().gateway()));
        }
        if (request.method == "PATCH") {
            const auto body = parse_body(request);
            return body ? committed(policies.set_gateway(*body, request.author))
                        : problem(body.error());
        }
        return wrong_method("GET, PATCH");
    });
}

Resource make_revision_resource(control::PolicyService& policies) {
    return single([&policies](const HttpRequest& request) {
        if (request.method != "GET") {
            return wrong_method("GET");
        }
        const auto asked = request.query.find("limit");
        const auto limit =
            asked == request.query.end() ? 100 : text::to_number(asked->second).value_or(100);
        json::array list;
        for (const control::Revision& one :
             policies.history(std::min<std::uint64_t>(limit, 1000))) {
            list.push_back(json::object{{"revision", one.number},
                                        {"at", one.at},
                                        {"admin", one.author.admin},
                                        {"origin", one.author.origin},
                                        {"action", one.change.action},
                                        {"object", one.change.object}});
        }
        return answer(json::object{{"items", std::move(list)}});
    });
}

}  // namespace isthmus::admin
