// Request-CsCertificate: requests that go into a file, and what waits for its answer.
#include "base/text.h"
#include "cli/cs_actions.h"
#include "cli/cs_certificate_types.h"
#include "cli/cs_shell.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <utility>

namespace isthmus::cli::cs {

namespace json = boost::json;

namespace {

void copy_given(const Bound& given, std::initializer_list<const char*> left_out, json::object& to) {
    for (const auto& [parameter, value] : given.given) {
        const bool is_left_out = std::ranges::any_of(
            left_out, [&](std::string_view name) { return name == parameter->property; });
        if (*parameter->property != '\0' && !is_left_out) {
            to[parameter->property] = json_of(value);
        }
    }
}

std::string number_of(const json::object& request) {
    const json::value* id = request.if_contains("request_id");
    return id == nullptr ? "" : json::serialize(*id);
}

std::vector<json::object> pending(Call& call) {
    std::vector<json::object> made = call.list("certificates?state=pending");
    const std::string wanted = call.given().text("RequestId");
    std::erase_if(made, [&](const json::object& request) {
        return !wanted.empty() && number_of(request) != wanted;
    });
    if (made.empty() && !wanted.empty()) {
        throw Fault(fmt::format("There is no request {}.", text::escape_for_log(wanted, 20)),
                    "only requests that the authority has not answered yet have a number",
                    "Request-CsCertificate -List shows them");
    }
    return made;
}

void put_request(Call& call, const json::object& request) {
    static constexpr std::pair<const char*, const char*> kShown[] = {
        {"RequestId", "request_id"},
        {"FriendlyName", "friendly_name"},
        {"Name", "name"},
        {"Key", "key"},
        {"Created", "created_at"},
    };
    put_properties(call, request, kShown, "Status", "Pending");
}

void new_request(Call& call) {
    const Bound& given = call.given();
    const std::string ca = given.text("CA");
    if (ca.empty() == given.text("Output").empty()) {
        fail_set("a request goes either to a CA or into a file", "give -Output FILE");
    }
    if (given.text("KeySize") == "1024") {
        throw Fault("A key of 1024 bits is refused.",
                    "no public CA signs it, and partners do not trust it",
                    "leave -KeySize out, or give 2048 or 4096");
    }
    const std::vector<std::string> uses = required_uses(call);
    if (!ca.empty()) {
        throw Fault(
            fmt::format("The CA \"{}\" cannot be asked from here.", text::escape_for_log(ca, 100)),
            "Active Directory Certificate Services are asked over DCOM, which the gateway "
            "does not speak",
            "make the request with -Output FILE, have the CA sign it, and use "
            "Import-CsCertificate");
    }
    json::object body{{"uses", as_array(uses)}};
    copy_given(given, {"uses", "output"}, body);
    const auto made = call.change({"POST", "certificates:request", std::move(body), {}, "request"});
    const std::string csr = made ? text_of(*made, "csr") : "";
    if (csr.empty()) {
        return;
    }
    std::ofstream file(given.text("Output"), std::ios::binary);
    file << csr;
    if (!file.flush()) {
        throw Fault(fmt::format("The file {} cannot be written.",
                                text::escape_for_log(given.text("Output"))),
                    "the request was made, but not saved",
                    fmt::format("isthmus cert csr {} prints it again", text_of(*made, "name")),
                    1);
    }
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
    for (const json::object& request : pending(call)) {
        if (given.flag("List")) {
            put_request(call, request);
        } else if (given.flag("Clear")) {
            (void)call.change({"DELETE",
                               "certificates/" + encode_segment(text_of(request, "name")),
                               {},
                               {},
                               "request " + number_of(request)});
        } else {
            put_request(call, request);
            call.warn(
                "Requests are answered by a file: what the authority sends back is taken by "
                "Import-CsCertificate -Path FILE.");
        }
    }
}

}  // namespace isthmus::cli::cs
