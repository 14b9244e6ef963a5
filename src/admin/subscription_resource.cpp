// GET /subscriptions with filters, GET and DELETE /subscriptions/ID, POST ID:refresh and ID:end.
#include "admin/answers.h"
#include "admin/resource.h"
#include "admin/traffic_json.h"
#include "base/text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

std::string text_of(const HttpRequest& request, const char* name) {
    const auto at = request.query.find(name);
    return at == request.query.end() ? std::string() : at->second;
}

Result<std::size_t> number_of(const HttpRequest& request, const char* name, std::size_t fallback) {
    const auto at = request.query.find(name);
    if (at == request.query.end()) {
        return fallback;
    }
    const auto number = text::to_number(at->second);
    if (!number) {
        return make_error(
            ErrorKind::Syntax, "IST-API-001", fmt::format("{} must be a whole number.", name), {});
    }
    return *number;
}

HttpResponse page_answer(const Result<control::SubscriptionPage>& page) {
    if (!page) {
        return problem(page.error());
    }
    json::array items;
    for (const control::SubscriptionStatus& one : page->items) {
        items.push_back(to_json(one));
    }
    return answer(json::object{{"items", std::move(items)}, {"total", page->total}});
}

void list(const control::SubscriptionService& service,
          const HttpRequest& request,
          HttpReply reply) {
    control::SubscriptionFilter filter{.user = text_of(request, "user"),
                                       .contact = text_of(request, "contact"),
                                       .partner = text_of(request, "partner")};
    const auto offset = number_of(request, "offset", filter.offset);
    const auto limit = number_of(request, "limit", filter.limit);
    if (!offset || !limit) {
        return reply(problem(offset ? limit.error() : offset.error()));
    }
    filter.offset = *offset;
    filter.limit = *limit;
    service.list(std::move(filter),
                 [reply = std::move(reply)](const Result<control::SubscriptionPage>& page) {
                     reply(page_answer(page));
                 });
}

HttpResponse one(control::SubscriptionService& service,
                 const HttpRequest& request,
                 std::string_view id) {
    if (request.method == "GET") {
        const auto found = service.get(id);
        return found ? answer(to_json(*found)) : problem(found.error());
    }
    if (request.method == "DELETE") {
        return steered(service.end(id, request.author), id);
    }
    return wrong_method("GET, DELETE");
}

HttpResponse action(control::SubscriptionService& service,
                    const HttpRequest& request,
                    std::string_view id,
                    std::string_view verb) {
    if (verb != "refresh" && verb != "end") {
        return not_found(request.path);
    }
    if (request.method != "POST") {
        return wrong_method("POST");
    }
    return steered(
        verb == "end" ? service.end(id, request.author) : service.refresh(id, request.author), id);
}

}  // namespace

Resource make_subscription_resource(control::SubscriptionService& subscriptions) {
    return [&subscriptions](const HttpRequest& request, std::string_view rest, HttpReply reply) {
        if (rest.empty()) {
            return request.method == "GET" ? list(subscriptions, request, std::move(reply))
                                           : reply(wrong_method("GET"));
        }
        const std::size_t colon = rest.rfind(':');
        reply(colon == std::string_view::npos
                  ? one(subscriptions, request, rest)
                  : action(subscriptions, request, rest.substr(0, colon), rest.substr(colon + 1)));
    };
}

}  // namespace isthmus::admin
