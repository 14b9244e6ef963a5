// The move from the old gateway: how far it has come.
#include "admin/answers.h"
#include "admin/resource.h"
#include "control/readiness.h"

namespace isthmus::admin {

Resource make_migration_resource(control::PolicyService& policies) {
    return at_once([&policies](const HttpRequest&, std::string_view) {
        return answer(control::to_json(control::judge_readiness(
            policies.current(), control::read_user_facts(policies.store()))));
    });
}

}  // namespace isthmus::admin
