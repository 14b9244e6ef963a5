#include "xmpp/outgoing_connection.h"

#include "xmpp/jid.h"
#include "xmpp/patience.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace isthmus::xmpp {

namespace {

// So long a server may think about TLS that it does not offer.
constexpr Duration kUnofferedPatience = std::chrono::seconds(5);

}  // namespace

OutgoingConnection::OutgoingConnection(Environment& environment,
                                       OutgoingStream::Purpose purpose,
                                       Owner& owner)
    : StreamConnection(environment.timers,
                       limits_of(environment.config.max_stanza_octets_before_auth),
                       environment.config.stanza_deadline),
      environment_(environment),
      machine_(std::move(purpose)),
      owner_(&owner),
      patience_(environment.timers, [this] { on_patience_over(); }),
      acknowledger_(environment.tickets,
                    [this](std::uint32_t h) {
                        management::write_answer(output(), h);
                        flush();
                    }),
      guests_(*this, environment.timers) {}

void OutgoingConnection::start(Duration patience) {
    started_ = step_started_ = environment_.timers.now();
    until_ = started_ + patience;
    patience_.arm(patience);
    const OutgoingStream::Purpose& purpose = machine_.purpose();
    Arena scratch(1024);
    auto ascii = domain_to_ascii(purpose.remote, scratch);
    domain_ = ascii ? std::string(*ascii) : purpose.remote;
    auto on_target = [this](Result<Target> target) { this->on_target(std::move(target)); };
    const LocationTerms terms = location_terms(purpose.policy, purpose.has_tls);
    const std::string& proxy = purpose.policy.proxy_fqdn;
    if (proxy.empty()) {
        location_.emplace(environment_.resolver, domain_, terms, on_target);
    } else {
        location_.emplace(
            environment_.resolver, HostPort::parse(proxy, kServerPort), terms, on_target);
    }
    location_->next();
}

void OutgoingConnection::on_target(Result<Target> target) {
    if (has_ended() || owner_ == nullptr) {
        return;
    }
    if (!target) {
        // A connection that was refused says more than "no further target".
        return fail(connect_error_ ? *connect_error_ : target.error(),
                    target.error().kind != ErrorKind::NotFound);
    }
    measure("dns");
    is_direct_tls_ = target->is_direct_tls;
    target_host_ = std::move(target->host);
    tlsa_ = std::move(target->tlsa);
    machine_.expect_encryption(!tlsa_.empty());
    connecting_ =
        environment_.network.connect(std::move(target->endpoints),
                                     kConnectPatience,
                                     [this](Result<std::unique_ptr<net::ByteStream>> stream) {
                                         on_connected(std::move(stream));
                                     });
}

void OutgoingConnection::on_connected(Result<std::unique_ptr<net::ByteStream>> stream) {
    auto done = std::move(connecting_);
    if (has_ended() || owner_ == nullptr) {
        return;
    }
    if (!stream) {
        connect_error_ = std::move(stream).error();
        has_tls_failed_ = false;
        return location_->next();
    }
    if (environment_.leads_to_us(**stream)) {
        connect_error_ = fault::is_ourselves((*stream)->remote());
        has_tls_failed_ = false;
        return location_->next();
    }
    measure("tcp");
    adopt(*std::move(stream));
    if (is_direct_tls_) {
        machine_.expect_tls();
        return start_tls(environment_.tls, tls_options());
    }
    machine_.open(output());
    flush();
}

/// XEP-0368 §3: where TLS from the first octet fails, the next target may do better.
bool OutgoingConnection::goes_on_without(const Error& reason) {
    if (!is_direct_tls_ || is_secured_ || owner_ == nullptr) {
        return false;
    }
    connect_error_ = reason;
    has_tls_failed_ = true;
    set_aside();
    location_->next();
    return true;
}

