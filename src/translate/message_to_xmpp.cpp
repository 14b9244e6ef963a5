#include "base/text.h"
#include "translate/charset.h"
#include "translate/content.h"
#include "translate/dates.h"
#include "translate/message.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace isthmus::translate {

namespace {

using sip::HeaderId;
using xmpp::ChatState;
using xmpp::MessageType;

/// A message is called delayed if it was written longer ago than this, or than it is good for.
constexpr int kDelaySeconds = 120;
/// What a stanza holds besides addresses, id and texts, generously.
constexpr std::size_t kStanzaOverhead = 512;

void reset(xmpp::Message& message) {
    xmpp::Message fresh;
    message.bodies.clear();
    message.subjects.clear();
    fresh.bodies.swap(message.bodies);
    fresh.subjects.swap(message.subjects);
    message = std::move(fresh);
}

Refusal refuse(int status, std::string_view reason = {}) {
    Refusal refusal;
    refusal.status = status;
    refusal.reason = reason;
    return refusal;
}

bool is_anonymous(std::string_view host) {
    return text::iequals(host, "anonymous.invalid") ||
           (host.size() > 8 && text::iequals(host.substr(host.size() - 8), ".invalid"));
}

/// First tag of a Content-Language, if it has the shape of one (RFC 5646 §2.1).
std::string_view language_of(std::string_view value) {
    const std::string_view tag = text::trim(value.substr(0, value.find(',')));
    const bool is_good =
        !tag.empty() && tag.size() <= 64 && text::is_alpha(tag.front()) &&
        std::ranges::all_of(tag, [](char c) { return text::is_alnum(c) || c == '-'; });
    return is_good ? tag : std::string_view();
}

int hops_of(std::string_view value) {
    int hops = 0;
    const char* const end = value.data() + value.size();
    const auto [at, fault] = std::from_chars(value.data(), end, hops);
    const bool is_good = fault == std::errc{} && at == end && hops >= 0;
    return is_good ? std::min(hops, xmpp::kMaxHops) : xmpp::kMaxHops;
}

/// RFC 3428 §7: how long the message is good for; an expired one is marked, not dropped.
std::int64_t delay_allowed(const sip::Request& request) {
    const auto expires = request.header(HeaderId::Expires);
    const auto seconds = expires ? text::to_number(*expires) : std::nullopt;
    return seconds && *seconds < kDelaySeconds ? static_cast<std::int64_t>(*seconds)
                                               : kDelaySeconds;
}

/// What the writer makes of `text` at most: the longest escape has six octets.
std::size_t escaped_size(std::string_view text) {
    std::size_t size = text.size();
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        size += c == '&' || c == '<' || c == '>' || c == '\'' || c == '"' || octet < 0x20 ? 5 : 0;
    }
    return size;
}

/// Abuse case E17: what counts is the size after translation.
bool is_too_large(const xmpp::Message& message, const ToXmppContext& context) {
    const std::string_view body = message.bodies.empty() ? "" : message.bodies.front().text;
    if (body.size() > context.max_chars && (body.size() / 4 > context.max_chars ||
                                            text::count_code_points(body) > context.max_chars)) {
        return true;
    }
    std::size_t plain = kStanzaOverhead + body.size() + message.thread.size();
    for (const auto& jid : {message.from, message.to}) {
        plain += jid.local.size() + jid.domain.size() + jid.resource.size();
    }
    for (const xmpp::LangText& subject : message.subjects) {
        plain += subject.text.size() + kStanzaOverhead / 8;
    }
    if (plain * 6 <= context.max_stanza_octets) {
        return false;
    }
    std::size_t escaped = kStanzaOverhead + escaped_size(body) + escaped_size(message.thread);
    for (const auto& jid : {message.from, message.to}) {
        escaped += escaped_size(jid.local) + jid.domain.size() + escaped_size(jid.resource);
    }
    for (const xmpp::LangText& subject : message.subjects) {
        escaped += escaped_size(subject.text) + kStanzaOverhead / 8;
    }
    return escaped > context.max_stanza_octets;
}

/// The header fields that become something, in one walk.
void read_headers(const sip::Request& request,
                  const ToXmppContext& context,
                  Arena& arena,
                  xmpp::Message& into) {
    into.hops = 1;
    for (const sip::HeaderField& field : request.headers) {
        if (field.id == HeaderId::Subject) {
            // CPIM's subject is nearer to the text than that of the wrapping request.
            if (into.subjects.empty() && !field.value.empty()) {
                into.subjects.push_back({{}, repaired_utf8(field.value, arena)});
            }
        } else if (field.id == HeaderId::ContentLanguage) {
            into.lang = language_of(field.value);
        } else if (field.id == HeaderId::Date && context.now != 0) {
            const auto date = parse_sip_date(field.value);
            if (date && *date + delay_allowed(request) < context.now) {
                into.delay_stamp = format_datetime(*date, arena);
                into.delay_from = into.from.domain;
            }
        } else if (field.id == HeaderId::Other && text::iequals(field.name, kHopsHeader)) {
            into.hops = std::min(hops_of(field.value) + 1, xmpp::kMaxHops);
        }
    }
}

bool fill_typing(const Typing& typing, const ToXmppContext& context, xmpp::Message& into) {
    // RFC 7573 §6 Table 3; XEP-0085 §5.3: a state is not repeated, and an end needs a beginning.
    const bool was_composing = context.last_chat_state == ChatState::Composing;
    if (!context.peer_takes_chat_states || typing.is_active == was_composing) {
        return false;
    }
    into.type = MessageType::Chat;
    into.type_is_given = true;
    into.thread = context.thread;
    into.chat_state = typing.is_active ? ChatState::Composing : ChatState::Active;
    return true;
}

