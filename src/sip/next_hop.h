// Where requests to one Target can go: its addresses as RFC 3263 orders them ("ways"), the
// connection on each, and the requests that wait until one is up. RFC 3261 §18.1, RFC 3263 §4.3.
#pragma once

#include "base/clock.h"
#include "net/wire.h"
#include "sip/chained_table.h"
#include "sip/connection.h"
#include "sip/locate.h"
#include "sip/transport.h"
#include "sip/user_agent.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace isthmus::sip {

class NextHop;
class Way;
class WaitingList;

/// A request in search of a way; on at most one waiting list.
class Traveller {
  public:
    Traveller() = default;
    Traveller(const Traveller&) = delete;
    Traveller& operator=(const Traveller&) = delete;
    Traveller(Traveller&&) = delete;
    Traveller& operator=(Traveller&&) = delete;

    /// Ways that this request has been on without success, by id.
    bool has_tried(std::uint32_t way) const;
    void mark_tried(std::uint32_t way);

    void forget_tried() { tried_.clear(); }

    void stop_waiting();

    bool is_waiting() const { return list_ != nullptr; }

  protected:
    ~Traveller() { stop_waiting(); }

  private:
    friend class WaitingList;
    std::vector<std::uint32_t> tried_;
    WaitingList* list_ = nullptr;
    Traveller* next_ = nullptr;
    Traveller* previous_ = nullptr;
};

/// First come, first served.
class WaitingList {
  public:
    void push(Traveller& traveller);
    Traveller* pop();
    void remove(Traveller& traveller);

    std::size_t size() const { return size_; }

    /// Takes over all of `other`.
    void take(WaitingList& other);

  private:
    Traveller* first_ = nullptr;
    Traveller* last_ = nullptr;
    std::size_t size_ = 0;
};

class TravellerHandler {
  public:
    virtual ~TravellerHandler() = default;
    /// `way` is open.
    virtual void on_way(Traveller& traveller, Way& way) = 0;
    virtual void on_no_way(Traveller& traveller, const Error& error) = 0;
};

/// One address, or several of one host that are raced when connecting.
class Way final : public ConnectionOpener {
  public:
    Way(NextHop& hop, std::uint32_t id, Transport transport, std::string name);

    std::uint32_t id() const { return id_; }

    Transport transport() const { return transport_; }

    bool is_open() const { return is_open_; }

    /// Open ways only: where datagrams leave from and go to.
    net::DatagramSocket* socket() const { return socket_; }

    const net::Endpoint& remote() const { return endpoints_.front(); }

    const std::string& sent_by() const;

    std::optional<Error> on_connection_open(Connection& connection) override;

  private:
    friend class NextHop;

    bool leads_to(const LocatedTarget& target) const;
    void take(Connection& connection);
    void open();
    void open_port();
    /// Takes a connection of the peer's, if it has offered one.
    bool reuse();
    void dialled(Result<std::unique_ptr<net::ByteStream>> stream);
    void fail(const Error& error);
    void on_connection_lost(const Error& reason) override;

    NextHop& hop_;
    std::uint32_t id_;
    Transport transport_;
    std::string name_;
    std::vector<net::Endpoint> endpoints_;
    std::unique_ptr<net::Pending> dialling_;
    net::DatagramSocket* socket_ = nullptr;
    std::string sent_by_;
    WaitingList waiting_;
    TimePoint avoid_until_;  // others go first until then
    TimePoint retry_at_;     // not at all until then
    bool is_open_ = false;
    bool is_opening_ = false;
    bool is_new_ = false;  // while ways are being merged
};

class NextHop {
  public:
    struct Surroundings {
        Transports& transports;
        net::Network& network;
        net::Resolver& resolver;
        Timers& timers;
        TravellerHandler& handler;
    };

    NextHop(Target target, const Surroundings& surroundings);
    NextHop(const NextHop&) = delete;
    NextHop& operator=(const NextHop&) = delete;
    NextHop(NextHop&&) = delete;
    NextHop& operator=(NextHop&&) = delete;
    ~NextHop();

    const Target& target() const { return target_; }

    /// Requests may have to be sent again elsewhere.
    bool has_several_ways() const { return ways_.size() > 1; }

    /// The way that the next request takes, if that is open; else null, and route() is needed.
    Way* open_way();

    /// Finds a way that the traveller has not tried, now or later; its handler learns the outcome,
    /// perhaps from inside this call.
    void route(Traveller& traveller);

    /// There is another way than those it has tried.
    bool has_alternative(const Traveller& traveller) const;

    /// The peer wants no requests on that way for a while (503), if there are others.
    void avoid(std::uint32_t way, Duration time);

    /// Requests waiting here.
    std::size_t waiting() const;

    /// Nothing here that would be missed.
    bool is_idle() const;

    ChainLink<NextHop> by_target;
    std::size_t users = 0;  ///< requests that point here

  private:
    friend class Way;

    void locate_ways();
    void on_located(Result<std::vector<LocatedTarget>> targets);
    void merge(const std::vector<LocatedTarget>& targets);
    Way* choose(const Traveller& traveller);
    std::optional<Error> check_certificate(const net::PeerCertificate* certificate) const;

    Target target_;
    Surroundings around_;
    std::vector<std::unique_ptr<Way>> ways_;
    std::unique_ptr<net::Pending> locating_;
    WaitingList waiting_;
    TimePoint located_until_;
    TimePoint retry_at_;
    Error last_error_;
    std::uint32_t next_id_ = 1;
};

}  // namespace isthmus::sip
