#include "cli/cs_reader.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace isthmus::cli::cs {

namespace {

std::size_t one_of(std::string_view rest, std::initializer_list<std::string_view> marks) {
    for (const std::string_view mark : marks) {
        if (rest.starts_with(mark)) {
            return mark.size();
        }
    }
    return 0;
}

}  // namespace

Reader::Reader(std::string_view text) : text_(text) {
    if (text.size() > kMaxScript) {
        throw Fault("The script is too long.",
                    fmt::format("it has {} octets, the limit is {}", text.size(), kMaxScript),
                    "split it into several calls");
    }
    if (!text::is_utf8(text) || text.find('\0') != std::string_view::npos) {
        throw Fault("The script is no text.",
                    "it holds octets that are not UTF-8, or NUL",
                    "save it as UTF-8 and try again");
    }
    skip(text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
}

bool Reader::take_if(char c) {
    if (peek() != c) {
        return false;
    }
    ++at_;
    return true;
}

std::size_t Reader::dash() const {
    return one_of(rest(), {"-", "\u2013", "\u2014", "\u2015"});
}

std::size_t Reader::single_quote() const {
    return one_of(rest(), {"'", "\u2018", "\u2019", "\u201A", "\u201B"});
}

std::size_t Reader::double_quote() const {
    return one_of(rest(), {"\"", "\u201C", "\u201D", "\u201E"});
}

bool Reader::skip_comment() {
    if (rest().starts_with("<#")) {
        const std::size_t end = text_.find("#>", at_ + 2);
        if (end == std::string_view::npos) {
            fail(at_, "A comment is not closed.", "there is <# without #>", "close it with #>");
        }
        at_ = end + 2;
        return true;
    }
    if (peek() == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        return true;
    }
    return false;
}

void Reader::skip_blanks(bool lines) {
    while (!is_at_end()) {
        const char c = peek();
        const bool is_blank = c == ' ' || c == '\t' || c == '\r' || (lines && c == '\n');
        const bool is_joined = c == '`' && (peek(1) == '\n' || rest().starts_with("`\r\n"));
        if (is_blank) {
            ++at_;
        } else if (is_joined) {
            at_ += peek(1) == '\n' ? 2 : 3;
        } else if (rest().starts_with("\u00A0")) {
            at_ += 2;
        } else if (!skip_comment()) {
            return;
        }
    }
}

Place Reader::place_of(std::size_t offset) const {
    const std::string_view before = text_.substr(0, offset);
    const std::size_t line_end = before.rfind('\n');
    return {1 + static_cast<std::size_t>(std::ranges::count(before, '\n')),
            line_end == std::string_view::npos ? before.size() + 1 : before.size() - line_end};
}

void Reader::fail(std::size_t offset,
                  const std::string& what,
                  const std::string& why,
                  const std::string& fix) const {
    const Place place = place_of(offset);
    throw Fault(fmt::format("At line:{} char:{} : {}", place.line, place.column, what), why, fix);
}

std::string Reader::take_single_quoted() {
    const std::size_t start = at_;
    skip(single_quote());
    std::string out;
    while (!is_at_end()) {
        const std::size_t quote = single_quote();
        if (quote == 0) {
            out.push_back(take());
            continue;
        }
        skip(quote);
        if (single_quote() == 0) {
            return out;
        }
        out += '\'';
        skip(single_quote());
    }
    fail(start,
         "The string is missing the terminator: '.",
         "a quote is opened here and never closed",
         "close it, or write it twice where the text itself has one");
}

std::string Reader::take_name() {
    std::string out;
    while (text::is_alnum(peek()) || peek() == '_' || peek() == '-') {
        out.push_back(take());
    }
    return out;
}

std::string Reader::take_escape() {
    skip(1);
    if (is_at_end()) {
        return "`";
    }
    const char c = take();
    switch (c) {
        case 'n':
            return "\n";
        case 'r':
            return "\r";
        case 't':
            return "\t";
        case '0':
            fail(at_ - 1, "A text cannot hold NUL.", "`0 stands for it", "leave it out");
        case '\n':
            return "";
        default: {
            std::string out(1, c);
            while ((static_cast<unsigned char>(peek()) & 0xC0U) == 0x80U) {
                out.push_back(take());
            }
            return out;
        }
    }
}

}  // namespace isthmus::cli::cs
