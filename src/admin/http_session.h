// One connection of the HTTP server: reads a request's head, then its body, hands it over, writes
// the answer, until one of the two ends it.
#pragma once

#include "admin/http_server.h"
#include "admin/release.h"
#include "net/any_stream.h"

#include <functional>
#include <memory>

namespace isthmus::admin::detail {

/// Lives by itself; `release` goes with it. `on_secure` is called when the handshake is over, in
/// whatever way.
void serve(std::unique_ptr<net::AnyStream> stream,
           const HttpSite& site,
           control::Author author,
           std::unique_ptr<Release> release,
           std::function<void()> on_secure = {});

}  // namespace isthmus::admin::detail
