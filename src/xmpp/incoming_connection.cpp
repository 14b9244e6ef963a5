#include "xmpp/incoming_connection.h"

#include "xmpp/tapped.h"

#include <type_traits>
#include <utility>

namespace isthmus::xmpp {

namespace {

xml::Limits limits_of(std::size_t octets) {
    xml::Limits limits;
    limits.max_element_octets = octets;
    return limits;
}

}  // namespace

IncomingConnection::IncomingConnection(Environment& environment,
                                       Directory& directory,
                                       StanzaSink& sink,
                                       Owner& owner,
                                       std::unique_ptr<net::ByteStream> stream)
    : StreamConnection(environment.timers,
                       limits_of(environment.config.max_stanza_octets_before_auth),
                       environment.config.stanza_deadline),
      environment_(environment),
      directory_(directory),
      sink_(sink),
      owner_(owner),
      machine_(directory),
      establishment_(environment.timers, [this] { on_not_established(); }),
      started_(environment.timers.now()),
      number_(++environment.last_number) {
    adopt(std::move(stream));
    establishment_.arm(environment.config.stream_establishment_timeout);
}

void IncomingConnection::handle_header(const StreamHeader& header) {
    act(machine_.on_header(header, arena(), output()));
}

void IncomingConnection::handle_element(const xml::Element& element) {
    if (machine_.is_authenticated() && element.ns == ns::kServer) {
        return handle_stanza(element);
    }
    act(machine_.on_element(element, arena(), output()));
}

void IncomingConnection::handle_element_ahead(const xml::Element& element) {
    if (machine_.is_authenticated() && element.is("presence", ns::kServer)) {
        sink_.receive_ahead(element);
    }
}

void IncomingConnection::handle_stanza(const xml::Element& element) {
    const IncomingStream::Checked stanza = machine_.check(element, arena());
    ++stanzas_;
    switch (stanza.addressing) {
        case IncomingStream::Addressing::Good:
            counters_.count(stanza.kind);
            if (Tap& tap = *environment_.config.tap; tap.is_on()) [[unlikely]] {
                show_stanza(
                    tap, element, "i" + std::to_string(number_), stream()->remote().to_string());
            }
            return sink_.receive(stanza.kind, stanza.from, stanza.to, element, arena());
        case IncomingStream::Addressing::BadTo:
            counters_.count(stanza.kind);
            return sink_.receive_misaddressed(
                stanza.kind, stanza.from, pairs_.front().local, element);
        case IncomingStream::Addressing::Refused:
            break;
    }
    const bool is_forged = stanza.condition == StreamCondition::InvalidFrom ||
                           stanza.condition == StreamCondition::NotAuthorized;
    act(machine_.fail(stanza.condition,
                      make_error(ErrorKind::NotAuthorized,
                                 is_forged ? "IST-AUTH-003" : "IST-XMPP-001",
                                 "",
                                 "a stanza that may not be sent on this stream"),
                      output()));
}

void IncomingConnection::handle_end() {
    act(machine_.on_end(output()));
}

void IncomingConnection::handle_fault(StreamCondition condition,
                                      std::string_view code,
                                      std::string_view detail) {
    act(machine_.fail(
        condition, make_error(ErrorKind::Syntax, code, "", std::string(detail)), output()));
    // A stream that we had ended already has nothing more to say.
    finish();
}

void IncomingConnection::handle_written(std::uint64_t /*total*/) {}

void IncomingConnection::handle_tls_turn(bool has_octets_behind) {
    if (has_octets_behind) {
        return act(machine_.refuse_pipelined(output()));
    }
    machine_.proceed(output());
    flush();
    net::TlsOptions options;
    options.role = net::TlsRole::Server;
    start_tls(environment_.tls, std::move(options));
}

void IncomingConnection::handle_secured() {
    environment_.journal.secured(name({}));
    machine_.on_secured(stream()->peer_certificate());
}

void IncomingConnection::handle_closed(const Error& reason) {
    establishment_.cancel();
    const Error why = end_reason_ ? *end_reason_ : reason;
    for (const Pair& pair : pairs_) {
        environment_.journal.down(name(pair.remote), pair.mechanism, why);
    }
    if (pairs_.empty() && !end_reason_ && !reason.code.empty()) {
        environment_.journal.failed(name(machine_.remote()), "negotiation", reason);
    }
    owner_.on_gone(*this);
}

void IncomingConnection::on_not_established() {
    if (has_ended()) {
        return;
    }
    act(machine_.fail(
        StreamCondition::ConnectionTimeout,
        make_error(ErrorKind::Timeout, "IST-XMPP-003", "", "not authenticated in time"),
        output()));
}

void IncomingConnection::verified(const std::string& remote,
                                  const std::string& local,
                                  Verdict verdict) {
    if (has_ended()) {
        return;
    }
    if (verdict == Verdict::Unknown) {
        environment_.journal.noted(
            name(remote),
            make_error(
                ErrorKind::Timeout, "IST-DB-003", "", "no answer about the key of " + remote));
    }
    act(machine_.on_verified(remote, local, verdict, output()));
}

void IncomingConnection::recheck() {
    if (!has_ended()) {
        act(machine_.recheck(output()));
    }
}

void IncomingConnection::close_for_shutdown() {
    if (has_ended() || std::exchange(is_closing_, true)) {
        return;
    }
    if (!is_authenticated()) {
        return act(machine_.fail(StreamCondition::SystemShutdown,
                                 make_error(ErrorKind::Unreachable, "closed by us"),
                                 output()));
    }
    end_reason_ = make_error(ErrorKind::Unreachable, "closed by us");
    machine_.close(output());
    finish_when_answered();
}

void IncomingConnection::act(const Actions& actions) {
    flush();
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
                } else if constexpr (std::is_same_v<What, action::VerifyKey>) {
                    owner_.verify(*this, what);
                } else if constexpr (!std::is_same_v<What, action::Verified>) {
                    act(what);
                }
            },
            action);
    }
}

