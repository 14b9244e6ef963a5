// A peer's side of a stream, spoken to a machine as text; what the machine says and asks for comes
// back as text. No sockets, no clock.
#pragma once

#include "xml/parser.h"
#include "xmpp/incoming_stream.h"
#include "xmpp/outgoing_stream.h"

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace isthmus::test {

constexpr std::string_view kOurs = "contoso.example";
constexpr std::string_view kTheirs = "fabrikam.example";

/// A header as Prosody and ejabberd write it; an attribute with an empty value is left out.
inline std::string header(std::string_view from,
                          std::string_view to,
                          std::string_view id = {},
                          std::string_view version = "1.0") {
    std::string text =
        "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
        "xmlns:db='jabber:server:dialback' "
        "xmlns:stream='http://etherx.jabber.org/streams'";
    auto attribute = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) {
            text.append(" ").append(name).append("='").append(value).append("'");
        }
    };
    attribute("from", from);
    attribute("to", to);
    attribute("id", id);
    attribute("version", version);
    return text + ">";
}

inline std::string stream_error(std::string_view condition) {
    return "<stream:error><" + std::string(condition) +
           " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>";
}

constexpr std::string_view kStartTls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
constexpr std::string_view kProceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
constexpr std::string_view kSuccess = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
constexpr std::string_view kExternalOffer =
    "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism>"
    "</mechanisms>";
constexpr std::string_view kDialbackOffer = "<dialback xmlns='urn:xmpp:features:dialback'>";

/// contoso.example as authorization identity.
constexpr std::string_view kOurIdentity = "Y29udG9zby5leGFtcGxl";

inline std::string auth(std::string_view initial_response) {
    return "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>" +
           std::string(initial_response) + "</auth>";
}

inline std::string features(std::string_view inside) {
    return "<stream:features>" + std::string(inside) + "</stream:features>";
}

inline net::PeerCertificate certificate_for(std::string_view domain, bool is_trusted = true) {
    net::PeerCertificate certificate;
    certificate.is_trusted = is_trusted;
    certificate.trust_error = is_trusted ? "" : "self-signed certificate";
    certificate.subject = "CN=" + std::string(domain);
    certificate.dns_names = {std::string(domain)};
    return certificate;
}

inline std::string describe(const xmpp::Action& action) {
    using namespace xmpp::action;
    return std::visit(
        [](const auto& what) -> std::string {
            using What = std::decay_t<decltype(what)>;
            if constexpr (std::is_same_v<What, StartTls>) {
                return "starttls";
            } else if constexpr (std::is_same_v<What, Restart>) {
                return "restart";
            } else if constexpr (std::is_same_v<What, VerifyKey>) {
                return "verify " + what.remote + " " + what.local + " " + what.id + " " + what.key;
            } else if constexpr (std::is_same_v<What, AskForVoucher>) {
                return "ask for voucher " + what.remote + " " + std::string(what.fault.code);
            } else if constexpr (std::is_same_v<What, Authenticated>) {
                return "authenticated " + what.remote + " " + what.local + " " +
                       std::string(mechanism_name(what.mechanism));
            } else if constexpr (std::is_same_v<What, Note>) {
                return "note " + std::string(what.what.code);
            } else if constexpr (std::is_same_v<What, Management>) {
                return "management";
            } else if constexpr (std::is_same_v<What, PairAnswered>) {
                return "pair " + what.local + (what.is_granted ? " granted" : " refused");
            } else if constexpr (std::is_same_v<What, Verified>) {
                return what.verdict == xmpp::Verdict::Valid     ? "verified valid"
                       : what.verdict == xmpp::Verdict::Invalid ? "verified invalid"
                                                                : "verified unknown";
            } else {
                return "close" + (what.why.code.empty() ? "" : " " + std::string(what.why.code)) +
                       (what.retry ? " retry" : "") + (what.by_peer ? " by peer" : "");
            }
        },
        action);
}

/// What stream_connection does, without the wire.
template <class Machine>
class Dialogue : private xml::StreamSink {
  public:
    template <class... Args>
    explicit Dialogue(Args&&... args) : machine(std::forward<Args>(args)...), parser_(*this, {}) {}

    /// The peer says that; returns what we answer.
    std::string says(std::string_view text) {
        unread_.append(text);
        for (bool again = true; again && !unread_.empty();) {
            again = false;
            unread_.erase(0, parser_.feed(unread_));
            if (parser_.fault() != xml::Fault::None) {
                faults.push_back(parser_.fault());
                break;
            }
            if (std::exchange(wants_tls_, false)) {
                take_tls_turn();
            } else if (std::exchange(wants_restart_, false)) {
                parser_.restart();
                again = true;
            }
        }
        return take();
    }

    /// What has been written since the last call.
    std::string take() {
        std::string said(out.view());
        out.clear();
        return said;
    }

    void note(const xmpp::Actions& happened) {
        for (const xmpp::Action& action : happened) {
            actions.push_back(describe(action));
            wants_tls_ |= std::holds_alternative<xmpp::action::StartTls>(action);
            wants_restart_ |= std::holds_alternative<xmpp::action::Restart>(action);
        }
        if (wants_tls_ || wants_restart_) {
            parser_.stop();
        }
    }

    Arena& arena() { return parser_.arena(); }

    Machine machine;
    Buffer out;
    std::vector<std::string> actions;
    std::vector<xml::Fault> faults;
    std::vector<std::string> stanzas;

  private:
    void take_tls_turn() {
        if (!unread_.empty()) {
            return note(machine.refuse_pipelined(out));
        }
        if constexpr (requires { machine.proceed(out); }) {
            machine.proceed(out);
        }
        parser_.restart();
    }

    void on_stream_open(const xml::Element& root, std::string_view default_ns) override {
        note(machine.on_header(xmpp::StreamHeader::read(root, default_ns), parser_.arena(), out));
    }

    void on_element(const xml::Element& element) override {
        if constexpr (requires { machine.is_authenticated(); }) {
            if (machine.is_authenticated() && element.ns == xmpp::ns::kServer) {
                auto checked = machine.check(element, parser_.arena());
                using Addressing = xmpp::Checked::Addressing;
                if (checked.addressing == Addressing::Good) {
                    stanzas.push_back(checked.from.full() + " -> " + checked.to.full());
                    return;
                }
                if (checked.addressing == Addressing::BadTo) {
                    stanzas.push_back(checked.from.full() + " -> ?");
                    return;
                }
                return note(machine.fail(checked.condition, Error{}, out));
            }
        }
        note(machine.on_element(element, parser_.arena(), out));
    }

    void on_stream_close() override { note(machine.on_end(out)); }

    xml::StreamParser parser_;
    std::string unread_;
    bool wants_tls_ = false;
    bool wants_restart_ = false;
};

}  // namespace isthmus::test
