// The command line: one function from arguments to exit code. Exit codes: 0 done, 1 failed,
// 2 invalid input, 3 a test found a failure, 4 not allowed, 5 conflict, 6 daemon not reachable.
#pragma once

#include <functional>
#include <string>

namespace isthmus::cli {

/// The sub-commands that do not talk to a daemon; the process provides them.
struct Offline {
    std::function<int(const std::string& config)> serve;
    std::function<int(const std::string& config)> check_config;
    std::function<int(const std::string& cases)> translate;
    std::string version;
    /// What a configuration file may hold, as JSON.
    std::function<std::string()> config_schema = {};
};

int run(int count, const char* const* arguments, const Offline& offline);

}  // namespace isthmus::cli
