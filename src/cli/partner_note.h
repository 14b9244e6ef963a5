// What is said of a partner that was made without a type.
#pragma once

#include <string>
#include <string_view>

namespace isthmus::cli {

/// What its type is, what it asks for, and the command that makes it Federated.
std::string note_of_type(std::string_view command);

}  // namespace isthmus::cli
