#include "sip/session_description.h"

#include "base/text.h"
#include "sip/grammar.h"

#include <algorithm>

namespace isthmus::sip {

namespace {

using text::iequals;

constexpr std::size_t kMaxMedia = 16;
constexpr std::uint32_t kMaxSessionExpires = 86400;
constexpr std::size_t kMaxWord = 255;

// What we read; translate/content is the one that does.
constexpr std::string_view kAcceptTypes =
    "a=accept-types:text/plain text/html text/rtf multipart/alternative "
    "application/im-iscomposing+xml application/ms-imdn+xml\r\n";

std::string_view take_line(std::string_view& left) {
    const std::size_t end = left.find('\n');
    std::string_view line = left.substr(0, end);
    left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return line;
}

std::string_view take_word(std::string_view& left) {
    const std::size_t end = left.find(' ');
    const std::string_view word = left.substr(0, end);
    left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
    return word;
}

/// A word of an offer that may stand in our answer.
bool is_word(std::string_view text) {
    return !text.empty() && text.size() <= kMaxWord &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; });
}

/// `<seconds>;refresher=uac`; the number alone if it has no parameter.
bool read_expires(std::string_view value, std::uint32_t& seconds, std::string_view& refresher) {
    const std::size_t semicolon = value.find(';');
    if (!grammar::parse_u32(text::trim(value.substr(0, semicolon)), seconds)) {
        return false;
    }
    const auto params =
        semicolon == std::string_view::npos ? std::string_view() : value.substr(semicolon);
    refresher = find_param(params, "refresher").value_or("");
    return true;
}

/// Long and compact form (RFC 4028 §4).
std::string_view expires_value(const Message& message) {
    const std::string_view whole = named_header(message, "Session-Expires");
    return whole.empty() ? named_header(message, "x") : whole;
}

}  // namespace

std::optional<SessionOffer> read_offer(std::string_view sdp, std::string_view local_uri) {
    SessionOffer offer;
    if (sdp.empty()) {
        offer.has_text = true;
        return offer;
    }
    if (!sdp.starts_with("v=0")) {
        return std::nullopt;
    }
    std::size_t media = 0;
    while (!sdp.empty()) {
        std::string_view line = take_line(sdp);
        if (!line.starts_with("m=")) {
            continue;
        }
        if (++media > kMaxMedia) {
            return std::nullopt;
        }
        line.remove_prefix(2);
        const std::string_view kind = take_word(line);
        const std::string_view port = take_word(line);
        const std::string_view proto = take_word(line);
        const std::string_view format = take_word(line);
        const bool is_text = (kind == "message" || kind == "x-ms-message") &&
                             iequals(proto, "sip") && !offer.has_text;
        if (!is_word(kind) || port.empty() || !is_word(proto) || format.empty() ||
            (!is_text && !is_word(format))) {
            return std::nullopt;
        }
        offer.answer_media.append("m=").append(kind);
        if (is_text) {
            offer.has_text = true;
            offer.answer_media.append(" 5060 ").append(proto).append(" ").append(local_uri);
            offer.answer_media.append("\r\n").append(kAcceptTypes);
        } else {
            offer.answer_media.append(" 0 ").append(proto).append(" ").append(format);
            offer.answer_media.append("\r\n");
        }
    }
    return offer;
}

std::string describe_session(std::string_view media) {
    std::string sdp("v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=session\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n");
    if (media.empty()) {
        sdp.append("m=message 5060 sip null\r\n").append(kAcceptTypes);
    }
    return sdp.append(media);
}

std::string bare_uri(const Uri& uri) {
    std::string bare("sip:");
    if (uri.has_user) {
        bare.append(uri.user).push_back('@');
    }
    return bare.append(text::to_lower(uri.host));
}

std::string bare_uri(std::string_view text) {
    const std::size_t open = text.find('<');
    if (open != std::string_view::npos) {
        text = text.substr(open + 1, text.find('>') - open - 1);
    }
    const auto uri = parse_uri(text);
    return uri ? bare_uri(*uri) : std::string(text);
}

std::string_view bare_uri(std::string_view text, std::string& scratch) {
    constexpr std::string_view kScheme = "sip:";
    const std::size_t open = text.find('<');
    const std::string_view inner =
        open == std::string_view::npos ? text : text.substr(open + 1, text.find('>') - open - 1);
    const std::string_view bare = inner.substr(0, inner.find_first_of(";?"));
    const std::size_t at = bare.find('@');
    const bool is_plain =
        at != std::string_view::npos && bare.starts_with(kScheme) &&
        bare.find(':', kScheme.size()) == std::string_view::npos &&
        std::ranges::all_of(bare.substr(at + 1), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
        });
    if (is_plain) {
        return bare;
    }
    scratch = bare_uri(text);
    return scratch;
}

bool has_one_spelling(std::string_view bare) {
    constexpr std::string_view kScheme = "sip:";
    return bare.starts_with(kScheme) && !bare.ends_with('.') &&
           std::ranges::all_of(bare.substr(kScheme.size()), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '@' || c == '.' ||
                      c == '-' || c == '_';
           });
}

bool is_multiparty(const Request& request) {
    if (iequals(named_header(request, "TriggeredInvite"), "TRUE")) {
        return true;
    }
    const std::string_view points = named_header(request, "EndPoints");
    return std::ranges::count(points, '<') > 2;
}

bool lists(const Message& message, HeaderId id, std::string_view token) {
    for (const HeaderField& field : message.headers) {
        if (field.id != id) {
            continue;
        }
        std::string_view left = field.value;
        while (!left.empty()) {
            const std::size_t comma = left.find(',');
            if (iequals(text::trim(left.substr(0, comma)), token)) {
                return true;
            }
            left.remove_prefix(comma == std::string_view::npos ? left.size() : comma + 1);
        }
    }
    return false;
}

std::string_view named_header(const Message& message, std::string_view name) {
    for (const HeaderField& field : message.headers) {
        if (field.id == HeaderId::Other && iequals(field.name, name)) {
            return field.value;
        }
    }
    return {};
}

std::optional<SessionExpiry> expiry_asked(const Request& request) {
    std::uint32_t asked = 0;
    std::string_view refresher;
    if (!read_expires(expires_value(request), asked, refresher)) {
        return SessionExpiry{};
    }
    if (asked < kMinSessionExpires) {
        return std::nullopt;
    }
    // RFC 4028 §9 Table 2: without its support the caller cannot refresh.
    const bool is_theirs =
        lists(request, HeaderId::Supported, "timer") && !iequals(refresher, "uas");
    return SessionExpiry{.seconds = std::min(asked, kMaxSessionExpires), .is_ours = !is_theirs};
}

SessionExpiry expiry_granted(const Response& response) {
    std::uint32_t asked = 0;
    std::string_view refresher;
    if (!read_expires(expires_value(response), asked, refresher) || asked == 0) {
        return {};
    }
    return {.seconds = std::clamp(asked, kMinSessionExpires, kMaxSessionExpires),
            .is_ours = !iequals(refresher, "uas")};
}

}  // namespace isthmus::sip
