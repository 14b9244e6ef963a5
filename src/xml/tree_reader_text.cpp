// The part of TreeReader that reads character data and attribute values: white space
// normalisation, references, CDATA. XML 1.0 §2.2, §2.4, §2.7, §2.11, §3.3.3, §4.1.
#include "base/text.h"
#include "xml/chars.h"
#include "xml/octets.h"
#include "xml/tree_reader.h"

#include <algorithm>
#include <array>

namespace isthmus::xml {

// Over a run of octets that are not ASCII.
bool TreeReader::skip_wide() {
    do {
        const Decoded c = decode(at_, end_);
        if (c.length == 0) {
            return c.is_cut ? false : fail("octets that are no UTF-8 or no XML character");
        }
        at_ += c.length;
    } while (at_ != end_ && static_cast<signed char>(*at_) < 0);
    return true;
}

void TreeReader::begin_run() {
    run_ = at_;
    is_copied_ = false;
}

// What stands between run_ and at_ goes to scratch_; what comes next replaces it.
void TreeReader::flush_run() {
    if (!is_copied_) {
        scratch_.clear();
        is_copied_ = true;
    }
    scratch_.append(run_, at_);
}

// The whole run: a view of the input unless something in it had to be replaced.
std::string_view TreeReader::end_run() {
    if (!is_copied_) {
        return between(run_, at_);
    }
    flush_run();
    return arena_.copy(scratch_);
}

// Up to the next tag.
bool TreeReader::read_text() {
    begin_run();
    for (;;) {
        at_ = find_special<'<', '&', ']'>(at_, end_);
        if (end_ - at_ < 2) {
            return false;
        }
        if (*at_ == '<' && at_[1] != '!' && at_[1] != '?') {
            const std::string_view text = end_run();
            return text.empty() || add_text(text);
        }
        if (!read_special_in_text()) {
            return false;
        }
    }
}

bool TreeReader::read_special_in_text() {
    switch (*at_) {
        case '<':
        case '&':
            flush_run();
            if (!(*at_ == '<' ? read_markup() : read_reference())) {
                return false;
            }
            run_ = at_;
            return true;
        case ']':
            if (end_ - at_ < 3) {
                return false;
            }
            if (at_[1] == ']' && at_[2] == '>') {
                return fail("']]>' in text");
            }
            ++at_;
            return true;
        default:
            return read_blank_or_wide();
    }
}

bool TreeReader::read_blank_or_wide() {
    if (*at_ == '\n' || *at_ == '\t') {
        ++at_;
        return true;
    }
    if (*at_ != '\r') {
        return skip_wide();
    }
    // XML 1.0 §2.11: CR LF and CR alone are read as LF.
    if (end_ - at_ < 2) {
        return false;
    }
    flush_run();
    ++at_;
    run_ = at_;
    if (*at_ != '\n') {
        scratch_.push_back('\n');
    }
    return true;
}

// RFC 6120 §11.1: no comments, processing instructions or DTDs in a stream.
bool TreeReader::read_markup() {
    const std::string_view rest = between(at_, end_);
    if (rest[1] == '?') {
        return mode_ == Mode::Document ? skip_instruction()
                                       : fail(Fault::RestrictedXml, "processing instruction");
    }
    if (kCdataOpen.starts_with(rest.substr(0, kCdataOpen.size()))) {
        return rest.size() >= kCdataOpen.size() && read_cdata();
    }
    if (rest.size() < 4 && std::string_view("<!--").starts_with(rest)) {
        return false;
    }
    if (!rest.starts_with("<!--")) {
        return fail(Fault::RestrictedXml, "markup declaration");
    }
    return mode_ == Mode::Document ? skip_comment() : fail(Fault::RestrictedXml, "comment");
}

bool TreeReader::read_cdata() {
    at_ += kCdataOpen.size();
    run_ = at_;
    for (;;) {
        at_ = find_special<']'>(at_, end_);
        if (end_ - at_ < 3) {
            return false;
        }
        if (*at_ != ']') {
            if (!read_blank_or_wide()) {
                return false;
            }
        } else if (at_[1] == ']' && at_[2] == '>') {
            flush_run();
            at_ += 3;
            return true;
        } else {
            ++at_;
        }
    }
}

bool TreeReader::skip_comment() {
    at_ += 4;
    for (;;) {
        at_ = find_special<'-'>(at_, end_);
        if (end_ - at_ < 3) {
            return false;
        }
        if (*at_ == '-' && at_[1] == '-') {
            if (at_[2] != '>') {
                return fail("'--' in a comment");
            }
            at_ += 3;
            return true;
        }
        if (*at_ == '-' || is_blank(*at_)) {
            ++at_;
        } else if (!skip_wide()) {
            return false;
        }
    }
}

bool TreeReader::skip_instruction() {
    at_ += 2;
    QName target;
    if (!read_name(target)) {
        return false;
    }
    if (target.whole.size() == 3 && (target.whole[0] | 0x20) == 'x' &&
        (target.whole[1] | 0x20) == 'm' && (target.whole[2] | 0x20) == 'l') {
        return fail("XML declaration not at the start");
    }
    if (!target.prefix.empty() || (*at_ != '?' && !is_blank(*at_))) {
        return fail("processing instruction without a target");
    }
    const bool has_blank = is_blank(*at_);
    for (;;) {
        at_ = find_special<'?'>(at_, end_);
        if (end_ - at_ < 2) {
            return false;
        }
        if (*at_ == '?' && at_[1] == '>') {
            at_ += 2;
            return true;
        }
        if (!has_blank) {
            return fail("processing instruction without a target");
        }
        if (*at_ == '?' || is_blank(*at_)) {
            ++at_;
        } else if (!skip_wide()) {
            return false;
        }
    }
}

// At a '&': appends what it stands for to scratch_.
bool TreeReader::read_reference() {
    if (end_ - at_ < 3) {
        return false;
    }
    ++at_;
    if (*at_ == '#') {
        return read_character_reference();
    }
    QName name;
    if (!read_name(name)) {
        return false;
    }
    if (*at_ != ';') {
        return fail("'&' that begins no reference");
    }
    ++at_;

    struct Predefined {
        std::string_view name;
        char character;
    };

    static constexpr std::array<Predefined, 5> kPredefined{
        {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"apos", '\''}, {"quot", '"'}}};
    for (const Predefined& entity : kPredefined) {
        if (name.whole == entity.name) {
            scratch_.push_back(entity.character);
            return true;
        }
    }
    // RFC 6120 §11.1
    return fail(Fault::RestrictedXml, "entity that is not predefined");
}

