// `isthmus partner test D`: prints each step as it ends.
#include "cli/fields.h"
#include "cli/program.h"
#include "cli/steps.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

std::string body_of(const Program& program) {
    json::object body;
    if (program.has("--reverse")) {
        body["reverse"] = true;
    }
    if (const auto [from, to] = program.pair_given("--send-im"); !from.empty() || !to.empty()) {
        body["sender"] = from;
        body["receiver"] = to;
    }
    if (!program.body().empty()) {
        body["partner"] = program.body();
    }
    return json::serialize(body);
}

}  // namespace

int test_partner(const Program& program) {
    const std::string path = fmt::format("partners/{}:test", encode_segment(program.given("NAME")));
    const bool is_data = program.format() == Format::Json || program.format() == Format::Yaml;
    json::object result;
    json::array steps;
    if (program.switches().dry_run) {
        fmt::print("POST /api/v1/{} {}\n", path, body_of(program));
        return 0;
    }
    const Answer answer =
        program.follow("POST", path, body_of(program), [&](std::string_view line) {
            boost::system::error_code broken;
            json::value event = json::parse({line.data(), line.size()}, broken);
            if (broken || !event.is_object()) {
                return;
            }
            json::object& object = event.get_object();
            const bool is_step = text_of(object, "event") == "step";
            object.erase("event");
            if (!is_step) {
                result = std::move(object);
            } else if (is_data) {
                steps.push_back(std::move(object));
            } else {
                print_step(object, program.switches().verbose);
            }
        });
    if (answer.status >= 300) {
        return program.failed(answer);
    }
    if (result.empty()) {
        fmt::print(stderr, "the daemon ended the test before its result\n");
        return 1;
    }
    const bool is_good = text_of(result, "result") == "success";
    if (is_data) {
        result["steps"] = std::move(steps);
        fmt::print("{}", render(result, program.format(), {}));
    } else {
        fmt::print("{}\n", text_of(result, "sentence"));
    }
    return is_good ? 0 : kFoundFailure;
}

}  // namespace isthmus::cli
