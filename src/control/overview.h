// The gateway at a glance: a light for each gate that a message has to pass, what failed last, and
// what is still to be done until the first message has passed. Pure.
#pragma once

#include "control/status_service.h"
#include "control/test_step.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

/// What messages cannot pass without, beside the traffic thread: policy, our names in DNS.
struct OverviewFacts {
    bool is_enabled = true;               ///< the gateway's own switch
    bool allows_federated_users = false;  ///< Access Edge
    bool allows_xmpp = false;             ///< some policy does
    std::size_t partners = 0;             ///< that are enabled
    /// Of the doctor, about our own domains in DNS (check_records()); empty: not looked yet.
    std::vector<TestStep> records = {};
};

enum class Light : std::uint8_t { Green, Amber, Red, Grey };

std::string_view name_of(Light light);  ///< "green", "amber", "red"; "grey": nothing is known yet

struct Gate {
    std::string_view name;  ///< "sip_peers", "xmpp_listener", "dns", "certificates"
    Light light = Light::Grey;
    std::string sentence;
    std::string fix;  ///< empty if it is green
};

struct Step {
    std::string sentence;
    std::string command;  ///< that can be run as it stands; empty: it is done elsewhere
    bool is_done = false;
};

struct Failure {
    std::string where;  ///< "stream", "sip_peer"
    std::string name;   ///< partner or domain; peer
    Trouble trouble;
};

struct Overview {
    std::vector<Gate> gates;
    std::vector<Failure> last_failures;  ///< the newest first, at most ten
    std::vector<Step> next_steps;        ///< all; empty when a message has passed
};

Overview overview_of(const Status& status, const OverviewFacts& facts);

}  // namespace isthmus::control
