#include "xmpp/component.h"

#include "base/digest.h"
#include "base/text.h"
#include "xml/writer.h"
#include "xmpp/patience.h"
#include "xmpp/tapped.h"

#include <algorithm>
#include <utility>

namespace isthmus::xmpp {

namespace {

constexpr std::uint16_t kComponentPort = 5347;
constexpr Duration kLastComponentRetry = std::chrono::seconds(30);

Error trouble(ErrorKind kind, std::string_view code, std::string detail) {
    return make_error(kind, code, "the XMPP server cannot be reached", std::move(detail));
}

std::optional<Kind> kind_of(std::string_view name) {
    return name == "message"    ? std::optional(Kind::Message)
           : name == "presence" ? std::optional(Kind::Presence)
           : name == "iq"       ? std::optional(Kind::Iq)
                                : std::nullopt;
}

}  // namespace

std::string component_handshake(std::string_view stream_id, std::string_view secret) {
    return digest::sha1_hex(std::string(stream_id).append(secret));
}

/// The stream itself: header, handshake, stanzas.
class Component::Connection final : public StreamConnection {
  public:
    Connection(Component& component, std::unique_ptr<net::ByteStream> wire)
        : StreamConnection(component.environment().timers,
                           limits_of(component.environment().config.max_stanza_octets),
                           component.environment().config.stanza_deadline),
          component_(component),
          patience_(component.environment().timers, [this] {
              close(StreamCondition::ConnectionTimeout,
                    trouble(ErrorKind::Timeout, "IST-XMPP-003", "no answer to the handshake"));
          }) {
        adopt(std::move(wire));
        StreamHeader ours;
        ours.default_ns = ns::kComponent;
        ours.to = component_.domain();
        ours.write(output());
        flush();
        patience_.arm(component_.environment().config.streams.stream_establishment_timeout);
    }

    bool is_up() const { return state_ == State::Up; }

    void describe(LinkStatus& status) const {
        status.stream_id = id_;
        status.age = component_.environment().timers.now() - started_;
        status.stanzas_in = stanzas_;
        describe_stream(status);
    }

    StreamName name() const {
        StreamName name;
        name.partner = component_.domain();
        name.is_partner = true;
        name.is_outgoing = true;
        name.stream_id = id_;
        name.remote_address = stream()->remote().to_string();
        return name;
    }

    void close(std::optional<StreamCondition> condition, Error why) {
        if (has_ended() || end_reason_) {
            return;
        }
        if (condition) {
            write_stream_error(output(), *condition, "");
        }
        output().append(kStreamClose);
        end_reason_ = std::move(why);
        finish();
    }

  private:
    enum class State : std::uint8_t { Header, Handshake, Up };

    void handle_header(const StreamHeader& header) override {
        if (!header.is_stream || header.default_ns != ns::kComponent || header.id.empty()) {
            return close(StreamCondition::InvalidNamespace,
                         trouble(ErrorKind::Unreachable, "IST-XMPP-001", "not a component port"));
        }
        id_ = header.id;
        xml::Writer(output()).element(
            "handshake",
            component_handshake(id_, component_.environment().config.component_secret));
        flush();
        state_ = State::Handshake;
    }

    void handle_element(const xml::Element& element) override {
        if (element.is("error", ns::kStreams)) {
            const bool is_refusal = state_ != State::Up &&
                                    first_condition(element, ns::kStreamErrors) == "not-authorized";
            return close(std::nullopt,
                         trouble(is_refusal ? ErrorKind::NotAuthorized : ErrorKind::Unreachable,
                                 is_refusal ? "IST-AUTH-004" : "IST-XMPP-002",
                                 describe_stream_error(element, arena())));
        }
        if (state_ == State::Handshake && element.is("handshake", ns::kComponent)) {
            state_ = State::Up;
            patience_.cancel();
            return component_.on_up();
        }
        auto kind = kind_of(element.name);
        if (state_ != State::Up || !kind || element.ns != ns::kComponent) {
            return close(StreamCondition::UnsupportedStanzaType,
                         trouble(ErrorKind::Unreachable,
                                 "IST-XMPP-001",
                                 "unexpected " + text::escape_for_log(element.name)));
        }
        handle_stanza(*kind, element);
    }

    void handle_element_ahead(const xml::Element& element) override {
        if (state_ == State::Up && element.is("presence", ns::kComponent)) {
            component_.sink_.receive_ahead(element);
        }
    }

    void handle_stanza(Kind kind, const xml::Element& element) {
        ++stanzas_;
        component_.incoming_counters_.count(kind);
        if (Tap& tap = *component_.environment().config.tap; tap.is_on()) [[unlikely]] {
            show_stanza(tap,
                        element,
                        "o" + std::to_string(component_.number()),
                        stream()->remote().to_string());
        }
        auto from = parse_jid(element.attribute("from").value_or(""), arena());
        if (!from) {
            return;  // nobody to answer to
        }
        auto to = parse_jid(element.attribute("to").value_or(""), arena());
        if (!to) {
            return component_.sink_.receive_misaddressed(kind, *from, component_.domain(), element);
        }
        // XEP-0114 §3: only what is addressed to the component is routed to it.
        if (to->domain == component_.domain()) {
            component_.sink_.receive(kind, *from, *to, element, arena(), 0);
        }
    }

    void handle_end() override {
        close(std::nullopt,
              trouble(ErrorKind::Unreachable, "IST-XMPP-002", "the server ended the stream"));
    }

