// Get-: objects by name, by filter, or all.
#include "base/text.h"
#include "cli/api_client.h"
#include "cli/cs_actions.h"
#include "cli/cs_objects.h"
#include "cli/cs_shell.h"

#include <fmt/format.h>

#include <utility>

namespace isthmus::cli::cs {

namespace json = boost::json;

namespace {

void get_one(Call& call, const std::string& id) {
    const Kind& kind = *call.cmdlet().kind;
    if (is_single(kind) && !text::iequals(id, "global")) {
        fail_not_global(kind, id);
    }
    const bool is_site = std::string_view(kind.noun) == "Site";
    const std::string name = is_site && text::istarts_with(id, "site:") ? id.substr(5) : id;
    const auto found = call.find(target_of(kind, name));
    if (!found || !is_of_kind(kind, *found)) {
        throw Fault(
            missing_sentence(kind, id),
            has_wildcard(id) ? "-Identity takes no wildcards" : "there is none of that name",
            has_wildcard(id) ? "use -Filter" : fmt::format("Get-Cs{} shows all", kind.noun),
            1);
    }
    call.put(item_of(kind, *found));
}

/// "site:Redmond", "tag:X" and, of user policies, "X".
bool matches_filter(const Item& item, const std::string& filter) {
    const std::string identity = to_text(item.find("Identity")->value);
    const bool is_tag = text::istarts_with(identity, "tag:");
    return is_like(identity, filter) || (is_tag && is_like(identity.substr(4), filter));
}

/// The pools of each site, and the type that the original shows.
void complete_sites(Call& call, List& sites) {
    const auto pools = call.list("pools");
    for (Value& value : sites) {
        Item& site = **value.as<ItemPtr>();
        List here;
        for (const json::object& pool : pools) {
            const json::value* of = pool.if_contains("site");
            const json::value* fqdn = pool.if_contains("fqdn");
            if (of != nullptr && fqdn != nullptr && of->is_string() &&
                text::iequals(of->get_string(), site.id)) {
                here.push_back(value_of(*fqdn));
            }
        }
        site.add("SiteType", "CentralSite");
        site.add("Pools", std::move(here));
    }
}

}  // namespace

void get_objects(Call& call) {
    const Kind& kind = *call.cmdlet().kind;
    const Bound& given = call.given();
    if (given.has("Identity") && given.has("Filter")) {
        throw Fault("Parameter set cannot be resolved using the specified named parameters.",
                    "-Identity and -Filter exclude each other",
                    "give one of them");
    }
    List found;
    if (given.has("Identity")) {
        get_one(call, given.text("Identity"));
    } else if (call.input() != nullptr) {
        for (const Value& one : *call.input()) {
            call.guard([&] { get_one(call, id_of(kind, one)); });
        }
    } else if (is_single(kind)) {
        get_one(call, "global");
    } else {
        for (const json::object& one : call.list(kind.route)) {
            if (is_of_kind(kind, one)) {
                call.put(item_of(kind, one));
            }
        }
    }
    found = call.take_output();
    if (std::string_view(kind.noun) == "Site") {
        complete_sites(call, found);
    }
    const std::string filter = given.text("Filter");
    std::string site = given.text("Site");
    if (!site.empty() && !text::istarts_with(site, "site:")) {
        site = "Site:" + site;
    }
    for (Value& one : found) {
        const Item& item = **one.as<ItemPtr>();
        const auto* of = item.find("Site");
        const bool is_elsewhere =
            !site.empty() && (of == nullptr || !text::iequals(to_text(of->value), site));
        if ((filter.empty() || matches_filter(item, filter)) && !is_elsewhere) {
            call.put(std::move(one));
        }
    }
}

}  // namespace isthmus::cli::cs
