// What becomes of a MESSAGE towards SIP: its final response, or why there is none.
#include "base/log.h"
#include "gateway/message_flow.h"

#include <charconv>

namespace isthmus::gateway {

void MessageFlow::note_end(const ToSip& entry, Outcome outcome) {
    if (entry.kind == ToSipKind::Text && outcome == Outcome::Delivered) {
        history_.add_delivered({.direction = Direction::XmppToSip,
                                .id = entry.id,
                                .from = entry.from,
                                .to = entry.to,
                                .call_id = entry.call_id,
                                .stanza_id = entry.stanza_id,
                                .since = entry.since},
                               timers_.now());
    }
    if (log::is_enabled(log::Level::Debug)) {
        log_.step("im.done",
                  {.direction = Direction::XmppToSip, .id = entry.id, .since = entry.since},
                  outcome_name(outcome),
                  arena_);
    }
}

void MessageFlow::finish_to_sip(std::uint64_t cookie,
                                Outcome outcome,
                                const xmpp::StanzaError* error,
                                std::string_view code,
                                std::string_view detail) {
    const ToSip& entry = *to_sip_.find(cookie);
    if (error != nullptr && entry.kind != ToSipKind::Typing) {
        if (entry.kind == ToSipKind::Text) {
            server_->send_error(xmpp::Kind::Message,
                                xmpp::Jid::from_prepared(entry.to),
                                xmpp::Jid::from_prepared(entry.from),
                                entry.stanza_id,
                                *error);
        }
        note_failure({.direction = Direction::XmppToSip,
                      .id = entry.id,
                      .code = code,
                      .text = detail,
                      .step = "delivery",
                      .from = entry.from,
                      .to = entry.to,
                      .call_id = entry.call_id,
                      .stanza_id = entry.stanza_id,
                      .partner = partner_name(entry.partner),
                      .peer = peer_name(entry.sip_domain),
                      .result = outcome_name(outcome),
                      .since = entry.since});
    } else {
        note_end(entry, outcome);
    }
    if (entry.kind != ToSipKind::Notice) {
        counters_.count(Direction::XmppToSip, entry.partner, outcome);
        counters_.observe(Direction::XmppToSip, timers_.now() - entry.since);
    }
    const std::uint64_t ticket = entry.ticket;
    to_sip_.release(cookie);
    counters_.pending.set(static_cast<std::int64_t>(pending()));
    if (ticket != 0) {
        server_->settle(ticket);
    }
}

void MessageFlow::learn_refusal(const ToSip& entry) {
    const xmpp::Jid user = xmpp::Jid::from_prepared(entry.to);
    if (entry.kind == ToSipKind::Typing) {
        conversations_.typing_refused(user);
    } else if (entry.asks_imdn) {
        conversations_.imdn_refused(user);
    }
}

void MessageFlow::on_response(std::uint64_t cookie, const sip::Response& response) {
    arena_.reset();
    const ToSip* entry = to_sip_.find(cookie);
    if (entry == nullptr) {
        return;
    }
    const std::uint32_t target = entry->target;
    if (response.status < 300) {
        finish_to_sip(cookie, Outcome::Delivered, nullptr, {}, {});
    } else {
        if (response.status == 415) {
            learn_refusal(*entry);
        }
        const xmpp::StanzaError error = translate::to_xmpp(response, arena_);
        char status[4] = {};
        std::to_chars(status, status + 3, response.status);
        finish_to_sip(cookie,
                      Outcome::Refused,
                      &error,
                      "IST-SIP-003",
                      arena_.concat(std::string_view(status), " ", response.reason));
    }
    outbox_.finished(target);
    counters_.queued.set(static_cast<std::int64_t>(outbox_.queued()));
}

void MessageFlow::on_no_response(std::uint64_t cookie, const Error& error) {
    arena_.reset();
    const ToSip* entry = to_sip_.find(cookie);
    if (entry == nullptr) {
        return;
    }
    const std::uint32_t target = entry->target;
    const xmpp::StanzaError told = translate::to_xmpp(error);
    finish_to_sip(cookie,
                  outcome_of(error.kind),
                  &told,
                  error.code.empty() ? std::string_view("IST-SIP-002") : error.code,
                  error.detail.empty() ? error.public_text : error.detail);
    outbox_.finished(target);
    counters_.queued.set(static_cast<std::int64_t>(outbox_.queued()));
}

void MessageFlow::on_expired(std::uint64_t cookie) {
    arena_.reset();
    const auto error =
        xmpp::StanzaError::of(xmpp::Condition::RemoteServerTimeout,
                              "The recipient's system takes no messages at the moment.");
    finish_to_sip(
        cookie, Outcome::Failed, &error, "IST-LIM-002", "waited too long behind another message");
    counters_.queued.set(static_cast<std::int64_t>(outbox_.queued()));
}

}  // namespace isthmus::gateway
