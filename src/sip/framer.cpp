#include "sip/framer.h"

#include "base/text.h"
#include "sip/grammar.h"

#include <cstring>

namespace isthmus::sip {

namespace {

// The last word of a request line, or the first of a status line, is the SIP version. Anything
// else on this port is another protocol (abuse case C24).
bool is_sip_line(std::string_view line) {
    if (text::istarts_with(line, "SIP/")) {
        return true;
    }
    while (!line.empty() && line.back() == ' ') {
        line.remove_suffix(1);
    }
    const std::size_t blank = line.rfind(' ');
    return blank != std::string_view::npos && text::istarts_with(line.substr(blank + 1), "SIP/");
}

/// RFC 3261 §7.3.3.
bool is_header(std::string_view name, char compact, std::string_view full) {
    return name.size() == 1 ? text::lower(name[0]) == compact : text::iequals(name, full);
}

}  // namespace

Frame Framer::next(std::string_view unread) {
    if (is_dead_) {
        return {.consumed = unread.size()};
    }
    if (is_inside_) {
        return head_ == 0 ? scan_head(unread) : finish(unread);
    }
    std::size_t at = 0;
    while (unread.size() - at >= 2 && unread[at] == '\r' && unread[at + 1] == '\n') {
        at += 2;
        if (after_crlf_) {
            after_crlf_ = false;
            return {.kind = Frame::Kind::Ping, .consumed = at};
        }
        after_crlf_ = true;
    }
    if (at == unread.size() || (unread[at] == '\r' && unread.size() - at == 1)) {
        return {.consumed = at};
    }
    after_crlf_ = false;
    if (!grammar::is(unread[at], grammar::kToken)) {
        return fault(0, "Not SIP", unread);
    }
    is_inside_ = true;
    Frame frame = scan_head(unread.substr(at));
    frame.consumed += at;
    return frame;
}

Frame Framer::scan_head(std::string_view unread) {
    for (;;) {
        const std::size_t from = line_start_ + scanned_;
        const auto* lf =
            static_cast<const char*>(std::memchr(unread.data() + from, '\n', unread.size() - from));
        const std::size_t end =
            lf == nullptr ? unread.size() : static_cast<std::size_t>(lf - unread.data());
        if (end - line_start_ > max_line_) {
            const bool is_first = line_start_ == 0;
            return fault(is_first ? 414 : 400,
                         is_first ? "Request-URI Too Long" : "Header field too long",
                         unread);
        }
        if (end > max_message_) {
            return fault(513, "Message Too Large", unread);
        }
        if (lf == nullptr) {
            scanned_ = end - line_start_;
            return {};
        }
        if (end == line_start_ || unread[end - 1] != '\r') {
            return fault(400, "Line ended by a bare LF", unread);
        }
        const std::string_view line = unread.substr(line_start_, end - 1 - line_start_);
        if (line_start_ == 0 && !is_sip_line(line)) {
            return fault(0, "Not SIP", unread);
        }
        line_start_ = end + 1;
        scanned_ = 0;
        if (line.empty()) {
            head_ = line_start_;
            return finish(unread);
        }
        on_line(line, line_start_ - 2 - line.size());
    }
}

// Watches for Content-Length, long, compact or folded, and for Call-ID.
void Framer::on_line(std::string_view line, std::size_t place) {
    if (line[0] == ' ' || line[0] == '\t') {
        if (is_in_length_) {
            take_length(line);
        }
        return;
    }
    is_in_length_ = false;
    const char first = text::lower(line[0]);
    if (first != 'c' && first != 'l' && first != 'i') {
        return;
    }
    const std::size_t name = grammar::skip(line, 0, grammar::kToken);
    const std::size_t colon = grammar::skip_blanks(line, name);
    if (colon >= line.size() || line[colon] != ':') {
        return;
    }
    if (is_header(line.substr(0, name), 'i', "Call-ID")) {
        call_id_ = place + grammar::skip_blanks(line, colon + 1);
        call_id_size_ = text::trim(line.substr(colon + 1)).size();
        return;
    }
    if (!is_header(line.substr(0, name), 'l', "Content-Length")) {
        return;
    }
    // RFC 4475 §3.3.9: two of them, and nobody knows where the message ends.
    is_bad_length_ = is_bad_length_ || has_length_;
    is_in_length_ = true;
    take_length(line.substr(colon + 1));
}

void Framer::take_length(std::string_view value) {
    value = text::trim(value);
    if (value.empty()) {
        return;
    }
    std::uint32_t length = 0;
    if (has_length_ || !grammar::parse_u32(value, length)) {
        is_bad_length_ = true;
        return;
    }
    has_length_ = true;
    length_ = length;
}

Frame Framer::finish(std::string_view unread) {
    if (is_bad_length_ || !has_length_) {
        // RFC 3261 §20.14: on a stream it must be there.
        return fault(400,
                     is_bad_length_ ? "Content-Length: not one number" : "Content-Length: missing",
                     unread.substr(0, head_));
    }
    if (head_ + length_ > max_message_) {
        return fault(513, "Message Too Large", unread.substr(0, head_));
    }
    const std::size_t size = head_ + length_;
    if (unread.size() < size) {
        return {};
    }
    const std::string_view call_id = unread.substr(call_id_, call_id_size_);
    line_start_ = 0;
    scanned_ = 0;
    head_ = 0;
    length_ = 0;
    call_id_ = 0;
    call_id_size_ = 0;
    has_length_ = false;
    is_in_length_ = false;
    is_inside_ = false;
    return {.kind = Frame::Kind::Message,
            .consumed = size,
            .octets = unread.substr(0, size),
            .call_id = call_id};
}

Frame Framer::fault(int status, std::string_view reason, std::string_view seen) {
    is_dead_ = true;
    is_inside_ = false;
    return {.kind = Frame::Kind::Fault,
            .consumed = seen.size(),
            .octets = seen,
            .status = status,
            .reason = reason};
}

}  // namespace isthmus::sip