net::TlsOptions OutgoingConnection::tls_options() const {
    net::TlsOptions options;
    options.role = net::TlsRole::Client;
    options.server_name = domain_;
    Arena scratch(1024);
    const auto own = domain_to_ascii(machine_.purpose().local, scratch);
    options.own_name = own ? *own : machine_.purpose().local;
    options.tlsa = tlsa_;
    options.tlsa_host = target_host_;
    if (is_direct_tls_) {
        options.alpn = {std::string(kServerAlpn)};
    }
    return options;
}

void OutgoingConnection::handle_header(const StreamHeader& header) {
    act(machine_.on_header(header, arena(), output()));
}

void OutgoingConnection::handle_element(const xml::Element& element) {
    if (owner_ != nullptr && !mechanism_ && element.is("features", ns::kStreams)) {
        owner_->on_features(element);
    }
    if (element.ns == ns::kServer && machine_.is_up() && machine_.has_bidi()) {
        return handle_stanza(element);
    }
    const bool was_waiting = machine_.waits_for_unoffered_tls();
    const Actions actions = machine_.on_element(element, arena(), output());
    if (!was_waiting && machine_.waits_for_unoffered_tls()) {
        patience_.arm(std::min(kUnofferedPatience, until_ - environment_.timers.now()));
    }
    act(actions);
}

void OutgoingConnection::handle_end() {
    act(machine_.on_end(output()));
}

void OutgoingConnection::handle_fault(StreamCondition condition,
                                      std::string_view code,
                                      std::string_view detail) {
    act(machine_.fail(condition,
                      make_error(ErrorKind::Unreachable,
                                 code,
                                 "the remote server breaks the rules of XMPP",
                                 std::string(detail)),
                      true,
                      output()));
    finish();
}

void OutgoingConnection::handle_written(std::uint64_t total) {
    if (owner_ != nullptr && mechanism_) {
        owner_->on_stream_written(total);
    }
    guests_.on_written(total);
}

void OutgoingConnection::handle_tls_turn(bool has_octets_behind) {
    if (has_octets_behind) {
        return act(machine_.refuse_pipelined(output()));
    }
    patience_.arm(until_ - environment_.timers.now());
    start_tls(environment_.tls, tls_options());
}

void OutgoingConnection::handle_closed(const Error& reason) {
    patience_.cancel();
    vouching_.reset();
    acknowledger_.stop();
    Owner* owner = std::exchange(owner_, nullptr);
    Error why = end_reason_ ? *end_reason_ : reason;
    if (why.public_text.empty()) {
        why.public_text = "the connection was lost";
    }
    if (mechanism_) {
        environment_.journal.down(name(), *mechanism_, why);
        if (!end_reason_ && why.code.empty()) {
            why.code = "IST-XMPP-002";  // nobody had ended it
        }
        guests_.on_gone(why, was_end_answered());
        if (owner != nullptr) {
            owner->on_gone(why);
        }
        return;
    }
    if (owner == nullptr) {
        return;
    }
    const bool is_without_tls = machine_.waits_for_unoffered_tls() && !end_reason_;
    if (is_without_tls) {
        why = machine_.no_encryption();
    } else if (why.code.empty()) {
        why.code = "IST-XMPP-002";
        why.detail = "connection lost at step " + std::string(machine_.step());
    }
    owner_ = owner;
    fail(why, !is_without_tls);
}

void OutgoingConnection::act(const Actions& actions) {
    if (stream() != nullptr) {
        flush();
    }
    for (const Action& action : actions) {
        std::visit(
            [this](const auto& what) {
                using What = std::decay_t<decltype(what)>;
                if constexpr (std::is_same_v<What, action::StartTls>) {
                    want_tls();
                } else if constexpr (std::is_same_v<What, action::Restart>) {
                    want_restart();
                } else if constexpr (std::is_same_v<What, action::Note>) {
                    note(what);
                } else if constexpr (std::is_same_v<What, action::Verified>) {
                    patience_.cancel();
                    finish();
                    if (Owner* owner = std::exchange(owner_, nullptr)) {
                        owner->on_verified(what.verdict, what.detail);
                    }
                } else if constexpr (!std::is_same_v<What, action::VerifyKey> &&
                                     !std::is_same_v<What, action::AskForVoucher>) {
                    act(what);
                }
            },
            action);
    }
}

