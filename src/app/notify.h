// systemd's readiness protocol: one datagram to $NOTIFY_SOCKET. Nothing happens without it.
#pragma once

#include <string_view>

namespace isthmus::app {

void notify(std::string_view state);

}  // namespace isthmus::app
