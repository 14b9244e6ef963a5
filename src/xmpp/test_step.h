// The values of a link test: what is to be tested, and what each step has found.
#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::xmpp {

enum class TestState : std::uint8_t { Pass, Warn, Fail, Skipped };

struct TestedAddress {
    std::string address;  ///< "192.0.2.1:5269"
    bool is_reached = false;
    Duration took{};
    std::string detail;  ///< why not; empty if it was reached
};

struct TestStep {
    /// dns, tcp, stream, tls, certificate, auth, dialback, reverse, ping+im
    std::string_view id;
    TestState state = TestState::Pass;
    Duration took{};
    std::string sentence;
    std::string evidence;   ///< lines
    std::string_view code;  ///< IST-.., of a warning or failure
    std::vector<TestedAddress> addresses = {};
};

/// The steps' way out while one is under way.
using StepSink = std::function<void(TestStep)>;

/// The step failed with that error.
TestStep failed_step(std::string_view id, const Error& why, Duration took);
/// "12 ms", "0.4 ms"
std::string milliseconds(Duration duration);
/// `lines` gets one more.
void add_line(std::string& lines, std::string_view line);

}  // namespace isthmus::xmpp
