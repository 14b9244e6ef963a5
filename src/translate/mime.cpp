#include "translate/mime.h"

#include "base/digest.h"
#include "base/text.h"
#include "sip/headers.h"

#include <algorithm>
#include <string>

namespace isthmus::translate {

namespace {

using text::iequals;

std::optional<std::string_view> from_base64(std::string_view text, Arena& arena) {
    std::string dense;
    dense.reserve(text.size());
    std::ranges::copy_if(
        text, std::back_inserter(dense), [](char c) { return c != '\r' && c != '\n' && c != ' '; });
    const auto decoded = digest::base64_decode(dense);
    return decoded ? std::optional(arena.copy(*decoded)) : std::nullopt;
}

// RFC 2045 §6.7.
std::optional<std::string_view> from_quoted_printable(std::string_view text, Arena& arena) {
    char* const to = arena.chars(text.size());
    char* end = to;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '=') {
            *end++ = text[at];
            continue;
        }
        const std::string_view rest = text.substr(at + 1);
        if (rest.starts_with("\r\n") || rest.starts_with("\n")) {
            at += rest.front() == '\r' ? 2 : 1;
            continue;
        }
        const int high = rest.size() < 2 ? -1 : text::hex_value(rest[0]);
        const int low = rest.size() < 2 ? -1 : text::hex_value(rest[1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        *end++ = static_cast<char>(high * 16 + low);
        at += 2;
    }
    arena.shrink_to(end);
    return std::string_view(to, static_cast<std::size_t>(end - to));
}

}  // namespace

bool Entity::is_optional() const {
    const std::size_t semicolon = disposition.find(';');
    if (semicolon == std::string_view::npos) {
        return false;
    }
    const auto handling = sip::find_param(disposition.substr(semicolon), "handling");
    return handling && iequals(*handling, "optional");
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return line;
}

std::optional<Entity> read_entity(std::string_view text) {
    Entity entity;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.empty()) {
            break;
        }
        if (line.front() == ' ' || line.front() == '\t') {
            // A folded header; the three that matter here never need it.
            continue;
        }
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || colon == 0) {
            return std::nullopt;
        }
        const std::string_view name = text::trim(line.substr(0, colon));
        const std::string_view value = text::trim(line.substr(colon + 1));
        if (iequals(name, "content-type")) {
            entity.content_type = value;
        } else if (iequals(name, "content-disposition")) {
            entity.disposition = value;
        } else if (iequals(name, "content-transfer-encoding")) {
            entity.transfer_encoding = value;
        }
    }
    entity.body = text;
    return entity;
}

std::optional<std::string_view> transfer_decoded(const Entity& entity, Arena& arena) {
    const std::string_view encoding = entity.transfer_encoding;
    if (encoding.empty() || iequals(encoding, "7bit") || iequals(encoding, "8bit") ||
        iequals(encoding, "binary")) {
        return entity.body;
    }
    if (iequals(encoding, "base64")) {
        return from_base64(entity.body, arena);
    }
    if (iequals(encoding, "quoted-printable")) {
        return from_quoted_printable(entity.body, arena);
    }
    return std::nullopt;
}

Multipart::Multipart(std::string_view body, std::string_view boundary)
    : body_(body), boundary_(boundary) {
    std::size_t behind = 0;
    if (!boundary_.empty() && find_delimiter(0, behind) != std::string_view::npos && !is_closed_) {
        part_ = behind;
    }
}

std::size_t Multipart::find_delimiter(std::size_t from, std::size_t& behind) {
    for (std::size_t line = from; line < body_.size();) {
        const std::size_t line_end = body_.find('\n', line);
        const std::size_t next = line_end == std::string_view::npos ? body_.size() : line_end + 1;
        std::string_view rest = body_.substr(line, next - line);
        if (rest.starts_with("--") && rest.substr(2).starts_with(boundary_)) {
            rest.remove_prefix(2 + boundary_.size());
            const bool is_close = rest.starts_with("--");
            rest.remove_prefix(is_close ? 2 : 0);
            // RFC 2046 §5.1.1: only white space may follow.
            if (text::trim(rest).empty()) {
                is_closed_ = is_close;
                behind = next;
                return line;
            }
        }
        line = next;
    }
    return std::string_view::npos;
}

std::optional<std::string_view> Multipart::next() {
    if (part_ == std::string_view::npos) {
        return std::nullopt;
    }
    const std::size_t start = part_;
    std::size_t behind = 0;
    const std::size_t delimiter = find_delimiter(start, behind);
    // An unclosed multipart ends with its body.
    std::string_view part = body_.substr(start, std::min(delimiter, body_.size()) - start);
    part_ = delimiter == std::string_view::npos || is_closed_ ? std::string_view::npos : behind;
    if (delimiter != std::string_view::npos) {
        // The line break before a delimiter belongs to the delimiter.
        part.remove_suffix(part.ends_with("\r\n") ? 2 : part.ends_with("\n") ? 1 : 0);
    }
    return part;
}

}  // namespace isthmus::translate
