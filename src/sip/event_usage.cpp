#include "sip/event_usage.h"

#include "sip/dialog.h"
#include "sip/grammar.h"

#include <algorithm>
#include <charconv>

namespace isthmus::sip {

namespace {

using grammar::Param;
using grammar::Step;

struct ReasonName {
    std::string_view text;
    TerminationReason reason;
};

constexpr ReasonName kReasons[] = {
    {"", TerminationReason::Other},
    {"deactivated", TerminationReason::Deactivated},
    {"probation", TerminationReason::Probation},
    {"rejected", TerminationReason::Rejected},
    {"timeout", TerminationReason::Timeout},
    {"giveup", TerminationReason::GiveUp},
    {"noresource", TerminationReason::NoResource},
    {"invariant", TerminationReason::Invariant},
};

TerminationReason reason_of(std::string_view text) {
    const auto* found = std::ranges::find_if(
        kReasons, [&](const ReasonName& name) { return grammar::is_word(text, name.text); });
    return found == std::end(kReasons) ? TerminationReason::Other : found->reason;
}

std::optional<std::uint32_t> number_of(std::string_view text) {
    std::uint32_t number = 0;
    return grammar::parse_u32(text, number) ? std::optional(number) : std::nullopt;
}

/// The token that such a header begins with, and where its parameters are.
std::string_view take_token(std::string_view value, std::size_t& at) {
    const std::size_t start = grammar::skip_blanks(value, 0);
    at = grammar::skip(value, start, grammar::kToken);
    return value.substr(start, at - start);
}

}  // namespace

std::string_view termination_reason_name(TerminationReason reason) {
    return kReasons[static_cast<std::size_t>(reason)].text;
}

std::optional<SubscriptionStateValue> parse_subscription_state(std::string_view value) {
    std::size_t at = 0;
    const std::string_view name = take_token(value, at);
    if (name.empty()) {
        return std::nullopt;
    }
    SubscriptionStateValue parsed;
    parsed.state = grammar::is_word(name, "active")       ? SubscriptionState::Active
                   : grammar::is_word(name, "terminated") ? SubscriptionState::Terminated
                                                          : SubscriptionState::Pending;
    Param param;
    Step step = Step::End;
    while ((step = grammar::next_param(value, at, param)) == Step::Param) {
        if (grammar::is_word(param.name, "expires")) {
            parsed.expires = number_of(param.value);
        } else if (grammar::is_word(param.name, "reason")) {
            parsed.reason = reason_of(param.value);
        } else if (grammar::is_word(param.name, "retry-after")) {
            parsed.retry_after = number_of(param.value);
        }
    }
    return step == Step::End ? std::optional(parsed) : std::nullopt;
}

SubscriptionStateText::SubscriptionStateText(const SubscriptionStateValue& value) {
    append(value.state == SubscriptionState::Active    ? "active"
           : value.state == SubscriptionState::Pending ? "pending"
                                                       : "terminated");
    if (value.expires) {
        append(";expires=");
        append(*value.expires);
    }
    if (value.reason != TerminationReason::Other) {
        append(";reason=");
        append(termination_reason_name(value.reason));
    }
    if (value.retry_after) {
        append(";retry-after=");
        append(*value.retry_after);
    }
}

void SubscriptionStateText::append(std::string_view part) {
    size_ += part.copy(text_.data() + size_, text_.size() - size_);
}

void SubscriptionStateText::append(std::uint32_t number) {
    char* const end = text_.data() + text_.size();
    size_ = static_cast<std::size_t>(std::to_chars(text_.data() + size_, end, number).ptr -
                                     text_.data());
}

std::optional<EventValue> parse_event(std::string_view value) {
    std::size_t at = 0;
    EventValue event{.package = take_token(value, at), .id = {}};
    Param param;
    Step step = Step::End;
    while ((step = grammar::next_param(value, at, param)) == Step::Param) {
        if (grammar::is_word(param.name, "id")) {
            event.id = param.value;
        }
    }
    return step == Step::End && !event.package.empty() ? std::optional(event) : std::nullopt;
}

std::optional<std::uint32_t> seconds_of(const Message& message, HeaderId id) {
    const auto value = message.header(id);
    return value ? number_of(value->substr(0, value->find_first_not_of("0123456789")))
                 : std::nullopt;
}

bool ends_subscription(int status) {
    switch (status) {
        case 404:
        case 405:
        case 410:
        case 416:
        case 480:
        case 481:
        case 482:
        case 483:
        case 484:
        case 485:
        case 489:
        case 501:
        case 604:
            return true;
        default:
            return false;
    }
}

DialogView view_of(const Dialog& dialog, std::uint64_t owner, std::uint32_t expires_in) {
    DialogView made;
    made.owner = owner;
    made.call_id = dialog.call_id();
    made.local_tag = dialog.local_tag();
    made.local = dialog.local();
    made.remote = dialog.remote();
    made.target = dialog.request_uri();
    made.route = dialog.route();
    made.event = dialog.event();
    made.local_cseq = dialog.local_cseq;
    made.remote_cseq = dialog.remote_cseq;
    made.expires_in = expires_in;
    if (dialog.is_established()) {
        made.remote_tag = dialog.remote_tag();
    }
    return made;
}

void answer(IncomingRequest& transaction, int status, OutgoingHeader header) {
    OutgoingResponse response;
    response.status = status;
    response.headers = std::span(&header, header.name.empty() ? 0 : 1);
    transaction.respond(response);
}

void answer_bad_request(IncomingRequest& transaction, std::string_view fault) {
    OutgoingResponse response;
    response.status = 400;
    response.reason = fault;
    transaction.respond(response);
}

/// RFC 6665 §4.2.1.1: with what we do understand.
void answer_bad_event(IncomingRequest& transaction) {
    answer(transaction, 489, {"Allow-Events", kPresencePackage});
}

}  // namespace isthmus::sip
