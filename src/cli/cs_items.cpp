// JSON of the admin API as objects with the original's names and order.
#include "cli/cs_actions.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <utility>

namespace isthmus::cli::cs {

namespace json = boost::json;

namespace {

Value property_of(const json::object& object, const Parameter& parameter) {
    const std::string_view name = parameter.property;
    if (name == "dialback_passphrase") {
        // The API tells only whether there is one.
        const json::value* is_set = object.if_contains("dialback_passphrase_is_set");
        return is_set != nullptr && is_set->is_bool() && is_set->get_bool() ? Value("(set)")
                                                                            : Value();
    }
    const json::value* found = object.if_contains(name);
    if (found == nullptr) {
        return parameter.type == Type::Texts ? Value(List{}) : Value();
    }
    return value_of(*found);
}

}  // namespace

Value value_of(const json::value& value) {
    switch (value.kind()) {
        case json::kind::bool_:
            return value.get_bool();
        case json::kind::int64:
            return value.get_int64();
        case json::kind::uint64:
            return static_cast<std::int64_t>(value.get_uint64());
        case json::kind::double_:
            return fmt::format("{}", value.get_double());
        case json::kind::string:
            return std::string(value.get_string());
        case json::kind::array: {
            List made;
            for (const json::value& one : value.get_array()) {
                made.push_back(value_of(one));
            }
            return made;
        }
        case json::kind::object: {
            auto made = std::make_shared<Item>();
            for (const auto& [name, one] : value.get_object()) {
                made->add(std::string_view(name), value_of(one));
            }
            return made;
        }
        default:
            return {};
    }
}

json::value json_of(const Value& value) {
    if (const auto* truth = value.as<bool>(); truth != nullptr) {
        return *truth;
    }
    if (const auto* number = value.as<std::int64_t>(); number != nullptr) {
        return *number;
    }
    if (const auto* list = value.as<List>(); list != nullptr) {
        json::array made;
        for (const Value& one : *list) {
            made.push_back(json_of(one));
        }
        return made;
    }
    if (const auto* item = value.as<ItemPtr>(); item != nullptr && *item) {
        json::object made;
        for (const Item::Property& property : (*item)->shown) {
            made[property.name] = json_of(property.value);
        }
        return made;
    }
    return value.is_null() ? json::value() : json::value(to_text(value));
}

ItemPtr item_of(const Kind& kind, const json::object& object) {
    auto made = std::make_shared<Item>();
    made->kind = &kind;
    const std::string_view noun = kind.noun;
    const json::value* name = object.if_contains(kind.identity);
    made->id = name != nullptr && name->is_string() ? std::string(name->get_string()) : "Global";
    made->add("Identity", noun == "Site" ? "Site:" + made->id : made->id);
    if (kind.has_domain) {
        made->add("Domain", made->id);
    } else if (noun == "PublicProvider" || noun == "HostingProvider") {
        made->add("Name", made->id);
    } else if (noun == "Pool") {
        made->add("Fqdn", made->id);
    }
    for (const Property& property : kind.properties) {
        made->add(property.parameter.name, property_of(object, property.parameter));
        made->shown.back().is_hidden = property.is_hidden;
    }
    if (auto* site = made->find("Site"); site != nullptr && !to_text(site->value).empty()) {
        site->value = "Site:" + to_text(site->value);
    }
    return made;
}

}  // namespace isthmus::cli::cs
