#include "xmpp/outgoing_link.h"

#include "xmpp/patience.h"

#include <algorithm>
#include <utility>

namespace isthmus::xmpp {

namespace {

constexpr Duration kAttemptPatience = std::chrono::seconds(30);
constexpr Duration kLastRetry = std::chrono::seconds(5);
constexpr Duration kFirstHold = std::chrono::seconds(2);
constexpr Duration kLastHold = std::chrono::seconds(30);

/// Doubles with each failure, give or take half.
Duration backoff(Duration first, Duration last, unsigned failures, Random& random) {
    const Duration delay = std::min(first * (1U << std::min(failures, 10U)), last);
    auto half = static_cast<std::uint64_t>(delay.count() / 2);
    return delay / 2 + Duration(static_cast<Duration::rep>(random.below(2 * half + 1)));
}

}  // namespace

OutgoingLink::OutgoingLink(Environment& environment,
                           Neighbours& neighbours,
                           std::string local,
                           std::string remote)
    : Link(environment),
      local_(std::move(local)),
      remote_(std::move(remote)),
      neighbours_(neighbours),
      retry_(environment.timers, [this] { connect(); }) {
    set_counters(environment.journal.stanzas(remote_, true));
}

OutgoingLink::~OutgoingLink() {
    leave_carrier();
}

const Error* OutgoingLink::refusal() {
    if (last_error_ && environment().timers.now() < refuse_until_) {
        return &*last_error_;
    }
    return nullptr;
}

void OutgoingLink::on_waiting() {
    if (is_retiring_ && connection_ != nullptr) {
        // Nothing is on its way there any more, so nobody has to wait for the peer's end tag.
        connection_->abandon();
        drop_connection();
    }
    if (connection_ != nullptr || carrier_ != nullptr || asked_ != nullptr || retry_.is_armed()) {
        return;
    }
    connect_later();
}

void OutgoingLink::connect_later() {
    // Never from inside send(): everything starts from the loop.
    retry_.arm(std::max(Duration{}, not_before_ - environment().timers.now()));
}

void OutgoingLink::connect() {
    auto policy = environment().handler.link_policy(remote_);
    if (!policy) {
        return expel();
    }
    if (asks_for_place(*policy)) {
        return;
    }
    const StreamSettings& settings = environment().config.streams;
    const std::string& partner = policy->partner.empty() ? remote_ : policy->partner;
    if (const auto full = environment().quotas.fault(partner,
                                                     policy->connection_limit != 0
                                                         ? policy->connection_limit
                                                         : settings.partner_connection_limit,
                                                     settings.connection_limit)) {
        environment().journal.failed(
            {.partner = remote_, .is_partner = true, .is_outgoing = true}, "limit", *full);
        return on_failed(*full, "limit", true, false);
    }
    place_ = QuotaPlace(environment().quotas, partner);
    note_keep_alive(*policy);
    has_told_fallback_ = false;
    OutgoingStream::Purpose purpose;
    purpose.local = local_;
    purpose.remote = remote_;
    purpose.policy = *std::move(policy);
    purpose.dialback_secret = environment().config.dialback_secret;
    purpose.has_tls = environment().tls != nullptr;
    purpose.try_external = try_external_;
    Owner& owner = *this;
    connection_ = std::make_unique<OutgoingConnection>(environment(), std::move(purpose), owner);
    connection_->start(std::min(kAttemptPatience, settings.stream_establishment_timeout));
}

void OutgoingLink::drop_connection() {
    stop_sending();
    if (connection_ != nullptr) {
        environment().graveyard.bury(std::move(connection_));
    }
    place_.give_back();
    mechanism_.reset();
    is_retiring_ = false;
    is_resuming_ = false;
}

void OutgoingLink::on_up(Mechanism mechanism, bool offers_management) {
    mechanism_ = mechanism;
    failures_ = 0;
    may_ask_ = true;
    not_before_ = {};
    last_error_.reset();
    if (trouble_) {
        trouble_->is_over = true;
    }
    last_keep_alive_ = environment().timers.now();
    net::ByteStream& stream = *connection_->stream();
    if (may_resume() && offers_management) {
        // XEP-0198 §5: not a stanza before the answer.
        is_resuming_ = true;
        management::write_resume(stream.output(), resumable_id_, 0);
        stream.flush();
        return;
    }
    give_up_session(fault::unacknowledged());
    if (offers_management) {
        come_up_with_acks(stream, !connection_->has_bidi());
    } else {
        come_up(stream);
    }
    environment().handler.on_link(remote_, LinkEvent::Up);
}

void OutgoingLink::on_verified(Verdict /*verdict*/, const std::string& /*detail*/) {}

void OutgoingLink::on_stream_written(std::uint64_t total) {
    on_written(total);
}

void OutgoingLink::remember(std::string_view step, const Error& why) {
    last_error_ = why;
    Journal::note_trouble(trouble_,
                          connection_ != nullptr ? connection_->name() : StreamName(),
                          step,
                          why,
                          environment().timers.now());
}

void OutgoingLink::on_failed(const Error& why,
                             std::string_view step,
                             bool retry,
                             bool was_external_refused) {
    remember(step, why);
    const bool falls_back = was_external_refused && try_external_ && retry;
    if (falls_back && connection_ != nullptr) {
        const Error note = fault::fell_back(why.detail);
        if (!has_told_fallback_) {
            environment().journal.noted(connection_->name(), note);
        }
        on_noted(note);
    }
    drop_connection();
    Random& random = environment().random;
    const TimePoint now = environment().timers.now();
    if (falls_back) {
        // XEP-0178 §3: once more, with dialback from the start.
        try_external_ = false;
        not_before_ = now;
    } else {
        not_before_ = now + backoff(kFirstRetry, kLastRetry, failures_, random);
    }
    if (!retry) {
        refuse_until_ = now + backoff(kFirstHold, kLastHold, failures_, random);
        not_before_ = refuse_until_;
    }
    ++failures_;
    if (!retry || now >= resumable_until_) {
        give_up_session(fault::unacknowledged());
    }
    if (!retry) {
        outbox().fail_waiting(why);
    }
    if (pending() != 0 || may_resume()) {
        connect_later();
    }
    environment().handler.on_link(remote_, LinkEvent::Failed);
}

void OutgoingLink::on_noted(const Error& what) {
    if (connection_ != nullptr) {
        has_told_fallback_ |= what.code == "IST-XMPP-010";
        Journal::note_trouble(
            trouble_, connection_->name(), "auth", what, environment().timers.now());
    }
}

void OutgoingLink::on_ending(const Error& /*why*/) {
    stop_sending();
}

void OutgoingLink::on_gone(const Error& why) {
    Error reason = why;
    const bool is_loss = !reason.code.empty();
    if (!is_loss) {
        reason.code = "IST-XMPP-002";
    } else {
        remember("up", reason);
    }
    const bool was_retiring = is_retiring_;
    const bool is_at_rest = was_retiring && connection_->was_end_answered();
    drop_connection();
    try_external_ = true;
    not_before_ = environment().timers.now();
    if (!was_retiring) {
        not_before_ += backoff(kFirstRetry, kLastRetry, 0, environment().random);
    }
    if (!is_loss || !may_resume()) {
        give_up_session(outbox().awaits_acks() ? fault::unacknowledged() : reason);
    }
    if ((pending() != 0 || may_resume()) && connection_ == nullptr) {
        connect_later();
    }
    environment().handler.on_link(remote_,
                                  is_loss      ? LinkEvent::Lost
                                  : is_at_rest ? LinkEvent::AtRest
                                               : LinkEvent::Closed);
}

void OutgoingLink::on_stalled(const Error& why) {
    if (carrier_ != nullptr) {
        remember("up", why);
        std::exchange(carrier_, nullptr)->give_up(StreamCondition::ConnectionTimeout, why);
        stop_sending();
        mechanism_.reset();
        return on_carrier_gone(why, false);
    }
    const bool was_up = connection_ != nullptr && mechanism_;
    if (was_up) {
        remember("up", why);
        connection_->abandon();
        drop_connection();
    } else if (!may_resume()) {
        return;
    }
    give_up_session(why);
    if (outbox().waiting() != 0) {
        connect_later();
    }
    environment().handler.on_link(remote_, LinkEvent::Lost);
}

void OutgoingLink::on_drained() {
    environment().handler.on_link(remote_, LinkEvent::Drained);
}

void OutgoingLink::expel() {
    const Error why = environment().handler.link_refusal(remote_);
    retry_.cancel();
    resumable_id_.clear();
    leave_carrier();
    if (connection_ != nullptr) {
        connection_->close(StreamCondition::PolicyViolation, why);
    } else {
        give_up_session(why);
    }
    outbox().fail_waiting(why);
}

void OutgoingLink::try_afresh(const LinkPolicy& policy) {
    note_keep_alive(policy);
    may_ask_ = true;
    if (carrier_ != nullptr && !carrier_->may_stay(policy)) {
        leave_carrier();
        on_carrier_gone(fault::settings_changed(), false);
    }
    if (connection_ != nullptr && !is_retiring_) {
        const bool is_old = policy != connection_->policy();
        const bool was_vouched_for = !connection_->vouched_by().empty();
        if (mechanism_ && (!is_still_allowed(policy, *mechanism_, connection_->is_secure()) ||
                           (was_vouched_for && !policy.allow_posh))) {
            // RFC 6120 §4.9.3.16: to be negotiated anew.
            stop_sending();
            connection_->close(StreamCondition::Reset, fault::settings_changed());
        } else if (!mechanism_ && is_old) {
            connection_->abandon();
            drop_connection();
        }
    }
    refuse_until_ = {};
    not_before_ = {};
    failures_ = 0;
    if (retry_.is_armed() || (connection_ == nullptr && pending() != 0)) {
        connect_later();
    }
}

void OutgoingLink::retry() {
    if (connection_ != nullptr || carrier_ != nullptr || asked_ != nullptr) {
        return;
    }
    refuse_until_ = {};
    not_before_ = {};
    failures_ = 0;
    may_ask_ = true;
    try_external_ = true;
    connect_later();
}

void OutgoingLink::close_if_idle() {
    if (connection_ != nullptr && is_up() && pending() == 0 &&
        connection_->guests().waiting_for_outcome() == 0) {
        stop_sending();
        is_retiring_ = true;
        connection_->close_quietly();
    }
}

void OutgoingLink::look_after() {
    const StreamSettings& settings = environment().config.streams;
    const TimePoint now = environment().timers.now();
    if (is_resuming_ && now - last_keep_alive_ >= kAttemptPatience) {
        resumable_id_.clear();
        connection_->close(StreamCondition::ConnectionTimeout,
                           make_error(ErrorKind::Timeout,
                                      "IST-XMPP-003",
                                      "the remote server did not answer in time",
                                      "no answer to <resume/>"));
        return;
    }
    if (connection_ == nullptr || !is_up()) {
        return;
    }
    if (now - std::max(
                  {last_used(), connection_->last_stanza(), connection_->guests().last_sent()}) >=
        settings.stream_inactivity_timeout) {
        return close_if_idle();
    }
    if (must_keep_alive_ &&
        now - std::max(last_used(), last_keep_alive_) >= settings.keep_alive_interval) {
        last_keep_alive_ = now;
        connection_->keep_alive();
    }
}

void OutgoingLink::look_again() {
    if (connection_ != nullptr && is_up()) {
        connection_->look_again();
    }
}

bool OutgoingLink::close_stream() {
    if (connection_ == nullptr) {
        return false;
    }
    if (is_up()) {
        stop_sending();
        is_retiring_ = pending() == 0;
        connection_->close_quietly();
    } else {
        connection_->close(StreamCondition::Reset,
                           make_error(ErrorKind::Unreachable,
                                      "IST-XMPP-002",
                                      "the stream was closed by an administrator"));
    }
    return true;
}

}  // namespace isthmus::xmpp
