#include "base/digest.h"
#include "base/text.h"
#include "translate/cpim.h"
#include "translate/dates.h"
#include "translate/escape.h"
#include "translate/join.h"
#include "translate/message.h"
#include "translate/notices.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace isthmus::translate {

namespace {

using xmpp::ChatState;
using xmpp::Condition;
using xmpp::MessageType;
using xmpp::StanzaError;

constexpr std::string_view kTextPlainUtf8 = "text/plain;charset=UTF-8";
constexpr std::size_t kMaxCallId = 255;
constexpr std::size_t kMaxSubject = 512;
/// What the user agent adds to a request: the rest of the start line, Via, Max-Forwards, tag, CSeq,
/// User-Agent, Content-Length, a fresh Call-ID and the names of the fields.
constexpr std::size_t kStampOctets = 280;
/// For the Via and Record-Route of one proxy on the way (gap G-38).
constexpr std::size_t kProxyReserve = 128;

ToSip refuse(Condition condition, std::string_view text) {
    ToSip result;
    result.action = ToSip::Action::Refuse;
    result.error = StanzaError::of(condition, text);
    return result;
}

ToSip ignore() {
    ToSip result;
    result.action = ToSip::Action::Ignore;
    return result;
}

// XEP-0380 and what says the same without it (gap G-24).
bool is_encrypted(const xmpp::Message& message) {
    struct Marker {
        std::string_view name;
        std::string_view ns;
    };

    static constexpr std::array<Marker, 7> kMarkers{{
        {"encryption", "urn:xmpp:eme:0"},
        {"encrypted", "eu.siacs.conversations.axolotl"},
        {"encrypted", "urn:xmpp:omemo:1"},
        {"encrypted", "urn:xmpp:omemo:2"},
        {"x", "jabber:x:encrypted"},
        {"openpgp", "urn:xmpp:openpgp:0"},
        {"e2e", "urn:ietf:params:xml:ns:xmpp-e2e"},
    }};
    if (message.element == nullptr) {
        return false;
    }
    for (const auto* child = message.element->first_element(); child != nullptr;
         child = child->next_element()) {
        if (child->ns != message.element->ns &&
            std::ranges::any_of(kMarkers,
                                [child](const Marker& m) { return child->is(m.name, m.ns); })) {
            return true;
        }
    }
    return std::ranges::any_of(
        message.bodies, [](const xmpp::LangText& body) { return body.text.starts_with("?OTR"); });
}

// RFC 6121 §5.2.3: the one in the stanza's own language, else the first.
xmpp::LangText choose(const std::vector<xmpp::LangText>& texts, std::string_view lang) {
    const xmpp::LangText* first = nullptr;
    for (const xmpp::LangText& one : texts) {
        if (one.text.empty()) {
            continue;
        }
        if (one.lang.empty() || text::iequals(one.lang, lang)) {
            return {one.lang.empty() ? lang : one.lang, one.text};
        }
        first = first == nullptr ? &one : first;
    }
    return first == nullptr ? xmpp::LangText{} : *first;
}

/// A text as a header value: one line, no controls (RFC 3261 §25.1, abuse case E01).
std::string_view one_line(std::string_view text, Arena& arena) {
    text = text::trim(text);
    if (text.size() > kMaxSubject) {
        std::size_t end = kMaxSubject;
        while ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
            --end;
        }
        text = text.substr(0, end);
    }
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    if (std::ranges::none_of(text, is_control)) {
        return text;
    }
    char* const to = arena.chars(text.size());
    std::ranges::replace_copy_if(text, to, is_control, ' ');
    return {to, text.size()};
}

/// A language tag that may stand in a header.
bool is_language(std::string_view tag) {
    return !tag.empty() && tag.size() <= 64 &&
           std::ranges::all_of(tag, [](char c) { return text::is_alnum(c) || c == '-'; });
}

// RFC 3261 §25.1: callid = word [ "@" word ].
bool is_call_id(std::string_view text) {
    const std::size_t at = text.find('@');
    const std::string_view left = text.substr(0, at);
    const std::string_view right = at == std::string_view::npos ? left : text.substr(at + 1);
    return text.size() <= kMaxCallId && !left.empty() && !right.empty() && all_in(left, kWord) &&
           all_in(right, kWord);
}

/// RFC 7572 §4: the thread, if it is a Call-ID; else one that is always the same for this thread
/// between these two (gap G-08). Empty: a fresh one.
std::string_view call_id_of(const xmpp::Message& message, Arena& arena) {
    if (message.thread.empty() || is_call_id(message.thread)) {
        return message.thread;
    }
    std::string key = message.from.to_bare_string();
    key.push_back('\0');
    key.append(message.to.to_bare_string()).push_back('\0');
    key.append(message.thread);
    return arena.concat(kDerivedCallId, digest::sha256_hex(key).substr(0, 40));
}

