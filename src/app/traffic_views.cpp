#include "app/traffic_views.h"

#include "app/page_views.h"
#include "app/peer_test.h"
#include "app/subscription_views.h"
#include "base/text.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace isthmus::app {

namespace {

std::string sentence_of(std::string_view sentence, std::string_view evidence) {
    if (sentence.ends_with('.')) {
        sentence.remove_suffix(1);
    }
    const bool has_both = !sentence.empty() && !evidence.empty();
    return fmt::format("{}{}{}", sentence, has_both ? ": " : "", evidence);
}

std::optional<control::Trouble> trouble_of(const std::optional<xmpp::LinkTrouble>& trouble,
                                           TimePoint now) {
    if (!trouble) {
        return std::nullopt;
    }
    return control::Trouble{.code = trouble->code,
                            .step = trouble->step,
                            .text = sentence_of(trouble->text, trouble->evidence),
                            .address = trouble->address,
                            .age_seconds = seconds(now - trouble->at),
                            .sentence = trouble->text,
                            .evidence = trouble->evidence,
                            .first_age_seconds = seconds(now - trouble->first_at),
                            .count = trouble->count,
                            .is_over = trouble->is_over};
}

control::CertificateStatus certificate_of(const net::PeerCertificate& shown) {
    control::CertificateStatus made;
    made.subject = shown.subject;
    made.names = shown.dns_names;
    made.names.insert(made.names.end(), shown.srv_names.begin(), shown.srv_names.end());
    made.names.insert(made.names.end(), shown.xmpp_addrs.begin(), shown.xmpp_addrs.end());
    made.not_after = shown.not_after.time_since_epoch().count();
    made.sha256 = shown.sha256;
    made.is_trusted = shown.is_trusted;
    made.trust_error = shown.trust_error;
    return made;
}

}  // namespace

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

control::PeerStatus to_control(const gateway::SipPeer& peer,
                               const sip::PeerHealth* health,
                               TimePoint now) {
    constexpr std::string_view kStates[] = {"never tried", "up", "not answering"};
    control::PeerStatus made;
    made.name = peer.name;
    made.transport = text::to_lower(sip::transport_name(peer.target.transport));
    made.target = peer.target.port == 0
                      ? fmt::format("{}:{}", made.transport, peer.target.host)
                      : fmt::format("{}:{}:{}", made.transport, peer.target.host, peer.target.port);
    if (health == nullptr) {
        return made;
    }
    made.state = kStates[static_cast<std::size_t>(health->state)];
    made.pending = health->pending;
    if (health->state != sip::PeerHealth::State::Untried) {
        made.state_seconds = seconds(now - health->since);
    }
    if (health->last_error) {
        made.last_error = {
            .code = std::string(health->last_error->code),
            .step = std::string(PeerTest::step_of(health->last_error->code)),
            .text = sentence_of(health->last_error->public_text, health->last_error->detail),
            .address = {},
            .age_seconds = seconds(now - health->failed_at),
            .sentence = health->last_error->public_text,
            .evidence = health->last_error->detail,
            .first_age_seconds = seconds(now - health->first_failed_at),
            .count = health->failures,
            .is_over = health->state == sip::PeerHealth::State::Up};
    }
    return made;
}

control::StreamStatus to_control(const xmpp::LinkStatus& link, std::string partner, TimePoint now) {
    control::StreamStatus made{.id = link.id,
                               .stream_id = link.stream_id,
                               .local_domain = link.local_domain,
                               .remote_domain = link.remote_domain,
                               .partner = std::move(partner),
                               .direction = link.outgoing ? "out" : "in",
                               .state = link.state,
                               .auth = link.auth,
                               .tls = link.tls_version,
                               .cipher = link.tls_cipher,
                               .remote_address = link.remote_address,
                               .age_seconds = seconds(link.age),
                               .stanzas_in = link.stanzas_in,
                               .stanzas_out = link.stanzas_out,
                               .octets_in = link.octets_in,
                               .octets_out = link.octets_out,
                               .certificate = {},
                               .queued = link.queued,
                               .oldest_seconds = seconds(link.oldest),
                               .last_error = trouble_of(link.last_error, now)};
    if (link.certificate) {
        made.certificate = certificate_of(*link.certificate);
        made.certificate->vouched_by = link.vouched_by;
    }
    return made;
}

