#include "cli/steps.h"

#include "cli/fields.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <cstdio>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

void print_details(const json::object& step, bool is_verbose, int indent) {
    const std::string state = text_of(step, "state");
    const bool is_bad = state == "warn" || state == "fail" || state == "unknown";
    const json::value* evidence = step.if_contains("evidence");
    if ((is_bad || is_verbose) && evidence != nullptr && evidence->is_array()) {
        for (const json::value& line : evidence->get_array()) {
            fmt::print("{:{}}{}\n", "", indent, shown(line));
        }
    }
    const std::string code = text_of(step, "code");
    const std::string fix = text_of(step, "fix");
    if (is_bad && !(code.empty() && fix.empty())) {
        fmt::print("{:{}}{}{}Fix: {}\n", "", indent, code, code.empty() ? "" : ". ", fix);
    }
    std::fflush(stdout);
}

}  // namespace

void print_step(const json::object& step, bool is_verbose) {
    fmt::print("{:>2} {:<12}{:<8}{:>7.0f} ms  {}\n",
               static_cast<int>(number_of(step, "number")),
               text_of(step, "id"),
               text_of(step, "state"),
               number_of(step, "elapsed_ms"),
               text_of(step, "sentence"));
    print_details(step, is_verbose, 15);
}

void print_check(const json::object& check, bool is_verbose) {
    fmt::print("{:<8} {:<28} {}\n",
               text_of(check, "state"),
               text_of(check, "id"),
               text_of(check, "sentence"));
    print_details(check, is_verbose, 9);
}

}  // namespace isthmus::cli
