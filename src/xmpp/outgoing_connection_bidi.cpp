// What a peer says on a stream that we have opened, once it is up: stanzas (XEP-0288), counts of
// stanzas (XEP-0198), and whether other domains of ours may send on it (XEP-0220 §2.5).
#include "xmpp/outgoing_connection.h"
#include "xmpp/tapped.h"

#include <utility>

namespace isthmus::xmpp {

void OutgoingConnection::handle_stanza(const xml::Element& element) {
    last_stanza_ = environment_.timers.now();
    if (const Duration rest = share_->spend(last_stanza_); rest != Duration{}) {
        want_rest(rest);
    }
    const Checked stanza = machine_.check(element, arena());
    if (stanza.addressing == Checked::Addressing::Refused) {
        return act(machine_.fail(stanza.condition,
                                 make_error(ErrorKind::NotAuthorized,
                                            "IST-AUTH-003",
                                            "the remote server breaks the rules of XMPP",
                                            "a stanza that may not be sent on this stream"),
                                 false,
                                 output()));
    }
    const std::uint64_t ticket = acknowledger_.take();
    incoming_.count(stanza.kind);
    if (stanza.addressing == Checked::Addressing::BadTo) {
        environment_.sink->receive_misaddressed(
            stanza.kind, stanza.from, machine_.purpose().local, element);
    } else {
        if (Tap& tap = *environment_.config.tap; tap.is_on()) [[unlikely]] {
            show_stanza(tap, element, {}, stream()->remote().to_string());
        }
        environment_.sink->receive(stanza.kind, stanza.from, stanza.to, element, arena(), ticket);
        if (stanza.kind == Kind::Message) {
            return;  // settled when the SIP side has answered
        }
    }
    acknowledger_.settle(ticket);
}

Carrier& OutgoingConnection::invite(std::string local, Carrier::Candidate& candidate) {
    machine_.ask_for_pair(local, output());
    flush();
    return guests_.add(std::move(local), candidate);
}

void OutgoingConnection::act(const action::PairAnswered& action) {
    guests_.on_answer(action.local, action.is_granted, action.detail);
}

void OutgoingConnection::act(const action::Management& action) {
    if (action.element.what == management::What::Request) {
        if (!acknowledger_.is_enabled()) {
            management::write_answer(output(), 0);
            return flush();
        }
        return acknowledger_.on_request();
    }
    if (action.element.what == management::What::Enabled && machine_.has_bidi()) {
        acknowledger_.enable();
    }
    if (owner_ != nullptr) {
        owner_->on_management(action.element);
    }
}

}  // namespace isthmus::xmpp