control::DialogStatus to_control(gateway::DialogStatus dialog) {
    return {.id = std::move(dialog.id),
            .role = std::move(dialog.role),
            .user = std::move(dialog.user),
            .contact = std::move(dialog.contact),
            .partner = std::move(dialog.partner),
            .subscription = std::move(dialog.subscription),
            .call_id = std::move(dialog.call_id),
            .local_tag = std::move(dialog.local_tag),
            .remote_tag = std::move(dialog.remote_tag),
            .local = std::move(dialog.local),
            .remote = std::move(dialog.remote),
            .target = std::move(dialog.target),
            .route = std::move(dialog.route),
            .event = std::move(dialog.event),
            .local_cseq = dialog.local_cseq,
            .remote_cseq = dialog.remote_cseq,
            .expires_in = dialog.expires_in};
}

control::DialogPage to_control(gateway::DialogPage page) {
    return page_of<control::DialogPage>(std::move(page),
                                        [](auto one) { return to_control(std::move(one)); });
}

control::PresenceNews to_control(gateway::PresenceNews news) {
    control::PresenceNews made{.last = news.last, .left_out = news.left_out, .pairs = {}};
    for (gateway::PairNews& pair : news.pairs) {
        control::PairNews& one = made.pairs.emplace_back();
        one.pair = std::move(pair.pair);
        for (gateway::SubscriptionStatus& subscription : pair.subscriptions) {
            one.subscriptions.push_back(to_control(std::move(subscription)));
        }
        for (gateway::DialogStatus& dialog : pair.dialogs) {
            one.dialogs.push_back(to_control(std::move(dialog)));
        }
    }
    return made;
}

control::MessageCounts to_control(const gateway::Counters::Totals& totals) {
    using gateway::Outcome;
    control::MessageCounts made;
    for (std::size_t way = 0; way < totals.size(); ++way) {
        const auto count = [&ended = totals[way]](Outcome outcome) {
            return ended[static_cast<std::size_t>(outcome)];
        };
        made.ways[way] = {.delivered = count(Outcome::Delivered),
                          .refused = count(Outcome::Denied) + count(Outcome::Invalid) +
                                     count(Outcome::Refused) + count(Outcome::Limited),
                          .failed = count(Outcome::Failed)};
    }
    return made;
}

control::MessageStatus to_control(gateway::MessageStatus message) {
    return {.id = std::move(message.id),
            .row = message.row,
            .direction = std::move(message.direction),
            .state = std::move(message.state),
            .from = std::move(message.from),
            .to = std::move(message.to),
            .user = std::move(message.user),
            .contact = std::move(message.contact),
            .partner = std::move(message.partner),
            .peer = std::move(message.peer),
            .call_id = std::move(message.call_id),
            .stanza_id = std::move(message.stanza_id),
            .code = std::move(message.code),
            .step = std::move(message.step),
            .text = std::move(message.text),
            .at = message.at,
            .duration_seconds = message.duration_seconds};
}

control::TraceInfo to_control(gateway::TraceStatus trace) {
    return {.id = std::move(trace.id),
            .user = std::move(trace.user),
            .partner = std::move(trace.partner),
            .with_bodies = trace.with_bodies,
            .is_running = trace.is_running,
            .why_ended = std::move(trace.why_ended),
            .started_at = trace.started_at,
            .seconds_left = trace.seconds_left,
            .events = trace.events,
            .dropped = trace.dropped,
            .first = trace.first,
            .admin = {},
            .reason = {}};
}

control::TraceEvent to_control(gateway::TraceEvent event) {
    return {.number = event.number,
            .at = event.at,
            .kind = std::string(event.kind),
            .is_out = event.is_out,
            .is_again = event.is_again,
            .what = std::move(event.what),
            .user = std::move(event.user),
            .contact = std::move(event.contact),
            .call_id = std::move(event.call_id),
            .stanza_id = std::move(event.stanza_id),
            .stream = std::move(event.stream),
            .remote = std::move(event.remote),
            .message = std::move(event.message),
            .code = std::move(event.code),
            .evidence = std::move(event.evidence),
            .rules = std::move(event.rules),
            .lost = std::move(event.lost),
            .text = std::move(event.text),
            .is_cut = event.is_cut};
}

gateway::MessageFilter to_gateway(const control::MessageFilter& filter) {
    return {.state = filter.state,
            .user = filter.user,
            .contact = filter.contact,
            .partner = filter.partner,
            .since = filter.since,
            .after_row = filter.after_row,
            .offset = filter.offset,
            .limit = filter.limit};
}

control::MessagePage to_control(gateway::MessageListing listing) {
    return page_of<control::MessagePage>(std::move(listing),
                                         [](auto one) { return to_control(std::move(one)); });
}

}  // namespace isthmus::app
