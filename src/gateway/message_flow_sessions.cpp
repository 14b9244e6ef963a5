// Messages in INVITE sessions: what they have beyond page-mode messages.
#include "gateway/message_flow.h"
#include "gateway/sender.h"
#include "sip/uri.h"
#include "translate/address.h"

#include <utility>

namespace isthmus::gateway {

std::string_view MessageFlow::on_invite(const sip::Request& request,
                                        const sip::Origin& origin,
                                        sip::IncomingRequest& transaction) {
    arena_.reset();
    ProvedSender sender;
    const auto denied = prove_sender(request, origin, admission_, arena_, sender);
    if (!denied && !sip_side_->uses_sessions(request.from.uri.text, sender.domain)) {
        translate::Refusal answer{.status = 405};
        answer.add("Allow", "MESSAGE, SUBSCRIBE, NOTIFY, OPTIONS");
        transaction.respond(answer.response());
        return {};
    }
    if (!denied) {
        return sender.domain;
    }
    const PolicyRefusal refused{sender.decision, sender.query()};
    refuse(request,
           origin,
           transaction,
           denied->answer,
           {.id = log_.next_id(),
            .code = denied->code,
            .text = denied->text,
            .step = denied->step,
            .partner =
                sender.is_decided ? partner_of(refused.query.remote_domain) : std::string_view(),
            .result = outcome_name(denied->outcome),
            .refusal = denied->step == "policy" ? &refused : nullptr});
    return {};
}

bool MessageFlow::may_continue(const sip::Origin& origin, std::string_view sip_domain) {
    return admission_.may_assert(origin.peer, sip_domain);
}

void MessageFlow::on_session_request(const sip::Request& request,
                                     const sip::Origin& origin,
                                     std::unique_ptr<sip::IncomingRequest> transaction) {
    // INFO also carries subjects, ink and call control: none of it is a message of anybody.
    if (request.method == sip::Method::Info && !translate::is_keyboard_activity(request)) {
        return transaction->respond(200);
    }
    is_in_session_ = true;
    on_request(request, origin, std::move(transaction));
    is_in_session_ = false;
}

std::string MessageFlow::compared(std::string_view uri) {
    return translate::compared_uri(uri);
}

/// RFC 7573 §6.1: he has closed his window, and her client wants to know.
void MessageFlow::on_session_over(const sip::SessionPair& pair, sip::SessionEnd end) {
    if (end != sip::SessionEnd::Left || !conversations_.has_pairs()) {
        return;
    }
    arena_.reset();
    const auto uri = sip::parse_uri(pair.remote);
    const ServedDomain* served = uri ? admission_.served_sip(uri->host) : nullptr;
    if (served == nullptr) {
        return;
    }
    const auto user = translate::to_jid(*uri, arena_, served->xmpp);
    const auto contact = translate::to_jid(pair.local, arena_);
    if (!user || !contact || !conversations_.xmpp_side(user->jid, contact->jid).takes_chat_states) {
        return;
    }
    translate::to_lapsed_typing({*user, *contact}, message_);
    message_.chat_state = xmpp::ChatState::Gone;
    server_->send(message_, 0);
    conversations_.gone(user->jid, contact->jid);
}

void MessageFlow::leave(const xmpp::Message& message, const ServedDomain& served) {
    conversations_.gone(message.to, message.from);
    const std::string_view sip_domain =
        served.sip == served.xmpp ? std::string_view() : std::string_view(served.sip);
    const auto local = translate::to_uri(message.from.bare(), arena_, {});
    const auto mapped = translate::to_uri(message.to.bare(), arena_, {.sip_domain = sip_domain});
    const std::string_view spelling = spellings_.of(message.to);
    if (!local || !mapped) {
        return;
    }
    const std::string_view remote = spelling.empty() ? *mapped : spelling;
    if (sip_side_->uses_sessions(remote, served.sip)) {
        return sessions_->end({*local, remote});
    }
    sip_side_->on_left(remote, *local, served.sip);
}

}  // namespace isthmus::gateway
