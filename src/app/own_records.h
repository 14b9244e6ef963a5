// What DNS says of our own domains, for the doctor. Traffic thread.
#pragma once

#include "control/doctor.h"
#include "net/wire.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace isthmus::app {

/// The addresses of this machine's interfaces, as text.
std::vector<std::string> local_addresses();

class OwnRecordsLookup {
  public:
    using Done = std::function<void(std::vector<control::OwnRecords>)>;

    /// `domains` in A-labels; at most kMaxDomains are asked about. `done` is called once, from
    /// start() if there is nothing to ask.
    OwnRecordsLookup(net::Resolver& resolver, const std::vector<std::string>& domains, Done done);
    void start();

    /// Everything was told: it may go, in a later turn.
    bool has_ended() const { return has_ended_; }

    static constexpr std::size_t kMaxDomains = 100;

  private:
    static constexpr std::size_t kMaxServers = 8;

    void on_services(std::size_t index, Result<std::vector<net::SrvRecord>> answer);
    void on_addresses(std::size_t index,
                      std::size_t server,
                      const Result<std::vector<net::IpAddress>>& answer);
    void settle();

    net::Resolver& resolver_;
    Done done_;
    std::vector<std::string> here_;
    std::vector<control::OwnRecords> records_;
    std::vector<std::unique_ptr<net::Pending>> questions_;
    std::size_t open_ = 0;
    bool has_ended_ = false;
};

}  // namespace isthmus::app
