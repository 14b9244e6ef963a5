// All server transactions: requests are matched to them, so that nothing above sees a
// retransmission, and their answers go back where the request came from. RFC 3261 §17.2.3,
// §8.2.2.2, §9.2; RFC 4320; RFC 6026.
#pragma once

#include "base/buffer.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/tap.h"
#include "sip/server_transaction.h"
#include "sip/traffic_counters.h"
#include "sip/transaction_key.h"
#include "sip/transport.h"
#include "sip/user_agent.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace isthmus::sip {

/// What a request turned out to be.
enum class Arrival : std::uint8_t {
    New,       ///< nobody has seen it
    Absorbed,  ///< a retransmission or an ACK, dealt with
};

class ServerTransactions {
  public:
    /// See UserAgentConfig::answer_factor.
    ServerTransactions(std::string server,
                       std::size_t answer_factor,
                       Timers& timers,
                       Random& random,
                       TrafficCounters& counters);
    ServerTransactions(const ServerTransactions&) = delete;
    ServerTransactions& operator=(const ServerTransactions&) = delete;
    ServerTransactions(ServerTransactions&&) = delete;
    ServerTransactions& operator=(ServerTransactions&&) = delete;
    /// IncomingRequests that outlive us answer nobody.
    ~ServerTransactions();

    /// Is shown each response that leaves, while it is on.
    void set_tap(Tap& tap) { tap_ = &tap; }

    TransactionKey key_of(const Request& request, const Source& source) const;

    /// ACK is never New, CANCEL always.
    Arrival match(const Request& request, const TransactionKey& key);

    /// A new request that has come before, by another path: 482 (RFC 3261 §8.2.2.2).
    bool is_merged(const TransactionKey& key);

    /// For a new request.
    std::unique_ptr<IncomingRequest> open(const Request& request,
                                          const TransactionKey& key,
                                          const Source& source);

    /// CANCEL: 200 if the request it names is here, else 481. RFC 3261 §9.2.
    void cancel(const Request& request, const TransactionKey& key, const Source& source);

    /// Answers without a transaction (RFC 3261 §8.2.7): the same request gets the same To tag.
    void answer_statelessly(const Request& request,
                            const Source& source,
                            const OutgoingResponse& response);

    /// Without final response.
    std::size_t pending() const { return pending_; }

    /// Kept in memory, pending or only to answer retransmissions.
    std::size_t size() const;

  private:
    class Handle;
    struct Entry;
    struct Tables;

    Entry* find(const TransactionKey& key);

    void answer(Entry& entry, const OutgoingResponse& response);
    void perform(Entry& entry,
                 const ServerTransaction::Actions& actions,
                 const OutgoingResponse* response);
    void transmit(Entry& entry, const OutgoingResponse& response);
    bool render_datagram(std::string_view head,
                         const OutgoingResponse& response,
                         std::size_t limit);
    void retransmit(Entry& entry);
    void on_time(Entry& entry);
    void settle(Entry& entry);
    void conclude(Entry& entry);
    void end(Entry& entry);

    /// The response behind the first `before` octets of `buffer` leaves for `to`.
    void show(const Buffer& buffer,
              std::size_t before,
              const net::Endpoint& to,
              bool is_again = false) const;

    std::string server_;
    std::size_t answer_factor_;
    Tap* tap_ = &no_tap();
    Timers& timers_;
    Random& random_;
    TrafficCounters& counters_;
    KeyedHash hash_;
    Buffer scratch_;
    Buffer head_;
    std::size_t pending_ = 0;
    std::unique_ptr<Tables> tables_;
};

}  // namespace isthmus::sip
