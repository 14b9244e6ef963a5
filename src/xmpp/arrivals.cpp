#include "xmpp/arrivals.h"

#include "base/log.h"

#include <algorithm>
#include <utility>

namespace isthmus::xmpp {

namespace {

constexpr Duration kBetweenReports = std::chrono::seconds(1);

}  // namespace

Arrivals::Arrivals(Environment& environment,
                   Directory& directory,
                   StanzaSink& sink,
                   Links& links,
                   metrics::Registry& metrics,
                   Ping ping)
    : environment_(environment),
      directory_(directory),
      sink_(sink),
      links_(links),
      limit_hits_(metrics.counter("isthmus_s2s_connections_refused_total",
                                  "Connections refused by the cap per address")),
      ping_(std::move(ping)),
      waiting_(environment.config.max_unauthenticated_per_address) {}

void Arrivals::accept(std::unique_ptr<net::ByteStream> stream, bool is_direct_tls) {
    if (is_direct_tls && environment_.tls == nullptr) {
        return;
    }
    const net::IpAddress from = stream->remote().address;
    if (!waiting_.has_place_for(from)) {
        limit_hits_.add();
        return report_crowd(stream->remote());
    }
    IncomingConnection::Owner& owner = *this;
    auto connection = std::make_unique<IncomingConnection>(
        environment_, directory_, sink_, owner, std::move(stream), is_direct_tls);
    IncomingConnection* key = connection.get();
    connections_.emplace(key, std::move(connection));
    waiting_.enter(*key, from);
    if (waiting_.size() > environment_.config.max_unauthenticated) {
        IncomingConnection* first = waiting_.first_to_go();
        waiting_.stop_waiting(*first);
        first->make_room();
    }
}

/// Whoever floods us must not fill the log as well.
void Arrivals::report_crowd(const net::Endpoint& from) {
    const TimePoint now = environment_.timers.now();
    if (now < next_report_) {
        return;
    }
    next_report_ = now + kBetweenReports;
    log::event(log::Level::Warning,
               "limit.hit",
               {{"code", "IST-LIM-003"},
                {"remote_addr", from.to_string()},
                {"msg", "too many unauthenticated streams from one address"}});
}

void Arrivals::verify(IncomingConnection& connection, const action::VerifyKey& question) {
    links_.verify(&connection,
                  question.remote,
                  question.local,
                  question.id,
                  question.key,
                  [&connection, remote = question.remote, local = question.local](Verdict verdict) {
                      connection.verified(remote, local, verdict);
                  });
}

void Arrivals::on_authenticated(IncomingConnection& connection) {
    waiting_.leave(connection);
}

Carrier::Rider* Arrivals::offer_carrier(Carrier& carrier,
                                        const std::string& local,
                                        const std::string& remote) {
    return links_.offer_carrier(carrier, local, remote);
}

void Arrivals::ping(const std::string& local, const std::string& remote) {
    ping_(local, remote);
}

void Arrivals::on_gone(IncomingConnection& connection) {
    links_.forget(&connection);
    waiting_.leave(connection);
    const auto found = connections_.find(&connection);
    environment_.graveyard.bury(std::move(found->second));
    connections_.erase(found);
}

void Arrivals::recheck() {
    for (IncomingConnection* connection : all()) {
        connection->recheck();
    }
}

void Arrivals::set_deadlines() {
    for (IncomingConnection* connection : all()) {
        connection->set_deadline();
    }
}

void Arrivals::look_after() {
    for (IncomingConnection* connection : all()) {
        connection->look_after();
    }
}

void Arrivals::look_again() {
    for (IncomingConnection* connection : all()) {
        connection->look_again();
    }
}

void Arrivals::close_for_shutdown() {
    for (IncomingConnection* connection : all()) {
        connection->close_for_shutdown();
    }
}

bool Arrivals::close_stream(std::uint64_t number) {
    const auto found = std::ranges::find_if(
        connections_, [number](const auto& entry) { return entry.first->number() == number; });
    if (found == connections_.end()) {
        return false;
    }
    found->first->close_for_shutdown();
    return true;
}

void Arrivals::report(std::vector<LinkStatus>& to) const {
    for (const auto& [key, connection] : connections_) {
        connection->report(to);
    }
}

std::size_t Arrivals::closing() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        connections_, [](const auto& entry) { return entry.second->is_closing(); }));
}

std::vector<IncomingConnection*> Arrivals::all() const {
    std::vector<IncomingConnection*> all;
    all.reserve(connections_.size());
    for (const auto& [key, connection] : connections_) {
        all.push_back(key);
    }
    return all;
}

}  // namespace isthmus::xmpp
