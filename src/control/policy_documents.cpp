// How the documents of the database become objects, at start and when a revision is taken back.
#include "base/text.h"
#include "control/certificate_documents.h"
#include "control/object_checks.h"
#include "control/policy_service.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace isthmus::control {

namespace json = boost::json;

namespace {

/// The document as we would write it today; nothing if it is of another kind.
template <class Object>
std::optional<std::string> load(policy::Objects& objects,
                                std::string_view kind,
                                std::string_view body,
                                const CanonicalNames& canonical) {
    if (kind != Kind<Object>::kName) {
        return std::nullopt;
    }
    Object made;
    const json::value document = json::parse(body);
    if (auto applied = apply(made, document.as_object(), canonical); !applied) {
        throw std::runtime_error(
            fmt::format("a stored {} is not valid: {}", kind, applied.error().public_text));
    }
    std::string text = json::serialize(to_json(made));
    if constexpr (requires { Kind<Object>::kList; }) {
        auto& list = list_of<Object>(objects);
        // Providers that are shipped are there before; a changed one takes its place.
        if (!std::is_same_v<Object, policy::Provider> || !replace_in(list, made)) {
            list.push_back(std::move(made));
        }
    } else {
        // The passphrase is a document of its own, which may have come before.
        if constexpr (std::is_same_v<Object, policy::GatewaySettings>) {
            made.dialback_passphrase = std::move(objects.gateway.dialback_passphrase);
        }
        objects.*Kind<Object>::kPlace = std::move(made);
    }
    return text;
}

void erase_any(policy::Objects& objects, std::string_view kind, std::string_view id) {
    const auto erase_as = [&]<class Object>(std::type_identity<Object>) {
        if (kind == Kind<Object>::kName) {
            erase_from(list_of<Object>(objects), id);
        }
    };
    erase_as(std::type_identity<policy::Partner>());
    erase_as(std::type_identity<policy::AccessRule>());
    erase_as(std::type_identity<policy::AllowedDomain>());
    erase_as(std::type_identity<policy::BlockedDomain>());
    erase_as(std::type_identity<policy::Provider>());
    erase_as(std::type_identity<policy::Site>());
    erase_as(std::type_identity<policy::Pool>());
    if (kind == Kind<policy::AccessEdge>::kName) {
        objects.access_edge = {};
    } else if (kind == Kind<policy::GatewaySettings>::kName) {
        objects.gateway = {.dialback_passphrase = objects.gateway.dialback_passphrase};
    }
}

}  // namespace

std::optional<std::string> PolicyService::load_any(policy::Objects& objects,
                                                   std::string_view kind,
                                                   std::string_view body) const {
    if (kind == store::kSecretKind) {
        objects.gateway.dialback_passphrase = json::parse(body).as_string().c_str();
        return std::string(body);
    }
    std::optional<std::string> text;
    const auto try_as = [&]<class Object>(std::type_identity<Object>) {
        if (!text) {
            text = load<Object>(objects, kind, body, canonical_);
        }
    };
    try_as(std::type_identity<policy::Partner>());
    try_as(std::type_identity<policy::AccessRule>());
    try_as(std::type_identity<policy::AccessEdge>());
    try_as(std::type_identity<policy::GatewaySettings>());
    try_as(std::type_identity<policy::AllowedDomain>());
    try_as(std::type_identity<policy::BlockedDomain>());
    try_as(std::type_identity<policy::Provider>());
    try_as(std::type_identity<policy::Site>());
    try_as(std::type_identity<policy::Pool>());
    return text;
}

Result<void> PolicyService::restore(Draft& draft, const store::RevisionChange& change) const {
    if (is_of_certificates(change.kind, change.id)) {
        draft.warnings.emplace_back(
            "Certificates and what they are assigned to are not rolled back: they stay as they "
            "are.");
        return {};
    }
    if (change.kind == store::kSecretKind) {
        draft.warnings.emplace_back("Secrets are not rolled back: they stay as they are.");
        return {};
    }
    if (change.kind == "user") {
        store::UserChange user{.uri = change.id, .before = store_.user(change.id), .after = {}};
        if (change.after) {
            user.after.emplace();
            if (auto read = apply(*user.after, json::parse(*change.after).as_object(), canonical_);
                !read) {
                return read;
            }
        }
        if (user.before != user.after) {
            draft.record.users.push_back(std::move(user));
        }
        return {};
    }
    erase_any(draft.objects, change.kind, change.id);
    if (change.after) {
        load_any(draft.objects, change.kind, *change.after);
    } else if (change.kind == Kind<policy::Provider>::kName) {
        for (policy::Provider& shipped : shipped_providers()) {
            if (shipped.name == change.id) {
                draft.objects.providers.push_back(std::move(shipped));
            }
        }
    }
    draft.record.objects.push_back(change);
    return {};
}

Result<Committed> PolicyService::rollback(std::uint64_t number, const Edit& edit) {
    if (number != 0 && !store_.find_revision(number)) {
        return make_error(ErrorKind::NotFound,
                          "IST-API-002",
                          fmt::format("There is no revision {}.", number),
                          {});
    }
    // From the newest to the oldest that is taken back: what an object was before the oldest is
    // what it becomes; what it is after the newest is what is there now.
    std::map<std::pair<std::string, std::string>, store::RevisionChange> targets;
    std::uint64_t below = 0;
    bool is_there = false;
    while (!is_there) {
        const auto page = store_.history(100, below);
        is_there = page.empty();
        for (const store::Revision& one : page) {
            if (one.number <= number) {
                is_there = true;
                break;
            }
            for (const store::RevisionChange& change : store_.changes(one.number)) {
                const auto [at, is_new] = targets.try_emplace({change.kind, change.id}, change);
                if (is_new) {
                    at->second.before = change.after;
                }
                at->second.after = change.before;
            }
            below = one.number;
        }
    }
    Draft draft = this->draft(edit, "rollback", fmt::format("revision/{}", number));
    for (const auto& [name, change] : targets) {
        if (auto restored = restore(draft, change); !restored) {
            return restored.error();
        }
    }
    std::ranges::sort(draft.warnings);
    draft.warnings.erase(std::ranges::unique(draft.warnings).begin(), draft.warnings.end());
    draft.now = {{"rolled_back_to", number},
                 {"objects", draft.record.objects.size()},
                 {"users", draft.record.users.size()}};
    return commit(std::move(draft), edit);
}

}  // namespace isthmus::control
