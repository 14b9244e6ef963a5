// Streams, dialogs and messages as the traffic thread knows them, as control/ shows them.
#pragma once

#include "base/clock.h"
#include "control/message_series.h"
#include "control/status_service.h"
#include "control/trace_service.h"
#include "control/traffic_service.h"
#include "gateway/counters.h"
#include "gateway/gateway_config.h"
#include "gateway/message_status.h"
#include "gateway/presence_status.h"
#include "gateway/trace_status.h"
#include "sip/user_agent.h"
#include "xmpp/server.h"

#include <chrono>
#include <string>

namespace isthmus::app {

double seconds(Duration duration);

control::StreamStatus to_control(const xmpp::LinkStatus& link, std::string partner, TimePoint now);
/// `health` is null as long as nothing was tried.
control::PeerStatus to_control(const gateway::SipPeer& peer,
                               const sip::PeerHealth* health,
                               TimePoint now);
control::DialogStatus to_control(gateway::DialogStatus dialog);
control::DialogPage to_control(gateway::DialogPage page);
control::PresenceNews to_control(gateway::PresenceNews news);
control::MessageCounts to_control(const gateway::Counters::Totals& totals);
control::MessageStatus to_control(gateway::MessageStatus message);
control::TraceInfo to_control(gateway::TraceStatus trace);
control::TraceEvent to_control(gateway::TraceEvent event);
gateway::MessageFilter to_gateway(const control::MessageFilter& filter);
control::MessagePage to_control(gateway::MessageListing listing);

}  // namespace isthmus::app
