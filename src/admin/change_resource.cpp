// POST changes: several changes of objects, and users from a CSV file, as one revision. Read and
// rehearsed on a thread of its own, for it may be a million users.
#include "admin/answers.h"
#include "admin/authorisation.h"
#include "admin/faulty_lines.h"
#include "admin/fields.h"
#include "admin/resource.h"
#include "admin/routes.h"
#include "base/text.h"
#include "control/background.h"
#include "control/change_set.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

using control::Committed;
using control::Edit;
using control::PolicyService;

/// What an order does to one kind of object. `id`: empty to create.
using Write = Result<Committed> (*)(PolicyService& service,
                                    const std::string& id,
                                    const json::object& body,
                                    const Edit& edit);

template <class Object>
Result<Committed> write(PolicyService& service,
                        const std::string& id,
                        const json::object& body,
                        const Edit& edit) {
    return id.empty() ? service.create<Object>(body, edit) : service.set<Object>(id, body, edit);
}

template <class Object>
Result<Committed> write_single(PolicyService& service,
                               const std::string& /*id*/,
                               const json::object& body,
                               const Edit& edit) {
    return service.set_single<Object>(body, edit);
}

/// PUT makes what is not there.
Result<Committed> write_pool(PolicyService& service,
                             const std::string& id,
                             const json::object& body,
                             const Edit& edit) {
    if (service.get<policy::Pool>(id)) {
        return service.set<policy::Pool>(id, body, edit);
    }
    if (!edit.if_match.empty()) {
        return control::changed_meanwhile("The pool");
    }
    json::object made = body;
    made["fqdn"] = id;
    return service.create<policy::Pool>(made, edit);
}

struct Collection {
    std::string_view method;
    std::string_view pattern;  ///< as in the table of routes
    Write write;
};

constexpr Collection kCollections[] = {
    {"POST", "partners", write<policy::Partner>},
    {"PATCH", "partners/{}", write<policy::Partner>},
    {"POST", "blocks", write<policy::BlockedDomain>},
    {"PATCH", "blocks/{}", write<policy::BlockedDomain>},
    {"POST", "policies", write<policy::AccessRule>},
    {"PATCH", "policies/{}", write<policy::AccessRule>},
    {"POST", "providers", write<policy::Provider>},
    {"PATCH", "providers/{}", write<policy::Provider>},
    {"POST", "sites", write<policy::Site>},
    {"PATCH", "sites/{}", write<policy::Site>},
    {"PUT", "pools/{}", write_pool},
    {"PATCH", "access-edge", write_single<policy::AccessEdge>},
    {"PATCH", "gateway", write_single<policy::GatewaySettings>},
};

Error wrong_order(std::size_t number, std::string_view rule) {
    return make_error(
        ErrorKind::Syntax, "IST-API-001", fmt::format("changes {}: {}.", number, rule), {});
}

Result<control::ObjectOrder> order_of(json::value& given, std::size_t number) {
    if (!given.is_object()) {
        return wrong_order(number, "must be an object");
    }
    json::object& order = given.get_object();
    if (auto good = only_fields(order, {"method", "path", "body", "if_match"}); !good) {
        return good.error();
    }
    const auto method = required_text(order, "method");
    const auto path = required_text(order, "path");
    const auto if_match = text_field(order, "if_match");
    if (!method || !path || !if_match) {
        return !method ? method.error() : !path ? path.error() : if_match.error();
    }
    const RouteMatch match = match_route(*method, *path);
    const auto* found =
        std::ranges::find_if(kCollections, [&match, &method](const Collection& one) {
            return match.route != nullptr && one.pattern == match.route->pattern &&
                   one.method == *method;
        });
    if (found == std::end(kCollections)) {
        return wrong_order(number,
                           fmt::format("{} {} cannot be one of several changes",
                                       text::escape_for_log(*method, 16),
                                       text::escape_for_log(*path, 80)));
    }
    const json::value* body = order.if_contains("body");
    if (body == nullptr || !body->is_object()) {
        return wrong_order(number, "body: must be an object");
    }
    return control::ObjectOrder{
        .name = text::escape_for_log(*path, 200),
        .if_match = if_match->value_or(std::string()),
        .carry_out = [act = found->write,
                      id = match.arguments.empty() ? std::string() : match.arguments.front(),
                      body = body->get_object()](PolicyService& service, const Edit& edit) {
            return act(service, id, body, edit);
        }};
}

