// Connections to us that have proved nothing yet: how many one address may have, and who goes when
// there are too many. Abuse case A21. Traffic thread.
#pragma once

#include "net/address.h"

#include <cstddef>
#include <list>
#include <map>
#include <unordered_map>
#include <vector>

namespace isthmus::xmpp {

class IncomingConnection;

class WaitingRoom {
  public:
    using Guest = IncomingConnection;  ///< only its address is of interest

    /// An address, or a /64 of IPv6, has at most so many guests.
    explicit WaitingRoom(std::size_t limit_of_one) : limit_of_one_(limit_of_one), levels_(1) {}

    WaitingRoom(const WaitingRoom&) = delete;
    WaitingRoom& operator=(const WaitingRoom&) = delete;
    WaitingRoom(WaitingRoom&&) = delete;
    WaitingRoom& operator=(WaitingRoom&&) = delete;
    ~WaitingRoom() = default;

    bool has_place_for(const net::IpAddress& address) const;
    void enter(Guest& guest, const net::IpAddress& address);
    /// The one that has waited longest, of an address that has the most: who sends many cannot get
    /// one rid of it that sends a single one. Null: nobody waits.
    Guest* first_to_go() const;
    /// It is being ended: it does not wait any more, but its address has it still.
    void stop_waiting(Guest& guest);
    /// Authenticated, or gone. Nothing if it is not here.
    void leave(Guest& guest);

    /// Those that wait.
    std::size_t size() const { return size_; }

  private:
    struct Network {
        net::IpAddress prefix;
        std::list<Guest*> waiting;  // in the order of their coming
        std::size_t ending = 0;
    };

    using Networks = std::list<Network>;

    struct Place {
        Networks::iterator network;
        std::list<Guest*>::iterator position;
        bool is_waiting = true;
    };

    Networks& level(std::size_t number);
    void move(Networks::iterator network, std::size_t from);
    void stop_waiting(Place& place);

    std::size_t limit_of_one_;
    std::size_t size_ = 0;
    std::vector<Networks> levels_;  // by the number of those that wait
    std::map<net::IpAddress, Networks::iterator> by_prefix_;
    std::unordered_map<Guest*, Place> places_;
};

}  // namespace isthmus::xmpp