bool TreeReader::read_character_reference() {
    ++at_;
    const bool is_hex = *at_ == 'x';
    at_ += is_hex ? 1 : 0;
    const char* const digits = at_;
    char32_t value = 0;
    for (; at_ != end_; ++at_) {
        const int digit = text::hex_value(*at_);
        if (digit < 0 || (digit > 9 && !is_hex)) {
            break;
        }
        // Saturates: a long row of digits must not wrap round to a good value.
        value = std::min<char32_t>(value * (is_hex ? 16U : 10U) + static_cast<char32_t>(digit),
                                   0x110000);
    }
    if (at_ == end_) {
        return false;
    }
    if (*at_ != ';' || at_ == digits || !is_xml_char(value)) {
        return fail("reference to no XML character");
    }
    ++at_;
    std::array<char, 4> octets{};
    scratch_.append(octets.data(), encode(value, octets.data()));
    return true;
}

// At the opening quote. XML 1.0 §3.3.3: white space becomes a space, referenced characters stay.
bool TreeReader::read_value(std::string_view& value) {
    if (at_ == end_) {
        return false;
    }
    const char quote = *at_;
    if (quote != '\'' && quote != '"') {
        return fail("attribute value without quotes");
    }
    ++at_;
    begin_run();
    for (;;) {
        at_ = quote == '\'' ? find_special<'\'', '<', '&'>(at_, end_)
                            : find_special<'"', '<', '&'>(at_, end_);
        if (at_ == end_) {
            return false;
        }
        if (*at_ == quote) {
            break;
        }
        if (*at_ == '<') {
            return fail("'<' in an attribute value");
        }
        if (*at_ == '&') {
            flush_run();
            if (!read_reference()) {
                return false;
            }
            run_ = at_;
        } else if (is_blank(*at_)) {
            flush_run();
            scratch_.push_back(' ');
            if (*at_ == '\r' && end_ - at_ > 1 && at_[1] == '\n') {
                ++at_;
            }
            ++at_;
            run_ = at_;
        } else if (!skip_wide()) {
            return false;
        }
    }
    value = end_run();
    ++at_;
    return true;
}

}  // namespace isthmus::xml
