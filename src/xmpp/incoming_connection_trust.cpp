// What an incoming connection makes of the certificate that it is shown, at first and later.
#include "xmpp/incoming_connection.h"
#include "xmpp/jid.h"

#include <utility>

namespace isthmus::xmpp {

void IncomingConnection::handle_secured() {
    environment_.journal.secured(name({}));
    machine_.on_secured(stream()->peer_certificate());
}

void IncomingConnection::ask_for_voucher(std::string_view remote,
                                         bool may_be_private,
                                         Posh::Handler on_done) {
    Arena scratch(1024);
    const auto ascii = domain_to_ascii(remote, scratch);
    vouching_ = environment_.posh.ask(
        ascii ? *ascii : remote, may_be_private, environment_.tls, std::move(on_done));
}

void IncomingConnection::act(const action::AskForVoucher& action) {
    want_pause();
    ask_for_voucher(
        action.remote,
        action.may_be_private,
        [this, remote = action.remote, fault = action.fault](const Posh::Answer& answer) {
            const auto done = std::move(vouching_);
            if (has_ended() || is_finishing()) {
                return;
            }
            auto left = fault_beside(answer, *stream()->peer_certificate(), fault);
            if (!left) {
                vouched_by_ = answer.evidence;
                environment_.journal.vouched_for(name(remote), vouched_by_);
            }
            go_on();
            act(machine_.on_vouched(std::move(left), output()));
        });
}

void IncomingConnection::look_again() {
    if (!second_look_ || has_ended() || is_closing_) {
        return;
    }
    const std::string& remote = pairs_.front().remote;  // EXTERNAL proves one
    const auto policy = directory_.link_policy(remote);
    if (!policy) {
        return;
    }
    auto doubt = second_look_->look(environment_, *stream(), remote, *policy);
    if (!doubt) {
        return;
    }
    if (!may_be_vouched_for(&doubt->certificate, doubt->fault, *policy)) {
        return act(machine_.fail(StreamCondition::Reset, std::move(doubt->fault), output()));
    }
    ask_for_voucher(remote,
                    policy->may_be_private,
                    [this, doubt = *std::move(doubt)](const Posh::Answer& answer) {
                        on_vouched_again(doubt, answer);
                    });
}

void IncomingConnection::on_vouched_again(const SecondLook::Doubt& doubt,
                                          const Posh::Answer& answer) {
    const auto done = std::move(vouching_);
    if (has_ended() || is_finishing() || is_closing_) {
        return;
    }
    if (auto fault = fault_beside(answer, doubt.certificate, doubt.fault)) {
        return act(machine_.fail(StreamCondition::Reset, *std::move(fault), output()));
    }
    vouched_by_ = answer.evidence;
}

}  // namespace isthmus::xmpp
