// How long the room waits for others.
#pragma once

#include "base/clock.h"

#include <chrono>

namespace isthmus::xmpp {

/// Until a connection stands, all addresses of a server together.
inline constexpr Duration kConnectPatience = std::chrono::seconds(5);
/// Before the first new attempt; each further one waits twice as long.
inline constexpr Duration kFirstRetry = std::chrono::milliseconds(250);

}  // namespace isthmus::xmpp
