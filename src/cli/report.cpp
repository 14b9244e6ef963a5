#include "cli/report.h"

#include "base/codes.h"
#include "base/text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

/// For answers that bring none of their own.
std::string default_fix(int status) {
    switch (status) {
        case 400:
            return "correct what is named; --help shows what the command takes";
        case 404:
            return "check the name; the list of its kind shows what there is";
        case 409:
        case 412:
            return "look at it with get, then decide";
        default:
            return status >= 500 ? "isthmus status and the log (journalctl -u isthmus) say more"
                                 : "";
    }
}

/// For answers without evidence: what the code says of all of its cases.
std::string default_why(const std::string& code, int status) {
    const codes::Code* known = codes::find(code);
    return known != nullptr ? std::string(known->sentence)
                            : fmt::format("the daemon answered HTTP {}", status);
}

}  // namespace

void report_warnings(const json::value& body) {
    const json::object* object = body.if_object();
    const json::value* warnings = object != nullptr ? object->if_contains("warnings") : nullptr;
    if (warnings == nullptr || !warnings->is_array()) {
        return;
    }
    for (const json::value& one : warnings->get_array()) {
        if (one.is_string()) {
            fmt::print(stderr, "warning: {}\n", text::escape_for_log(one.get_string(), 1000));
        }
    }
}

void report(const json::value& body, const char* done) {
    report_warnings(body);
    const json::value* revision =
        body.is_object() ? body.get_object().if_contains("revision") : nullptr;
    if (revision == nullptr) {
        fmt::print(stderr, "{}\n", done);
        return;
    }
    const bool in_force = body.get_object().at("in_force").as_bool();
    fmt::print(stderr,
               "{}, revision {}{}\n",
               done,
               json::serialize(*revision),
               in_force ? ", in force" : ", stored; the gateway has not confirmed it yet");
}

void report_page(const json::value& body) {
    const json::object* page = body.if_object();
    const json::value* items = page != nullptr ? page->if_contains("items") : nullptr;
    const json::value* total = page != nullptr ? page->if_contains("total") : nullptr;
    if (items == nullptr || total == nullptr || !items->is_array()) {
        return;
    }
    const auto shown = static_cast<std::int64_t>(items->get_array().size());
    if (total->is_int64() && total->get_int64() > shown) {
        fmt::print(stderr,
                   "{} of {}; see --offset and --limit, or ask for less\n",
                   shown,
                   total->get_int64());
    }
}

Complaint complaint_of(const Answer& answer) {
    const json::object* problem = answer.body.if_object();
    const auto field = [&](const char* name) -> std::string {
        const json::value* value = problem != nullptr ? problem->if_contains(name) : nullptr;
        return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
    };
    const std::string code = field("code");
    const std::string detail = field("detail");
    const std::string evidence = field("evidence");
    const std::string fix = field("fix");
    return {(code.empty() ? "" : code + ": ") +
                (detail.empty() ? fmt::format("HTTP {}", answer.status) : detail),
            evidence.empty() ? default_why(code, answer.status) : evidence,
            fix.empty() ? default_fix(answer.status) : fix};
}

int exit_code_of(int status) {
    switch (status) {
        case 400:
        case 413:
        case 415:
        case 421:
            return 2;
        case 401:
        case 403:
        case 429:
            return 4;
        case 409:
        case 412:
            return 5;
        default:
            return 1;
    }
}

}  // namespace isthmus::cli
