#include "home/forks.h"

#include "base/text.h"
#include "sip/session_description.h"
#include "translate/message.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace isthmus::home {

namespace {

constexpr int kUnavailable = 480;

/// RFC 3261 §16.7 item 6: what tells the sender what to do differently goes before what does not.
int rank(int status) {
    if (status >= 600) {
        return 0;
    }
    const bool is_about_content = status == 401 || status == 407 || status == 413 ||
                                  status == 415 || status == 420 || status == 484;
    return is_about_content ? 1 : status == kUnavailable ? 3 : 2;
}

}  // namespace

std::string without_tag(const sip::NameAddr& address) {
    std::string made(address.display);
    if (!made.empty()) {
        made += ' ';
    }
    return made.append("<").append(address.uri.text).append(">");
}

std::vector<sip::OutgoingHeader> passed_headers(const sip::Request& request) {
    using sip::HeaderId;
    std::vector<sip::OutgoingHeader> made;
    for (const sip::HeaderField& field : request.headers) {
        switch (field.id) {
            case HeaderId::Authorization:
            case HeaderId::CallId:
            case HeaderId::Contact:
            case HeaderId::ContentLength:
            case HeaderId::ContentType:
            case HeaderId::CSeq:
            case HeaderId::From:
            case HeaderId::MaxForwards:
            case HeaderId::PAssertedIdentity:
            case HeaderId::ProxyAuthorization:
            case HeaderId::ProxyRequire:
            case HeaderId::RecordRoute:
            case HeaderId::Require:
            case HeaderId::Route:
            case HeaderId::Supported:
            case HeaderId::To:
            case HeaderId::UserAgent:
            case HeaderId::Via:
                break;
            default:
                made.push_back({field.name, field.value});
        }
    }
    return made;
}

void Forks::send(const sip::Request& request,
                 std::span<const Device* const> devices,
                 std::unique_ptr<sip::IncomingRequest> transaction,
                 std::uint64_t in_session) {
    const std::uint64_t id = ++last_;
    Fork& fork = forks_[id];
    fork.transaction = std::move(transaction);
    const std::string from = without_tag(request.from);
    // COMPAT(libpurple 2.14 SIMPLE, 2026-11): to it a GRUU of a contact is somebody else.
    const std::string bare = fmt::format("<{}>", sip::bare_uri(request.from.uri));
    const std::string to = request.to.tag()
                               ? std::string(request.header(sip::HeaderId::To).value_or(""))
                               : without_tag(request.to);
    std::vector<sip::OutgoingHeader> headers = passed_headers(request);
    if (const auto contact = request.header(sip::HeaderId::Contact);
        contact && request.method == sip::Method::Notify) {
        headers.push_back({"Contact", *contact});
    }
    for (const Device* device : devices) {
        fork.devices.push_back(device->id);
    }
    fork.open = fork.devices.size();
    for (std::size_t i = 0; i < devices.size(); ++i) {
        sip::OutgoingRequest made{
            .method = request.method,
            .request_uri = devices[i]->contact,
            .from = devices[i]->needs_bare_from ? bare : from,
            .to = to,
            .call_id = request.call_id,
            .from_tag = request.from.tag().value_or(""),
            .cseq = request.cseq.number,
            .headers = headers,
            .content_type = request.content_type,
            .body = request.body,
            .max_forwards = static_cast<int>(request.max_forwards.value_or(70)) - 1};
        const std::uint64_t cookie = id << kBranchBits | i;
        if (devices[i]->id != in_session) {
            outside_.send_to_device(made, devices[i]->target, *this, cookie);
            continue;
        }
        // A session is one of two users, whichever of his devices it is on.
        made.request_uri = request.to.uri.text;
        if (made.content_type.starts_with("application/im-iscomposing+xml")) {
            translate::to_keyboard_activity(made.body.find(">active<") != std::string_view::npos,
                                            made);
        }
        in_session_(*devices[i], made, *this, cookie);
    }
}

void Forks::on_response(std::uint64_t cookie, const sip::Response& response) {
    const auto found = forks_.find(cookie >> kBranchBits);
    if (found == forks_.end()) {
        return;
    }
    on_outcome_(found->second.devices[cookie & ((1U << kBranchBits) - 1)], true);
    conclude(found->first, response.status, &response);
}

void Forks::on_no_response(std::uint64_t cookie, const Error& error) {
    const auto found = forks_.find(cookie >> kBranchBits);
    if (found == forks_.end()) {
        return;
    }
    on_outcome_(found->second.devices[cookie & ((1U << kBranchBits) - 1)], false);
    conclude(found->first, error.kind == ErrorKind::Limit ? 503 : kUnavailable, nullptr);
}

void Forks::conclude(std::uint64_t id, int status, const sip::Response* response) {
    const auto found = forks_.find(id);
    if (found == forks_.end()) {
        return;
    }
    Fork& fork = found->second;
    --fork.open;
    if (fork.transaction != nullptr && status / 100 == 2) {
        fork.transaction->respond(status);
        fork.transaction.reset();
    }
    if (fork.best == 0 || rank(status) < rank(fork.best)) {
        fork.best = status;
        if (response != nullptr) {
            fork.retry_after = response->header(sip::HeaderId::RetryAfter).value_or("");
            fork.accept = response->header(sip::HeaderId::Accept).value_or("");
        }
    }
    if (fork.open != 0) {
        return;
    }
    if (fork.transaction != nullptr) {
        std::vector<sip::OutgoingHeader> headers;
        if (!fork.retry_after.empty()) {
            headers.push_back({"Retry-After", fork.retry_after});
        }
        if (!fork.accept.empty()) {
            headers.push_back({"Accept", fork.accept});
        }
        sip::OutgoingResponse answer;
        answer.status = fork.best;
        answer.headers = headers;
        fork.transaction->respond(answer);
    }
    forks_.erase(found);
}

}  // namespace isthmus::home
