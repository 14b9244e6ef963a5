// Several changes one after the other, of which nothing is stored until all of them are known to be
// good; and one revision taken back alone.
#include "base/text.h"
#include "control/certificate_documents.h"
#include "control/object_checks.h"
#include "control/policy_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>

namespace isthmus::control {

namespace {

/// Kinds of objects that users belong to.
constexpr std::string_view kNeeded[] = {
    Kind<policy::AccessRule>::kName, Kind<policy::Site>::kName, Kind<policy::Pool>::kName};

/// How many users belong to an object, by its kind and its name in lower case.
using UsersOf = std::map<std::pair<std::string_view, std::string>, std::int64_t>;

UsersOf users_of(const std::vector<store::UserGroup>& stored,
                 const std::vector<store::UserChange>& changes) {
    UsersOf made;
    const auto count = [&made](const auto& one, std::int64_t by) {
        const std::string* const names[] = {&one.policy, &one.site, &one.pool};
        for (std::size_t i = 0; i < std::size(names); ++i) {
            made[{kNeeded[i], text::to_lower(*names[i])}] += by;
        }
    };
    for (const store::UserGroup& group : stored) {
        count(group, static_cast<std::int64_t>(group.count));
    }
    for (const store::UserChange& change : changes) {
        if (change.before) {
            count(*change.before, -1);
        }
        if (change.after) {
            count(*change.after, 1);
        }
    }
    return made;
}

}  // namespace

PolicyService PolicyService::rehearse() const {
    PolicyService made = *this;
    made.gathered_.emplace();
    return made;
}

Result<Committed> PolicyService::gather(Draft draft, Committed made) {
    auto built = policy::Policy::build(std::move(draft.objects));
    if (!built) {
        return built.error();
    }
    current_ = *built;
    for (store::ObjectChange& change : draft.record.objects) {
        const auto before = std::ranges::find_if(*gathered_, [&](const store::ObjectChange& one) {
            return one.kind == change.kind && one.id == change.id;
        });
        if (before == gathered_->end()) {
            gathered_->push_back(std::move(change));
        } else {
            before->after = std::move(change.after);
        }
    }
    return made;
}

Draft PolicyService::rehearsed(const Edit& edit, std::string action, std::string object) const {
    Draft made = draft(edit, std::move(action), std::move(object));
    made.record.objects = gathered_.value_or(std::vector<store::ObjectChange>());
    std::erase_if(made.record.objects, [](const auto& one) { return one.before == one.after; });
    return made;
}

bool PolicyService::is_as_left(const store::RevisionChange& change) const {
    if (change.kind == "user") {
        const auto now = store_.user(change.id);
        return now ? change.after == store::user_json(*now) : !change.after;
    }
    return store_.object(change.kind, change.id) == change.after;
}

/// What the revision made goes: nothing that stays may need it.
Result<void> PolicyService::release_created(const std::vector<store::RevisionChange>& undone,
                                            const Draft& draft) const {
    std::vector<const store::RevisionChange*> going;
    for (const store::RevisionChange& change : undone) {
        if (!change.before && std::ranges::find(kNeeded, change.kind) != std::end(kNeeded)) {
            going.push_back(&change);
        }
    }
    if (going.empty()) {
        return {};
    }
    UsersOf users = users_of(store_.group_users(), draft.record.users);
    for (const store::RevisionChange* change : going) {
        const std::int64_t left = users[{change->kind, text::to_lower(change->id)}];
        std::string in_use = left > 0 ? fmt::format("{} users", left) : std::string();
        if (change->kind == Kind<policy::Site>::kName) {
            policy::Site site;
            site.name = change->id;
            in_use += site_is_used_by(site, draft.objects, in_use.empty());
        }
        if (!in_use.empty()) {
            return make_error(ErrorKind::Conflict,
                              "IST-API-010",
                              fmt::format("{} is still used by {}.", change->id, in_use),
                              {});
        }
    }
    return {};
}

Result<Committed> PolicyService::undo(std::uint64_t number, const Edit& edit) {
    if (!store_.find_revision(number)) {
        return make_error(ErrorKind::NotFound,
                          "IST-API-002",
                          fmt::format("There is no revision {}.", number),
                          {});
    }
    Draft draft = this->draft(edit, "undo", fmt::format("revision/{}", number));
    const std::vector<store::RevisionChange> undone = store_.changes(number);
    for (const store::RevisionChange& change : undone) {
        const bool stays =
            change.kind == store::kSecretKind || is_of_certificates(change.kind, change.id);
        if (!stays && !is_as_left(change)) {
            return make_error(
                ErrorKind::Conflict,
                "IST-API-005",
                fmt::format("{}/{} was changed again since revision {}; nothing was taken back.",
                            change.kind,
                            text::escape_for_log(change.id, 80),
                            number),
                {});
        }
        store::RevisionChange back = change;
        std::swap(back.before, back.after);
        if (auto restored = restore(draft, back); !restored) {
            return restored.error();
        }
    }
    if (auto free = release_created(undone, draft); !free) {
        return free.error();
    }
    std::ranges::sort(draft.warnings);
    draft.warnings.erase(std::ranges::unique(draft.warnings).begin(), draft.warnings.end());
    draft.now = {{"undone", number},
                 {"objects", draft.record.objects.size()},
                 {"users", draft.record.users.size()}};
    return commit(std::move(draft), edit);
}

}  // namespace isthmus::control
