// users:import: read and compared on a thread of its own, for it may be a million lines.
#include "admin/answers.h"
#include "admin/faulty_lines.h"
#include "admin/resource.h"
#include "control/background.h"
#include "control/user_import.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <atomic>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

HttpResponse faulty_lines(const control::ImportReport& report) {
    json::array faults;
    for (const control::ImportFault& fault : report.faults) {
        faults.push_back(json::object{{"line", fault.line}, {"sentence", fault.sentence}});
    }
    HttpResponse response =
        problem(make_error(ErrorKind::Syntax,
                           "IST-API-001",
                           fmt::format("{} line{} not valid; nothing was imported.",
                                       report.faulty,
                                       report.faulty == 1 ? " is" : "s are"),
                           {}));
    json::object body = json::parse(response.body).as_object();
    body["faults"] = std::move(faults);
    response.body = json::serialize(body) + "\n";
    return response;
}

namespace {

HttpResponse answer_of(const Result<control::ImportReport>& report) {
    if (!report) {
        return problem(report.error());
    }
    if (report->faulty != 0) {
        return faulty_lines(*report);
    }
    return answer(json::object{{"created", report->created},
                               {"changed", report->changed},
                               {"same", report->same},
                               {"revision", report->committed.revision},
                               {"in_force", report->committed.is_in_force},
                               {"dry_run", report->committed.is_dry_run}});
}

/// One import under way.
struct Import {
    Body csv;
    std::shared_ptr<const policy::Policy> policy;
    control::CanonicalNames canonical;
    ConnectStore connect;
    Result<control::ImportPlan> plan;
};

/// On the other thread.
void read(Import& import, const std::atomic<bool>& is_asked_to_end) {
    try {
        const auto database = import.connect();
        const store::ConfigStore store(*database);
        import.plan =
            control::plan_import(import.csv,
                                 {.policy = import.policy,
                                  .canonical = import.canonical,
                                  .each_user = [&](const auto& take) { store.load_users(take); },
                                  .is_asked_to_end = &is_asked_to_end});
    } catch (const std::exception& failure) {
        import.plan =
            make_error(ErrorKind::Internal,
                       "IST-API-004",
                       "The users could not be read from the database; nothing has changed.",
                       failure.what());
    }
    import.csv = {};
}

}  // namespace

Resource make_user_import_resource(control::UserService& users,
                                   ConnectStore connect,
                                   control::Background::Post post) {
    const auto background = std::make_shared<control::Background>(std::move(post));
    return [&users, connect = std::move(connect), background](
               const HttpRequest& request, std::string_view, HttpReply reply) {
        const auto edit = edit_of(request);
        if (!edit) {
            reply(problem(edit.error()));
            return;
        }
        if (background->is_busy()) {
            reply(problem(make_error(
                ErrorKind::Conflict, "IST-API-025", "An import is under way already.", {})));
            return;
        }
        const auto import =
            std::make_shared<Import>(Import{.csv = request.body,
                                            .policy = users.policies().snapshot(),
                                            .canonical = users.policies().canonical(),
                                            .connect = connect,
                                            .plan = control::ImportPlan{}});
        background->run(
            [import](const std::atomic<bool>& is_asked_to_end) { read(*import, is_asked_to_end); },
            [import, &users, edit = *edit, reply = std::move(reply)] {
                reply(answer_of(import->plan
                                    ? control::carry_out(users, std::move(*import->plan), edit)
                                    : import->plan.error()));
            });
    };
}

}  // namespace isthmus::admin
