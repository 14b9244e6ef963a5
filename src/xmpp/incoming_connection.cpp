#include "xmpp/incoming_connection.h"

#include "xmpp/jid.h"
#include "xmpp/tapped.h"

#include <type_traits>
#include <utility>

namespace isthmus::xmpp {

namespace {

// How long a peer that has ended its stream waits for the rest of our acknowledgements.
constexpr Duration kFatePatience = std::chrono::seconds(5);

/// `local`: the domain that the stream is for, or empty as long as nothing was said.
net::TlsOptions tls_options(std::string_view local) {
    net::TlsOptions options;
    options.role = net::TlsRole::Server;
    Arena scratch(1024);
    const auto own = domain_to_ascii(local, scratch);
    options.own_name = own ? *own : local;
    // XEP-0368 §3: who names a protocol must mean ours.
    options.alpn = {std::string(kServerAlpn)};
    return options;
}

}  // namespace

IncomingConnection::IncomingConnection(Environment& environment,
                                       Directory& directory,
                                       StanzaSink& sink,
                                       Owner& owner,
                                       std::unique_ptr<net::ByteStream> stream,
                                       bool is_direct_tls)
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
      last_stanza_(started_),
      number_(++environment.last_number),
      acknowledger_(environment.tickets, [this](std::uint32_t h) {
          management::write_answer(output(), h);
          flush();
      }) {
    adopt(std::move(stream));
    set_deadline();
    if (is_direct_tls) {
        start_tls(environment_.tls, tls_options({}));
    }
}

void IncomingConnection::handle_header(const StreamHeader& header) {
    act(machine_.on_header(header, arena(), output()));
    // XEP-0288: after SASL only behind our new header.
    offer_carrier();
}

void IncomingConnection::offer_carrier() {
    if (!has_ended() && machine_.has_bidi() && !pairs_.empty() && !was_offered_) {
        was_offered_ = true;
        rider_ = owner_.offer_carrier(*this, pairs_.front().local, pairs_.front().remote);
    }
}

void IncomingConnection::handle_element(const xml::Element& element) {
    if (machine_.is_authenticated()) {
        if (element.ns == ns::kServer) {
            return handle_stanza(element);
        }
        if (element.ns == ns::kManagement) {
            return handle_management(element);
        }
    }
    if (element.is("verify", ns::kDialback)) {
        environment_.call_backs.note(element.attribute("id").value_or(""), stream()->remote());
    }
    act(machine_.on_element(element, arena(), output()));
}

void IncomingConnection::handle_element_ahead(const xml::Element& element) {
    if (machine_.is_authenticated() && element.is("presence", ns::kServer)) {
        sink_.receive_ahead(element);
    }
}

void IncomingConnection::handle_stanza(const xml::Element& element) {
    last_stanza_ = environment_.timers.now();
    if (const Duration rest = share_->spend(last_stanza_); rest != Duration{}) {
        want_rest(rest);
    }
    const Checked stanza = machine_.check(element, arena());
    ++stanzas_;
    const std::uint64_t ticket = acknowledger_.take();
    switch (stanza.addressing) {
        case Checked::Addressing::Good:
            counters_.count(stanza.kind);
            if (Tap& tap = *environment_.config.tap; tap.is_on()) [[unlikely]] {
                show_stanza(
                    tap, element, "i" + std::to_string(number_), stream()->remote().to_string());
            }
            sink_.receive(stanza.kind, stanza.from, stanza.to, element, arena(), ticket);
            if (stanza.kind == Kind::Message) {
                return;  // settled when the SIP side has answered
            }
            break;
        case Checked::Addressing::BadTo:
            counters_.count(stanza.kind);
            sink_.receive_misaddressed(stanza.kind, stanza.from, pairs_.front().local, element);
            break;
        case Checked::Addressing::Refused:
            return refuse(stanza.condition);
    }
    acknowledger_.settle(ticket);
}

void IncomingConnection::handle_management(const xml::Element& element) {
    using What = management::What;
    const auto found = management::Element::read(element);
    if (!found) {
        return act(machine_.on_element(element, arena(), output()));
    }
    switch (found->what) {
        case What::Enable:
            // XEP-0198 §3: counted from here on. Sessions end with their streams.
            if (acknowledger_.enable()) {
                management::write_enabled(output());
                if (rider_ != nullptr) {
                    rider_->on_carrier_counts();
                }
            } else {
                management::write_failed(output(), "unexpected-request");
            }
            break;
        case What::Resume:
            management::write_failed(output(), "item-not-found");
            break;
        case What::Request:
            return acknowledger_.on_request();
        default:
            if (rider_ != nullptr) {
                rider_->on_carrier_management(*found);
            }
            return;
    }
    flush();
}

void IncomingConnection::refuse(StreamCondition condition) {
    const bool is_forged =
        condition == StreamCondition::InvalidFrom || condition == StreamCondition::NotAuthorized;
    act(machine_.fail(condition,
                      make_error(ErrorKind::NotAuthorized,
                                 is_forged ? "IST-AUTH-003" : "IST-XMPP-001",
                                 "",
                                 "a stanza that may not be sent on this stream"),
                      output()));
}

void IncomingConnection::handle_end() {
    // It will take for lost what is not acknowledged: what is under way may end first.
    awaits_fates_ = true;
    if (rider_ != nullptr) {
        rider_->on_carrier_ending();
    }
    establishment_.arm(kFatePatience);
    acknowledger_.when_settled([this] { end_as_peer_did(); });
}

void IncomingConnection::end_as_peer_did() {
    awaits_fates_ = false;
    establishment_.cancel();
    acknowledger_.say_last();
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

void IncomingConnection::handle_written(std::uint64_t total) {
    if (rider_ != nullptr) {
        rider_->on_carrier_written(total);
    }
}

void IncomingConnection::handle_tls_turn(bool has_octets_behind) {
    if (has_octets_behind) {
        return act(machine_.refuse_pipelined(output()));
    }
    machine_.proceed(output());
    flush();
    start_tls(environment_.tls, tls_options(machine_.local()));
}

void IncomingConnection::handle_closed(const Error& reason) {
    establishment_.cancel();
    vouching_.reset();
    acknowledger_.stop();
    place_.give_back();
    const Error why = end_reason_ ? *end_reason_ : reason;
    if (Rider* rider = std::exchange(rider_, nullptr)) {
        rider->on_carrier_gone(why, was_end_answered());
    }
    for (const Pair& pair : pairs_) {
        environment_.journal.down(name(pair.remote), pair.mechanism, why);
    }
    if (pairs_.empty() && !end_reason_ && !reason.code.empty()) {
        environment_.journal.failed(name(machine_.remote()), "negotiation", reason);
    }
    owner_.on_gone(*this);
}

void IncomingConnection::verified(const std::string& remote,
                                  const std::string& local,
                                  Verdict verdict) {
    if (has_ended()) {
        return;
    }
    if (verdict == Verdict::Unknown || verdict == Verdict::NoServer) {
        environment_.journal.noted(
            name(remote),
            make_error(
                ErrorKind::Timeout, "IST-DB-003", "", "no answer about the key of " + remote));
    }
    act(machine_.on_verified(remote, local, verdict, output()));
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
                } else if constexpr (!std::is_same_v<What, action::Verified> &&
                                     !std::is_same_v<What, action::PairAnswered> &&
                                     !std::is_same_v<What, action::Management>) {
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
        const auto policy = directory_.link_policy(action.remote);
        const std::string& partner =
            policy && !policy->partner.empty() ? policy->partner : action.remote;
        place_ = QuotaPlace(environment_.quotas, partner);
        share_ = environment_.shares.of(partner);
        last_stanza_ = environment_.timers.now();
        note_keep_alive();
        set_limits(limits_of(environment_.config.max_stanza_octets));
        counters_ = environment_.journal.stanzas(action.remote, false);
        if (action.mechanism == Mechanism::External) {
            second_look_.emplace(environment_.second_looks);
        }
        if (action.mechanism == Mechanism::Dialback) {
            offer_carrier();
        }
        owner_.on_authenticated(*this);
    }
}

void IncomingConnection::give_up(StreamCondition condition, const Error& why) {
    rider_ = nullptr;
    act(machine_.fail(condition, why, output()));
}

void IncomingConnection::act(const action::Close& action) {
    acknowledger_.stop();
    if (rider_ != nullptr) {
        rider_->on_carrier_ending();
    }
    end_reason_ = action.why;
    if (action.by_peer) {
        end_reason_->code = {};
    }
    if (pairs_.empty() && !end_reason_->code.empty()) {
        environment_.journal.failed(name(machine_.remote()), "negotiation", *end_reason_);
    }
    finish();
}

StreamName IncomingConnection::carrier_name() const {
    return name(pairs_.front().remote);
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
    status.vouched_by = vouched_by_;
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
