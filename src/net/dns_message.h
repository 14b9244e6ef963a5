// Answers of the domain name system in wire format (RFC 1035 §4), as values; and their order.
#pragma once

#include "base/random.h"
#include "net/wire.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace isthmus::net {

enum class RecordType : std::uint8_t { A = 1, Aaaa = 28, Srv = 33, Naptr = 35, Tlsa = 52 };

inline constexpr int kNoSuchName = 3;  ///< RFC 1035 §4.1.1, an rcode

struct DnsAnswer {
    int rcode = 0;
    std::vector<IpAddress> addresses;
    std::vector<SrvRecord> srv;
    std::vector<NaptrRecord> naptr;
    std::vector<TlsaRecord> tlsa;
};

/// Reads the records of `type` from the answer section; the resolver has followed and checked the
/// CNAME chain before. A malformed record is skipped, a malformed message is nothing. At most
/// kMaxRecords are taken (abuse case B20).
std::optional<DnsAnswer> read_dns_answer(std::string_view message, RecordType type);
inline constexpr std::size_t kMaxRecords = 64;

/// RFC 2782: by priority, and weighted at random within one.
void order_srv(std::vector<SrvRecord>& records, Random& random);

/// RFC 8305 §4: IPv6 first, then in turns.
std::vector<IpAddress> interleave(const std::vector<IpAddress>& addresses);

}  // namespace isthmus::net
