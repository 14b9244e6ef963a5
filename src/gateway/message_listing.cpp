// Lists of messages for an administrator, made in slices so that traffic does not wait.
#include "base/utc.h"
#include "gateway/message_flow.h"
#include "translate/address.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace isthmus::gateway {

namespace {

/// To name the ends of a message takes some microseconds.
constexpr unsigned kTimeSlice = 200;

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

bool is_failure(Outcome outcome) {
    return outcome != Outcome::Delivered && outcome != Outcome::Dropped;
}

bool matches(const MessageFilter& filter, const MessageStatus& one) {
    return one.at >= filter.since && (filter.user.empty() || one.user == filter.user) &&
           (filter.contact.empty() || one.contact == filter.contact) &&
           (filter.partner.empty() || one.partner == filter.partner);
}

void enter(MessageListing& listing, MessageStatus one) {
    const MessageFilter& filter = listing.filter;
    if (!matches(filter, one)) {
        return;
    }
    if (listing.total++ >= filter.offset && listing.items.size() < filter.limit) {
        listing.items.push_back(std::move(one));
    }
}

}  // namespace

/// Both ends as the subscriptions name them, whichever protocol the message came in.
void MessageFlow::name_ends(MessageStatus& status, Arena& arena) const {
    if (status.direction == direction_name(Direction::XmppToSip)) {
        const auto user = xmpp::Jid::from_prepared(status.to);
        const ServedDomain* served = admission_.served_xmpp(user.domain);
        const auto key = xmpp::account_key(user.local, arena);
        if (served != nullptr && key) {
            status.user = std::string(*key) + "@" + served->sip;
        }
        status.contact = xmpp::Jid::from_prepared(status.from).to_bare_string();
        return;
    }
    if (const auto contact = translate::to_jid(status.to, arena)) {
        status.contact = contact->jid.to_bare_string();
    }
    const auto user = translate::to_jid(status.from, arena);
    if (!user) {
        return;
    }
    const auto key = xmpp::account_key(user->jid.local, arena);
    const auto domain = xmpp::domain_to_ascii(user->jid.domain, arena);
    if (key && domain) {
        status.user = std::string(*key) + "@" + std::string(*domain);
    }
}

MessageStatus MessageFlow::status_of(const MessageHistory::Row& row, Arena& arena) const {
    MessageStatus made;
    made.id = row.id != 0 ? log_.text_of(row.id, arena) : std::string_view();
    made.direction = direction_name(row.direction);
    made.state = outcome_name(row.outcome);
    made.from = row.from;
    made.to = row.to;
    made.partner = row.partner;
    made.peer = row.peer;
    made.call_id = row.call_id;
    made.stanza_id =
        row.direction == Direction::SipToXmpp && row.stanza_id.empty() && !is_failure(row.outcome)
            ? std::string_view(made.id)
            : row.stanza_id;
    made.code = row.code;
    made.step = row.step;
    made.text = row.evidence;
    made.at = utc_now_fine() - seconds(timers_.now() - row.since);
    made.duration_seconds = seconds(row.ended - row.since);
    name_ends(made, arena);
    if (!is_failure(row.outcome)) {
        // Rows of what got through do not repeat what their addresses say.
        made.partner = partner_of(made.contact.substr(made.contact.rfind('@') + 1));
        made.peer = peer_name(std::string_view(made.user).substr(made.user.rfind('@') + 1));
    }
    return made;
}

MessageStatus MessageFlow::status_of(const ToXmpp& entry, Arena& arena) const {
    MessageStatus made;
    made.id = log_.text_of(entry.id, arena);
    made.stanza_id = made.id;
    made.direction = direction_name(Direction::SipToXmpp);
    made.state = "sending";
    if (entry.transaction != nullptr) {
        const sip::IncomingRequest::Names names = entry.transaction->names();
        made.from = names.from;
        made.to = names.to;
        made.call_id = names.call_id;
    }
    made.partner = partner_name(entry.partner);
    made.peer = peer_name(entry.peer);
    made.duration_seconds = seconds(timers_.now() - entry.since);
    made.at = utc_now_fine() - made.duration_seconds;
    name_ends(made, arena);
    return made;
}

MessageStatus MessageFlow::status_of(const ToSip& entry, Arena& arena) const {
    MessageStatus made;
    made.id = log_.text_of(entry.id, arena);
    made.stanza_id = entry.stanza_id;
    made.direction = direction_name(Direction::XmppToSip);
    made.state = entry.is_sent ? "sending" : "queued";
    made.from = entry.from;
    made.to = entry.to;
    made.call_id = entry.call_id;
    made.partner = partner_name(entry.partner);
    made.peer = peer_name(entry.sip_domain);
    made.duration_seconds = seconds(timers_.now() - entry.since);
    made.at = utc_now_fine() - made.duration_seconds;
    name_ends(made, arena);
    return made;
}

bool MessageFlow::go_on(MessageListing& listing) const {
    const std::string& state = listing.filter.state;
    const bool wants_pending =
        listing.filter.after_row == 0 && (state.empty() || state == "pending" || state == "queued");
    const bool wants_ended = state.empty() || state == "failed" || state == "delivered";
    if (!std::exchange(listing.has_begun, true)) {
        listing.row = history_.last();
    }
    Arena arena(1024);
    for (unsigned cost = 0; wants_pending && cost < kTimeSlice; ++cost) {
        arena.reset();
        if (const ToXmpp* entry = state == "queued" ? nullptr : to_xmpp_.next(listing.to_xmpp)) {
            enter(listing, status_of(*entry, arena));
        } else if (const ToSip* next = to_sip_.next(listing.to_sip)) {
            if (state != "queued" || !next->is_sent) {
                enter(listing, status_of(*next, arena));
            }
        } else {
            break;
        }
        if (cost + 1 == kTimeSlice) {
            return false;
        }
    }
    const std::uint64_t end = std::max(history_.first(), listing.filter.after_row + 1);
    for (unsigned cost = 0; wants_ended && listing.row >= end; ++cost, --listing.row) {
        if (cost == kTimeSlice) {
            return false;
        }
        arena.reset();
        const MessageHistory::Row row = history_.row(listing.row);
        if (row.is_settled && (state.empty() || is_failure(row.outcome) == (state == "failed"))) {
            MessageStatus made = status_of(row, arena);
            made.row = listing.row;
            enter(listing, std::move(made));
        }
    }
    return true;
}

}  // namespace isthmus::gateway
