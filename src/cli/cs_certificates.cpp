// Certificates. Everything is checked here as the documentation says; what the
// gateway does not offer is said plainly.
#include "base/text.h"
#include "cli/api_client.h"
#include "cli/cs_actions.h"
#include "cli/cs_shell.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace isthmus::cli::cs {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxFile = std::size_t{1} << 20U;
constexpr const char* kNotOffered =
    "This version of the gateway does not offer the management of certificates.";

/// The uses of this gateway for the original's types of certificates.
constexpr std::pair<std::string_view, std::string_view> kUses[] = {
    {"AccessEdgeExternal", "sip-external"},
    {"AccessEdgeExternal", "xmpp-s2s"},
    {"External", "sip-external"},
    {"XMPPServer", "xmpp-s2s"},
    {"Internal", "sip-internal"},
    {"Default", "sip-internal"},
    {"WebServicesInternal", "admin-web"},
};

[[noreturn]] void fail_set(const char* why, const char* fix) {
    throw Fault("Parameter set cannot be resolved using the specified named parameters.", why, fix);
}

/// Throws if none of the types means anything here.
std::vector<std::string> uses_of(Call& call) {
    const Value* types = call.given().find("Type");
    std::vector<std::string> uses;
    const List none;
    for (const Value& type : types == nullptr ? none : *types->as<List>()) {
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
                    "this gateway has AccessEdgeExternal, External, XMPPServer, Internal, Default "
                    "and WebServicesInternal",
                    "XMPP and SIP from outside use -Type AccessEdgeExternal");
    }
    return uses;
}

void check_global(const Bound& given) {
    if (given.has("Identity") && !text::iequals(given.text("Identity"), "global")) {
        throw Fault(fmt::format("Cannot find \"Certificate\" \"{}\" because it does not exist.",
                                text::escape_for_log(given.text("Identity"), 100)),
                    "there is one set of uses",
                    "give -Identity global, or leave it out");
    }
}

void check_roll(const Bound& given) {
    if (given.flag("Roll") && given.text("EffectiveDate").empty()) {
        throw Fault(
            "Cannot process command because of one or more missing mandatory parameters: "
            "EffectiveDate.",
            "-Roll stages a successor, which must hold from some day on",
            "give -EffectiveDate \"7/1/2030\"");
    }
}

void check_thumbprint(const std::string& thumbprint) {
    const bool is_hex =
        std::ranges::all_of(thumbprint, [](char c) { return text::hex_value(c) >= 0 || c == ' '; });
    if (thumbprint.size() < 8 || thumbprint.size() > 128 || !is_hex) {
        throw Fault(fmt::format("\"{}\" is no thumbprint.", text::escape_for_log(thumbprint, 100)),
                    "it must be hexadecimal digits",
                    "Get-CsCertificate shows those of the certificates in use");
    }
}

std::string read_file(const std::string& path) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    std::ifstream file(path, std::ios::binary);
    if (error || !file || size > kMaxFile) {
        throw Fault(
            fmt::format("The file {} cannot be read.", text::escape_for_log(path)),
            error ? error.message() : fmt::format("it may have {} octets at most", kMaxFile),
            "give the path of a .p7b, .pfx, .cer or .pem file on this machine");
    }
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

std::string to_hex(std::string_view octets) {
    std::string out;
    for (const char c : octets) {
        out += fmt::format("{:02x}", static_cast<unsigned char>(c));
    }
    return out;
}

/// "-" is read from the standard input; anything else is seen by everybody on the machine.
void add_password(Call& call, json::object& to) {
    std::string password = call.given().text("Password");
    if (password == "-") {
        password = call.session().host().read_secret();
    } else if (!password.empty()) {
        call.warn(
            "The password stands on the command line, where others can read it; -Password - "
            "reads it from the standard input.");
    }
    if (!password.empty()) {
        to["password"] = password;
    }
}

void copy_given(const Bound& given, std::initializer_list<const char*> left_out, json::object& to) {
    for (const auto& [parameter, value] : given.given) {
        const bool is_left_out = std::ranges::any_of(
            left_out, [&](std::string_view name) { return name == parameter->property; });
        if (*parameter->property != '\0' && !is_left_out) {
            to[parameter->property] = json_of(value);
        }
    }
}

json::array as_array(const std::vector<std::string>& texts) {
    return json::array(texts.begin(), texts.end());
}

/// Puts out the items of an answer as they are.
void put_items(Call& call, const json::value& body) {
    const json::object* object = body.if_object();
    const json::value* items = object != nullptr ? object->if_contains("items") : nullptr;
    if (items == nullptr || !items->is_array()) {
        return;
    }
    for (const json::value& one : items->get_array()) {
        call.put(value_of(one));
    }
}

