#include "control/policy_service.h"

#include "base/digest.h"
#include "base/text.h"
#include "control/certificate_documents.h"
#include "control/object_checks.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace isthmus::control {

namespace json = boost::json;

std::string etag_of(const json::object& object) {
    return fmt::format("\"{}\"", digest::sha256_hex(json::serialize(object)).substr(0, 24));
}

Error changed_meanwhile(std::string_view object) {
    return make_error(ErrorKind::Conflict,
                      "IST-API-005",
                      fmt::format("{} was changed by somebody else in the meantime.", object),
                      {});
}

PolicyService::PolicyService(store::ConfigStore& store,
                             CanonicalNames canonical,
                             OwnDomains own_domains,
                             Publish publish)
    : store_(store),
      canonical_(std::move(canonical)),
      own_domains_(std::move(own_domains)),
      publish_(std::move(publish)) {
    adopt(load_stored());
}

PolicyService::Stored PolicyService::load_stored() const {
    Stored made;
    policy::Objects objects;
    objects.providers = shipped_providers();
    store_.load_objects([&](std::string_view kind, std::string_view id, std::string_view body) {
        if (is_of_certificates(kind, id)) {
            return;  // CertificateService reads them
        }
        note_stored(made.stored, kind, id, true);
        const auto text = load_any(objects, kind, body);
        if (!text) {
            throw std::runtime_error(fmt::format(
                "the database holds a {} '{}', which this version does not know", kind, id));
        }
        if (*text != body) {
            made.older_texts.emplace(std::pair(kind, id), body);
        }
    });
    policy::UserTable::Builder users(store_.count_users());
    store_.load_users([&](const policy::User& user) { users.add(user); });
    objects.users = users.take();
    objects.revision = store_.revision();
    auto built = policy::Policy::build(std::move(objects));
    if (!built) {
        throw std::runtime_error(
            fmt::format("the stored policy is not consistent: {}", built.error().detail));
    }
    made.policy = *built;
    return made;
}

bool PolicyService::adopt(Stored stored) {
    older_texts_ = std::move(stored.older_texts);
    stored_ = std::move(stored.stored);
    current_ = std::move(stored.policy);
    return publish_(current_);
}

Draft PolicyService::draft(const Edit& edit, std::string action, std::string object) const {
    return {.objects = current_->objects(),
            .record = {.author = edit.author,
                       .action = std::move(action),
                       .object = std::move(object),
                       .reason = edit.reason,
                       .objects = {},
                       .users = {}},
            .warnings = {},
            .now = {}};
}

bool PolicyService::is_stored(std::string_view kind, std::string_view id) const {
    return !may_be_implied(kind, id) || stored_.contains({std::string(kind), std::string(id)});
}

void PolicyService::note_stored(std::set<std::pair<std::string, std::string>>& stored,
                                std::string_view kind,
                                std::string_view id,
                                bool is_there) {
    if (!may_be_implied(kind, id)) {
        return;
    }
    if (is_there) {
        stored.emplace(kind, id);
    } else {
        stored.erase({std::string(kind), std::string(id)});
    }
}

std::optional<std::string> PolicyService::stored_text(std::string_view kind,
                                                      std::string_view id,
                                                      const json::object& canonical) const {
    if (!is_stored(kind, id)) {
        return std::nullopt;
    }
    const auto older = older_texts_.find({std::string(kind), std::string(id)});
    return older == older_texts_.end() ? json::serialize(canonical) : older->second;
}

Result<Committed> PolicyService::commit(Draft draft, const Edit& edit) {
    store::Commit& record = draft.record;
    std::erase_if(record.objects, [](const auto& change) { return change.before == change.after; });
    Committed made{.revision = current_->revision(),
                   .is_in_force = true,
                   .is_dry_run = edit.dry_run,
                   .object = std::move(draft.now),
                   .warnings = std::move(draft.warnings)};
    if (record.objects.empty() && record.users.empty()) {
        return made;
    }
    if (gathered_) {
        return gather(std::move(draft), std::move(made));
    }
    if (!record.users.empty()) {
        // Most users of an import are as those whom nobody entered: decisions need not know them.
        const auto standing = [](const std::optional<policy::User>& user) {
            return user ? policy::standing_of(*user) : policy::Standing{};
        };
        std::vector<policy::UserTable::Change> changes;
        for (const store::UserChange& one : record.users) {
            if (auto after = standing(one.after); after != standing(one.before)) {
                changes.push_back({one.uri, std::move(after)});
            }
        }
        if (!changes.empty()) {
            draft.objects.users = draft.objects.users->with(changes);
        }
    }
    try {
        // The snapshot carries the number that its own revision will get.
        draft.objects.revision = store_.revision() + 1;
        auto built = policy::Policy::build(std::move(draft.objects));
        if (!built) {
            return built.error();
        }
        if (edit.dry_run) {
            return made;
        }
        made.revision = store_.commit(record);
        current_ = *built;
    } catch (const store::StoreConflict&) {
        return changed_meanwhile(record.object);
    } catch (const store::StoreError& error) {
        return make_error(ErrorKind::Internal,
                          "IST-API-004",
                          "The change could not be stored; nothing has changed.",
                          error.what());
    }
    for (const store::ObjectChange& change : record.objects) {
        older_texts_.erase({change.kind, change.id});
        note_stored(stored_, change.kind, change.id, change.after.has_value());
    }
    made.is_in_force = publish_(current_);
    for (const store::UserChange& change : record.users) {
        if (on_user_erased_ && !change.after) {
            on_user_erased_(change.uri);
        }
    }
    return made;
}

}  // namespace isthmus::control