void IncomingConnection::note(const action::Note& action) {
    environment_.journal.noted(name(action.remote), action.what);
    if (++notes_ == kMaxNotes) {
        act(machine_.fail(StreamCondition::PolicyViolation,
                          make_error(ErrorKind::Limit,
                                     "IST-LIM-003",
                                     "too many refusals",
                                     "the stream does little that is not refused"),
                          output()));
    }
}

void IncomingConnection::act(const action::Authenticated& action) {
    establishment_.cancel();
    const bool is_first = pairs_.empty();
    pairs_.push_back({action.remote, action.local, action.mechanism});
    environment_.journal.up(
        name(action.remote), action.mechanism, environment_.timers.now() - started_);
    if (is_first) {
        set_limits(limits_of(environment_.config.max_stanza_octets));
        counters_ = environment_.journal.stanzas(action.remote, false);
        owner_.on_authenticated(*this);
    }
}

void IncomingConnection::act(const action::Close& action) {
    end_reason_ = action.why;
    if (action.by_peer) {
        end_reason_->code = {};
    }
    if (pairs_.empty() && !end_reason_->code.empty()) {
        environment_.journal.failed(name(machine_.remote()), "negotiation", *end_reason_);
    }
    finish();
}

StreamName IncomingConnection::name(std::string_view partner) const {
    StreamName name;
    name.partner = partner;
    name.is_partner = !partner.empty() && directory_.link_policy(partner).has_value();
    name.stream_id = machine_.id();
    name.remote_address = stream()->remote().to_string();
    name.tls_version = stream()->tls_version();
    name.tls_cipher = stream()->tls_cipher();
    return name;
}

void IncomingConnection::note_trouble(LinkStatus& status) const {
    const LinkTrouble* trouble = environment_.journal.incoming_trouble(status.remote_domain);
    status.last_error = trouble != nullptr ? std::optional(*trouble) : std::nullopt;
}

void IncomingConnection::report(std::vector<LinkStatus>& to) const {
    const StreamName name = this->name({});
    LinkStatus status;
    status.remote_address = name.remote_address;
    status.tls_version = name.tls_version;
    status.tls_cipher = name.tls_cipher;
    status.id = "i" + std::to_string(number_);
    status.stream_id = name.stream_id;
    status.age = environment_.timers.now() - started_;
    status.stanzas_in = stanzas_;
    describe_stream(status);
    if (pairs_.empty()) {
        status.local_domain = machine_.local();
        status.remote_domain = machine_.remote();
        status.state = "negotiating";
        note_trouble(status);
        to.push_back(std::move(status));
        return;
    }
    // One stream may carry several pairs of domains (XEP-0220 §2.5): a row for each, one stream.
    const std::string id = status.id;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
        const Pair& pair = pairs_[i];
        status.id = i == 0 ? id : id + "." + std::to_string(i + 1);
        status.local_domain = pair.local;
        status.remote_domain = pair.remote;
        status.state = "up";
        status.auth = mechanism_name(pair.mechanism);
        note_trouble(status);
        to.push_back(status);
    }
}

}  // namespace isthmus::xmpp
