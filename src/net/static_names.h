// The table [dns.static]: names whose answers an administrator wrote down. It beats DNS.
#pragma once

#include "base/result.h"
#include "net/wire.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::net {

class StaticNames {
  public:
    using Table = std::map<std::string, std::vector<std::string>>;

    StaticNames() = default;
    /// Entries are addresses ("127.0.0.1") or, for service names, SRV records ("0 0 5269 host").
    static Result<StaticNames> parse(const Table& table);

    /// The name, or a service of the domain it belongs to, is in the table: DNS is not asked, what
    /// the table does not say does not exist.
    bool covers(std::string_view name) const;

    std::vector<IpAddress> addresses(std::string_view name) const;
    std::vector<SrvRecord> srv(std::string_view name) const;

  private:
    std::map<std::string, std::vector<IpAddress>, std::less<>> addresses_;
    std::map<std::string, std::vector<SrvRecord>, std::less<>> srv_;
    std::set<std::string, std::less<>> domains_;
};

/// Lower case, no final dot: how names are compared.
std::string canonical_name(std::string_view name);

}  // namespace isthmus::net
