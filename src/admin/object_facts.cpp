#include "admin/object_facts.h"

#include "admin/traffic_json.h"
#include "control/objects.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

std::vector<std::string> names_of(const json::array& items, std::string_view property) {
    std::vector<std::string> made;
    made.reserve(items.size());
    for (const json::value& one : items) {
        made.emplace_back(one.get_object().at(property).get_string());
    }
    return made;
}

json::value text_or_null(const std::string& at) {
    return at.empty() ? json::value() : json::value(at);
}

}  // namespace

void add_modified(const control::PolicyService& policies, json::array& policies_shown) {
    const std::vector<std::string> names = names_of(policies_shown, "identity");
    const auto known = policies.store().authorship(control::Kind<policy::AccessRule>::kName, names);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto found = known.find(names[i]);
        json::object& one = policies_shown[i].get_object();
        one["modified_at"] =
            found == known.end() ? json::value() : text_or_null(found->second.modified_at);
        one["modified_by"] = found == known.end() ? "" : found->second.modified_by;
    }
}

void add_last_message(const control::ReadUsage& read_usage, json::array& partners) {
    if (!read_usage || partners.empty()) {
        return;
    }
    const auto usage = read_usage({.partners = names_of(partners, "domain"), .blocks = {}});
    for (std::size_t i = 0; usage && i < partners.size(); ++i) {
        partners[i].get_object()["last_message_at"] = time_json(usage->last_message_at[i]);
    }
}

void add_block_facts(const control::PolicyService& policies,
                     const control::ReadUsage& read_usage,
                     json::array& domains) {
    std::vector<json::object*> blocks;
    std::vector<std::string> names;
    for (json::value& one : domains) {
        if (one.get_object().at("kind").get_string() == "blocked") {
            blocks.push_back(&one.get_object());
            names.emplace_back(one.get_object().at("domain").get_string());
        }
    }
    if (blocks.empty()) {
        return;
    }
    const auto known =
        policies.store().authorship(control::Kind<policy::BlockedDomain>::kName, names);
    const auto usage = read_usage ? read_usage({.partners = {}, .blocks = names}) : std::nullopt;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const auto found = known.find(names[i]);
        json::object& one = *blocks[i];
        one["added_at"] =
            found == known.end() ? json::value() : text_or_null(found->second.added_at);
        one["added_by"] = found == known.end() ? "" : found->second.added_by;
        if (usage) {
            one["hits"] = usage->block_hits[i];
        }
    }
}

}  // namespace isthmus::admin
