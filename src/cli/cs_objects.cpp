// New-, Get-, Set- and Remove- of the kinds of objects that the table describes.
#include "cli/cs_objects.h"

#include "base/text.h"
#include "cli/api_client.h"
#include "cli/cs_actions.h"
#include "cli/cs_shell.h"
#include "cli/partner_note.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace isthmus::cli::cs {

namespace json = boost::json;

bool is_single(const Kind& kind) {
    return *kind.identity == '\0';
}

bool is_policy(const Kind& kind) {
    return std::string_view(kind.route) == "policies";
}

std::string target_of(const Kind& kind, std::string_view id) {
    return is_single(kind) ? std::string(kind.route)
                           : fmt::format("{}/{}", kind.route, encode_segment(id));
}

std::string missing_sentence(const Kind& kind, std::string_view id) {
    return fmt::format(R"(Cannot find "{}" "{}" because it does not exist.)", kind.noun, id);
}

bool is_of_kind(const Kind& kind, const json::object& object) {
    if (kind.member == nullptr) {
        return true;
    }
    const json::value* member = object.if_contains(kind.member);
    return member != nullptr && member->is_string() && member->get_string() == kind.member_value;
}

[[noreturn]] void fail_not_global(const Kind& kind, std::string_view id) {
    throw Fault(fmt::format(R"(Cannot find "{}" "{}" because it does not exist.)", kind.noun, id),
                fmt::format("there is one {}, for the whole organisation", kind.label),
                "give -Identity global, or leave it out");
}

namespace {

json::object standards_of(const Kind& kind) {
    json::object made;
    for (const Property& property : kind.properties) {
        const Parameter& parameter = property.parameter;
        if (property.is_settable && *parameter.standard != '\0') {
            made[parameter.property] = json_of(convert(parameter, Value(parameter.standard)));
        }
    }
    return made;
}

}  // namespace

json::object given_properties(const Bound& given) {
    json::object made;
    for (const auto& [parameter, value] : given.given) {
        if (*parameter->property != '\0' && value.as<Table>() == nullptr) {
            made[parameter->property] = json_of(value);
            if (value.is_null() && parameter->type == Type::String) {
                made[parameter->property] = "";
            }
        }
    }
    return made;
}

std::vector<std::string> texts_of(const json::value* value) {
    std::vector<std::string> made;
    if (value != nullptr && value->is_array()) {
        for (const json::value& one : value->get_array()) {
            if (one.is_string()) {
                made.emplace_back(one.get_string());
            }
        }
    }
    return made;
}

namespace {

bool contains(const std::vector<std::string>& among, const std::string& one) {
    return std::ranges::any_of(among,
                               [&](const std::string& other) { return text::iequals(other, one); });
}

}  // namespace

json::array modified(Call& call, const Table& change, std::vector<std::string> now) {
    for (const auto& [key, items] : change) {
        if (key == "Replace") {
            now.clear();
        }
        for (const Value& item : *items.as<List>()) {
            const std::string text = to_text(item);
            if (key != "Remove" && contains(now, text)) {
                call.warn(fmt::format("{} is in the list already.", text::escape_for_log(text)));
            } else if (key != "Remove") {
                now.push_back(text);
            } else if (!contains(now, text)) {
                call.warn(fmt::format("{} is not in the list.", text::escape_for_log(text)));
            } else {
                std::erase_if(now,
                              [&](const std::string& one) { return text::iequals(one, text); });
            }
        }
    }
    return json::array(now.begin(), now.end());
}

void create(Call& call, const std::string& id, json::object body) {
    const Kind& kind = *call.cmdlet().kind;
    if (kind.member != nullptr) {
        body[kind.member] = kind.member_value;
    }
    body[kind.identity] = is_policy(kind) ? policy_identity(id) : id;
    const auto made = call.change({"POST", kind.route, std::move(body), {}, id});
    if (made && call.cmdlet().verb == Verb::New) {
        if (kind.route == std::string_view("partners") && !call.given().has("PartnerType")) {
            call.note(note_of_type(
                fmt::format("Set-CsXmppAllowedPartner {} -PartnerType Federated", printable(id))));
        }
        call.put(item_of(kind, *made));
    }
}

namespace {

std::string new_identity(const Bound& given, const Kind& kind) {
    if (given.has("Identity") && given.has("Domain")) {
        throw Fault("Parameter set cannot be resolved using the specified named parameters.",
                    "-Identity and -Domain say the same",
                    "give one of them");
    }
    const std::string id = given.text(given.has("Domain") ? "Domain" : "Identity");
    if (id.empty()) {
        throw Fault(
            "Cannot process command because of one or more missing mandatory parameters: "
            "Identity.",
            fmt::format("a new {} needs a name", kind.label),
            fmt::format("see isthmus cs Get-Help New-Cs{}", kind.noun));
    }
    if (is_policy(kind) && text::iequals(id, "global")) {
        throw Fault("The global policy cannot be created: it always exists.",
                    "a new policy is for a site or for users",
                    "use Set-CsExternalAccessPolicy, or -Identity site:NAME or NAME");
    }
    return id;
}

}  // namespace

