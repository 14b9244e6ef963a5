// Stanza to SIP MESSAGE: decide, translate, queue per target; refusals become stanza errors.
#include "base/log.h"
#include "gateway/message_flow.h"
#include "sip/random_token.h"

#include <ctime>

namespace isthmus::gateway {

namespace {

void assign(std::string& to, const xmpp::Jid& jid) {
    to.clear();
    if (!jid.local.empty()) {
        to.append(jid.local).push_back('@');
    }
    to.append(jid.domain);
    if (!jid.resource.empty()) {
        to.push_back('/');
        to.append(jid.resource);
    }
}

}  // namespace

void MessageFlow::bounce(const xmpp::Message& message,
                         const xmpp::StanzaError& error,
                         MessageReport report) {
    server_->send_error(xmpp::Kind::Message, message.to, message.from, message.id, error);
    report.direction = Direction::XmppToSip;
    report.from = address_text(message.from, arena_);
    report.to = address_text(message.to, arena_);
    report.stanza_id = message.id;
    report.partner = partner_of(message.from.domain);
    report.since = timers_.now();
    note_failure(report);
}

void MessageFlow::on_message(const xmpp::Message& message) {
    is_carried_ = false;
    take(message);
    if (message.ticket != 0 && !is_carried_) {
        server_->settle(message.ticket);
    }
}

void MessageFlow::take(const xmpp::Message& message) {
    arena_.reset();
    // Nearly always the account key itself; a wrong guess costs nothing.
    admission_.policy().prefetch(message.to.local, message.to.domain);
    constexpr auto kDirection = Direction::XmppToSip;
    if (message.type == xmpp::MessageType::Error) {
        return on_late_error(message);
    }
    const std::uint64_t id = log_.next_id();
    const auto deny = [&](xmpp::Condition condition, std::string_view code, Outcome outcome) {
        counters_.count(kDirection, Counters::kOther, outcome);
        bounce(message,
               xmpp::StanzaError::of(condition),
               {.id = id,
                .code = code,
                .text = message.to.domain,
                .step = "admission",
                .result = outcome_name(outcome)});
    };
    const ServedDomain* served = admission_.served_xmpp(message.to.domain);
    if (served == nullptr || !sip_side_->serves(served->sip)) {
        return deny(xmpp::Condition::ServiceUnavailable, "IST-POL-006", Outcome::Failed);
    }
    const auto key = xmpp::account_key(message.to.local, arena_);
    if (!key) {
        return deny(xmpp::Condition::JidMalformed, "IST-XMPP-001", Outcome::Invalid);
    }
    const policy::Query query{
        .user = *key, .user_domain = served->sip, .remote_domain = message.from.domain};
    const policy::Decision decision = admission_.decide_from_xmpp(
        query, message.from, contacts_, Approach::Message, timers_.now());
    counters_.count_decision(decision);
    if (!decision.is_allowed()) {
        return deny_from_xmpp(id, message, query, decision);
    }
    using xmpp::StanzaError;
    if (message.hops >= config_.max_hops) {
        counters_.count(kDirection, decision, Outcome::Denied);
        return bounce(
            message,
            StanzaError::of(xmpp::Condition::ServiceUnavailable, "The message goes in circles."),
            {.id = id,
             .code = "IST-SIP-004",
             .text = "too many gateways on its way",
             .step = "admission",
             .result = outcome_name(Outcome::Denied)});
    }
    if (is_full()) {
        counters_.count(kDirection, decision, Outcome::Limited);
        return bounce(message,
                      StanzaError::of(xmpp::Condition::ResourceConstraint),
                      {.id = id,
                       .code = "IST-LIM-002",
                       .text = "max_pending_messages reached",
                       .step = "queue",
                       .result = outcome_name(Outcome::Limited)});
    }
    carry_to_sip(id, message, decision, *served);
}

void MessageFlow::deny_from_xmpp(std::uint64_t id,
                                 const xmpp::Message& message,
                                 const policy::Query& query,
                                 const policy::Decision& decision) {
    counters_.count(Direction::XmppToSip, decision, Outcome::Denied);
    const std::string_view text = Admission::refusal_text(decision);
    if (!text.empty() && message.bodies.empty() && message.subjects.empty()) {
        // Nobody wrote it, so nobody is told: typing notices and receipts of strangers just end.
        return;
    }
    const PolicyRefusal refused{decision, query};
    bounce(message,
           xmpp::StanzaError::of(xmpp::Condition::Forbidden, text),
           {.id = id,
            .code = policy::gate_code(decision.gate),
            .text = query.remote_domain,
            .step = "policy",
            .result = outcome_name(Outcome::Denied),
            .refusal = &refused});
}

void MessageFlow::carry_to_sip(std::uint64_t id,
                               const xmpp::Message& message,
                               const policy::Decision& decision,
                               const ServedDomain& served) {
    constexpr auto kDirection = Direction::XmppToSip;
    const std::string_view about =
        message.receipt_for.empty() ? message.marker_for : message.receipt_for;
    const DeliveryNotices::Entry* notice = about.empty() ? nullptr : notice_of(about, message);
    // A receipt names the stanza, so what has no id can have none (XEP-0184 §5.3).
    const bool asks_imdn = (message.wants_receipt || message.is_markable) && !message.id.empty() &&
                           conversations_.takes_imdn(message.to);
    const Conversations::SipSide shown = message.chat_state == xmpp::ChatState::None
                                             ? Conversations::SipSide{}
                                             : conversations_.sip_side(message.to, message.from);
    char unique[16];
    random_.token(unique);
    const translate::ToSip made = translate::to_sip(
        message,
        {.sip_domain = served.sip == served.xmpp ? std::string_view() : served.sip,
         .to_uri = spellings_.of(message.to),
         .unique = {unique, sizeof unique},
         .now = notice != nullptr || asks_imdn ? std::time(nullptr) : 0,
         .peer_takes_typing = shown.takes_typing,
         .peer_takes_imdn = asks_imdn,
         .last_typing_is_active = shown.is_active,
         .asked = notice != nullptr ? &notice->asked : nullptr,
         // RFC 3428 §8: a peer reached over TCP is a path that the administrator made safe.
         .max_octets = sip_side_->is_congestion_safe(served.sip) ? std::size_t{0} : 1300U,
         .max_chars = config_.max_message_chars},
        arena_);
    switch (made.action) {
        case translate::ToSip::Action::Refuse:
            counters_.count(kDirection, decision, Outcome::Invalid);
            return bounce(message,
                          made.error,
                          {.id = id,
                           .code = "IST-XMPP-004",
                           .text = made.error.text,
                           .step = "translation",
                           .peer = peer_name(served.sip),
                           .result = outcome_name(Outcome::Invalid)});
        case translate::ToSip::Action::Ignore:
            if (message.chat_state == xmpp::ChatState::Gone) {
                leave(message, served);
            }
            return counters_.count(kDirection, decision, Outcome::Dropped);
        case translate::ToSip::Action::Send:
            break;
    }
    if (made.is_typing) {
        return submit_typing(id, message, made, decision, served.sip);
    }
    const bool is_text = !message.bodies.empty() || !message.subjects.empty();
    return is_text ? submit_text(id, message, made, decision, served.sip)
                   : submit_receipt(id, message, made, decision, served.sip);
}

void MessageFlow::submit_text(std::uint64_t id,
                              const xmpp::Message& message,
                              const translate::ToSip& made,
                              const policy::Decision& decision,
                              std::string_view sip_domain) {
    if (made.request.call_id.starts_with(translate::kDerivedCallId)) {
        threads_.remember(made.request.call_id, message.thread);
    }
    if (!submit(id, ToSipKind::Text, message, made, decision, sip_domain)) {
        counters_.count(Direction::XmppToSip, decision, Outcome::Limited);
        return bounce(message,
                      xmpp::StanzaError::of(xmpp::Condition::ResourceConstraint),
                      {.id = id,
                       .code = "IST-LIM-002",
                       .text = "too many messages wait for this user",
                       .step = "queue",
                       .peer = peer_name(sip_domain),
                       .result = outcome_name(Outcome::Limited)});
    }
    if (!made.imdn_message_id.empty()) {
        sent_messages_.remember(made.imdn_message_id, message);
    }
    if (message.chat_state != xmpp::ChatState::None || conversations_.has_pairs()) {
        conversations_.text_from_xmpp(
            message.to, message.from, message.chat_state, message.type == xmpp::MessageType::Chat);
    }
}

void MessageFlow::submit_receipt(std::uint64_t id,
                                 const xmpp::Message& message,
                                 const translate::ToSip& made,
                                 const policy::Decision& decision,
                                 std::string_view sip_domain) {
    const bool is_display = message.receipt_for.empty();
    const auto about = log_.id_of(is_display ? message.marker_for : message.receipt_for);
    if (about) {
        notices_.told(*about,
                      is_display && message.marker != xmpp::Marker::Received
                          ? translate::ImdnStatus::Displayed
                          : translate::ImdnStatus::Delivered);
    }
    if (!submit(id, ToSipKind::Receipt, message, made, decision, sip_domain)) {
        counters_.count(Direction::XmppToSip, decision, Outcome::Limited);
    }
}

void MessageFlow::submit_typing(std::uint64_t id,
                                const xmpp::Message& message,
                                const translate::ToSip& made,
                                const policy::Decision& decision,
                                std::string_view sip_domain) {
    // RFC 3994 §3.2, RFC 3428 §8: "types" would be stale by the time that its turn came. "Types no
    // more" stays true and waits: without it he would go on seeing her type.
    const sip::OutgoingRequest& request = made.request;
    if (sip_side_->uses_sessions(request.request_uri, sip_domain)) {
        // No session is opened only to say that somebody types.
        if (!sessions_->is_open({request.from, request.request_uri})) {
            return counters_.count(Direction::XmppToSip, decision, Outcome::Dropped);
        }
        translate::ToSip notice = made;
        translate::to_keyboard_activity(made.typing_is_active, notice.request);
        if (!submit(id, ToSipKind::Typing, message, notice, decision, sip_domain)) {
            return counters_.count(Direction::XmppToSip, decision, Outcome::Dropped);
        }
        return conversations_.typing_to_sip(message.to, message.from, made.typing_is_active);
    }
    if ((made.typing_is_active && outbox_.is_pending(request.request_uri)) ||
        !submit(id, ToSipKind::Typing, message, made, decision, sip_domain)) {
        return counters_.count(Direction::XmppToSip, decision, Outcome::Dropped);
    }
    conversations_.typing_to_sip(message.to, message.from, made.typing_is_active);
}

bool MessageFlow::submit(std::uint64_t id,
                         ToSipKind kind,
                         const xmpp::Message& message,
                         const translate::ToSip& made,
                         const policy::Decision& decision,
                         std::string_view sip_domain) {
    sip::OutgoingRequest request = made.request;
    const std::uint64_t cookie = to_sip_.acquire();
    ToSip& entry = *to_sip_.find(cookie);
    if (request.call_id.empty()) {
        sip::RandomToken<16> fresh;
        fresh.renew(random_);
        entry.call_id = fresh.view();
    } else {
        entry.call_id = request.call_id;
    }
    request.call_id = entry.call_id;
    assign(entry.from, message.from);
    assign(entry.to, message.to);
    entry.stanza_id = message.id;
    entry.ticket = message.ticket;
    entry.sip_domain = sip_domain;
    entry.id = id;
    entry.since = timers_.now();
    entry.partner = decision.partner_place;
    entry.kind = kind;
    entry.asks_imdn = !made.imdn_message_id.empty();
    entry.is_sent = false;
    entry.is_in_session = sip_side_->uses_sessions(request.request_uri, sip_domain);
    if (log::is_enabled(log::Level::Debug)) {
        log_.step("im.in",
                  {.direction = Direction::XmppToSip,
                   .id = id,
                   .from = entry.from,
                   .to = entry.to,
                   .stanza_id = message.id},
                  {},
                  arena_);
        log_.step("im.out",
                  {.direction = Direction::XmppToSip,
                   .id = id,
                   .from = request.from,
                   .to = request.request_uri,
                   .call_id = request.call_id},
                  {},
                  arena_);
    }
    if (traces_.is_on()) [[unlikely]] {
        show_translation(id, message, request, decision);
    }
    const Outbox::Submitted submitted =
        entry.is_in_session ? session_outbox_.submit(request, cookie, pair_key(request, arena_))
                            : outbox_.submit(request, cookie);
    if (submitted.fate == Outbox::Fate::Full) {
        to_sip_.release(cookie);
        return false;
    }
    entry.target = submitted.target;
    is_carried_ = true;
    counters_.pending.set(static_cast<std::int64_t>(pending()));
    counters_.queued.set(static_cast<std::int64_t>(queued()));
    return true;
}

void MessageFlow::transmit(const sip::OutgoingRequest& request, std::uint64_t cookie) {
    ToSip& entry = *to_sip_.find(cookie);
    entry.is_sent = true;
    if (entry.is_in_session) {
        sessions_->send(request, entry.sip_domain, *this, cookie);
    } else {
        sip_side_->send(request, entry.sip_domain, *this, cookie);
    }
}

}  // namespace isthmus::gateway
