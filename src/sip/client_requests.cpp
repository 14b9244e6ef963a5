#include "sip/client_requests.h"

#include "sip/writer.h"

#include <utility>

namespace isthmus::sip {

namespace {

using Direction = TrafficCounters::Direction;

constexpr std::size_t kLargestDatagram = 1300;  // RFC 3261 §18.1.1
constexpr std::size_t kMaxWaiting = 10000;      // requests for one next hop

std::string_view via_name(Transport transport) {
    switch (transport) {
        case Transport::Udp:
            return "UDP";
        case Transport::Tcp:
            return "TCP";
        case Transport::Tls:
            return "TLS";
    }
    return {};
}

}  // namespace

ClientRequests::ClientRequests(const UserAgentConfig& config,
                               Transports& transports,
                               net::Network& network,
                               net::Resolver& resolver,
                               Timers& timers,
                               Random& random,
                               TrafficCounters& counters,
                               PeerTable& peers)
    : config_(config),
      timers_(timers),
      random_(random),
      counters_(counters),
      peers_(peers),
      hops_({transports, network, resolver, timers, *this}) {}

ClientRequests::~ClientRequests() = default;

void ClientRequests::send(const OutgoingRequest& request,
                          const Target& target,
                          ResponseHandler& handler,
                          std::uint64_t cookie) {
    ClientRequest& entry = pool_.take(*this, timers_);
    entry.handler = &handler;
    entry.cookie = cookie;
    entry.method = request.method;
    entry.peer = target.peer;
    entry.began = timers_.now();
    entry.cseq = request.cseq == 0 ? 1 : request.cseq;
    entry.challenges = 0;
    entry.is_oversized = false;
    entry.phase = ClientRequest::Phase::Travelling;
    if (request.from_tag.empty()) {
        entry.from_tag.renew(random_);
    }
    if (request.call_id.empty()) {
        entry.call_id.renew(random_);
    }
    ++pending_;
    counters_.transactions().add(1);
    counters_.request(entry.peer, Direction::Out, entry.method);
    peers_.asked(entry.peer);

    NextHop& hop = hops_.to(target);
    point_at(entry, &hop);
    if (pending_ > config_.max_pending_transactions || hop.waiting() >= kMaxWaiting) {
        return fail_later(
            entry,
            make_error(ErrorKind::Limit, "IST-LIM-002", "too many requests", "SIP queue is full"));
    }
    if (Way* way = hop.open_way()) {
        return transmit(entry, *way, request);
    }
    entry.save(request);
    entry.timer.arm(kPatience);
    is_sending_ = true;  // a failure is told later, not from inside send()
    hop.route(entry);
    is_sending_ = false;
}

void ClientRequests::point_at(ClientRequest& entry, NextHop* hop) {
    if (entry.hop != nullptr) {
        --entry.hop->users;
    }
    entry.hop = hop;
    if (hop != nullptr) {
        ++hop->users;
    }
}

void ClientRequests::on_way(Traveller& traveller, Way& way) {
    auto& entry = static_cast<ClientRequest&>(traveller);
    transmit(entry, way, entry.saved.view(headers_));
}

void ClientRequests::on_no_way(Traveller& traveller, const Error& error) {
    auto& entry = static_cast<ClientRequest&>(traveller);
    if (entry.is_oversized) {
        return give_up(entry,
                       make_error(ErrorKind::Limit,
                                  "IST-LIM-001",
                                  "the message is too large for UDP",
                                  "and the peer takes no TCP: " + error.detail));
    }
    give_up(entry, error);
}

/// A client transaction of its own for each way that a request takes: RFC 3263 §4.3.
void ClientRequests::transmit(ClientRequest& entry, Way& way, const OutgoingRequest& request) {
    Connection* connection = way.connection();
    if (connection != nullptr && connection->is_full()) {
        return fail_later(entry,
                          make_error(ErrorKind::Limit,
                                     "IST-LIM-002",
                                     "the SIP peer does not keep up",
                                     "its connection is full"));
    }
    entry.branch.renew(random_);
    if (!render(entry, way, request)) {
        return divert(entry, request);
    }
    if (entry.hop->has_several_ways() || !entry.hop->target().username.empty() ||
        entry.method == Method::Invite) {
        entry.save(request);
    }
    if (entry.method == Method::Invite) {
        entry.sent_by = way.sent_by();
    }
    entry.way = way.id();
    entry.phase = ClientRequest::Phase::Sent;
    entry.sent_at = timers_.now();
    entry.machine =
        ClientTransaction(entry.method == Method::Invite ? ClientTransaction::Kind::Invite
                                                         : ClientTransaction::Kind::NonInvite,
                          connection != nullptr,
                          entry.sent_at);
    by_branch_.insert(entry, hash_(entry.branch.view()));
    if (connection != nullptr) {
        entry.socket = nullptr;
        entry.attach(*connection);
        connection->flush();
    } else {
        entry.socket = way.socket();
        entry.remote = way.remote();
        entry.socket->send(entry.remote, entry.octets);
    }
    settle(entry);
}

/// Into the connection's output, or into entry.octets; false: too large for a datagram.
bool ClientRequests::render(ClientRequest& entry, Way& way, const OutgoingRequest& request) {
    RequestStamp stamp = entry.stamp(request);
    stamp.transport = via_name(way.transport());
    stamp.sent_by = way.sent_by();
    stamp.user_agent = config_.user_agent;
    const auto show = [&](std::string_view octets, const net::Endpoint& to) {
        if (config_.tap->is_on()) [[unlikely]] {
            config_.tap->on_passage({.is_out = true, .text = octets, .remote = to.to_string()});
        }
    };
    if (way.connection() != nullptr) {
        Buffer& output = way.connection()->output();
        const std::size_t before = output.size();
        append_request(output, request, stamp);
        show(output.view().substr(before), way.connection()->origin().remote);
        return true;
    }
    scratch_.clear();
    append_request(scratch_, request, stamp);
    if (scratch_.size() > kLargestDatagram) {
        return false;
    }
    show(scratch_.view(), way.remote());
    entry.octets.assign(scratch_.view());
    return true;
}

/// RFC 3261 §18.1.1: what is too large for UDP goes by TCP.
void ClientRequests::divert(ClientRequest& entry, const OutgoingRequest& request) {
    entry.save(request);
    Target target = entry.hop->target();
    target.transport = Transport::Tcp;
    point_at(entry, &hops_.to(target));
    entry.is_oversized = true;
    entry.forget_tried();
    entry.timer.arm(kPatience);
    const bool was_sending = std::exchange(is_sending_, true);
    entry.hop->route(entry);
    is_sending_ = was_sending;
}

void ClientRequests::send_again(ClientRequest& entry) {
    if (entry.socket != nullptr) {
        counters_.retransmission(entry.peer);
        if (config_.tap->is_on()) [[unlikely]] {
            config_.tap->on_passage({.is_out = true,
                                     .text = entry.octets,
                                     .remote = entry.remote.to_string(),
                                     .is_again = true});
        }
        entry.socket->send(entry.remote, entry.octets);
    }
}

/// RFC 3261 §17.1.1.3.
void ClientRequests::send_ack(ClientRequest& entry, const Response& response) {
    OutgoingRequest ack = entry.saved.view(headers_);
    ack.method = Method::Ack;
    ack.to = response.header(HeaderId::To).value_or("");
    ack.body = {};
    ack.content_type = {};
    std::erase_if(headers_, [](const OutgoingHeader& header) {
        return header_id(header.name) != HeaderId::Route;
    });
    ack.headers = headers_;
    RequestStamp stamp = entry.stamp(ack);
    stamp.transport = response.via.transport;
    stamp.sent_by = entry.sent_by;
    if (Connection* connection = entry.connection()) {
        append_request(connection->output(), ack, stamp);
        connection->flush();
    } else if (entry.socket != nullptr) {
        scratch_.clear();
        append_request(scratch_, ack, stamp);
        entry.socket->send(entry.remote, scratch_.view());
    }
}

}  // namespace isthmus::sip
