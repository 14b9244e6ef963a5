// What a recording tells of the step between the two protocols: which rules were applied.
#include "base/policy_name.h"
#include "gateway/message_flow.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

namespace isthmus::gateway {

namespace {

std::vector<std::string> rules_of(const policy::Decision& decision) {
    std::vector<std::string> made;
    if (decision.rule != nullptr) {
        made.push_back(fmt::format("policy {} allows", text::policy_name(decision.rule->identity)));
    }
    if (decision.partner != nullptr) {
        made.push_back(fmt::format("partner {}", decision.partner->domain));
    }
    return made;
}

}  // namespace

void MessageFlow::show_translation(std::uint64_t id,
                                   const sip::Request& request,
                                   const policy::Decision& decision) {
    std::vector<std::string> rules = rules_of(decision);
    rules.emplace_back("From and Request-URI to JIDs (RFC 7247)");
    if (!message_.thread.empty()) {
        rules.emplace_back("Call-ID to thread (RFC 7572 §5)");
    }
    if (!message_.subjects.empty()) {
        rules.emplace_back("Subject to subject");
    }
    if (message_.wants_receipt) {
        rules.emplace_back("IMDN request to receipt request (RFC 5438, XEP-0184)");
    }
    if (message_.chat_state != xmpp::ChatState::None) {
        rules.emplace_back("chat state (XEP-0085)");
    }
    traces_.on_translated({.direction = Direction::SipToXmpp,
                           .message = log_.text_of(id, arena_),
                           .from = request.from.uri.text,
                           .to = request.uri.text,
                           .call_id = request.call_id,
                           .stanza_id = message_.id,
                           .rules = std::move(rules)});
}

void MessageFlow::show_translation(std::uint64_t id,
                                   const xmpp::Message& message,
                                   const sip::OutgoingRequest& request,
                                   const policy::Decision& decision) {
    std::vector<std::string> rules = rules_of(decision);
    rules.emplace_back("JIDs to From and Request-URI (RFC 7247)");
    if (!message.thread.empty()) {
        rules.emplace_back("thread to Call-ID (RFC 7572 §5)");
    }
    if (!message.subjects.empty()) {
        rules.emplace_back("subject to Subject");
    }
    rules.push_back(fmt::format("body as {}", request.content_type));
    const std::string_view from = address_text(message.from, arena_);
    traces_.on_translated({.direction = Direction::XmppToSip,
                           .message = log_.text_of(id, arena_),
                           .from = from,
                           .to = address_text(message.to, arena_),
                           .call_id = request.call_id,
                           .stanza_id = message.id,
                           .rules = std::move(rules)});
}

}  // namespace isthmus::gateway
