// The connections that others have made to us: who may come in, how many, and what becomes of them.
// Traffic thread.
#pragma once

#include "base/metrics.h"
#include "xmpp/environment.h"
#include "xmpp/incoming_connection.h"
#include "xmpp/links.h"
#include "xmpp/waiting_room.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace isthmus::xmpp {

class Arrivals final : private IncomingConnection::Owner {
  public:
    /// Asks a partner whether it is still there, if that can be done without a new stream.
    using Ping = std::function<void(const std::string& local, const std::string& remote)>;

    Arrivals(Environment& environment,
             Directory& directory,
             StanzaSink& sink,
             Links& links,
             metrics::Registry& metrics,
             Ping ping);

    void accept(std::unique_ptr<net::ByteStream> stream, bool is_direct_tls);
    /// Policy has changed.
    void recheck();
    /// The settings have changed.
    void set_deadlines();
    void look_after();
    /// A slice of the second looks.
    void look_again();
    void close_for_shutdown();
    /// In order. False: there is no such connection.
    bool close_stream(std::uint64_t number);
    void report(std::vector<LinkStatus>& to) const;
    /// Those that are being closed in order.
    std::size_t closing() const;

  private:
    void verify(IncomingConnection& connection, const action::VerifyKey& question) override;
    void on_authenticated(IncomingConnection& connection) override;
    Carrier::Rider* offer_carrier(Carrier& carrier,
                                  const std::string& local,
                                  const std::string& remote) override;
    void ping(const std::string& local, const std::string& remote) override;
    void on_gone(IncomingConnection& connection) override;
    void report_crowd(const net::Endpoint& from);
    /// A copy: what is done with one may end others.
    std::vector<IncomingConnection*> all() const;

    Environment& environment_;
    Directory& directory_;
    StanzaSink& sink_;
    Links& links_;
    metrics::Counter& limit_hits_;
    Ping ping_;
    std::unordered_map<IncomingConnection*, std::unique_ptr<IncomingConnection>> connections_;
    WaitingRoom waiting_;  ///< who has not authenticated
    TimePoint next_report_{};
};

}  // namespace isthmus::xmpp