void new_request(Call& call) {
    const Bound& given = call.given();
    const std::string ca = given.text("CA");
    if (ca.empty() == given.text("Output").empty()) {
        fail_set("a request goes either to a CA or into a file",
                 "give -Output FILE, or -CA acme:NAME");
    }
    if (given.text("KeySize") == "1024") {
        throw Fault("A key of 1024 bits is refused.",
                    "no public CA signs it, and partners do not trust it",
                    "leave -KeySize out, or give 2048 or 4096");
    }
    const std::vector<std::string> uses = required_uses(call);
    if (!ca.empty() && !text::istarts_with(ca, "acme:")) {
        throw Fault(
            fmt::format("The CA \"{}\" cannot be asked from here.", text::escape_for_log(ca, 100)),
            "Active Directory Certificate Services are asked over DCOM, which the gateway "
            "does not speak",
            "make the request with -Output FILE, have the CA sign it, and use "
            "Import-CsCertificate");
    }
    json::object body{{"uses", as_array(uses)}};
    copy_given(given, {"uses", "output"}, body);
    call.name_missing(kNotOffered);
    const auto made = call.change({"POST", "certificates:request", std::move(body), {}, "request"});
    const json::value* csr = made ? made->if_contains("csr") : nullptr;
    if (csr == nullptr || !csr->is_string() || given.text("Output").empty()) {
        return;
    }
    std::ofstream file(given.text("Output"), std::ios::binary);
    file << std::string_view(csr->get_string());
    if (!file.flush()) {
        throw Fault(fmt::format("The file {} cannot be written.",
                                text::escape_for_log(given.text("Output"))),
                    "the request was made, but not saved",
                    "choose another file; isthmus cert csr prints the request again",
                    1);
    }
}

std::string text_of(const json::object& object, const char* name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

}  // namespace

void request_certificate(Call& call) {
    const Bound& given = call.given();
    const char* const kinds[] = {"New", "List", "Retrieve", "Clear"};
    if (std::ranges::count_if(kinds, [&](const char* name) { return given.flag(name); }) != 1) {
        fail_set("one of -New, -List, -Retrieve and -Clear says what is to be done",
                 "for a new request: Request-CsCertificate -New -Type AccessEdgeExternal -Output "
                 "FILE");
    }
    if (given.flag("New")) {
        new_request(call);
        return;
    }
    const std::string id = given.text("RequestId");
    const std::string target = id.empty() ? "certificate-requests" : "certificate-requests/" + id;
    call.name_missing(kNotOffered);
    if (given.flag("List")) {
        put_items(call, call.ask("GET", target).body);
    } else if (given.flag("Retrieve")) {
        (void)call.change({"POST", target + ":retrieve", {}, {}, "requests"});
    } else {
        (void)call.change({"DELETE", target, {}, {}, "requests"});
    }
}

void import_certificate(Call& call) {
    const Bound& given = call.given();
    check_global(given);
    check_roll(given);
    json::object body{{"content_hex", to_hex(read_file(given.text("Path")))}};
    copy_given(given, {"uses", "path", "password"}, body);
    if (given.has("Type")) {
        body["uses"] = as_array(required_uses(call));
    }
    add_password(call, body);
    call.name_missing(kNotOffered);
    (void)call.change({"POST", "certificates:import", std::move(body), {}, given.text("Path")});
}

void set_certificate(Call& call) {
    const Bound& given = call.given();
    check_global(given);
    check_roll(given);
    const char* const names[] = {"Thumbprint", "Reference", "Path"};
    if (std::ranges::count_if(names, [&](const char* name) { return given.has(name); }) != 1) {
        fail_set("one of -Thumbprint, -Reference and -Path names the certificate",
                 "Get-CsCertificate shows thumbprints");
    }
    json::object body;
    copy_given(given, {"uses", "path", "password", "thumbprint"}, body);
    if (given.has("Path")) {
        body["content_hex"] = to_hex(read_file(given.text("Path")));
        add_password(call, body);
    } else {
        const Value* reference = given.find("Reference");
        const std::string thumbprint = reference != nullptr
                                           ? to_text(member(*reference, {"Thumbprint"}))
                                           : given.text("Thumbprint");
        check_thumbprint(thumbprint);
        body["thumbprint"] = thumbprint;
    }
    for (const std::string& use : required_uses(call)) {
        call.name_missing(kNotOffered);
        (void)call.change({"PUT", "certificate-uses/" + use, body, {}, use});
    }
}

void get_certificates(Call& call) {
    check_global(call.given());
    const std::vector<std::string> uses = uses_of(call);
    call.name_missing(kNotOffered);
    const Answer answer = call.ask("GET", "certificate-uses");
    const json::object* body = answer.body.if_object();
    const json::value* items = body != nullptr ? body->if_contains("items") : nullptr;
    if (items == nullptr || !items->is_array()) {
        return;
    }
    static constexpr std::pair<const char*, const char*> kShown[] = {
        {"Issuer", "issuer"},
        {"NotAfter", "not_after"},
        {"NotBefore", "not_before"},
        {"SerialNumber", "serial_number"},
        {"Subject", "subject"},
        {"AlternativeNames", "alternative_names"},
        {"Thumbprint", "thumbprint"},
        {"Use", "use"},
    };
    for (const json::value& one : items->get_array()) {
        const json::object* object = one.if_object();
        if (object == nullptr || (call.given().has("Type") &&
                                  std::ranges::find(uses, text_of(*object, "use")) == uses.end())) {
            continue;
        }
        auto made = std::make_shared<Item>();
        for (const auto& [name, property] : kShown) {
            const json::value* value = object->if_contains(property);
            made->add(name, value == nullptr ? Value() : value_of(*value));
        }
        call.put(std::move(made));
    }
}

void remove_certificate(Call& call) {
    const Bound& given = call.given();
    check_global(given);
    for (const std::string& use : required_uses(call)) {
        const std::string target = fmt::format(
            "certificate-uses/{}{}", use, given.flag("Previous") ? "?previous=true" : "");
        if (call.is_what_if() || call.is_confirmed(use, true)) {
            call.name_missing(kNotOffered);
            (void)call.change({"DELETE", target, {}, {}, use});
        }
    }
}

}  // namespace isthmus::cli::cs
