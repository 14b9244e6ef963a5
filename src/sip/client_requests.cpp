#include "sip/client_requests.h"

#include "base/text.h"
#include "sip/digest_auth.h"
#include "sip/writer.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace isthmus::sip {

namespace {

using Action = ClientTransaction::Action;
using Direction = TrafficCounters::Direction;

constexpr std::size_t kLargestDatagram = 1300;  // RFC 3261 §18.1.1
constexpr Duration kPatience = 64 * t1;         // for a way to open
constexpr std::size_t kMaxWaiting = 10000;      // requests for one next hop
constexpr int kMaxChallenges = 2;

/// May be sent again although the first copy may have arrived.
bool is_harmless_twice(Method method) {
    switch (method) {
        case Method::Options:
        case Method::Register:
        case Method::Subscribe:
        case Method::Publish:
        case Method::Bye:
            return true;
        default:
            return false;
    }
}

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

Error no_answer(std::string detail) {
    return make_error(
        ErrorKind::Timeout, "IST-SIP-002", "the SIP peer did not answer", std::move(detail));
}

/// RFC 3261 §20.33, in reason.
Duration retry_after(const Response& response) {
    std::string_view value = response.header(HeaderId::RetryAfter).value_or("");
    value = value.substr(0, value.find_first_not_of("0123456789"));
    return std::chrono::seconds(
        std::clamp<std::uint64_t>(text::to_number(value).value_or(10), 1, 60));
}

}  // namespace

ClientRequests::ClientRequests(const UserAgentConfig& config,
                               Transports& transports,
                               net::Network& network,
                               net::Resolver& resolver,
                               Timers& timers,
                               Random& random,
                               TrafficCounters& counters)
    : config_(config),
      timers_(timers),
      random_(random),
      counters_(counters),
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
    if (way.connection() != nullptr) {
        append_request(way.connection()->output(), request, stamp);
        return true;
    }
    scratch_.clear();
    append_request(scratch_, request, stamp);
    if (scratch_.size() > kLargestDatagram) {
        return false;
    }
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

/// RFC 3261 §17.1.3; and only from where the request went (abuse case C13).
ClientRequest* ClientRequests::find(const Response& response, const Source& source) {
    // RFC 3261 §8.1.3.3: our Via and no other.
    if (response.count(HeaderId::Via) != 1 ||
        response.header(HeaderId::Via)->find(',') != std::string_view::npos) {
        return nullptr;
    }
    auto is_it = [&](const ClientRequest& entry) {
        if (entry.branch.view() != response.via.branch ||
            method_name(entry.method) != response.cseq.method) {
            return false;
        }
        if (source.connection != nullptr) {
            return entry.connection() == source.connection;
        }
        return entry.socket != nullptr && entry.remote.address == source.origin.remote.address;
    };
    return by_branch_.find(hash_(response.via.branch), is_it);
}

void ClientRequests::on_response(const Response& response, const Source& source) {
    ClientRequest* entry = find(response, source);
    if (entry == nullptr) {
        counters_.stray().add();
        return;
    }
    if (entry->handler != nullptr) {
        counters_.response(entry->peer, Direction::In, entry->method, response.status);
    }
    perform(*entry, entry->machine.on_response(response.status, timers_.now()), &response, nullptr);
}

void ClientRequests::perform(ClientRequest& entry,
                             const ClientTransaction::Actions& actions,
                             const Response* response,
                             const Error* error) {
    for (const Action action : actions) {
        switch (action) {
            case Action::SendRequest:
                send_again(entry);
                break;
            case Action::SendAck:
                send_ack(entry, *response);
                break;
            case Action::PassResponse:
                if (has_moved_on(entry, *response)) {
                    return;
                }
                pass(entry, *response);
                break;
            case Action::ReportTimeout:
            case Action::ReportTransportError:
                if (has_moved_on(entry)) {
                    return;
                }
                tell(entry, *error);
                break;
            case Action::Terminate:
                return end(entry);
        }
    }
    settle(entry);
}

/// The response is not the last word: another client transaction has taken over.
bool ClientRequests::has_moved_on(ClientRequest& entry, const Response& response) {
    if (entry.handler == nullptr) {
        return false;
    }
    if (response.status == 401 || response.status == 407) {
        return answer_challenge(entry, response);
    }
    if (response.status != 503) {
        return false;
    }
    // RFC 3263 §4.3. The server says that it has done nothing, so nothing is doubled.
    entry.hop->avoid(entry.way, retry_after(response));
    return goes_elsewhere(entry);
}

/// After a timeout or a lost connection: the request may have arrived (RFC 3263 §4.3 would send
/// it again), so only what does no harm twice goes to another server.
bool ClientRequests::has_moved_on(ClientRequest& entry) {
    return entry.handler != nullptr && is_harmless_twice(entry.method) && goes_elsewhere(entry);
}

