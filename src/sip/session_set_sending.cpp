// What we ask of the other side in sessions, and what comes of it.
#include "base/digest.h"
#include "base/text.h"
#include "sip/random_token.h"
#include "sip/session_set.h"

#include <array>
#include <charconv>
#include <utility>

namespace isthmus::sip {

void SessionSet::send(const OutgoingRequest& request,
                      std::string_view sip_domain,
                      ResponseHandler& handler,
                      std::uint64_t cookie) {
    std::string scratch[2];
    const std::string_view local = bare_uri(request.from, scratch[0]);
    const std::string_view remote = bare_uri(request.request_uri, scratch[1]);
    SessionEntry* entry = find(SessionPair{local, remote});
    const bool is_fresh = entry == nullptr;
    if (is_fresh) {
        entry = open(request, {local, remote}, sip_domain, request.call_id);
    }
    if (entry == nullptr || entry->waiting.size() >= config_.max_waiting) {
        return fail_later(handler, cookie);
    }
    SessionMessage& message = entry->waiting.emplace_back();
    if (!resting_.empty()) {
        message.request = std::move(resting_.back());
        resting_.pop_back();
    }
    message.request.save(request, request.call_id);
    message.handler = &handler;
    message.cookie = cookie;
    if (is_fresh) {
        invite(*entry, request);
    } else {
        pump(*entry);
    }
    settle(*entry);
}

SessionEntry* SessionSet::open(const OutgoingRequest& request,
                               const SessionPair& pair,
                               std::string_view sip_domain,
                               std::string_view call_id) {
    if (slots_.size() >= config_.max_sessions) {
        return nullptr;
    }
    RandomToken<16> fresh;
    RandomToken<8> tag;
    fresh.renew(random_);
    tag.renew(random_);
    std::string local("<");
    local.append(pair.local).append(">");
    std::string remote("<");
    remote.append(pair.remote).append(">");
    auto dialog = Dialog::start({.call_id = call_id.empty() ? fresh.view() : call_id,
                                 .local_tag = tag.view(),
                                 .local = local,
                                 .remote = remote,
                                 .target = request.request_uri,
                                 .sip_domain = sip_domain,
                                 .event = {}});
    if (!dialog) {
        return nullptr;
    }
    return &keep(Session::inviting(limits_, timers_.now()), std::move(*dialog), pair);
}

/// `first` is shown along, where it is a short text: the called client may show it with the
/// question whether to answer ([MS-CONFIM] §2.2.1).
void SessionSet::invite(SessionEntry& entry, const OutgoingRequest& first) {
    std::string toast;
    const bool is_text = first.method == Method::Message &&
                         text::istarts_with(first.content_type, "text/plain") &&
                         first.body.size() <= config_.max_toast;
    if (is_text) {
        toast = "text/plain; charset=UTF-8; ms-body=";
        toast.append(digest::base64_encode(first.body));
    }
    entry.has_toast = is_text;
    const std::string sdp = describe_session({});
    const std::array<OutgoingHeader, 4> headers{
        {{"Contact", port_.contact(entry.dialog.sip_domain())},
         {"Allow", kSessionMethods},
         {"Supported", "timer"},
         {"Ms-Text-Format", toast}}};
    entry.invite_cseq = ++entry.dialog.local_cseq;
    entry.is_inviting = true;
    OutgoingRequest request = entry.dialog.request(Method::Invite);
    request.headers = std::span(headers).first(is_text ? 4 : 3);
    request.content_type = "application/sdp";
    request.body = sdp;
    port_.send(request, entry.dialog.sip_domain(), {}, of_invite_, entry.handle);
}

/// Completes a request of the dialog; its Route is added to headers_. Answers the next hop.
std::string_view SessionSet::in_dialog(const SessionEntry& entry, OutgoingRequest& request) {
    const Dialog& dialog = entry.dialog;
    request.request_uri = dialog.request_uri();
    request.from = dialog.local();
    request.to = dialog.remote();
    request.call_id = dialog.call_id();
    request.from_tag = dialog.local_tag();
    if (!dialog.route().empty()) {
        headers_.insert(headers_.begin(), {"Route", dialog.route()});
    }
    request.headers = headers_;
    return dialog.next_hop();
}

void SessionSet::send_in_dialog(SessionEntry& entry,
                                OutgoingRequest request,
                                ResponseHandler& handler) {
    request.cseq = ++entry.dialog.local_cseq;
    const std::string_view next_hop = in_dialog(entry, request);
    port_.send(request, entry.dialog.sip_domain(), next_hop, handler, entry.handle);
}

void SessionSet::pump(SessionEntry& entry) {
    if (entry.waiting.empty() || entry.is_sending || !entry.machine.is_open()) {
        return;
    }
    entry.is_sending = true;
    entry.machine.on_sent(timers_.now());
    send_in_dialog(entry, entry.waiting.front().request.view(headers_), of_message_);
}

void SessionSet::acknowledge(SessionEntry& entry) {
    OutgoingRequest ack{.method = Method::Ack};
    ack.cseq = entry.invite_cseq;
    headers_.clear();
    const std::string_view next_hop = in_dialog(entry, ack);
    port_.acknowledge(ack, entry.dialog.sip_domain(), next_hop);
}

void SessionSet::bye(SessionEntry& entry) {
    headers_.clear();
    send_in_dialog(entry, {.method = Method::Bye}, of_bye_);
}

/// RFC 4028 §7.4: by UPDATE where the peer takes it, else by INVITE.
void SessionSet::refresh(SessionEntry& entry) {
    std::array<char, 32> expires{};
    constexpr std::string_view kRefresher = ";refresher=uac";
    char* end = std::to_chars(expires.data(), expires.data() + 12, entry.expiry.seconds).ptr;
    end += kRefresher.copy(end, kRefresher.size());
    const std::string sdp = describe_session({});
    headers_ = {
        {"Contact", port_.contact(entry.dialog.sip_domain())},
        {"Supported", "timer"},
        {"Session-Expires", {expires.data(), static_cast<std::size_t>(end - expires.data())}}};
    OutgoingRequest request{.method = entry.takes_update ? Method::Update : Method::Invite};
    if (!entry.takes_update) {
        request.content_type = "application/sdp";
        request.body = sdp;
        entry.invite_cseq = entry.dialog.local_cseq + 1;
    }
    entry.is_refreshing = true;
    send_in_dialog(entry, request, of_refresh_);
}

void SessionSet::fail_later(ResponseHandler& handler, std::uint64_t cookie) {
    failures_.push_back({&handler, cookie});
    failing_.arm({});
}

void SessionSet::report(SessionEntry& entry) {
    entry.is_sending = false;
    ResponseHandler& handler = *entry.waiting.front().handler;
    const std::uint64_t cookie = entry.waiting.front().cookie;
    pop(entry);
    if (response_ != nullptr) {
        handler.on_response(cookie, *response_);
    } else if (error_ != nullptr) {
        handler.on_no_response(cookie, *error_);
    }
}

void SessionSet::fail_all(SessionEntry& entry) {
    for (std::size_t left = entry.waiting.size(); left != 0; --left) {
        report(entry);
    }
}

void SessionSet::on_invite_outcome(SessionEntry& entry, const Response* response) {
    entry.is_inviting = false;
    const int status = response == nullptr ? Session::kSilence : response->status;
    const bool is_good = status >= 200 && status < 300;
    if (is_good && entry.dialog.establish(*response) != nullptr) {
        // Nowhere to send an ACK to.
        const Error unusable = make_error(
            ErrorKind::Syntax, "IST-SIP-031", "the SIP peer's answer to INVITE is not usable", "");
        const Response* const told = std::exchange(response_, nullptr);
        error_ = &unusable;
        perform(entry, entry.machine.on_invite_response(500, timers_.now()), SessionEnd::Lost);
        error_ = nullptr;
        response_ = told;
        return;
    }
    if (is_good && entry.machine.state() == Session::State::Inviting) {
        entry.takes_update = lists(*response, HeaderId::Allow, "UPDATE");
        entry.expiry = expiry_granted(*response);
        entry.machine.on_expiry(entry.expiry, timers_.now());
        // Who says so has shown the text that came with the INVITE.
        if (entry.has_toast && lists(*response, HeaderId::Supported, "ms-text-format")) {
            report(entry);
        }
    }
    // Both have invited at once, and theirs is the one that is used.
    const SessionEntry* current = entry.is_spare ? find(entry.pair()) : nullptr;
    if (current != nullptr && current != &entry) {
        if (!is_good) {
            return perform(entry, entry.machine.on_bye(), SessionEnd::Lost);
        }
        if (current->machine.is_open()) {
            entry.machine.end();  // so that it goes as soon as it has come
        }
    }
    perform(entry, entry.machine.on_invite_response(status, timers_.now()), SessionEnd::Lost);
}

void SessionSet::on_message_outcome(SessionEntry& entry, const Response* response) {
    const std::uint64_t handle = entry.handle;
    const bool was_over = entry.machine.state() == Session::State::Over;
    const bool is_repeated = entry.waiting.front().sessions != 0;
    const int status = response == nullptr ? Session::kSilence : response->status;
    perform(entry, entry.machine.on_response(status, is_repeated, timers_.now()), SessionEnd::Lost);
    if (SessionEntry* same = was_over ? slots_.find(handle) : nullptr) {
        move_on(*same);
    }
}

void SessionSet::on_refresh_outcome(SessionEntry& entry, const Response* response) {
    entry.is_refreshing = false;
    int status = response == nullptr ? Session::kSilence : response->status;
    if (status >= 200 && status < 300) {
        if (!entry.takes_update) {
            acknowledge(entry);
        }
        if (const SessionExpiry granted = expiry_granted(*response); granted.seconds != 0) {
            entry.expiry = granted;
        }
    }
    if (entry.machine.state() == Session::State::Over) {
        return move_on(entry);
    }
    perform(entry, entry.machine.on_refresh_response(status, timers_.now()), SessionEnd::Lost);
    if (status >= 200 && status < 300) {
        entry.machine.on_expiry(entry.expiry, timers_.now());
        settle(entry);
    }
}

/// Whatever it is: the session was over when the BYE went.
void SessionSet::on_bye_outcome(SessionEntry& /*entry*/, const Response* /*response*/) {}

void SessionSet::on_another_2xx(SessionEntry& entry, const Response& response) {
    if (response.to.tag() != entry.dialog.remote_tag()) {
        return decline(entry, response);
    }
    acknowledge(entry);
}

/// Another endpoint has answered too late (RFC 3261 §13.2.2.4): ACK and BYE.
void SessionSet::decline(const SessionEntry& entry, const Response& response) {
    const Dialog& ours = entry.dialog;
    auto dialog = Dialog::start({.call_id = ours.call_id(),
                                 .local_tag = ours.local_tag(),
                                 .local = ours.local(),
                                 .remote = {},
                                 .target = ours.request_uri(),
                                 .sip_domain = ours.sip_domain(),
                                 .event = {}});
    if (!dialog || dialog->establish(response) != nullptr) {
        return;
    }
    headers_.clear();
    if (!dialog->route().empty()) {
        headers_.push_back({"Route", dialog->route()});
    }
    OutgoingRequest request = dialog->request(Method::Ack);
    request.cseq = entry.invite_cseq;
    request.headers = headers_;
    port_.acknowledge(request, dialog->sip_domain(), dialog->next_hop());
    request.method = Method::Bye;
    ++request.cseq;
    port_.send(request, dialog->sip_domain(), dialog->next_hop(), of_bye_, 0);
}

}  // namespace isthmus::sip
