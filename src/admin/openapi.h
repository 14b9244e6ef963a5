// The description of the admin API, api/openapi.yaml, as the program carries it.
#pragma once

#include <string_view>

namespace isthmus::admin {

/// Defined by the file that the build makes of it (cmake/embed.cmake).
std::string_view openapi_document();

}  // namespace isthmus::admin