std::vector<Value> targets_of(Call& call) {
    const Kind& kind = *call.cmdlet().kind;
    const Bound& given = call.given();
    if (given.has("Identity") && given.has("Instance")) {
        throw Fault("Parameter set cannot be resolved using the specified named parameters.",
                    "-Identity and -Instance exclude each other",
                    "give one of them");
    }
    if (const Value* instance = given.find("Instance"); instance != nullptr) {
        return {*instance};
    }
    if (given.has("Identity")) {
        return {Value(given.text("Identity"))};
    }
    if (call.input() != nullptr) {
        return *call.input();
    }
    if (is_single(kind) || (is_policy(kind) && call.cmdlet().verb == Verb::Set)) {
        return {Value("global")};
    }
    throw Fault(
        "Cannot process command because of one or more missing mandatory parameters: "
        "Identity.",
        fmt::format("which {}?", kind.label),
        fmt::format("give -Identity, or pipe in what Get-Cs{} shows", kind.noun));
}

std::string id_of(const Kind& kind, const Value& target) {
    const auto* item = target.as<ItemPtr>();
    if (item != nullptr && *item && (*item)->kind != nullptr && (*item)->kind != &kind) {
        throw Fault(
            fmt::format("The input object cannot be bound: it is a {}.", (*item)->kind->noun),
            fmt::format("a {} is wanted", kind.label),
            fmt::format("pipe in what Get-Cs{} shows", kind.noun));
    }
    std::string id =
        item != nullptr && *item && !(*item)->id.empty() ? (*item)->id : to_text(target);
    if (is_single(kind) && !text::iequals(id, "global")) {
        fail_not_global(kind, id);
    }
    return id;
}

std::string policy_identity(std::string_view id) {
    for (const std::string_view scope : {"Site:", "Tag:"}) {
        if (text::istarts_with(id, scope)) {
            return fmt::format("{}{}", scope, id.substr(scope.size()));
        }
    }
    return text::iequals(id, "global") ? "Global" : fmt::format("Tag:{}", id);
}

json::object changes_of(const Item& item, const json::object& given) {
    json::object made =
        item.is_in_memory && item.kind != nullptr ? standards_of(*item.kind) : json::object();
    for (const Item::Property& property : item.shown) {
        if (!property.is_changed || item.kind == nullptr) {
            continue;
        }
        for (const Property& row : item.kind->properties) {
            if (property.name == row.parameter.name) {
                const bool is_empty_text =
                    property.value.is_null() && row.parameter.type == Type::String;
                made[row.parameter.property] =
                    is_empty_text ? json::value("") : json_of(property.value);
            }
        }
    }
    for (const auto& [name, value] : given) {
        made[name] = value;
    }
    return made;
}

void make_object(Call& call) {
    const Kind& kind = *call.cmdlet().kind;
    const std::string id = new_identity(call.given(), kind);
    json::object body = standards_of(kind);
    for (const auto& [name, value] : given_properties(call.given())) {
        body[name] = value;
    }
    for (const auto& [parameter, value] : call.given().given) {
        if (const auto* table = value.as<Table>(); table != nullptr) {
            body[parameter->property] = modified(call, *table, {});
        }
    }
    if (!call.given().flag("InMemory")) {
        create(call, id, std::move(body));
        return;
    }
    body[kind.identity] = is_policy(kind) ? policy_identity(id) : id;
    ItemPtr made = item_of(kind, body);
    made->is_in_memory = true;
    for (Item::Property& property : made->shown) {
        property.is_changed = call.given().has(property.name);
    }
    call.put(std::move(made));
}

namespace {

/// A policy that users hold is removed with -Force, or where nothing is to be asked.
std::optional<json::object> erase(Call& call, const std::string& id) {
    const Kind& kind = *call.cmdlet().kind;
    const bool forces =
        is_policy(kind) && (call.given().flag("Force") || call.given().is_flag_off("Confirm") ||
                            call.session().host().yes);
    const std::string target = target_of(kind, id) + (forces ? "?force=true" : "");
    try {
        return call.change({"DELETE", target, {}, {}, id});
    } catch (const Fault& fault) {
        if (!fault.why().starts_with("IST-API-010")) {
            throw;
        }
        throw Fault(fault.what(),
                    fault.why(),
                    "-Force takes it from them, too; or grant them another one first",
                    fault.exit_code());
    }
}

}  // namespace

void remove_objects(Call& call) {
    const Kind& kind = *call.cmdlet().kind;
    for (const Value& target : targets_of(call)) {
        call.guard([&] {
            const std::string id = id_of(kind, target);
            if (kind.member != nullptr) {
                const auto now = call.find(target_of(kind, id));
                if (!now || !is_of_kind(kind, *now)) {
                    throw Fault(missing_sentence(kind, id),
                                "there is none of that name",
                                fmt::format("Get-Cs{} shows all", kind.noun),
                                1);
                }
            }
            call.name_missing(missing_sentence(kind, id));
            (void)erase(call, id);
        });
    }
}

}  // namespace isthmus::cli::cs
