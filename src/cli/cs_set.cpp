// Set-, Enable- and Disable-: changes of objects that exist.
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

/// "-" is read from the standard input; anything else is seen by everybody on the machine.
void read_passphrase(Call& call, json::object& to) {
    json::value* given = to.if_contains("dialback_passphrase");
    if (given == nullptr || !given->is_string() || given->get_string().empty()) {
        return;
    }
    if (given->get_string() == "-") {
        *given = json::string(call.session().host().read_secret());
    } else {
        call.warn(
            "The passphrase stands on the command line, where others can read it; "
            "-DialbackPassphrase - reads it from the standard input.");
    }
}

void apply_routing(const Bound& given, json::object& to) {
    const bool by_dns = given.flag("UseDnsSrvRouting");
    const bool by_default = given.flag("UseDefaultRouting");
    if (by_dns && (by_default || given.has("DefaultRouteFqdn"))) {
        throw Fault("Parameter set cannot be resolved using the specified named parameters.",
                    "-UseDnsSrvRouting and -UseDefaultRouting exclude each other",
                    "give one of them");
    }
    if (by_default && given.text("DefaultRouteFqdn").empty()) {
        throw Fault(
            "Cannot process command because of one or more missing mandatory parameters: "
            "DefaultRouteFqdn.",
            "-UseDefaultRouting sends all through one host",
            "give -DefaultRouteFqdn as well");
    }
    if (by_default && given.has("EnablePartnerDiscovery")) {
        throw Fault("Parameter set cannot be resolved using the specified named parameters.",
                    "-EnablePartnerDiscovery asks DNS, -UseDefaultRouting does not",
                    "give one of them");
    }
    if (by_dns || by_default) {
        to["routing_method"] = by_dns ? "UseDnsSrvRouting" : "UseDefaultRouting";
    }
}

/// Where a list is changed, the object is read first, and must not have changed since.
void apply_lists(Call& call,
                 const std::vector<std::pair<std::string, Table>>& lists,
                 Call::Change& into) {
    if (lists.empty()) {
        return;
    }
    const auto now = call.find(into.target, &into.if_match);
    if (!now) {
        throw Fault(missing_sentence(*call.cmdlet().kind, into.on),
                    "its list cannot be changed",
                    fmt::format("see Get-Cs{}", call.cmdlet().kind->noun),
                    1);
    }
    for (const auto& [property, table] : lists) {
        into.body[property] = modified(call, table, texts_of(now->if_contains(property)));
    }
}

void set_one(Call& call, const Value& target) {
    const Kind& kind = *call.cmdlet().kind;
    const auto* item = target.as<ItemPtr>();
    const std::string id = id_of(kind, target);
    Call::Change change{"PATCH", target_of(kind, id), given_properties(call.given()), {}, id};
    std::vector<std::pair<std::string, Table>> lists;
    for (const auto& [parameter, value] : call.given().given) {
        if (const auto* table = value.as<Table>(); table != nullptr) {
            lists.emplace_back(parameter->property, *table);
        }
    }
    if (call.cmdlet().verb != Verb::Set) {
        change.body["enabled"] = call.cmdlet().verb == Verb::Enable;
    }
    apply_routing(call.given(), change.body);
    read_passphrase(call, change.body);
    if (item != nullptr && *item) {
        const json::object from_item = changes_of(**item, change.body);
        if ((*item)->is_in_memory) {
            create(call, id, from_item);
            (*item)->is_in_memory = call.is_what_if();
            return;
        }
        change.body = from_item;
    }
    if (change.body.empty() && lists.empty()) {
        call.warn("The command completed, but no settings were given to change.");
        return;
    }
    if (kind.member != nullptr) {
        const auto now = call.find(change.target);
        if (now && !is_of_kind(kind, *now)) {
            throw Fault(missing_sentence(kind, id),
                        fmt::format("there is an object of that name, but it is no {}", kind.label),
                        fmt::format("see Get-Cs{}", kind.noun),
                        1);
        }
    }
    apply_lists(call, lists, change);
    call.name_missing(missing_sentence(kind, id));
    (void)call.change(change);
}

}  // namespace

void set_objects(Call& call) {
    for (const Value& target : targets_of(call)) {
        call.guard([&] { set_one(call, target); });
    }
}

}  // namespace isthmus::cli::cs