/// Header fields of a request, in the arena.
class Headers {
  public:
    explicit Headers(Arena& arena)
        : begin_(static_cast<sip::OutgoingHeader*>(
              arena.allocate(kRoom * sizeof(sip::OutgoingHeader), alignof(sip::OutgoingHeader)))) {}

    void add(std::string_view name, std::string_view value) {
        if (!value.empty() && size_ < kRoom) {
            new (begin_ + size_++) sip::OutgoingHeader{name, value};
        }
    }

    std::span<const sip::OutgoingHeader> span() const { return {begin_, size_}; }

  private:
    static constexpr std::size_t kRoom = 4;
    sip::OutgoingHeader* begin_;
    std::size_t size_ = 0;
};

std::string_view number(int value, Arena& arena) {
    constexpr std::size_t kRoom = 12;
    char* const to = arena.chars(kRoom);
    const char* const end = std::to_chars(to, to + kRoom, value).ptr;
    arena.shrink_to(end);
    return {to, static_cast<std::size_t>(end - to)};
}

/// From, To and Request-URI. RFC 7572 §4 note 1: the sender's resource goes into its gr.
bool address(const xmpp::Jid& from,
             const xmpp::Jid& to,
             const ToSipContext& context,
             Arena& arena,
             sip::OutgoingRequest& request) {
    const auto sender = to_uri(from, arena, {.in_brackets = true});
    if (!sender) {
        return false;
    }
    request.from = *sender;
    if (!context.to_uri.empty()) {
        request.to = arena.concat("<", context.to_uri, ">");
    } else {
        const auto recipient = to_uri(to,
                                      arena,
                                      {.with_resource = context.to_is_gruu,
                                       .in_brackets = true,
                                       .sip_domain = context.sip_domain});
        if (!recipient) {
            return false;
        }
        request.to = *recipient;
    }
    request.request_uri = request.to.substr(1, request.to.size() - 2);
    return true;
}

std::size_t octets_of(const sip::OutgoingRequest& request) {
    std::size_t size = kStampOctets + kProxyReserve + request.request_uri.size() +
                       request.from.size() + request.to.size() + request.call_id.size() +
                       request.content_type.size() + request.body.size();
    for (const sip::OutgoingHeader& header : request.headers) {
        size += header.name.size() + header.value.size() + 4;
    }
    return size;
}

/// The im URI of a JID's account, for CPIM and IMDN.
std::string_view im_uri(const xmpp::Jid& jid, Arena& arena, std::string_view domain = {}) {
    const auto uri = to_uri(jid, arena, {.scheme = Scheme::Im, .sip_domain = domain});
    return uri ? *uri : std::string_view();
}

std::string_view datetime_of(const ToSipContext& context, Arena& arena) {
    return context.now == 0 ? std::string_view() : format_datetime(context.now, arena);
}

/// Puts the text into CPIM with the request for an IMDN (RFC 5438 §7.1.1).
void wrap_for_receipt(const xmpp::Message& message,
                      const ToSipContext& context,
                      Arena& arena,
                      ToSip& result) {
    CpimFrame frame;
    frame.from = im_uri(message.from, arena);
    frame.to = im_uri(message.to, arena, context.sip_domain);
    frame.datetime = datetime_of(context, arena);
    frame.message_id = context.unique;
    frame.disposition_notification =
        message.wants_receipt
            ? (message.is_markable ? "positive-delivery, display" : "positive-delivery")
            : "display";
    frame.content_headers = "Content-Type: text/plain;charset=UTF-8\r\n";
    frame.body = result.request.body;
    result.request.body = write_cpim(frame, arena);
    result.request.content_type = "message/cpim";
    result.imdn_message_id = context.unique;
}

ToSip send_text(const xmpp::Message& message,
                xmpp::LangText body,
                xmpp::LangText subject,
                const ToSipContext& context,
                Arena& arena) {
    ToSip result;
    sip::OutgoingRequest& request = result.request;
    if (!address(message.from, message.to, context, arena, request)) {
        return refuse(Condition::JidMalformed, "This address has no counterpart in SIP.");
    }
    request.call_id = call_id_of(message, arena);
    Headers headers(arena);
    if (!subject.text.empty()) {
        headers.add("Subject", one_line(subject.text, arena));
    }
    const std::string_view lang = body.text.empty() ? subject.lang : body.lang;
    if (is_language(lang)) {
        headers.add("Content-Language", lang);
    }
    if (!message.delay_stamp.empty()) {
        // RFC 3261 §20.17; a stamp that is no date says nothing (abuse case E12).
        if (const auto time = parse_datetime(message.delay_stamp)) {
            headers.add("Date", format_sip_date(*time, arena));
        }
    }
    headers.add(kHopsHeader, number(std::min(message.hops + 1, xmpp::kMaxHops), arena));
    request.headers = headers.span();
    request.content_type = kTextPlainUtf8;
    request.body = body.text;
    const bool asks = (message.wants_receipt || message.is_markable) && context.peer_takes_imdn;
    if (asks && !context.unique.empty() && !body.text.empty()) {
        wrap_for_receipt(message, context, arena, result);
    }
    // RFC 7572 §6, RFC 3428 §8.
    const std::size_t octets = octets_of(request);
    if (context.max_octets != 0 && octets > context.max_octets) {
        const std::string text = fmt::format(
            "This SIP system takes messages of up to about {} octets.",
            context.max_octets - std::min(context.max_octets, octets - body.text.size()));
        return refuse(Condition::PolicyViolation, arena.copy(text));
    }
    result.action = ToSip::Action::Send;
    return result;
}

