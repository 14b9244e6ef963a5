// Refusals that several services word in the same way.
#pragma once

#include "base/result.h"

#include <string>
#include <utility>

namespace isthmus::control {

/// An order that cannot be read, or asks for what cannot be: `sentence` says what is expected.
inline Error invalid(std::string sentence) {
    return make_error(ErrorKind::Syntax, "IST-API-001", std::move(sentence), {});
}

}  // namespace isthmus::control