bool ClientRequests::goes_elsewhere(ClientRequest& entry) {
    entry.mark_tried(entry.way);
    if (entry.saved.empty() || !entry.hop->has_alternative(entry)) {
        return false;
    }
    start_again(entry);
    return true;
}

/// RFC 3261 §22.2, §8.1.3.5: once more with credentials and the next CSeq.
bool ClientRequests::answer_challenge(ClientRequest& entry, const Response& response) {
    const Target& target = entry.hop->target();
    if (target.username.empty() || entry.challenges == kMaxChallenges || entry.saved.empty()) {
        return false;
    }
    const OutgoingRequest request = entry.saved.view(headers_);
    auto answer = sip::answer_challenge(response,
                                        method_name(request.method),
                                        request.request_uri,
                                        {.username = target.username, .password = target.password},
                                        random_);
    if (!answer || (entry.challenges > 0 && !answer->is_stale)) {
        return false;
    }
    entry.answer_header = answer->header;
    entry.answer = std::move(answer->value);
    ++entry.challenges;
    ++entry.cseq;
    start_again(entry);
    return true;
}

void ClientRequests::start_again(ClientRequest& entry) {
    leave_transaction(entry);
    entry.phase = ClientRequest::Phase::Travelling;
    entry.timer.arm(kPatience);
    entry.hop->route(entry);
}

void ClientRequests::pass(ClientRequest& entry, const Response& response) {
    if (response.status < 200 || entry.handler == nullptr) {
        return;
    }
    if (response.status == 408 && entry.method != Method::Invite) {
        return tell(entry, no_answer("the peer sent 408"));
    }
    const std::uint64_t cookie = entry.cookie;
    conclude(entry)->on_response(cookie, response);
}

void ClientRequests::on_time(ClientRequest& entry) {
    switch (entry.phase) {
        case ClientRequest::Phase::Travelling:
            return give_up(entry, no_answer("no connection in time"));
        case ClientRequest::Phase::Failing:
            tell(entry, *entry.failure);
            return end(entry);
        case ClientRequest::Phase::Sent:
            break;
    }
    const ClientTransaction::Actions actions = entry.machine.on_time(timers_.now());
    const bool is_over = entry.machine.state() == ClientTransaction::State::Terminated;
    Connection* silent = is_over && entry.handler != nullptr ? entry.connection() : nullptr;
    if (silent != nullptr && silent->last_message() > entry.sent_at) {
        silent = nullptr;
    }
    if (silent != nullptr) {
        entry.detach();
    }
    const Error error = no_answer("Timer F");
    perform(entry, actions, nullptr, &error);
    if (silent != nullptr) {
        // Not a word for 32 s: the peer is gone, though TCP has not noticed yet.
        silent->abort(make_error(
            ErrorKind::Unreachable, "IST-SIP-002", "the SIP peer is silent", "no answer in 32 s"));
    }
}

void ClientRequests::on_lost(ClientRequest& entry, const Error& reason) {
    const Error error = make_error(ErrorKind::Unreachable,
                                   reason.code.empty() ? "IST-SIP-002" : reason.code,
                                   "the connection to the SIP peer was lost",
                                   reason.detail.empty() ? "closed by the peer" : reason.detail);
    perform(entry, entry.machine.on_transport_error(), nullptr, &error);
}

/// Of a request that is in no transaction.
void ClientRequests::give_up(ClientRequest& entry, const Error& error) {
    if (is_sending_) {
        return fail_later(entry, error);
    }
    tell(entry, error);
    end(entry);
}

void ClientRequests::fail_later(ClientRequest& entry, Error error) {
    leave_transaction(entry);
    entry.phase = ClientRequest::Phase::Failing;
    entry.failure = std::move(error);
    entry.timer.arm({});
}

void ClientRequests::tell(ClientRequest& entry, const Error& error) {
    if (entry.handler != nullptr) {
        const std::uint64_t cookie = entry.cookie;
        conclude(entry)->on_no_response(cookie, error);
    }
}

ResponseHandler* ClientRequests::conclude(ClientRequest& entry) {
    --pending_;
    counters_.transactions().add(-1);
    counters_.duration(entry.method)
        .observe(std::chrono::duration<double>(timers_.now() - entry.began).count());
    return std::exchange(entry.handler, nullptr);
}

/// The one timer follows the machine.
void ClientRequests::settle(ClientRequest& entry) {
    const TimePoint deadline = entry.machine.deadline();
    if (deadline == never) {
        entry.timer.cancel();
    } else {
        entry.timer.arm(deadline - timers_.now());
    }
}

void ClientRequests::leave_transaction(ClientRequest& entry) {
    by_branch_.erase(entry);
    entry.stop_waiting();
    entry.detach();
    entry.timer.cancel();
    entry.socket = nullptr;
}

void ClientRequests::end(ClientRequest& entry) {
    leave_transaction(entry);
    point_at(entry, nullptr);
    entry.forget();
    pool_.give_back(entry);
}

}  // namespace isthmus::sip
