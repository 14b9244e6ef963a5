// What all streams of one Server share.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "net/wire.h"
#include "xmpp/acknowledger.h"
#include "xmpp/call_backs.h"
#include "xmpp/fair_share.h"
#include "xmpp/journal.h"
#include "xmpp/posh.h"
#include "xmpp/quotas.h"
#include "xmpp/second_look.h"
#include "xmpp/server.h"
#include "xmpp/stanza_sink.h"
#include "xmpp/stream_connection.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

namespace isthmus::xmpp {

struct Environment {
    const ServerConfig& config;
    net::Network& network;
    net::Resolver& resolver;
    Timers& timers;
    Random& random;
    StanzaHandler& handler;
    Journal& journal;
    Graveyard& graveyard;
    Quotas& quotas;
    FairShare& shares;
    Tickets& tickets;
    SecondLooks& second_looks;
    CallBacks& call_backs;
    StanzaSink* sink = nullptr;  ///< for what comes in on streams that we have opened (XEP-0288)
    std::shared_ptr<const net::TlsContext> tls = nullptr;
    std::vector<net::Endpoint> listeners = {};  ///< where partners reach us
    std::uint64_t last_number = 0;              ///< of a link or connection, for its id
    Posh posh{{network, resolver, timers}};

    /// Whoever answers on a connection that we have made is ourselves.
    bool leads_to_us(const net::ByteStream& connection) const {
        return std::ranges::any_of(listeners, [&](const net::Endpoint& listener) {
            const net::Endpoint& to = connection.remote();
            // Connected to an address of its own a machine speaks from that address.
            return to.port == listener.port &&
                   (to.address == listener.address || (listener.address.is_unspecified() &&
                                                       to.address == connection.local().address));
        });
    }
};

}  // namespace isthmus::xmpp
