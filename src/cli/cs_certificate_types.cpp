#include "cli/cs_certificate_types.h"

#include "cli/cs_shell.h"

#include <fmt/format.h>

#include <algorithm>

namespace isthmus::cli::cs {

namespace json = boost::json;

namespace {

/// The uses of this gateway for the original's types of certificates.
constexpr std::pair<std::string_view, std::string_view> kUses[] = {
    {"AccessEdgeExternal", "sip"},
    {"AccessEdgeExternal", "xmpp-s2s"},
    {"External", "sip"},
    {"XMPPServer", "xmpp-s2s"},
    {"Internal", "sip"},
    {"Default", "sip"},
    {"WebServicesInternal", "admin"},
    {"WebServicesExternal", "admin"},
};

/// What Get-CsCertificate shows as Use.
constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {"sip", "AccessEdgeExternal"}, {"xmpp-s2s", "XMPPServer"}, {"admin", "WebServicesInternal"}};

}  // namespace

void fail_set(const char* why, const char* fix) {
    throw Fault("Parameter set cannot be resolved using the specified named parameters.", why, fix);
}

std::vector<std::string> uses_of(Call& call) {
    const Value* given = call.given().find("Type");
    const List* types = given == nullptr ? nullptr : given->as<List>();
    std::vector<std::string> uses;
    const List none;
    for (const Value& type : types == nullptr ? none : *types) {
        const std::size_t before = uses.size();
        for (const auto& [name, use] : kUses) {
            if (to_text(type) == name && std::ranges::find(uses, std::string(use)) == uses.end()) {
                uses.emplace_back(use);
            }
        }
        const bool is_known =
            std::ranges::any_of(kUses, [&](const auto& row) { return row.first == to_text(type); });
        if (uses.size() == before && !is_known) {
            call.warn(fmt::format("-Type {} has no effect here; this gateway has no such service.",
                                  to_text(type)));
        }
    }
    return uses;
}

std::vector<std::string> required_uses(Call& call) {
    if (!call.given().has("Type")) {
        throw Fault(
            "Cannot process command because of one or more missing mandatory parameters: "
            "Type.",
            "which use of the certificate is meant?",
            "XMPP and SIP from outside use -Type AccessEdgeExternal");
    }
    std::vector<std::string> uses = uses_of(call);
    if (uses.empty()) {
        throw Fault("None of these types of certificates is used here.",
                    "this gateway has AccessEdgeExternal, External, XMPPServer, Internal, Default, "
                    "WebServicesInternal and WebServicesExternal",
                    "XMPP and SIP from outside use -Type AccessEdgeExternal");
    }
    return uses;
}

std::string_view type_of(std::string_view use) {
    for (const auto& [name, type] : kTypes) {
        if (name == use) {
            return type;
        }
    }
    return {};
}

json::array as_array(const std::vector<std::string>& texts) {
    return json::array(texts.begin(), texts.end());
}

std::string text_of(const json::object& object, const char* name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

void put_properties(Call& call,
                    const json::object& from,
                    std::span<const std::pair<const char*, const char*>> shown,
                    std::string_view name,
                    std::string_view value) {
    auto made = std::make_shared<Item>();
    for (const auto& [title, property] : shown) {
        const json::value* found = from.if_contains(property);
        made->add(title, found == nullptr ? Value() : value_of(*found));
    }
    if (!name.empty()) {
        made->add(std::string(name), Value(std::string(value)));
    }
    call.put(std::move(made));
}

}  // namespace isthmus::cli::cs