void OutgoingConnection::note(const action::Note& action) {
    environment_.journal.noted(name(), action.what);
    if (owner_ != nullptr) {
        owner_->on_noted(action.what);
    }
    if (++notes_ == kMaxNotes) {
        act(machine_.fail(StreamCondition::PolicyViolation,
                          make_error(ErrorKind::Limit,
                                     "IST-LIM-003",
                                     "the remote server breaks the rules of XMPP",
                                     "the stream brings little that is not refused"),
                          true,
                          output()));
    }
}

void OutgoingConnection::act(const action::Authenticated& action) {
    patience_.cancel();
    measure("auth");
    mechanism_ = action.mechanism;
    if (action.mechanism == Mechanism::External) {
        second_look_.emplace(environment_.second_looks);
    }
    set_limits(limits_of(environment_.config.max_stanza_octets));
    last_stanza_ = environment_.timers.now();
    if (machine_.has_bidi()) {
        incoming_ = environment_.journal.stanzas(action.remote, false);
        share_ =
            environment_.shares.of(policy().partner.empty() ? action.remote : policy().partner);
    }
    environment_.journal.up(name(), action.mechanism, environment_.timers.now() - started_);
    if (owner_ != nullptr) {
        owner_->on_up(action.mechanism, action.offers_management);
    }
}

void OutgoingConnection::act(const action::Close& action) {
    acknowledger_.stop();
    finish();
    end_reason_ = action.why;
    if (!mechanism_) {
        return fail(action.why, action.retry);
    }
    if (action.by_peer) {
        end_reason_->code = {};
    }
    guests_.on_ending(*end_reason_);
    if (owner_ != nullptr) {
        owner_->on_ending(*end_reason_);
    }
}

void OutgoingConnection::fail(const Error& why, bool retry) {
    const std::string failed_step(step());
    patience_.cancel();
    connecting_.reset();
    if (stream() == nullptr) {
        end();
    }
    Owner* owner = std::exchange(owner_, nullptr);
    if (owner == nullptr) {
        return;
    }
    environment_.journal.failed(name(), failed_step, why);
    owner->on_failed(why, failed_step, retry, machine_.was_external_refused());
}

void OutgoingConnection::on_patience_over() {
    const Error why = make_error(ErrorKind::Timeout,
                                 "IST-XMPP-003",
                                 "the remote server did not answer in time",
                                 "no progress at step " + std::string(step()));
    if (stream() == nullptr) {
        return fail(connect_error_ ? *connect_error_ : why, true);
    }
    if (stream()->is_secure() || machine_.step() != "tls" || machine_.waits_for_unoffered_tls()) {
        return act(machine_.fail(StreamCondition::ConnectionTimeout, why, true, output()));
    }
    // In the middle of a handshake nothing can be said.
    end();
    fail(why, true);
}

void OutgoingConnection::close(StreamCondition condition, Error why) {
    if (stream() == nullptr) {
        return fail(why, false);
    }
    act(machine_.fail(condition, std::move(why), false, output()));
}

void OutgoingConnection::close_quietly() {
    machine_.close(output());
    end_reason_ = make_error(ErrorKind::Unreachable, "the stream was closed by us");
    guests_.on_ending(*end_reason_);
    finish_when_answered();
}

void OutgoingConnection::keep_alive() {
    output().append(' ');
    flush();
}

void OutgoingConnection::abandon() {
    owner_ = nullptr;
    patience_.cancel();
    connecting_.reset();
    if (stream() == nullptr) {
        end();
    } else {
        machine_.close(output());
        guests_.on_ending(make_error(ErrorKind::Unreachable, "the stream was closed by us"));
        finish();
    }
}

}  // namespace isthmus::xmpp
