#include "xmpp/outgoing_link.h"

#include <algorithm>
#include <utility>

namespace isthmus::xmpp {

namespace {

constexpr Duration kAttemptPatience = std::chrono::seconds(30);
constexpr Duration kFirstRetry = std::chrono::milliseconds(250);
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

OutgoingLink::OutgoingLink(Environment& environment, std::string local, std::string remote)
    : Link(environment),
      local_(std::move(local)),
      remote_(std::move(remote)),
      retry_(environment.timers, [this] { connect(); }) {
    set_counters(environment.journal.stanzas(remote_, true));
}

OutgoingLink::~OutgoingLink() = default;

const Error* OutgoingLink::refusal() {
    if (last_error_ && environment().timers.now() < refuse_until_) {
        return &*last_error_;
    }
    return nullptr;
}

void OutgoingLink::on_waiting() {
    if (connection_ != nullptr || retry_.is_armed()) {
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
    OutgoingStream::Purpose purpose;
    purpose.local = local_;
    purpose.remote = remote_;
    purpose.policy = *std::move(policy);
    purpose.dialback_secret = environment().config.dialback_secret;
    purpose.has_tls = environment().tls != nullptr;
    purpose.try_external = try_external_;
    Owner& owner = *this;
    connection_ = std::make_unique<OutgoingConnection>(environment(), std::move(purpose), owner);
    connection_->start(
        std::min(kAttemptPatience, environment().config.stream_establishment_timeout));
}

void OutgoingLink::drop_connection() {
    stop_sending();
    if (connection_ != nullptr) {
        environment().graveyard.bury(std::move(connection_));
    }
    mechanism_.reset();
}

void OutgoingLink::on_up(Mechanism mechanism) {
    mechanism_ = mechanism;
    failures_ = 0;
    not_before_ = {};
    last_error_.reset();
    come_up(*connection_->stream());
    environment().handler.on_link(remote_, LinkEvent::Up);
}

void OutgoingLink::on_verified(Verdict /*verdict*/, const std::string& /*detail*/) {}

void OutgoingLink::on_stream_written(std::uint64_t total) {
    on_written(total);
}

void OutgoingLink::remember(std::string_view step, const Error& why) {
    last_error_ = why;
    trouble_ = Journal::trouble(connection_ != nullptr ? connection_->name() : StreamName(),
                                step,
                                why,
                                environment().timers.now());
}

void OutgoingLink::on_failed(const Error& why,
                             std::string_view step,
                             bool retry,
                             bool was_external_refused) {
    remember(step, why);
    drop_connection();
    Random& random = environment().random;
    const TimePoint now = environment().timers.now();
    if (was_external_refused && try_external_ && retry) {
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
    if (!retry) {
        outbox().fail_waiting(why);
    }
    if (outbox().waiting() != 0) {
        connect_later();
    }
    environment().handler.on_link(remote_, LinkEvent::Failed);
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
    drop_connection();
    try_external_ = true;
    not_before_ =
        environment().timers.now() + backoff(kFirstRetry, kLastRetry, 0, environment().random);
    outbox().fail_output(reason);
    if (outbox().waiting() != 0 && connection_ == nullptr) {
        connect_later();
    }
    environment().handler.on_link(remote_, is_loss ? LinkEvent::Lost : LinkEvent::Closed);
}

void OutgoingLink::on_stalled(const Error& why) {
    if (connection_ == nullptr) {
        return;
    }
    remember("up", why);
    connection_->abandon();
    drop_connection();
    outbox().fail_output(why);
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
    if (connection_ != nullptr) {
        connection_->close(StreamCondition::PolicyViolation, why);
    }
    outbox().fail_waiting(why);
}

void OutgoingLink::try_afresh() {
    refuse_until_ = {};
    not_before_ = {};
    failures_ = 0;
    if (retry_.is_armed()) {
        connect_later();
    }
}

void OutgoingLink::close_if_idle() {
    if (connection_ != nullptr && is_up() && pending() == 0) {
        stop_sending();
        connection_->close_quietly();
    }
}

bool OutgoingLink::close_stream() {
    if (connection_ == nullptr) {
        return false;
    }
    if (is_up()) {
        stop_sending();
        connection_->close_quietly();
    } else {
        connection_->close(StreamCondition::Reset,
                           make_error(ErrorKind::Unreachable,
                                      "IST-XMPP-002",
                                      "the stream was closed by an administrator"));
    }
    return true;
}

std::string OutgoingLink::last_trouble() const {
    if (last_error_) {
        return std::string(last_error_->code) + ": " + last_error_->public_text + " (" +
               last_error_->detail + ")";
    }
    return connection_ != nullptr ? "still at step " + std::string(connection_->step()) : "";
}

LinkStatus OutgoingLink::status() const {
    LinkStatus status;
    status.local_domain = local_;
    status.remote_domain = remote_;
    status.outgoing = true;
    status.state = is_up() ? "up" : "waiting";
    if (connection_ != nullptr) {
        if (!is_up()) {
            status.state = connection_->stream() != nullptr ? "negotiating" : "connecting";
        }
        const StreamName name = connection_->name();
        status.tls_version = name.tls_version;
        status.tls_cipher = name.tls_cipher;
        status.remote_address = name.remote_address;
        status.stream_id = name.stream_id;
        connection_->describe(status);
    }
    if (mechanism_) {
        status.auth = mechanism_name(*mechanism_);
    }
    status.last_error = trouble_;
    fill(status);
    return status;
}

}  // namespace isthmus::xmpp
