// What time and administrators do to a connection that somebody has made to us: deadlines,
// idleness, keep-alives, changed settings, the end of the process.
#include "xmpp/incoming_connection.h"

#include <algorithm>
#include <utility>

namespace isthmus::xmpp {

namespace {

// After the interval, and the question that follows it.
constexpr Duration kKeepAliveGrace = std::chrono::seconds(30);
// Who was sending when we ended our stream either goes on at once or has heard of it.
constexpr Duration kQuiet = std::chrono::seconds(1);

}  // namespace

void IncomingConnection::set_deadline() {
    if (!is_authenticated()) {
        const TimePoint until = started_ + environment_.config.streams.stream_establishment_timeout;
        establishment_.arm(std::max(Duration{}, until - environment_.timers.now()));
    }
}

void IncomingConnection::on_not_established() {
    if (has_ended()) {
        return;
    }
    if (awaits_fates_) {
        return end_as_peer_did();
    }
    act(machine_.fail(
        StreamCondition::ConnectionTimeout,
        make_error(ErrorKind::Timeout, "IST-XMPP-003", "", "not authenticated in time"),
        output()));
}

void IncomingConnection::recheck() {
    if (!has_ended()) {
        act(machine_.recheck(output()));
        note_keep_alive();
    }
}

void IncomingConnection::note_keep_alive() {
    if (!pairs_.empty()) {
        const auto policy = directory_.link_policy(pairs_.front().remote);
        must_keep_alive_ = policy && policy->keep_alive;
    }
}

void IncomingConnection::make_room() {
    act(machine_.fail(StreamCondition::ResourceConstraint,
                      make_error(ErrorKind::Limit,
                                 "IST-LIM-012",
                                 "too many connections that are not authenticated",
                                 "it had waited longer than the others"),
                      output()));
    finish();
}

void IncomingConnection::look_after() {
    if (has_ended() || is_closing_ || !is_authenticated()) {
        return;
    }
    const StreamSettings& settings = environment_.config.streams;
    const TimePoint now = environment_.timers.now();
    const TimePoint last_used =
        rider_ != nullptr ? std::max(last_stanza_, rider_->last_sent()) : last_stanza_;
    if (now - last_used >= settings.stream_inactivity_timeout && !is_carrying()) {
        return close_in_order(make_error(ErrorKind::Unreachable, "closed by us: idle"));
    }
    const Duration interval = settings.keep_alive_interval;
    const Duration silent = now - last_heard();
    if (!must_keep_alive_ || silent < interval) {
        was_probed_ = false;
        return;
    }
    if (!std::exchange(was_probed_, true)) {
        return owner_.ping(pairs_.front().local, pairs_.front().remote);
    }
    if (silent >= interval + std::min(interval, kKeepAliveGrace)) {
        act(machine_.fail(StreamCondition::ConnectionTimeout,
                          make_error(ErrorKind::Timeout,
                                     "IST-XMPP-011",
                                     "no keep-alive came",
                                     "nothing was heard for the keep-alive interval and longer"),
                          output()));
    }
}

void IncomingConnection::close_for_shutdown() {
    if (has_ended() || is_closing_) {
        return;
    }
    if (!is_authenticated()) {
        is_closing_ = true;
        return act(machine_.fail(StreamCondition::SystemShutdown,
                                 make_error(ErrorKind::Unreachable, "closed by us"),
                                 output()));
    }
    if (!is_carrying()) {
        close_in_order(make_error(ErrorKind::Unreachable, "closed by us"));
    }
}

bool IncomingConnection::is_closing() const {
    return is_closing_ && is_authenticated() && !is_finishing() &&
           environment_.timers.now() - std::max(closing_since_, last_heard()) < kQuiet;
}

void IncomingConnection::close_in_order(Error reason) {
    is_closing_ = true;
    closing_since_ = environment_.timers.now();
    if (rider_ != nullptr) {
        rider_->on_carrier_ending();
    }
    end_reason_ = std::move(reason);
    acknowledger_.say_last();
    machine_.close(output());
    finish_when_answered();
}

}  // namespace isthmus::xmpp
