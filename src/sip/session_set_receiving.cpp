// What the other side asks of us in sessions.
#include "base/text.h"
#include "sip/session_set.h"

#include <array>
#include <charconv>
#include <utility>

namespace isthmus::sip {

namespace {

constexpr std::size_t kMaxRoutes = 16;  // Record-Route fields that a 2xx gives back

/// RFC 3261 §21.4.26, §20.43: no text in what is offered.
void refuse_offer(IncomingRequest& transaction) {
    answer(transaction, 488, {"Warning", "304 isthmus \"Text sessions only\""});
}

}  // namespace

void SessionSet::on_request(const Request& request, const Origin& origin, Transaction transaction) {
    if (!request.to.tag()) {
        if (request.method == Method::Invite) {
            return on_invitation(request, origin, std::move(transaction));
        }
        return transaction->respond(481);
    }
    SessionEntry* entry = find(request);
    if (entry == nullptr || !user_.may_continue(origin, entry->dialog.sip_domain())) {
        return transaction->respond(481);  // RFC 3261 §12.2.2
    }
    if (entry->dialog.remote_cseq != 0 && request.cseq.number <= entry->dialog.remote_cseq) {
        return transaction->respond(500);  // out of order, or here before by another path
    }
    entry->dialog.remote_cseq = request.cseq.number;
    switch (request.method) {
        case Method::Invite:
            return on_offer(*entry, request, std::move(transaction));
        case Method::Bye:
            transaction->respond(200);
            return perform(*entry, entry->machine.on_bye(), SessionEnd::Left);
        case Method::Update:
            return answer_update(*entry, request, *transaction);
        case Method::Message:
        case Method::Info:
            return pass_up(*entry, request, origin, std::move(transaction));
        case Method::Options:
            return answer(*transaction, 200, {"Allow", kSessionMethods});
        default:
            return answer(*transaction, 405, {"Allow", kSessionMethods});
    }
}

bool SessionSet::on_ack(const Request& request, const Origin& origin) {
    SessionEntry* entry = find(request);
    if (entry == nullptr || !user_.may_continue(origin, entry->dialog.sip_domain())) {
        return false;
    }
    entry->theirs.reset();
    perform(*entry, entry->machine.on_ack(timers_.now()), SessionEnd::Lost);
    return true;
}

void SessionSet::on_invitation(const Request& request,
                               const Origin& origin,
                               Transaction transaction) {
    const std::string local = bare_uri(request.uri);
    const std::string remote = bare_uri(request.from.uri);
    auto offer = read_offer(request.body, local);
    if (!offer) {
        return answer_bad_request(*transaction, "SDP: malformed");
    }
    if (!offer->has_text || is_multiparty(request)) {
        return refuse_offer(*transaction);
    }
    SessionExpiry expiry;
    if (!check_expiry(request, *transaction, expiry)) {
        return;
    }
    if (slots_.size() >= config_.max_sessions) {
        return answer(*transaction, 503, {"Retry-After", "60"});
    }
    const std::string_view sip_domain = user_.on_invite(request, origin, *transaction);
    if (sip_domain.empty()) {
        return;
    }
    std::string own("<");
    own.append(request.to.uri.text).append(">");
    auto dialog = Dialog::start({.call_id = request.call_id,
                                 .local_tag = transaction->to_tag(),
                                 .local = own,
                                 .remote = {},
                                 .target = {},
                                 .sip_domain = sip_domain,
                                 .event = {}});
    if (!dialog || request.count(HeaderId::RecordRoute) > kMaxRoutes) {
        return answer(*transaction, 500);
    }
    if (const char* fault = dialog->establish(request)) {
        return answer_bad_request(*transaction, fault);
    }
    dialog->remote_cseq = request.cseq.number;
    SessionEntry* old = find_named(SessionPair{local, remote});
    SessionEntry& entry = keep(
        Session::answering(limits_, timers_.now()), std::move(*dialog), SessionPair{local, remote});
    for (const HeaderField& field : request.headers) {
        if (field.id == HeaderId::RecordRoute) {
            entry.record_routes.append(field.value).push_back('\n');
        }
    }
    entry.takes_update = lists(request, HeaderId::Allow, "UPDATE");
    entry.expiry = expiry;
    entry.machine.on_expiry(expiry, timers_.now());
    entry.answer = describe_session(offer->answer_media);
    entry.theirs = std::move(transaction);
    answer_invitation(entry);
    settle(entry);
    replace(old, entry);
}

/// One session a pair: the newer one stays (gap G-46). If both have invited at once, both live
/// until it is clear which of them the peer keeps.
void SessionSet::replace(SessionEntry* old, SessionEntry& fresh) {
    if (old == nullptr) {
        return;
    }
    std::vector<std::uint64_t> others;
    by_pair_.find(fresh.pair_hash, [&](std::uint32_t number) {
        const SessionEntry& other = slots_.at(number);
        if (other.is_spare && other.key() == fresh.key()) {
            others.push_back(other.handle);
        }
        return false;
    });
    old->is_spare = true;
    if (old->machine.state() != Session::State::Inviting) {
        others.push_back(old->handle);
    }
    for (const std::uint64_t handle : others) {
        if (SessionEntry* other = slots_.find(handle)) {
            perform(*other, other->machine.end(), SessionEnd::Idle);
        }
    }
}

bool SessionSet::check_expiry(const Request& request,
                              IncomingRequest& transaction,
                              SessionExpiry& into) {
    const auto asked = expiry_asked(request);
    if (!asked) {
        answer(transaction, 422, {"Min-SE", std::to_string(kMinSessionExpires)});
        return false;
    }
    into = *asked;
    return true;
}

/// RFC 3261 §14.2: another INVITE in the dialog.
void SessionSet::on_offer(SessionEntry& entry, const Request& request, Transaction transaction) {
    if (entry.theirs != nullptr) {
        return answer(*transaction, 500, {"Retry-After", std::to_string(1 + random_.below(9))});
    }
    if (entry.is_refreshing && !entry.takes_update) {
        return transaction->respond(491);
    }
    const auto offer = read_offer(request.body, entry.local);
    if (!offer) {
        return answer_bad_request(*transaction, "SDP: malformed");
    }
    if (!offer->has_text) {
        return refuse_offer(*transaction);  // the session goes on as it was
    }
    if (!check_expiry(request, *transaction, entry.expiry)) {
        return;
    }
    entry.dialog.refresh_target(request);
    entry.machine.on_offer(timers_.now());
    entry.machine.on_expiry(entry.expiry, timers_.now());
    entry.answer = describe_session(offer->answer_media);
    entry.record_routes.clear();
    entry.theirs = std::move(transaction);
    answer_invitation(entry);
    settle(entry);
}

void SessionSet::answer_invitation(SessionEntry& entry) {
    std::array<char, 40> expires{};
    std::array<OutgoingHeader, 6 + kMaxRoutes> headers;
    std::size_t count = 0;
    std::string_view routes = entry.record_routes;
    while (!routes.empty()) {
        const std::size_t end = routes.find('\n');
        headers[count++] = {"Record-Route", routes.substr(0, end)};
        routes.remove_prefix(end + 1);
    }
    headers[count++] = {"Contact", port_.contact(entry.dialog.sip_domain())};
    headers[count++] = {"Allow", kSessionMethods};
    headers[count++] = {"Supported", "timer"};
    if (entry.expiry.seconds != 0) {
        char* end = std::to_chars(expires.data(), expires.data() + 12, entry.expiry.seconds).ptr;
        const std::string_view refresher =
            entry.expiry.is_ours ? ";refresher=uas" : ";refresher=uac";
        end += refresher.copy(end, refresher.size());
        headers[count++] = {"Session-Expires",
                            {expires.data(), static_cast<std::size_t>(end - expires.data())}};
        if (!entry.expiry.is_ours) {
            headers[count++] = {"Require", "timer"};  // RFC 4028 §9
        }
    }
    OutgoingResponse response;
    response.status = 200;
    response.headers = std::span(headers).first(count);
    response.content_type = "application/sdp";
    response.body = entry.answer;
    entry.theirs->respond(response);
}

/// RFC 3311 §5.2; RFC 4028 §7.4.
void SessionSet::answer_update(SessionEntry& entry,
                               const Request& request,
                               IncomingRequest& transaction) {
    const auto offer = read_offer(request.body, entry.local);
    if (!offer) {
        return answer_bad_request(transaction, "SDP: malformed");
    }
    if (!offer->has_text) {
        return refuse_offer(transaction);
    }
    SessionExpiry expiry;
    if (!check_expiry(request, transaction, expiry)) {
        return;
    }
    entry.dialog.refresh_target(request);
    std::string value;
    std::array<OutgoingHeader, 4> headers{
        {{"Contact", port_.contact(entry.dialog.sip_domain())}, {"Supported", "timer"}, {}, {}}};
    std::size_t count = 2;
    if (expiry.seconds != 0) {
        entry.expiry = expiry;
        entry.machine.on_expiry(expiry, timers_.now());
        value = std::to_string(expiry.seconds);
        value.append(expiry.is_ours ? ";refresher=uas" : ";refresher=uac");
        headers[count++] = {"Session-Expires", value};
        if (!expiry.is_ours) {
            headers[count++] = {"Require", "timer"};
        }
    }
    const std::string sdp =
        request.body.empty() ? std::string() : describe_session(offer->answer_media);
    OutgoingResponse response;
    response.status = 200;
    response.headers = std::span(headers).first(count);
    response.content_type = "application/sdp";
    response.body = sdp;
    transaction.respond(response);
    settle(entry);
}

void SessionSet::pass_up(SessionEntry& entry,
                         const Request& request,
                         const Origin& origin,
                         Transaction transaction) {
    entry.theirs.reset();
    lifted_ = request;
    lifted_uris_.assign(entry.local).append(entry.remote);
    const std::string_view uris = lifted_uris_;
    if (auto local = parse_uri(uris.substr(0, entry.local.size()))) {
        lifted_.uri = *local;
    }
    if (auto remote = parse_uri(uris.substr(entry.local.size()))) {
        lifted_.from.uri = *remote;
    }
    lifted_.to.params = {};
    lifted_.to.uri = lifted_.uri;
    perform(entry, entry.machine.on_request(timers_.now()), SessionEnd::Lost);
    user_.on_session_request(lifted_, origin, std::move(transaction));
}

}  // namespace isthmus::sip
