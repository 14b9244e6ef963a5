#include "gateway/message_flow.h"

#include <algorithm>
#include <ctime>

namespace isthmus::gateway {

namespace {

/// Somebody may have to answer first, and then one message of ours may go unanswered.
constexpr Duration kSessionPatience = std::chrono::seconds(100);

}  // namespace

MessageFlow::MessageFlow(const GatewayConfig& config,
                         Admission& admission,
                         Counters& counters,
                         Traces& traces,
                         const Contacts& contacts,
                         Timers& timers,
                         Random& random)
    : config_(config),
      admission_(admission),
      counters_(counters),
      traces_(traces),
      contacts_(contacts),
      timers_(timers),
      random_(random),
      log_(timers, random, config.read_clock),
      outbox_(*this,
              timers,
              {.per_target = config.max_queue_per_target,
               .total = config.max_queued,
               .patience = config.queue_patience}),
      session_outbox_(*this,
                      timers,
                      {.per_target = config.max_queue_per_target,
                       .total = config.max_queued,
                       .patience = std::max(config.queue_patience, kSessionPatience)}),
      conversations_(*this, timers, {}) {}

void MessageFlow::attach(SipSide& sip_side, sip::Sessions& sessions, xmpp::Server& server) {
    sip_side_ = &sip_side;
    sessions_ = &sessions;
    server_ = &server;
}

void MessageFlow::abandon() {
    to_xmpp_.clear();
    to_sip_.clear();
    conversations_.stop();
}

Outcome MessageFlow::outcome_of(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Limit:
        case ErrorKind::TooLong:
            return Outcome::Limited;
        case ErrorKind::Forbidden:
            return Outcome::Denied;
        default:
            return Outcome::Failed;
    }
}

void MessageFlow::finish_target(bool is_in_session, std::uint32_t target) {
    outbox_of(is_in_session).finished(target);
    counters_.queued.set(static_cast<std::int64_t>(queued()));
}

std::string_view MessageFlow::pair_key(const sip::OutgoingRequest& request, Arena& arena) {
    return arena.concat(request.from, " ", request.request_uri);
}

std::string_view MessageFlow::partner_name(std::uint32_t place) const {
    const policy::Partner* partner = admission_.policy().partners().at(place);
    return partner != nullptr ? std::string_view(partner->domain) : std::string_view();
}

std::string_view MessageFlow::partner_of(std::string_view remote_domain) const {
    const policy::Partner* partner = admission_.policy().partner_of(remote_domain);
    return partner != nullptr ? std::string_view(partner->domain) : std::string_view();
}

std::string_view MessageFlow::peer_name(int index) const {
    return index < 0 ? std::string_view()
                     : std::string_view(config_.peers[static_cast<std::size_t>(index)].name);
}

std::string_view MessageFlow::peer_name(std::string_view sip_domain) const {
    for (const SipPeer& peer : config_.peers) {
        if (std::ranges::find(peer.domains, sip_domain) != peer.domains.end()) {
            return peer.name;
        }
    }
    return {};
}

void MessageFlow::note_failure(const MessageReport& report) {
    log_.failure(report, arena_);
    history_.add(report, outcome_named(report.result), timers_.now());
    if (traces_.is_on()) [[unlikely]] {
        traces_.on_failed(report,
                          report.id != 0 ? log_.text_of(report.id, arena_) : std::string_view());
    }
}

const DeliveryNotices::Entry* MessageFlow::notice_of(std::string_view stanza_id,
                                                     const xmpp::Message& message) const {
    const auto id = notices_.size() == 0 ? std::nullopt : log_.id_of(stanza_id);
    return id ? notices_.find(*id, message.from, message.to) : nullptr;
}

void MessageFlow::on_late_error(const xmpp::Message& message) {
    // RFC 6120 §8.3.1: an error is never answered.
    counters_.late_errors.add();
    const DeliveryNotices::Entry* entry = notice_of(message.id, message);
    note_failure({.direction = Direction::SipToXmpp,
                  .id = log_.id_of(message.id).value_or(0),
                  .code = "IST-XMPP-005",
                  .text = message.error ? xmpp::condition_name(message.error->condition) : "",
                  .step = "delivery",
                  .from = address_text(message.from, arena_),
                  .to = address_text(message.to, arena_),
                  .stanza_id = message.id,
                  .partner = partner_of(message.from.domain),
                  .since = timers_.now()});
    if (entry != nullptr) {
        send_notice(*entry, translate::ImdnStatus::Failed);
        // One failure is the end of it, whatever else the partner sends.
        notices_.forget(*log_.id_of(message.id));
    }
}

void MessageFlow::send_notice(const DeliveryNotices::Entry& entry, translate::ImdnStatus status) {
    const xmpp::Jid sender = xmpp::Jid::from_prepared(entry.sender);
    const xmpp::Jid recipient = xmpp::Jid::from_prepared(entry.recipient);
    const ServedDomain* served = admission_.served_xmpp(sender.domain);
    if (served == nullptr || !sip_side_->serves(served->sip)) {
        return;
    }
    char unique[16];
    random_.token(unique);
    const translate::ToSip made = translate::notice_to_sip(
        entry.asked,
        status,
        recipient,
        sender,
        {.sip_domain = served->sip == served->xmpp ? std::string_view() : served->sip,
         .to_uri = spellings_.of(sender),
         .unique = {unique, sizeof unique},
         .now = std::time(nullptr)},
        arena_);
    if (made.action != translate::ToSip::Action::Send) {
        return;
    }
    const std::uint64_t cookie = to_sip_.acquire();
    ToSip& notice = *to_sip_.find(cookie);
    notice.from = address_text(recipient, arena_);
    notice.to = address_text(sender, arena_);
    notice.stanza_id.clear();
    notice.call_id.clear();
    notice.sip_domain = served->sip;
    notice.id = log_.next_id();
    notice.since = timers_.now();
    notice.kind = ToSipKind::Notice;
    notice.asks_imdn = false;
    notice.ticket = 0;
    notice.is_sent = false;
    notice.is_in_session = sip_side_->uses_sessions(made.request.request_uri, served->sip);
    const Outbox::Submitted submitted =
        notice.is_in_session
            ? session_outbox_.submit(made.request, cookie, pair_key(made.request, arena_))
            : outbox_.submit(made.request, cookie);
    if (submitted.fate == Outbox::Fate::Full) {
        to_sip_.release(cookie);
        return;
    }
    notice.target = submitted.target;
}

}  // namespace isthmus::gateway
