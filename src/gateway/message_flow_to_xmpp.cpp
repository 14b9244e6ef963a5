// SIP MESSAGE to stanza: prove, decide, translate, send; answer when the outcome is known.
#include "base/log.h"
#include "gateway/message_flow.h"
#include "gateway/sender.h"
#include "translate/diagnostics.h"

#include <ctime>
#include <utility>

namespace isthmus::gateway {

namespace {

using translate::Refusal;

Refusal refusal(int status, std::string_view reason = {}) {
    return {.status = status, .reason = reason};
}

}  // namespace

void MessageFlow::refuse(const sip::Request& request,
                         const sip::Origin& origin,
                         sip::IncomingRequest& transaction,
                         const Refusal& refusal,
                         MessageReport report) {
    Refusal answer = refusal;
    if (origin.peer >= 0) {
        translate::add_diagnostics(answer, report.code, config_.server_name, arena_);
    }
    transaction.respond(answer.response());
    report.direction = Direction::SipToXmpp;
    report.from = request.from.uri.text;
    report.to = request.uri.text;
    report.call_id = request.call_id;
    report.peer = peer_name(origin.peer);
    report.since = timers_.now();
    note_failure(report);
}

void MessageFlow::on_request(const sip::Request& request,
                             const sip::Origin& origin,
                             std::unique_ptr<sip::IncomingRequest> transaction) {
    arena_.reset();
    constexpr auto kDirection = Direction::SipToXmpp;
    const std::uint64_t id = log_.next_id();
    ProvedSender sender;
    const auto denied = prove_sender(request, origin, admission_, arena_, sender);
    if (sender.is_decided) {
        counters_.count_decision(sender.decision);
    }
    if (denied) {
        if (sender.is_decided) {
            counters_.count(kDirection, sender.decision, denied->outcome);
        } else {
            counters_.count(kDirection, Counters::kOther, denied->outcome);
        }
        // The peer learns that policy refused, not which rule (docs/house.md, example 8).
        const PolicyRefusal refused{sender.decision, sender.query()};
        return refuse(request,
                      origin,
                      *transaction,
                      denied->answer,
                      {.id = id,
                       .code = denied->code,
                       .text = denied->text,
                       .step = denied->step,
                       .partner = sender.is_decided ? partner_of(refused.query.remote_domain)
                                                    : std::string_view(),
                       .result = outcome_name(denied->outcome),
                       .refusal = denied->step == "policy" ? &refused : nullptr});
    }
    send_stanza(id,
                request,
                origin,
                sender.addresses,
                sender.user,
                sender.decision,
                std::move(transaction));
}

void MessageFlow::send_stanza(std::uint64_t id,
                              const sip::Request& request,
                              const sip::Origin& origin,
                              const translate::XmppAddresses& addresses,
                              std::string_view user,
                              const policy::Decision& decision,
                              std::unique_ptr<sip::IncomingRequest> transaction) {
    constexpr auto kDirection = Direction::SipToXmpp;
    if (is_full()) {
        counters_.count(kDirection, decision, Outcome::Limited);
        Refusal answer = refusal(503);
        answer.add("Retry-After", "10");
        return refuse(request,
                      origin,
                      *transaction,
                      answer,
                      {.id = id,
                       .code = "IST-LIM-002",
                       .text = "max_pending_messages reached",
                       .step = "queue",
                       .partner = partner_name(decision.partner_place),
                       .result = outcome_name(Outcome::Limited)});
    }
    spellings_.seen(request.from.uri, addresses.from);
    const std::string_view stanza_id = log_.text_of(id, arena_);
    const xmpp::Jid& from = addresses.from.jid;
    const xmpp::Jid& to = addresses.to.jid;
    const Conversations::XmppSide side =
        conversations_.has_pairs() ? conversations_.xmpp_side(from, to) : Conversations::XmppSide{};
    const translate::ToXmpp made = translate::to_xmpp(
        request,
        addresses,
        {.stanza_id = stanza_id,
         .thread = request.call_id.starts_with(translate::kDerivedCallId)
                       ? threads_.find(request.call_id)
                       : std::string_view(),
         .chat_type = side.is_chat || is_in_session_ || origin.is_in_session,
         .peer_takes_chat_states = side.takes_chat_states,
         .last_chat_state = side.is_composing ? xmpp::ChatState::Composing : xmpp::ChatState::None,
         .now = std::time(nullptr),
         .max_chars = config_.max_message_chars,
         .max_stanza_octets = config_.max_stanza_octets},
        arena_,
        message_);
    using Action = translate::ToXmpp::Action;
    if (made.action == Action::Refuse) {
        counters_.count(kDirection, decision, Outcome::Invalid);
        return refuse(request,
                      origin,
                      *transaction,
                      made.refusal,
                      {.id = id,
                       .code = "IST-SIP-005",
                       .text = made.refusal.reason,
                       .step = "translation",
                       .partner = partner_name(decision.partner_place),
                       .result = outcome_name(Outcome::Invalid)});
    }
    if (made.action == Action::Notice) {
        conversations_.imdn_seen(from);
        return tell_receipt(made.notice, decision, *transaction);
    }
    const bool is_text = !message_.bodies.empty() || !message_.subjects.empty();
    if (made.action == Action::Ignore || !is_text) {
        return send_typing(addresses, made, decision, *transaction);
    }
    if (message_.hops > config_.max_hops) {
        counters_.count(kDirection, decision, Outcome::Denied);
        return refuse(request,
                      origin,
                      *transaction,
                      refusal(483),
                      {.id = id,
                       .code = "IST-SIP-004",
                       .text = "too many gateways on its way",
                       .step = "admission",
                       .partner = partner_name(decision.partner_place),
                       .result = outcome_name(Outcome::Denied)});
    }
    submit_stanza(id, request, origin, user, decision, made, std::move(transaction));
}

void MessageFlow::submit_stanza(std::uint64_t id,
                                const sip::Request& request,
                                const sip::Origin& origin,
                                std::string_view user,
                                const policy::Decision& decision,
                                const translate::ToXmpp& made,
                                std::unique_ptr<sip::IncomingRequest> transaction) {
    if (log::is_enabled(log::Level::Debug)) {
        log_.step("im.in",
                  {.direction = Direction::SipToXmpp,
                   .id = id,
                   .from = request.from.uri.text,
                   .to = request.uri.text,
                   .call_id = request.call_id},
                  {},
                  arena_);
        log_.step("im.out",
                  {.direction = Direction::SipToXmpp,
                   .id = id,
                   .from = address_text(message_.from, arena_),
                   .to = address_text(message_.to, arena_),
                   .stanza_id = message_.id},
                  {},
                  arena_);
    }
    if (traces_.is_on()) [[unlikely]] {
        show_translation(id, request, decision);
    }
    const std::uint64_t cookie = to_xmpp_.acquire();
    ToXmpp& entry = *to_xmpp_.find(cookie);
    entry.transaction = std::move(transaction);
    entry.id = id;
    entry.since = timers_.now();
    entry.partner = decision.partner_place;
    entry.peer = origin.peer;
    entry.is_in_session = is_in_session_;
    entry.row = history_.add_open({.direction = Direction::SipToXmpp,
                                   .id = id,
                                   .from = request.from.uri.text,
                                   .to = request.uri.text,
                                   .call_id = request.call_id,
                                   .since = entry.since});
    notices_.remember(id, made.imdn, message_.from, message_.to);
    if (!message_.bodies.empty()) {
        const std::string_view domain = compared_host(request.from.uri.host, arena_);
        admission_.wrote(user, domain, message_.to, decision, timers_.now());
    }
    if (conversations_.has_pairs()) {
        conversations_.text_to_xmpp(message_.from, message_.to);
    }
    if (!made.imdn.message_id.empty()) {
        conversations_.imdn_seen(message_.from);
    }
    counters_.pending.set(static_cast<std::int64_t>(pending()));
    server_->send(message_, cookie);
}

void MessageFlow::send_typing(const translate::XmppAddresses& addresses,
                              const translate::ToXmpp& made,
                              const policy::Decision& decision,
                              sip::IncomingRequest& transaction) {
    const bool is_sent = made.action == translate::ToXmpp::Action::Send;
    if (is_sent) {
        server_->send(message_, 0);
    }
    if (made.typing_lapses_in != 0) {
        conversations_.composing_to_xmpp(
            addresses.from.jid, addresses.to.jid, std::chrono::seconds(made.typing_lapses_in));
    } else if (is_sent) {
        conversations_.idle_to_xmpp(addresses.from.jid, addresses.to.jid);
    }
    counters_.count(
        Direction::SipToXmpp, decision, is_sent ? Outcome::Delivered : Outcome::Dropped);
    transaction.respond(200);
}

void MessageFlow::on_typing_lapsed(const xmpp::Jid& from, const xmpp::Jid& to) {
    translate::to_lapsed_typing({.from = {.jid = from, .is_canonicalised = false, .is_sips = false},
                                 .to = {.jid = to, .is_canonicalised = false, .is_sips = false}},
                                message_);
    server_->send(message_, 0);
}

void MessageFlow::tell_receipt(const translate::ImdnNotice& notice,
                               const policy::Decision& decision,
                               sip::IncomingRequest& transaction) {
    const bool is_told = sent_messages_.to_receipt(notice, message_);
    if (is_told) {
        server_->send(message_, 0);
    }
    counters_.count(
        Direction::SipToXmpp, decision, is_told ? Outcome::Delivered : Outcome::Dropped);
    transaction.respond(200);
}

void MessageFlow::on_sent(std::uint64_t cookie) {
    ToXmpp* entry = to_xmpp_.find(cookie);
    if (entry == nullptr) {
        return;
    }
    // RFC 3428 §7: a gateway into another network cannot promise delivery, so 202 (gap G-31).
    history_.settle(entry->row, timers_.now());
    // Clients of sessions take 200 for "delivered" and know no other.
    entry->transaction->respond(entry->is_in_session ? 200 : 202);
    counters_.count(Direction::SipToXmpp, entry->partner, Outcome::Delivered);
    counters_.observe(Direction::SipToXmpp, timers_.now() - entry->since);
    if (log::is_enabled(log::Level::Debug)) {
        arena_.reset();
        log_.step("im.done",
                  {.direction = Direction::SipToXmpp, .id = entry->id, .since = entry->since},
                  "delivered",
                  arena_);
    }
    entry->transaction.reset();
    to_xmpp_.release(cookie);
    counters_.pending.set(static_cast<std::int64_t>(pending()));
}

void MessageFlow::on_not_sent(std::uint64_t cookie, const Error& error) {
    ToXmpp* entry = to_xmpp_.find(cookie);
    if (entry == nullptr) {
        return;
    }
    arena_.reset();
    Refusal answer = translate::to_sip(error, arena_);
    translate::add_diagnostics(answer, error.code, config_.server_name, arena_);
    const Outcome outcome = outcome_of(error.kind);
    counters_.count(Direction::SipToXmpp, entry->partner, outcome);
    history_.drop(entry->row);
    // While the transaction still knows them.
    const sip::IncomingRequest::Names names = entry->transaction->names();
    note_failure({.direction = Direction::SipToXmpp,
                  .id = entry->id,
                  .code = error.code,
                  .text = error.detail.empty() ? error.public_text : error.detail,
                  .step = "delivery",
                  .from = names.from,
                  .to = names.to,
                  .call_id = names.call_id,
                  .stanza_id = log_.text_of(entry->id, arena_),
                  .partner = partner_name(entry->partner),
                  .peer = peer_name(entry->peer),
                  .result = outcome_name(outcome),
                  .since = entry->since});
    entry->transaction->respond(answer.response());
    // RFC 5438 §12.1.3.1: the response tells it, so no notice must.
    notices_.forget(entry->id);
    entry->transaction.reset();
    to_xmpp_.release(cookie);
    counters_.pending.set(static_cast<std::int64_t>(pending()));
}

}  // namespace isthmus::gateway
