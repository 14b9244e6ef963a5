// What must hold between objects before a change is stored, and what deserves a warning; and what
// is there before anybody made it. Pure.
#pragma once

#include "base/result.h"
#include "base/text.h"
#include "control/objects.h"
#include "policy/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

/// Of the kind store::kSecretKind.
inline constexpr std::string_view kPassphraseId = "gateway.dialback_passphrase";

template <class Object>
auto& list_of(policy::Objects& objects) {
    return objects.*Kind<Object>::kList;
}

template <class Object>
auto place_of(std::vector<Object>& list, std::string_view id) {
    return std::ranges::find_if(
        list, [id](const Object& one) { return text::iequals(one.*Kind<Object>::kId, id); });
}

/// Takes the place of the object of that name; false if there is none.
template <class Object>
bool replace_in(std::vector<Object>& list, const Object& object) {
    const auto place = place_of(list, object.*Kind<Object>::kId);
    if (place == list.end()) {
        return false;
    }
    *place = object;
    return true;
}

bool replace_in(policy::PartnerTable& partners, const policy::Partner& partner);

template <class Object>
void erase_from(std::vector<Object>& list, std::string_view id) {
    if (const auto place = place_of(list, id); place != list.end()) {
        list.erase(place);
    }
}

void erase_from(policy::PartnerTable& partners, std::string_view domain);

/// The property that holds the identity.
template <class Object>
constexpr std::string_view id_property() {
    if constexpr (Kind<Object>::kName == "policy") {
        return "identity";
    } else if constexpr (Kind<Object>::kName == "pool") {
        return "fqdn";
    } else if constexpr (Kind<Object>::kName == "site" || Kind<Object>::kName == "provider") {
        return "name";
    } else {
        return "domain";
    }
}

/// The original's public providers, disabled.
std::vector<policy::Provider> shipped_providers();
/// The Global policy, the switches and the shipped providers: not stored until changed.
bool may_be_implied(std::string_view kind, std::string_view id);

/// `next` holds `object` as it will be, `now` is in force. Warnings are appended.
Result<void> check_object(const policy::Partner& object,
                          const policy::Objects& next,
                          const policy::Policy& now,
                          const std::vector<std::string>& own_domains,
                          std::vector<std::string>& warnings);
Result<void> check_object(const policy::AccessRule& object,
                          const policy::Objects& next,
                          const policy::Policy& now,
                          const std::vector<std::string>& own_domains,
                          std::vector<std::string>& warnings);
Result<void> check_object(const policy::AllowedDomain& object,
                          const policy::Objects& next,
                          const policy::Policy& now,
                          const std::vector<std::string>& own_domains,
                          std::vector<std::string>& warnings);
Result<void> check_object(const policy::BlockedDomain& object,
                          const policy::Objects& next,
                          const policy::Policy& now,
                          const std::vector<std::string>& own_domains,
                          std::vector<std::string>& warnings);
Result<void> check_object(const policy::Provider& object,
                          const policy::Objects& next,
                          const policy::Policy& now,
                          const std::vector<std::string>& own_domains,
                          std::vector<std::string>& warnings);
Result<void> check_object(const policy::Site& object,
                          const policy::Objects& next,
                          const policy::Policy& now,
                          const std::vector<std::string>& own_domains,
                          std::vector<std::string>& warnings);
Result<void> check_object(const policy::Pool& object,
                          const policy::Objects& next,
                          const policy::Policy& now,
                          const std::vector<std::string>& own_domains,
                          std::vector<std::string>& warnings);

/// Conflict with IST-API-003: `there` bears the name already, or holds the domain.
template <class Object>
Error duplicate(const Object& there, std::string_view id) {
    const std::string& name = there.*Kind<Object>::kId;
    const std::string_view noun = Kind<Object>::kNoun;
    const bool is_an = std::string_view("aeoX").find(noun.front()) != std::string_view::npos;
    return make_error(
        ErrorKind::Conflict,
        "IST-API-003",
        text::iequals(name, id)
            ? fmt::format("There is {} {} '{}' already.", is_an ? "an" : "a", noun, name)
            : fmt::format("The domain '{}' belongs to the partner '{}'.", id, name),
        {});
}

/// "the site policy, 2 pools" or empty; begins with ", " unless it is the first of a list.
std::string site_is_used_by(const policy::Site& site,
                            const policy::Objects& objects,
                            bool is_first);

}  // namespace isthmus::control
