// What becomes of our requests: responses, silence and lost connections, up to the one outcome that
// the sender of each hears.
#include "base/text.h"
#include "sip/client_requests.h"
#include "sip/digest_auth.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace isthmus::sip {

namespace {

using ClientAction = ClientTransaction::Action;
using Direction = TrafficCounters::Direction;

constexpr int kMostAnswered = 2;

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

/// RFC 3261 §17.1.3; and only from where the request went (abuse case C13).
ClientRequest* ClientRequests::find(const Response& response, const Source& source) {
    // RFC 3261 §8.1.3.3: our Via and no other.
    if (response.count(HeaderId::Via) != 1 ||
        response.header(HeaderId::Via)->find(',') != std::string_view::npos) {
        return nullptr;
    }
    auto is_it = [&](const ClientRequest& entry) {
        const bool is_its_cancel = entry.is_cancelled && response.cseq.method == "CANCEL";
        if (entry.branch.view() != response.via.branch ||
            (method_name(entry.method) != response.cseq.method && !is_its_cancel)) {
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
    peers_.heard(entry->peer);
    if (response.cseq.method != method_name(entry->method)) {
        return;  // to a CANCEL
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
    for (const ClientAction action : actions) {
        switch (action) {
            case ClientAction::SendRequest:
                send_again(entry);
                break;
            case ClientAction::SendAck:
                // This action and the next come from on_response() alone, which has one.
                send_ack(entry, *response);  // NOLINT(clang-analyzer-core.NonNullParamChecker)
                break;
            case ClientAction::PassResponse:
                // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker)
                if (has_moved_on(entry, *response)) {
                    return;
                }
                pass(entry, *response);
                break;
            case ClientAction::ReportTimeout:
            case ClientAction::ReportTransportError:
                if (has_moved_on(entry)) {
                    return;
                }
                tell(entry, *error);
                break;
            case ClientAction::Terminate:
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
    if (target.username.empty() || entry.challenges == kMostAnswered || entry.saved.empty()) {
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
    if (response.status < 200) {
        if (entry.is_cancelled && entry.handler != nullptr) {
            send_cancel(entry);
        }
        return;
    }
    if (entry.handler == nullptr) {
        if (entry.inviter != nullptr && response.status < 300) {
            entry.inviter->on_another_2xx(entry.cookie, response);
        }
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
        peers_.failed(entry.peer, error);
        const std::uint64_t cookie = entry.cookie;
        conclude(entry)->on_no_response(cookie, error);
    }
}

ResponseHandler* ClientRequests::conclude(ClientRequest& entry) {
    --pending_;
    if (entry.method == Method::Invite) {
        forget_invite(entry);
    }
    counters_.transactions().add(-1);
    peers_.settled(entry.peer);
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
