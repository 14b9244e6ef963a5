// users:sync: the users as the directory has them, now.
#include "admin/answers.h"
#include "admin/resource.h"
#include "control/directory_service.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

HttpResponse answer_of(const control::SyncReport& report) {
    json::object made = control::to_json(report);
    if (!report.error) {
        return answer(made);
    }
    HttpResponse response = problem(*report.error);
    json::object body = json::parse(response.body).as_object();
    for (auto& [name, value] : made) {
        body[name] = std::move(value);
    }
    response.body = json::serialize(body) + "\n";
    return response;
}

}  // namespace

Resource make_user_sync_resource(control::DirectoryService* directory) {
    return [directory](const HttpRequest& request, std::string_view, HttpReply reply) {
        const auto edit = edit_of(request);
        if (!edit) {
            reply(problem(edit.error()));
            return;
        }
        if (directory == nullptr) {
            reply(problem(make_error(ErrorKind::NotFound,
                                     "IST-API-026",
                                     "There is no directory to synchronise with.",
                                     {})));
            return;
        }
        // Shared, for sync() keeps it only if it begins.
        const auto kept = std::make_shared<HttpReply>(std::move(reply));
        const auto begun = directory->sync(
            *edit, [kept](const control::SyncReport& report) { (*kept)(answer_of(report)); });
        if (!begun) {
            (*kept)(problem(begun.error()));
        }
    };
}

}  // namespace isthmus::admin
