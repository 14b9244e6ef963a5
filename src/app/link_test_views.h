// Tests of links as the XMPP wing does them, as control/ shows them: two rooms that may not know
// each other.
#pragma once

#include "base/result.h"
#include "control/partner_test.h"
#include "gateway/gateway_config.h"
#include "xmpp/server.h"

#include <string>
#include <vector>

namespace isthmus::app {

/// See control::LinkTestSide.
Result<std::string> local_domain_of(const control::LinkTestOrder& order,
                                    const std::vector<gateway::ServedDomain>& served);
/// Of an order that has passed local_domain_of().
xmpp::LinkTestOrder to_xmpp(const control::LinkTestOrder& order,
                            const std::vector<gateway::ServedDomain>& served);
control::TestStep to_control(xmpp::TestStep step);

}  // namespace isthmus::app
