// What is known of sources that prove nothing by a connection: which peer a datagram's source is,
// and how much a stranger may ask. Tables of fixed size; the key is random (abuse cases C11, F05).
#pragma once

#include "base/clock.h"
#include "base/hash.h"
#include "net/address.h"
#include "sip/user_agent.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace isthmus::sip {

class SourceGuard {
  public:
    /// A stranger may send `burst` requests at once and `per_second` in the long run.
    SourceGuard(Timers& timers, double per_second, double burst);

    /// What `handler` said of that source within the last minute, or says now.
    int identify(const Origin& origin, RequestHandler& handler);

    /// Takes one from the stranger's allowance (IPv6: of its /64); false if there is none left.
    bool admit_stranger(const net::IpAddress& address);

  private:
    struct Known {
        net::Endpoint remote;
        net::Endpoint local;
        int peer = -1;
        TimePoint until;
    };

    struct Allowance {
        std::uint64_t address = 0;  // keyed hash of it
        TimePoint filled;
        double left = 0;
    };

    Timers& timers_;
    double per_second_;
    double burst_;
    KeyedHash hash_;
    std::vector<Known> known_;
    std::vector<Allowance> allowances_;
};

}  // namespace isthmus::sip
