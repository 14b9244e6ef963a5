#include "sip/head_reader.h"

#include "base/text.h"
#include "sip/grammar.h"

#include <algorithm>

namespace isthmus::sip {

namespace {

using grammar::skip_blanks;

constexpr std::array<bool, kHeaderIds> kIsSingle = [] {
    std::array<bool, kHeaderIds> table{};
    for (const HeaderId id : {HeaderId::CallId,
                              HeaderId::ContentDisposition,
                              HeaderId::ContentLength,
                              HeaderId::ContentType,
                              HeaderId::CSeq,
                              HeaderId::Event,
                              HeaderId::Expires,
                              HeaderId::From,
                              HeaderId::MaxForwards,
                              HeaderId::MimeVersion,
                              HeaderId::SubscriptionState,
                              HeaderId::To}) {
        table[static_cast<std::size_t>(id)] = true;
    }
    return table;
}();

// `value` of a field with CR LF inside: each fold becomes one blank (RFC 3261 §7.3.1).
std::string_view unfold(std::string_view value, Arena& arena) {
    char* const start = arena.chars(value.size());
    char* to = start;
    for (std::size_t at = 0; at < value.size(); ++at) {
        if (value[at] != '\n') {
            *to++ = value[at];
            continue;
        }
        if (at > 0 && value[at - 1] == '\r') {
            --to;
        }
        *to++ = ' ';
        at = skip_blanks(value, at + 1) - 1;
    }
    arena.shrink_to(to);
    return {start, static_cast<std::size_t>(to - start)};
}

// A control octet is legal in one place only: behind the backslash of a quoted-pair.
bool has_bare_control(std::string_view text) {
    bool is_quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto c = static_cast<unsigned char>(text[at]);
        if (is_quoted && c == '\\' && at + 1 < text.size()) {
            ++at;
        } else if (c == '"') {
            is_quoted = !is_quoted;
        } else if (c == 0x7F || (c < 0x20 && c != '\t' && c != '\r' && c != '\n')) {
            return true;
        }
    }
    return false;
}

std::string_view trim_end(std::string_view text) {
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
        text.remove_suffix(1);
    }
    return text;
}

std::string_view trim_blanks(std::string_view text) {
    return trim_end(text.substr(skip_blanks(text, 0)));
}

}  // namespace

bool is_single(HeaderId id) {
    return kIsSingle[static_cast<std::size_t>(id)];
}

// The octets up to the next line end, which is not part of it. False at the end of the octets.
bool HeadReader::next_line(std::string_view& line) {
    const char* const start = at_;
    const char* from = at_;
    for (;;) {
        const char* control = grammar::find_control(from, end_, seen_octets_);
        if (control == end_) {
            line = {start, static_cast<std::size_t>(end_ - start)};
            at_ = end_;
            return false;
        }
        line = {start, static_cast<std::size_t>(control - start)};
        if (*control == '\r' && control + 1 != end_ && control[1] == '\n') {
            at_ = control + 2;
            return true;
        }
        if (*control == '\n') {
            blame_.set(400, "Line ended by a bare LF");
            at_ = control + 1;
            return true;
        }
        if (*control == '\r') {
            blame_.set(400, "Bare CR in the header section");
        }
        has_controls_ = true;
        from = control + 1;
    }
}

std::string_view HeadReader::read_start_line() {
    std::string_view line;
    has_line_end_ = next_line(line);
    if (has_controls_) {
        has_controls_ = false;
        blame_.set(400, "Control octet in the start line");
    }
    if (line.size() > limits_.line_octets) {
        // RFC 3261 §21.4.12.
        blame_.set(414, standard_reason(414));
    }
    return line.substr(0, limits_.line_octets);
}

void HeadReader::read_fields(std::vector<HeaderField>& fields) {
    std::string_view line;
    while (has_line_end_ && (has_line_end_ = next_line(line)) && !line.empty()) {
        const char* const start = line.data();
        bool is_folded = false;
        while (has_line_end_ && at_ != end_ && (*at_ == ' ' || *at_ == '\t')) {
            is_folded = true;
            has_line_end_ = next_line(line);
        }
        const std::string_view raw(start,
                                   static_cast<std::size_t>(line.data() + line.size() - start));
        if (fields.size() == limits_.header_lines) {
            blame_.set(400, "Too many header fields");
            return;
        }
        if (raw.size() > limits_.line_octets) {
            blame_.set(400, "Header field too long");
            has_controls_ = false;
        } else {
            add_field(raw, is_folded, fields);
        }
    }
    if (!has_line_end_) {
        blame_.set(400, "Header section without end");
    }
    const std::string_view head(start_, static_cast<std::size_t>(at_ - start_));
    if ((seen_octets_ & 0x80U) != 0 && !text::is_utf8(head)) {
        blame_.set(400, "Header section that is not UTF-8");
    }
}

void HeadReader::add_field(std::string_view raw, bool is_folded, std::vector<HeaderField>& fields) {
    const std::size_t colon = std::min(raw.find(':'), raw.size());
    std::string_view name = raw.substr(0, colon);
    HeaderId id = header_id(name);
    if (id == HeaderId::Other || colon == raw.size()) {
        // Unknown, or with white space before the colon, or no name at all.
        name = trim_end(name);
        id = header_id(name);
        if (colon == raw.size() || !grammar::is_token(name)) {
            blame_.set(400, "Malformed header field name");
            has_controls_ = false;
            return;
        }
    }
    if (has_controls_) {
        has_controls_ = false;
        if (has_bare_control(raw)) {
            blame_.set(400, "Control octet in a header field");
        }
    }
    std::string_view value = raw.substr(colon + 1);
    if (is_folded) {
        value = unfold(value, arena_);
    }
    fields.push_back({id, name, trim_blanks(value)});
    // Long and compact forms are one header here, so the second one is seen whatever its name.
    if (++counts_[static_cast<std::size_t>(id)] == 2 && is_single(id)) {
        blame_.set_field(header_name(id), "given twice");
    }
}

}  // namespace isthmus::sip
