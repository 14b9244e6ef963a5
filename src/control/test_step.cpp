#include "control/test_step.h"

#include "base/codes.h"

#include <boost/json/array.hpp>

namespace isthmus::control {

namespace json = boost::json;

namespace {

json::array lines_of(std::string_view text) {
    json::array made;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (end != 0) {
            made.emplace_back(text.substr(0, end));
        }
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return made;
}

}  // namespace

std::string_view state_name(TestState state) {
    constexpr std::string_view kNames[] = {"pass", "warn", "fail", "skipped", "unknown", "n/a"};
    return kNames[static_cast<std::size_t>(state)];
}

json::object to_json(const TestStep& step) {
    json::object made{{"id", step.id},
                      {"state", state_name(step.state)},
                      {"elapsed_ms", step.elapsed_ms},
                      {"sentence", step.sentence},
                      {"evidence", lines_of(step.evidence)},
                      {"code", step.code},
                      {"fix", step.fix}};
    if (!step.addresses.empty()) {
        json::array addresses;
        for (const TestedAddress& one : step.addresses) {
            addresses.push_back(json::object{{"address", one.address},
                                             {"state", one.is_reached ? "pass" : "fail"},
                                             {"elapsed_ms", one.elapsed_ms},
                                             {"detail", one.detail}});
        }
        made["addresses"] = std::move(addresses);
    }
    return made;
}

void add_fix(TestStep& step) {
    const codes::Code* code = step.fix.empty() ? codes::find(step.code) : nullptr;
    if (code != nullptr) {
        step.fix = code->fix;
    }
}

}  // namespace isthmus::control
