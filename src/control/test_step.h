// The steps of a test, as administrators see them live: values and their JSON. Transport-free.
#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

/// Unknown: it cannot be told from here. NotApplicable: there is nothing to be told.
enum class TestState : std::uint8_t { Pass, Warn, Fail, Skipped, Unknown, NotApplicable };

/// "pass", "warn", "fail", "skipped", "unknown", "n/a"
std::string_view state_name(TestState state);

struct TestedAddress {
    std::string address;
    bool is_reached = false;
    double elapsed_ms = 0;
    std::string detail;
};

struct TestStep {
    std::string id;
    TestState state = TestState::Pass;
    double elapsed_ms = 0;
    std::string sentence;
    std::string evidence = {};  ///< lines
    std::string code = {};      ///< IST-.., of a warning or failure
    std::string fix = {};
    std::vector<TestedAddress> addresses = {};
};

/// Without its number and title. `evidence` is a list of lines.
boost::json::object to_json(const TestStep& step);
/// The fix that belongs to the code, if the step has none of its own.
void add_fix(TestStep& step);

}  // namespace isthmus::control
