// What has to be done at both ends so that a SIP system is behind us: its table in our
// configuration file, and the commands of its own administration, ready to copy. Nothing is done
// and nothing stored. Pure. Control thread only.
#pragma once

#include "base/result.h"
#include "control/doctor.h"
#include "policy/policy.h"

#include <string>
#include <vector>

namespace isthmus::control {

/// A SIP system as it is asked for. What is empty is taken from the peer of that name in the
/// configuration, if there is one, else it stays a word in capitals to be replaced.
struct SipPeerOrder {
    std::string name;
    std::string kind;    ///< simple, lync
    std::string target;  ///< as in the configuration file
    std::vector<std::string> domains;
    std::vector<std::string> certificate_names;
    std::vector<std::string> addresses;  ///< or CIDRs
};

struct SipPeerSetup {
    SipPeerFacts peer;
    bool is_configured = false;              ///< as it was asked for
    std::vector<std::string> configuration;  ///< lines of TOML
    std::vector<Instruction> instructions;   ///< the ways, of which one is enough
};

/// IST-API-001 names the field that makes no sense.
Result<SipPeerSetup> set_up_peer(const SipPeerOrder& order,
                                 const LocalFacts& facts,
                                 const policy::Policy& policy);

/// The same ways for a peer that is configured.
std::vector<Instruction> instructions_for(const LocalFacts& facts,
                                          const SipPeerFacts& peer,
                                          const policy::Policy& policy);

}  // namespace isthmus::control
