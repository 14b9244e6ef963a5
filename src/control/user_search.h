// How users are found by what people type. Transport-free. Control thread only.
#pragma once

#include "store/config_store.h"

#include <string>
#include <string_view>

namespace isthmus::control {

/// In `pattern` "*" stands for any text; letters in any case.
bool is_like(std::string_view pattern, std::string_view text);

/// `identity` without a leading "sip:".
std::string_view without_scheme(std::string_view identity);

/// The address of an entered user whom a misspelt one may have meant, looked for among those of his
/// domain whose names begin or end alike; empty if none is near. Cost: three searches of a page
/// each.
std::string nearest_user(const store::ConfigStore& store, std::string_view uri);

}  // namespace isthmus::control
