// What an outgoing connection makes of the certificate that it is shown, at first and later.
#include "xmpp/outgoing_connection.h"

#include <utility>

namespace isthmus::xmpp {

void OutgoingConnection::handle_secured() {
    measure("tls");
    is_secured_ = true;
    environment_.journal.secured(name());
    const net::PeerCertificate* certificate = stream()->peer_certificate();
    const OutgoingStream::Purpose& purpose = machine_.purpose();
    Arena scratch(1024);
    auto fault = certificate_fault(certificate, purpose.remote, purpose.policy, scratch);
    if (!fault || !may_be_vouched_for(certificate, *fault, purpose.policy)) {
        return on_judged(std::move(fault));
    }
    // The server waits for our header: what it says before that is read afterwards.
    stream()->pause_reading(true);
    ask_for_voucher([this, fault = *std::move(fault)](const Posh::Answer& answer) {
        const auto done = std::move(vouching_);
        if (has_ended() || is_finishing() || owner_ == nullptr) {
            return;
        }
        auto left = fault_beside(answer, *stream()->peer_certificate(), fault);
        if (!left) {
            vouched_by_ = answer.evidence;
            environment_.journal.vouched_for(name(), vouched_by_);
        }
        stream()->pause_reading(false);
        on_judged(std::move(left));
    });
}

void OutgoingConnection::ask_for_voucher(Posh::Handler on_done) {
    vouching_ = environment_.posh.ask(
        domain_, machine_.purpose().policy.may_be_private, environment_.tls, std::move(on_done));
}

void OutgoingConnection::on_judged(std::optional<Error> fault) {
    environment_.journal.checked_certificate(fault);
    if (owner_ != nullptr) {
        owner_->on_secured(stream()->peer_certificate(), fault);
    }
    act(machine_.on_secured(std::move(fault), output()));
}

void OutgoingConnection::look_again() {
    const OutgoingStream::Purpose& purpose = machine_.purpose();
    if (!second_look_ || has_ended() || end_reason_) {
        return;
    }
    auto doubt = second_look_->look(environment_, *stream(), purpose.remote, purpose.policy);
    if (!doubt) {
        return;
    }
    if (!may_be_vouched_for(&doubt->certificate, doubt->fault, purpose.policy)) {
        return close(StreamCondition::Reset, std::move(doubt->fault));
    }
    ask_for_voucher([this, doubt = *std::move(doubt)](const Posh::Answer& answer) {
        on_vouched_again(doubt, answer);
    });
}

void OutgoingConnection::on_vouched_again(const SecondLook::Doubt& doubt,
                                          const Posh::Answer& answer) {
    const auto done = std::move(vouching_);
    if (has_ended() || end_reason_) {
        return;
    }
    if (auto fault = fault_beside(answer, doubt.certificate, doubt.fault)) {
        return close(StreamCondition::Reset, *std::move(fault));
    }
    vouched_by_ = answer.evidence;
}

}  // namespace isthmus::xmpp
