// What the boot file and the settings of the snapshot mean to the wings of the traffic thread.
#pragma once

#include "app/config.h"
#include "base/result.h"
#include "gateway/gateway_config.h"
#include "policy/policy.h"
#include "sip/user_agent.h"
#include "xmpp/server.h"

namespace isthmus::app {

/// Fails with IST-CFG-001 on names and addresses that make no sense; the detail says which.
Result<gateway::GatewayConfig> make_flows(const Config& config);

sip::UserAgentConfig make_user_agent_config(const Config& config);

/// What changes at run time.
xmpp::StreamSettings stream_settings(const policy::GatewaySettings& settings);

xmpp::ServerConfig make_server_config(const Config& config,
                                      const gateway::GatewayConfig& flows,
                                      const policy::Policy& policy);

}  // namespace isthmus::app
