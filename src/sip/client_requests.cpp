#include "sip/client_requests.h"

#include "sip/tapped.h"
#include "sip/writer.h"

#include <algorithm>
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
    ClientRequest& entry = take(request, target);
    entry.handler = &handler;
    entry.cookie = cookie;
    if (request.from_tag.empty()) {
        entry.from_tag.renew(random_);
    }
    if (request.call_id.empty()) {
        entry.call_id.renew(random_);
    }
    if (entry.method == Method::Invite) {
        entry.inviter = &handler;
        invites_.emplace(cookie, &entry);
    }
    ++pending_;
    counters_.transactions().add(1);
    peers_.asked(entry.peer);
    if (pending_ > config_.max_pending_transactions || entry.hop->waiting() >= kMaxWaiting) {
        return fail_later(
            entry,
            make_error(ErrorKind::Limit, "IST-LIM-002", "too many requests", "SIP queue is full"));
    }
    set_out(entry, request);
}

void ClientRequests::acknowledge(const OutgoingRequest& request, const Target& target) {
    ClientRequest& entry = take(request, target);
    if (entry.hop->waiting() >= kMaxWaiting) {
        return end(entry);
    }
    set_out(entry, request);
}

/// A fresh entry whose outcome nobody waits for yet.
ClientRequest& ClientRequests::take(const OutgoingRequest& request, const Target& target) {
    ClientRequest& entry = pool_.take(*this, timers_);
    entry.handler = nullptr;
    entry.inviter = nullptr;
    entry.method = request.method;
    entry.peer = target.peer;
    entry.began = timers_.now();
    entry.cseq = request.cseq == 0 ? 1 : request.cseq;
    entry.challenges = 0;
    entry.is_oversized = false;
    entry.is_cancelled = false;
    entry.phase = ClientRequest::Phase::Travelling;
    counters_.request(entry.peer, Direction::Out, entry.method);
    point_at(entry, &hops_.to(target));
    return entry;
}

void ClientRequests::set_out(ClientRequest& entry, const OutgoingRequest& request) {
    if (Way* way = entry.hop->open_way()) {
        return transmit(entry, *way, request);
    }
    entry.save(request);
    entry.timer.arm(kPatience);
    is_sending_ = true;  // a failure is told later, not from inside send()
    entry.hop->route(entry);
    is_sending_ = false;
}

void ClientRequests::forget_invite(ClientRequest& entry) {
    const auto [begin, end] = invites_.equal_range(entry.cookie);
    const auto found =
        std::find_if(begin, end, [&](const auto& each) { return each.second == &entry; });
    if (found != end) {
        invites_.erase(found);
    }
}

void ClientRequests::cancel(const ResponseHandler& handler, std::uint64_t cookie) {
    const auto [begin, end] = invites_.equal_range(cookie);
    for (auto at = begin; at != end; ++at) {
        ClientRequest& entry = *at->second;
        if (entry.inviter == &handler && !entry.is_cancelled) {
            entry.is_cancelled = true;
            // RFC 3261 §9.1: not before a provisional response.
            if (entry.phase == ClientRequest::Phase::Sent &&
                entry.machine.state() == ClientTransaction::State::Proceeding) {
                send_cancel(entry);
            }
            return;
        }
    }
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
    if (entry.method == Method::Ack) {
        if (connection != nullptr) {
            connection->flush();
        } else {
            way.socket()->send(way.remote(), entry.octets);
        }
        return end(entry);
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
        show_message(*config_.tap, {.is_out = true, .text = octets}, to);
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
        show_message(
            *config_.tap, {.is_out = true, .text = entry.octets, .is_again = true}, entry.remote);
        entry.socket->send(entry.remote, entry.octets);
    }
}

/// RFC 3261 §17.1.1.3.
void ClientRequests::send_ack(ClientRequest& entry, const Response& response) {
    OutgoingRequest ack = entry.saved.view(headers_);
    ack.method = Method::Ack;
    ack.to = response.header(HeaderId::To).value_or("");
    send_beside(entry, ack, response.via.transport);
}

/// RFC 3261 §9.1. Its own response tells nothing that the INVITE's does not, so it has no
/// transaction: over UDP it may be lost, and the INVITE rings until Timer B.
void ClientRequests::send_cancel(ClientRequest& entry) {
    OutgoingRequest request = entry.saved.view(headers_);
    request.method = Method::Cancel;
    const Connection* connection = entry.connection();
    send_beside(entry,
                request,
                via_name(connection != nullptr ? connection->origin().transport : Transport::Udp));
}

/// Where the INVITE went, under its branch and number.
void ClientRequests::send_beside(ClientRequest& entry,
                                 OutgoingRequest request,
                                 std::string_view via) {
    request.body = {};
    request.content_type = {};
    std::erase_if(headers_, [](const OutgoingHeader& header) {
        return header_id(header.name) != HeaderId::Route;
    });
    request.headers = headers_;
    RequestStamp stamp = entry.stamp(request);
    stamp.transport = via;
    stamp.sent_by = entry.sent_by;
    if (Connection* connection = entry.connection()) {
        append_request(connection->output(), request, stamp);
        connection->flush();
    } else if (entry.socket != nullptr) {
        scratch_.clear();
        append_request(scratch_, request, stamp);
        entry.socket->send(entry.remote, scratch_.view());
    }
}

}  // namespace isthmus::sip
