#include "base/result.h"

#include <stdexcept>

namespace isthmus {

void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw std::runtime_error(error.detail.empty() ? error.public_text
                                                  : error.public_text + ": " + error.detail);
}

}  // namespace isthmus
