// What the doctor looks at on this machine: configuration, disk, limits, clock. Control thread.
#pragma once

#include "app/config.h"
#include "control/doctor.h"

#include <string>
#include <vector>

namespace isthmus::app {

/// The parts of a [[sip.peer]] that administrators are shown.
std::vector<control::SipPeerFacts> sip_peer_facts(const Config& config);

/// `config` is what the process runs with; its file is read anew. Listeners as they really are.
control::LocalFacts local_facts(const Config& config,
                                const std::vector<std::string>& sip_listeners,
                                const std::vector<std::string>& xmpp_listeners,
                                bool has_certificate);

}  // namespace isthmus::app
