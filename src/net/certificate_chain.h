// From a certificate of ours to the authority that peers trust: finds the intermediates among what
// there is, and says what is missing.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::net {

/// Whom this machine trusts.
struct Authorities {
    bool is_system = true;
    std::vector<std::string> extra_pems;  ///< each may hold several certificates
};

enum class ChainState : std::uint8_t {
    Trusted,     ///< ends at an authority that this machine trusts
    OtherRoot,   ///< complete, but its root is known to its own clients only
    SelfSigned,  ///< there is nobody above it
    Incomplete,  ///< the issuer of its last certificate is not here
    Invalid,     ///< an authority in it has expired, may not sign, ...
};

struct Chain {
    ChainState state = ChainState::Incomplete;
    /// Above the certificate, in order, as they are sent in handshakes: without the root, which
    /// peers must have themselves (RFC 8446 §4.4.2).
    std::vector<std::string> intermediates;
    std::string root;      ///< of the pool; empty: SelfSigned, or the machine's own
    std::string evidence;  ///< Incomplete: the issuer that is missing; Invalid: why
};

/// `pool`: PEMs of one certificate each, in any order; what does not belong is passed over.
Chain complete_chain(std::string_view certificate_pem,
                     const std::vector<std::string>& pool,
                     const Authorities& authorities);

}  // namespace isthmus::net