Result<control::ChangeSet> set_of(const HttpRequest& request) {
    auto body = parse_body(request);
    if (!body) {
        return body.error();
    }
    if (auto good = only_fields(*body, {"action", "changes", "users_csv"}); !good) {
        return good.error();
    }
    auto csv = text_field(*body, "users_csv");
    if (!csv) {
        return csv.error();
    }
    control::ChangeSet made;
    const auto action = text_field(*body, "action");
    if (!action) {
        return action.error();
    }
    made.action = action->value_or(made.action);
    if (made.action != "change" && made.action != "import") {
        return wrong_field(*body, "action", "one of change, import");
    }
    made.users_csv = std::move(*csv).value_or(std::string());
    if (!made.users_csv.empty()) {
        if (auto may = check_right(request.author, control::Right::Users); !may) {
            return may.error();
        }
    }
    if (json::value* orders = body->if_contains("changes")) {
        if (!orders->is_array() || orders->get_array().size() > control::ChangeSet::kMostOrders) {
            return wrong_field(
                *body,
                "changes",
                fmt::format("a list of at most {}", control::ChangeSet::kMostOrders));
        }
        for (json::value& one : orders->get_array()) {
            auto order = order_of(one, made.orders.size() + 1);
            if (!order) {
                return order.error();
            }
            made.orders.push_back(std::move(*order));
        }
    }
    return made;
}

/// One set under way.
struct Work {
    HttpRequest request;
    PolicyService rehearsal;
    Edit edit;
    ConnectStore connect;
    Result<control::ChangeSetPlan> plan;
};

/// On the other thread.
void rehearse(Work& work, const std::atomic<bool>& is_asked_to_end) {
    try {
        const auto set = set_of(work.request);
        work.request.body = {};
        if (!set) {
            work.plan = set.error();
            return;
        }
        work.plan = control::plan_changes(
            *set,
            work.rehearsal,
            work.edit,
            [&work](const auto& take) {
                const auto database = work.connect();
                store::ConfigStore(*database).load_users(take);
            },
            &is_asked_to_end);
    } catch (const std::exception& failure) {
        work.plan =
            make_error(ErrorKind::Internal,
                       "IST-API-004",
                       "The users could not be read from the database; nothing has changed.",
                       failure.what());
    }
}

HttpResponse answer_to(PolicyService& policies, Work& work) {
    if (!work.plan) {
        return problem(work.plan.error());
    }
    if (work.plan->users.faulty != 0) {
        return faulty_lines(work.plan->users);
    }
    return committed_all(control::carry_out(policies, std::move(*work.plan), work.edit));
}

}  // namespace

Resource make_change_resource(PolicyService& policies,
                              ConnectStore connect,
                              control::Background::Post post) {
    const auto background = std::make_shared<control::Background>(std::move(post));
    return [&policies, connect = std::move(connect), background](
               const HttpRequest& request, std::string_view, HttpReply reply) {
        auto edit = edit_of(request);
        if (!edit) {
            return reply(problem(edit.error()));
        }
        if (background->is_busy()) {
            return reply(problem(make_error(
                ErrorKind::Conflict, "IST-API-025", "An import is under way already.", {})));
        }
        edit->if_match.clear();  // each order has its own
        const auto work = std::make_shared<Work>(Work{.request = request,
                                                      .rehearsal = policies.rehearse(),
                                                      .edit = std::move(*edit),
                                                      .connect = connect,
                                                      .plan = control::ChangeSetPlan{}});
        background->run(
            [work](const std::atomic<bool>& is_asked_to_end) { rehearse(*work, is_asked_to_end); },
            [work, &policies, reply = std::move(reply)] { reply(answer_to(policies, *work)); });
    };
}

}  // namespace isthmus::admin
