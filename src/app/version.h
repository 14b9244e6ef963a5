// The version of the program, as --version, XEP-0092 and the metrics show it.
#pragma once

#include <string_view>

namespace isthmus::app {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace isthmus::app