// RFC 7573 §6 Table 4; RFC 3994.
ToSip send_typing(const xmpp::Message& message, const ToSipContext& context, Arena& arena) {
    const bool is_active = message.chat_state == ChatState::Composing;
    if (!context.peer_takes_typing || message.has_several_chat_states ||
        message.chat_state == ChatState::Gone || is_active == context.last_typing_is_active) {
        return ignore();
    }
    ToSip result;
    if (!address(message.from, message.to, context, arena, result.request)) {
        return ignore();
    }
    result.request.call_id = call_id_of(message, arena);
    result.request.content_type = "application/im-iscomposing+xml";
    result.request.body = write_typing(is_active);
    result.is_typing = true;
    result.typing_is_active = is_active;
    result.action = ToSip::Action::Send;
    return result;
}

/// The IMDN that a receipt or marker stands for.
ToSip send_receipt(const xmpp::Message& message, const ToSipContext& context, Arena& arena) {
    if (context.asked == nullptr) {
        return ignore();
    }
    const bool is_display = message.receipt_for.empty() && message.marker != xmpp::Marker::Received;
    return notice_to_sip(*context.asked,
                         is_display ? ImdnStatus::Displayed : ImdnStatus::Delivered,
                         message.from,
                         message.to,
                         context,
                         arena);
}

bool is_asked(const ImdnRequest& asked, ImdnStatus status) {
    switch (status) {
        case ImdnStatus::Delivered:
            return asked.positive_delivery;
        case ImdnStatus::Displayed:
            return asked.display;
        default:
            return asked.negative_delivery;
    }
}

}  // namespace

ToSip to_sip(const xmpp::Message& message, const ToSipContext& context, Arena& arena) {
    // RFC 6120 §8.3.1: an error is never answered; RFC 7572 maps none.
    if (message.type == MessageType::Error) {
        return ignore();
    }
    if (message.to.local.empty()) {
        return refuse(Condition::ServiceUnavailable, "Messages go to people, not to this domain.");
    }
    if (message.type == MessageType::Groupchat) {
        return refuse(Condition::ServiceUnavailable, "There is no such room.");  // RFC 6121 §8.5.2
    }
    if (!context.pass_encrypted_fallback && is_encrypted(message)) {
        return refuse(Condition::NotAcceptable,
                      "SIP users cannot read encrypted messages: switch encryption off.");
    }
    const xmpp::LangText body = choose(message.bodies, message.lang);
    const xmpp::LangText subject = choose(message.subjects, message.lang);
    if (body.text.empty() && subject.text.empty()) {
        if (!message.receipt_for.empty() || message.marker != xmpp::Marker::None) {
            return send_receipt(message, context, arena);
        }
        return message.chat_state == ChatState::None ? ignore()
                                                     : send_typing(message, context, arena);
    }
    if (body.text.size() > context.max_chars &&
        text::count_code_points(body.text) > context.max_chars) {
        return refuse(Condition::PolicyViolation, "This message is too long.");
    }
    return send_text(message, body, subject, context, arena);
}

void to_keyboard_activity(bool is_active, sip::OutgoingRequest& notice) {
    notice.method = sip::Method::Info;
    notice.content_type = "application/xml";
    notice.body = write_keyboard_activity(is_active);
}

ToSip notice_to_sip(const ImdnRequest& asked,
                    ImdnStatus status,
                    const xmpp::Jid& from,
                    const xmpp::Jid& to,
                    const ToSipContext& context,
                    Arena& arena) {
    ToSip result;
    if (asked.message_id.empty() || context.unique.empty() || !is_asked(asked, status) ||
        !address(from, to, context, arena, result.request)) {
        return ignore();
    }
    CpimFrame frame;
    frame.from = im_uri(from, arena);
    frame.to = im_uri(to, arena, context.sip_domain);
    frame.datetime = datetime_of(context, arena);
    frame.message_id = context.unique;
    // RFC 5438 §7.2.1: no notice asks for a notice.
    frame.content_headers =
        "Content-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n";
    frame.body = write_imdn(asked, status, frame.from, arena);
    result.request.content_type = "message/cpim";
    result.request.body = write_cpim(frame, arena);
    result.action = ToSip::Action::Send;
    return result;
}

}  // namespace isthmus::translate
