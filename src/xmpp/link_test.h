// The test of a link, step by step, over what live traffic uses: the same lookups, connector and
// stream machine, on a stream of its own beside the live links. Traffic thread.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "xmpp/answers.h"
#include "xmpp/environment.h"
#include "xmpp/server.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace isthmus::xmpp {

/// What the partner's streams to us do.
struct IncomingState {
    std::optional<LinkStatus> up;
    std::optional<LinkTrouble> trouble;  ///< the newest
};

using ReadIncoming = std::function<IncomingState(std::string_view local, std::string_view remote)>;

/// One outgoing stream of its own, beside the live ones. The handler is called from the loop; after
/// on_done() the test does nothing more and may be destroyed, but not from inside a call.
std::unique_ptr<LinkTest> make_link_test(const Environment& environment,
                                         Answers& answers,
                                         ReadIncoming read_incoming,
                                         LinkTestOrder order,
                                         LinkTestHandler& handler);

}  // namespace isthmus::xmpp
