#include "control/change_set.h"

#include <fmt/format.h>
#include <malloc.h>

#include <utility>

namespace isthmus::control {

namespace json = boost::json;

namespace {

/// From here on the memory of users is worth the time of giving it back.
constexpr std::size_t kManyUsers = 100'000;

std::string title_of(const std::vector<store::ObjectChange>& objects, std::size_t users) {
    const auto some = [](std::size_t count, std::string_view noun) {
        return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
    };
    if (users == 0) {
        return objects.size() == 1 ? fmt::format("{}/{}", objects.front().kind, objects.front().id)
                                   : some(objects.size(), "object");
    }
    return objects.empty()
               ? "users"
               : fmt::format("{}, {}", some(objects.size(), "object"), some(users, "user"));
}

}  // namespace

Result<ChangeSetPlan> plan_changes(
    const ChangeSet& set,
    PolicyService rehearsal,
    const Edit& edit,
    const std::function<void(const store::ConfigStore::TakeUser&)>& each_user,
    const std::atomic<bool>* is_asked_to_end) {
    ChangeSetPlan made;
    made.made_on = rehearsal.snapshot();
    std::vector<std::string> warnings;
    for (const ObjectOrder& order : set.orders) {
        Edit one = edit;
        one.if_match = order.if_match;
        auto done = order.carry_out(rehearsal, one);
        if (!done) {
            Error refusal = done.error();
            refusal.public_text = fmt::format("\"{}\": {}", order.name, refusal.public_text);
            return refusal;
        }
        for (const std::string& warning : done->warnings) {
            warnings.push_back(fmt::format("\"{}\": {}", order.name, warning));
        }
        made.objects.emplace_back(std::move(done->object));
    }
    std::vector<store::UserChange> users;
    if (!set.users_csv.empty()) {
        auto plan = plan_import(set.users_csv,
                                {.policy = rehearsal.snapshot(),
                                 .canonical = rehearsal.canonical(),
                                 .each_user = each_user,
                                 .is_asked_to_end = is_asked_to_end});
        if (!plan) {
            Error refusal = plan.error();
            refusal.public_text = fmt::format("users_csv: {}", refusal.public_text);
            return refusal;
        }
        made.users = std::move(plan->report);
        users = std::move(plan->changes);
    }
    made.draft = rehearsal.rehearsed(edit, set.action, {});
    made.draft.record.object = title_of(made.draft.record.objects, users.size());
    made.draft.record.users = std::move(users);
    made.draft.warnings = std::move(warnings);
    return made;
}

Result<Committed> carry_out(PolicyService& service, ChangeSetPlan plan, const Edit& edit) {
    if (plan.made_on != service.snapshot()) {
        return changed_meanwhile("What this builds on");
    }
    const std::size_t users = plan.draft.record.users.size();
    plan.draft.now = {{"changes", std::move(plan.objects)},
                      {"objects", plan.draft.record.objects.size()},
                      {"users",
                       json::object{{"created", plan.users.created},
                                    {"changed", plan.users.changed},
                                    {"same", plan.users.same}}}};
    auto done = service.commit(std::move(plan.draft), edit);
    if (users >= kManyUsers) {
        malloc_trim(0);
    }
    return done;
}

}  // namespace isthmus::control
