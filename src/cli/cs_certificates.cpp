// Certificates: the documented parameters, over certificates and certificate-uses of the API. What
// belongs to Active Directory's own authorities is said plainly.
#include "base/digest.h"
#include "base/text.h"
#include "cli/api_client.h"
#include "cli/cs_actions.h"
#include "cli/cs_certificate_types.h"
#include "cli/cs_shell.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <sstream>
#include <utility>

namespace isthmus::cli::cs {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxFile = std::size_t{1} << 20U;

void check_global(const Bound& given) {
    if (given.has("Identity") && !text::iequals(given.text("Identity"), "global")) {
        throw Fault(fmt::format(R"(Cannot find "Certificate" "{}" because it does not exist.)",
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
    const std::ifstream file(path, std::ios::binary);
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

/// "7/1/2030" and "7/1/2030 11:30 PM", as PowerShell writes times in the original's country, into
/// what the API reads. Anything else goes on as it is, and is judged there.
std::string iso_time(Call& call, const std::string& given) {
    int month = 0;
    int day = 0;
    int year = 0;
    int hour = 0;
    int minute = 0;
    char half[3] = {};
    const int count = std::sscanf(  // NOLINT(cert-err34-c): the result is checked by range
        given.c_str(),
        "%2d/%2d/%4d %2d:%2d %2s",
        &month,
        &day,
        &year,
        &hour,
        &minute,
        half);
    if (count != 3 && count != 5 && count != 6) {
        return given;
    }
    const bool is_afternoon = half[0] == 'P' || half[0] == 'p';
    if (count == 6) {
        hour = hour % 12 + (is_afternoon ? 12 : 0);
    }
    call.warn("-EffectiveDate is taken as UTC.");
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:00Z", year, month, day, hour, minute);
}

void add_date(Call& call, json::object& to) {
    if (const std::string date = call.given().text("EffectiveDate"); !date.empty()) {
        to["effective"] = iso_time(call, date);
    }
}

/// The name of the certificate that bears a thumbprint.
std::string name_of_thumbprint(Call& call, std::string thumbprint) {
    check_thumbprint(thumbprint);
    std::erase(thumbprint, ' ');
    for (char& c : thumbprint) {
        c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
    }
    for (const json::object& object : call.list("certificates")) {
        if (text::iequals(text_of(object, "thumbprint"), thumbprint) ||
            text::iequals(text_of(object, "sha256"), thumbprint)) {
            return text_of(object, "name");
        }
    }
    throw Fault(fmt::format("There is no certificate with the thumbprint {}.", thumbprint),
                "only certificates that were requested or imported here can be assigned",
                "isthmus cert list -o wide shows them all");
}

/// The parts of a certificate's file that the API wants.
json::object content_of(Call& call) {
    json::object body{
        {"content_base64", digest::base64_encode(read_file(call.given().text("Path")))}};
    add_password(call, body);
    return body;
}

void put_use(Call& call, const json::object& use) {
    static constexpr std::pair<const char*, const char*> kShown[] = {
        {"Issuer", "issuer"},
        {"NotAfter", "not_after"},
        {"NotBefore", "not_before"},
        {"SerialNumber", "serial_number"},
        {"Subject", "subject"},
        {"AlternativeNames", "alternative_names"},
        {"Thumbprint", "thumbprint"},
    };
    put_properties(call, use, kShown, "Use", type_of(text_of(use, "use")));
}

}  // namespace

void import_certificate(Call& call) {
    const Bound& given = call.given();
    check_global(given);
    check_roll(given);
    json::object body = content_of(call);
    if (given.has("Type")) {
        body["uses"] = as_array(required_uses(call));
        add_date(call, body);
    }
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
    const std::vector<std::string> uses = required_uses(call);
    if (given.has("Path")) {
        json::object body = content_of(call);
        body["uses"] = as_array(uses);
        add_date(call, body);
        (void)call.change({"POST", "certificates:import", std::move(body), {}, given.text("Path")});
        return;
    }
    const Value* reference = given.find("Reference");
    json::object body{
        {"certificate",
         name_of_thumbprint(call,
                            reference != nullptr ? to_text(member(*reference, {"Thumbprint"}))
                                                 : given.text("Thumbprint"))}};
    add_date(call, body);
    for (const std::string& use : uses) {
        (void)call.change({"PUT", "certificate-uses/" + use, body, {}, use});
    }
}

void get_certificates(Call& call) {
    check_global(call.given());
    const std::vector<std::string> uses = uses_of(call);
    for (const json::object& use : call.list("certificate-uses")) {
        const bool is_wanted =
            !call.given().has("Type") || std::ranges::find(uses, text_of(use, "use")) != uses.end();
        const json::value* names = use.if_contains("certificates");
        const bool is_assigned =
            names != nullptr && names->is_array() && !names->get_array().empty();
        if (is_wanted && is_assigned) {
            put_use(call, use);
        }
    }
}

void remove_certificate(Call& call) {
    const Bound& given = call.given();
    check_global(given);
    const bool is_previous = given.flag("Previous");
    for (const std::string& use : required_uses(call)) {
        const std::string target = fmt::format(
            "certificate-uses/{}?{}", use, is_previous ? "previous=true" : "force=true");
        // Forgetting the one before takes nothing out of use.
        if (call.is_what_if() || call.is_confirmed(use, !is_previous)) {
            (void)call.change({"DELETE", target, {}, {}, use});
        }
    }
}

}  // namespace isthmus::cli::cs
