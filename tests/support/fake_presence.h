// The traffic side as a list of what was asked, for the services above it.
#pragma once

#include "base/text.h"
#include "control/subscription_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace isthmus::control {

struct FakePresence {
    std::vector<SubscriptionStatus> known;
    std::vector<std::string> asked;
    std::vector<PresenceSide::Done> open;  ///< contacts that are not stored yet
    bool answers = true;

    Error silence() const { return make_error(ErrorKind::Timeout, "no answer"); }

    Result<SubscriptionPage> list(const SubscriptionFilter& filter) {
        asked.push_back("list " + filter.user + " " + filter.contact + " " + filter.partner);
        if (!answers) {
            return silence();
        }
        SubscriptionPage page;
        for (const SubscriptionStatus& one : known) {
            if ((filter.user.empty() || one.user == filter.user) && page.total++ >= filter.offset &&
                page.items.size() < filter.limit) {
                page.items.push_back(one);
            }
        }
        return page;
    }

    Result<SubscriptionStatus> get(std::string_view id) {
        const auto found = std::ranges::find(known, id, &SubscriptionStatus::id);
        if (found == known.end()) {
            return make_error(ErrorKind::NotFound, "IST-API-002", "none", "");
        }
        return *found;
    }

    Result<void> steer(const char* verb, std::string_view id) {
        asked.push_back(std::string(verb) + " " + std::string(id));
        const auto found = get(id);
        return found ? Result<void>() : found.error();
    }

    PresenceSide side() {
        const auto contact = [this](const char* verb) {
            return [this, verb](
                       const std::string& user, const std::string& jid, PresenceSide::Done done) {
                asked.push_back(std::string(verb) + " " + user + " " + jid);
                open.push_back(std::move(done));
            };
        };
        return {.list = [this](const auto& filter, const auto& done) { done(list(filter)); },
                .get = [this](std::string_view id) { return get(id); },
                .refresh = [this](std::string_view id) { return steer("refresh", id); },
                .end = [this](std::string_view id) { return steer("end", id); },
                .add_contact = contact("add"),
                .remove_contact = contact("remove")};
    }

    static CanonicalNames names() {
        const auto canonical = [](std::string_view given) -> Result<std::string> {
            if (given.find(' ') != std::string_view::npos) {
                return make_error(ErrorKind::Syntax, "bad");
            }
            return text::to_lower(given);
        };
        return {.domain = canonical, .user = canonical, .contact = canonical};
    }
};

}  // namespace isthmus::control