void fill_text(const sip::Request& request,
               const ToXmppContext& context,
               const Content& content,
               xmpp::Message& into) {
    if (context.chat_type) {
        into.type = MessageType::Chat;
        into.type_is_given = true;
        // XEP-0085 §5.1: without it her client would stop telling us.
        into.chat_state = context.peer_takes_chat_states ? ChatState::Active : ChatState::None;
    }
    if (!content.text.empty()) {
        into.bodies.push_back({{}, content.text});
    }
    into.id = context.stanza_id;
    into.thread = !context.thread.empty()       ? context.thread
                  : context.thread_from_call_id ? request.call_id
                                                : std::string_view();
    into.wants_receipt = !content.imdn.message_id.empty() && content.imdn.positive_delivery;
    into.is_markable = !content.imdn.message_id.empty() && content.imdn.display;
}

}  // namespace

boost::system::result<XmppAddresses, Refusal> addresses_of(const sip::Request& request,
                                                           Arena& arena,
                                                           std::string_view sender_domain) {
    // RFC 7247 §8, RFC 5630 §5.1.2: what is asked to stay secure hop by hop is not bridged.
    if (request.uri.is_sips() || request.to.uri.is_sips()) {
        return refuse(480).add("Warning", "380 isthmus \"SIPS Not Allowed\"");
    }
    XmppAddresses addresses;
    const auto to = to_jid(request.uri, arena);
    if (!to) {
        return refuse(status_of(to.error()));
    }
    addresses.to = *to;
    // RFC 3261 §12.2.2; page-mode messages have no dialog.
    if (request.to.tag()) {
        return refuse(481);
    }
    if (is_anonymous(request.from.uri.host)) {
        return refuse(433);
    }
    const auto from = to_jid(request.from.uri, arena, sender_domain);
    if (!from) {
        return status_of(from.error()) == 400 ? refuse(400, "Malformed sender") : refuse(403);
    }
    addresses.from = *from;
    return addresses;
}

ToXmpp to_xmpp(const sip::Request& request,
               const XmppAddresses& addresses,
               const ToXmppContext& context,
               Arena& arena,
               xmpp::Message& into) {
    reset(into);
    into.from = addresses.from.jid;
    into.to = addresses.to.jid;
    ToXmpp result;
    Content content;
    if (!read_content(request, arena, content, into.subjects, result.refusal)) {
        return result;
    }
    read_headers(request, context, arena, into);
    result.action = ToXmpp::Action::Send;
    switch (content.kind) {
        case Content::Kind::Notice:
            result.notice = content.notice;
            result.action = ToXmpp::Action::Notice;
            return result;
        case Content::Kind::Typing:
            // XEP-0085 §5.6: nothing but the state.
            reset(into);
            into.from = addresses.from.jid;
            into.to = addresses.to.jid;
            if (!fill_typing(content.typing, context, into)) {
                result.action = ToXmpp::Action::Ignore;
            }
            if (content.typing.is_active && context.peer_takes_chat_states) {
                result.typing_lapses_in = content.typing.lapses_in;
            }
            return result;
        case Content::Kind::Nothing:
        case Content::Kind::Text:
            break;
    }
    if (content.text.empty() && into.subjects.empty()) {
        result.action = ToXmpp::Action::Ignore;
        return result;
    }
    fill_text(request, context, content, into);
    result.imdn = content.imdn;
    if (is_too_large(into, context)) {
        result.action = ToXmpp::Action::Refuse;
        result.refusal = refuse(513);
    }
    return result;
}

bool is_keyboard_activity(const sip::Request& request) {
    const auto media = sip::parse_media_type(request.content_type);
    return media && media->is("application", "xml") &&
           request.body.find("KeyboardActivity") != std::string_view::npos;
}

bool to_receipt(const ImdnNotice& notice, const SentMessage& sent, xmpp::Message& into) {
    const bool is_from_recipient =
        sent.recipient.domain.empty() || into.from.bare() == sent.recipient.bare();
    // Forbidden says that the recipient does not want to tell.
    if (!is_from_recipient || into.to.bare() != sent.sender.bare() ||
        notice.status == ImdnStatus::Forbidden) {
        return false;
    }
    const xmpp::Jid from = into.from;
    reset(into);
    into.from = from;
    into.to = sent.sender;
    switch (notice.status) {
        case ImdnStatus::Delivered:
            into.receipt_for = sent.stanza_id;
            break;
        case ImdnStatus::Displayed:
            into.marker = xmpp::Marker::Displayed;
            into.marker_for = sent.stanza_id;
            break;
        default:
            // RFC 6120 §8.3.1: the stanza that failed comes back.
            into.type = MessageType::Error;
            into.type_is_given = true;
            into.id = sent.stanza_id;
            into.error = xmpp::StanzaError::of(notice.status == ImdnStatus::Failed
                                                   ? xmpp::Condition::RecipientUnavailable
                                                   : xmpp::Condition::UndefinedCondition);
            break;
    }
    return true;
}

void to_lapsed_typing(const XmppAddresses& addresses, xmpp::Message& into) {
    reset(into);
    into.from = addresses.from.jid;
    into.to = addresses.to.jid;
    into.type = MessageType::Chat;
    into.type_is_given = true;
    into.chat_state = ChatState::Active;
}

}  // namespace isthmus::translate