    void handle_fault(StreamCondition condition,
                      std::string_view code,
                      std::string_view detail) override {
        close(condition, trouble(ErrorKind::Unreachable, code, std::string(detail)));
    }

    void handle_written(std::uint64_t total) override { component_.on_written(total); }

    void handle_closed(const Error& reason) override {
        patience_.cancel();
        component_.on_down(end_reason_ ? *end_reason_
                                       : trouble(ErrorKind::Unreachable,
                                                 "IST-XMPP-002",
                                                 "connection lost: " + reason.detail));
    }

    Component& component_;
    Timer patience_;
    TimePoint started_ = component_.environment().timers.now();
    std::uint64_t stanzas_ = 0;
    State state_ = State::Header;
    std::string id_;
    std::optional<Error> end_reason_;
};

Component::Component(Environment& environment, StanzaSink& sink)
    : Link(environment), sink_(sink), retry_(environment.timers, [this] { start(); }) {
    set_counters(environment.journal.stanzas("component", true));
    incoming_counters_ = environment.journal.stanzas("component", false);
}

Component::~Component() = default;

void Component::start() {
    is_closing_ = false;
    location_ = std::make_unique<Location>(
        environment().resolver,
        HostPort::parse(environment().config.component_server, kComponentPort),
        LocationTerms{.may_be_private = true},  // the configuration file names it
        [this](Result<Target> target) { on_target(std::move(target)); });
    location_->next();
}

void Component::on_target(Result<Target> target) {
    if (!target) {
        return on_down(std::move(target).error());
    }
    connecting_ =
        environment().network.connect(std::move(target->endpoints),
                                      kConnectPatience,
                                      [this](Result<std::unique_ptr<net::ByteStream>> stream) {
                                          on_connected(std::move(stream));
                                      });
}

void Component::on_connected(Result<std::unique_ptr<net::ByteStream>> stream) {
    auto done = std::move(connecting_);
    if (!stream) {
        return on_down(std::move(stream).error());
    }
    connection_ = std::make_unique<Connection>(*this, *std::move(stream));
}

void Component::on_up() {
    failures_ = 0;
    last_error_.reset();
    if (trouble_) {
        trouble_->is_over = true;
    }
    environment().journal.up(connection_->name(), Mechanism::Component, Duration{});
    come_up(*connection_->stream());
    environment().handler.on_link({}, LinkEvent::Up);
}

void Component::on_down(const Error& why) {
    bool was_up = is_up();
    stop_sending();
    last_error_ = why;
    if (connection_ != nullptr) {
        was_up = was_up || connection_->is_up();
        const StreamName name = connection_->name();
        remember(name, was_up ? "up" : "auth");
        if (was_up) {
            environment().journal.down(name, Mechanism::Component, why);
        } else {
            environment().journal.failed(name, "auth", why);
        }
        environment().graveyard.bury(std::move(connection_));
    } else {
        StreamName name;
        name.partner = domain();
        name.is_partner = true;
        name.is_outgoing = true;
        remember(name, "tcp");
        environment().journal.failed(name, "tcp", why);
    }
    if (!is_closing_) {
        retry_later();
    }
    outbox().fail_output(why);
    if (was_up && !is_closing_) {
        environment().handler.on_link({}, LinkEvent::Failed);
    }
}

void Component::remember(const StreamName& name, std::string_view step) {
    Journal::note_trouble(trouble_, name, step, *last_error_, environment().timers.now());
}

void Component::retry_later() {
    const Duration delay =
        std::min(kFirstRetry * (1U << std::min(failures_, 10U)), kLastComponentRetry);
    ++failures_;
    auto half = static_cast<std::uint64_t>(delay.count() / 2);
    retry_.arm(delay / 2 +
               Duration(static_cast<Duration::rep>(environment().random.below(2 * half + 1))));
}

void Component::on_stalled(const Error& why) {
    if (connection_ != nullptr) {
        connection_->close(StreamCondition::ConnectionTimeout, why);
    }
}

void Component::on_drained() {
    environment().handler.on_link({}, LinkEvent::Drained);
}

void Component::close_if_idle() {
    if (is_up() && pending() == 0) {
        is_closing_ = true;
        stop_sending();
        connection_->close(std::nullopt,
                           make_error(ErrorKind::Unreachable, "", "closed by us", "draining"));
    }
}

bool Component::close_stream() {
    if (connection_ == nullptr) {
        return false;
    }
    connection_->close(
        std::nullopt,
        make_error(
            ErrorKind::Unreachable, "IST-XMPP-002", "the stream was closed by an administrator"));
    return true;
}

std::string Component::last_trouble() const {
    return last_error_ ? std::string(last_error_->code) + ": " + last_error_->detail
                       : std::string("not connected yet");
}

LinkStatus Component::status() const {
    LinkStatus status;
    status.local_domain = domain();
    status.remote_domain = "*";
    status.outgoing = true;
    status.auth = mechanism_name(Mechanism::Component);
    status.state = is_up()                                        ? "up"
                   : connection_ != nullptr                       ? "negotiating"
                   : connecting_ != nullptr || !retry_.is_armed() ? "connecting"
                                                                  : "waiting";
    if (connection_ != nullptr) {
        status.remote_address = connection_->name().remote_address;
        connection_->describe(status);
    }
    status.last_error = trouble_;
    fill(status);
    return status;
}

}  // namespace isthmus::xmpp
