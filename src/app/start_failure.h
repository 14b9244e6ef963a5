// A start step that failed, and how whoever started us is told.
#pragma once

#include "base/result.h"

#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace isthmus::app {

/// A line for each reason, then the exit code.
class StartFailure : public std::runtime_error {
  public:
    explicit StartFailure(std::vector<Error> why)
        : std::runtime_error("the start failed"), reasons(std::move(why)) {}

    explicit StartFailure(const Error& error) : StartFailure(std::vector<Error>{error}) {}

    std::vector<Error> reasons;
};

/// The value, or StartFailure.
template <class T>
T expect(Result<T>&& result) {
    if (!result) {
        throw StartFailure(result.error());
    }
    if constexpr (!std::is_void_v<T>) {
        return std::move(*result);
    }
}

/// The log line of one reason.
void log_failure(const Error& why);
/// What is wrong with the configuration file, as `config check` prints it too.
void print_faults(const Error& error);

}  // namespace isthmus::app
