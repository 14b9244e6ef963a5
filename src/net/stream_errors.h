// How a stream tells its owner that it ended.
#pragma once

#include "base/result.h"

#include <string>
#include <utility>

namespace isthmus::net {

/// By the peer, in order: no detail.
inline Error orderly_end() {
    return make_error(ErrorKind::Unreachable, "The connection was closed.");
}

inline Error broken(std::string detail) {
    return make_error(ErrorKind::Unreachable, "The connection broke.", std::move(detail));
}

inline Error tls_failed(std::string detail) {
    return make_error(ErrorKind::Unreachable, "IST-TLS-002", "TLS failed.", std::move(detail));
}

}  // namespace isthmus::net
