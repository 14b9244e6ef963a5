#include "translate/rtf.h"

#include "base/text.h"
#include "translate/charset.h"
#include "translate/code_pages.h"
#include "translate/rtf_words.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace isthmus::translate {

namespace {

constexpr std::size_t kMaxNesting = 64;
constexpr std::size_t kMaxFonts = 64;
constexpr std::size_t kMaxWord = 32;
constexpr std::size_t kMaxLink = 1024;
constexpr int kMaxNumber = 1'000'000;
constexpr int kUsualCodePage = 1252;

int hex_of(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = text::lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

class RtfReader {
  public:
    RtfReader(std::string_view rtf, Arena& arena)
        : rtf_(rtf), arena_(arena), begin_(arena.chars(3 * rtf.size() + 4)), end_(begin_) {
        fonts_.fill(0);
    }

    std::optional<std::string_view> read() {
        if (!rtf_.starts_with("{\\rtf")) {
            return std::nullopt;
        }
        while (at_ < rtf_.size() && is_good_ && !is_done_) {
            step(rtf_[at_++]);
        }
        if (!is_good_ || high_ != 0) {
            return std::nullopt;
        }
        arena_.shrink_to(end_);
        std::string_view said(begin_, static_cast<std::size_t>(end_ - begin_));
        // Every document ends with a paragraph.
        if (said.ends_with('\n')) {
            said.remove_suffix(1);
        }
        return said;
    }

  private:
    enum class Kind : std::uint8_t { Text, Hidden, Fonts, Link };

    struct Group {
        Kind kind = Kind::Text;
        bool is_new = true;        // nothing has been read in it
        bool is_optional = false;  // it began with \*
        bool is_field = false;
        std::uint8_t skip = 1;  // characters that stand for a \u (\uc)
        int font = -1;
        std::size_t text_at = 0;  // where its text begins, for a field
    };

    void step(char c) {
        switch (c) {
            case '{':
                return open();
            case '}':
                return close();
            case '\\':
                return control();
            case '\r':
            case '\n':
                return;
            default:
                return character(static_cast<unsigned char>(c));
        }
    }

    void open() {
        to_skip_ = 0;
        if (depth_ == kMaxNesting) {
            is_good_ = false;
            return;
        }
        Group& group = groups_[depth_];
        group = depth_ == 0 ? Group{} : groups_[depth_ - 1];
        group.is_new = true;
        group.is_optional = group.is_field = false;
        ++depth_;
    }

    void close() {
        to_skip_ = 0;
        if (depth_ == 0) {
            is_good_ = false;
            return;
        }
        const Group& group = groups_[--depth_];
        if (group.is_field) {
            end_field(group);
        }
        is_done_ = depth_ == 0;
    }

    Group& group() { return groups_[depth_ - 1]; }

    void control() {
        if (depth_ == 0 || at_ == rtf_.size()) {
            is_good_ = false;
            return;
        }
        const char c = rtf_[at_];
        if (text::is_alpha(c)) {
            return word();
        }
        ++at_;
        switch (c) {
            case '\'':
                return octet();
            case '*':
                group().is_optional = group().is_new;
                return;
            case '~':
                return say_text("\xC2\xA0");
            case '_':
                return say_text("\xE2\x80\x91");
            case '-':
                return;  // where a word might be divided
            case '\\':
            case '{':
            case '}':
                return character(static_cast<unsigned char>(c));
            case '\r':
            case '\n':
                return say_text("\n");
            default:
                return;
        }
    }

    void octet() {
        const int high = at_ < rtf_.size() ? hex_of(rtf_[at_]) : -1;
        const int low = at_ + 1 < rtf_.size() ? hex_of(rtf_[at_ + 1]) : -1;
        if (high < 0 || low < 0) {
            is_good_ = false;
            return;
        }
        at_ += 2;
        character(static_cast<unsigned char>(high * 16 + low));
    }

    void word() {
        const std::size_t start = at_;
        while (at_ < rtf_.size() && text::is_alpha(rtf_[at_]) && at_ - start < kMaxWord) {
            ++at_;
        }
        const std::string_view name = rtf_.substr(start, at_ - start);
        const bool is_negative = at_ < rtf_.size() && rtf_[at_] == '-';
        std::size_t digit = at_ + (is_negative ? 1 : 0);
        int number = 0;
        bool has_number = false;
        for (; digit < rtf_.size() && rtf_[digit] >= '0' && rtf_[digit] <= '9'; ++digit) {
            number = std::min(number * 10 + (rtf_[digit] - '0'), kMaxNumber);
            has_number = true;
        }
        if (has_number) {
            at_ = digit;
        }
        if (at_ < rtf_.size() && rtf_[at_] == ' ') {
            ++at_;
        }
        obey(name, is_negative ? -number : number, has_number);
        if (depth_ != 0) {
            group().is_new = false;
        }
    }

    void obey(std::string_view name, int number, bool has_number) {
        Group& here = group();
        if (name == "bin") {
            // What follows is no text, as long as it says; never beyond the end.
            at_ += std::min<std::size_t>(static_cast<std::size_t>(std::max(number, 0)),
                                         rtf_.size() - at_);
        } else if (here.is_new && enter(name, here)) {
        } else if (name == "u" && has_number) {
            unit(static_cast<char16_t>(number));
            to_skip_ = here.skip;
        } else if (name == "uc") {
            here.skip = static_cast<std::uint8_t>(std::clamp(number, 0, 8));
        } else if (name == "ansicpg") {
            code_page_ = number;
        } else if (name == "f") {
            here.font = number;
        } else if (name == "fcharset" && here.kind == Kind::Fonts) {
            set_font(here.font, number);
        } else if (name == "plain") {
            here.font = -1;
        } else if (const auto* found = std::ranges::find(kRtfWords, name, &RtfWord::word);
                   found != kRtfWords.end()) {
            say_text(found->text);
        }
    }

    /// The first word of a group says what it is.
    bool enter(std::string_view name, Group& here) {
        if (name == "fldinst") {
            here.kind = here.kind == Kind::Text ? Kind::Link : here.kind;
            link_size_ = 0;
            return true;
        }
        if (name == "field") {
            here.is_field = true;
            here.text_at = static_cast<std::size_t>(end_ - begin_);
            link_size_ = 0;
            return true;
        }
        if (name == "fonttbl") {
            here.kind = Kind::Fonts;
            return true;
        }
        if (here.is_optional ||
            std::ranges::find(kRtfHiddenGroups, name) != kRtfHiddenGroups.end()) {
            here.kind = here.kind == Kind::Fonts ? Kind::Fonts : Kind::Hidden;
        }
        return here.kind == Kind::Hidden;
    }

    void set_font(int font, int charset) {
        if (font < 0 || static_cast<std::size_t>(font) >= kMaxFonts) {
            return;
        }
        const auto* found = std::ranges::find(kRtfFontCharsets, charset, &RtfFontCharset::charset);
        // A charset that we do not know is no code page: its octets are refused, not guessed.
        fonts_[static_cast<std::size_t>(font)] =
            found == kRtfFontCharsets.end() ? (charset == 1 ? 0 : -1) : found->code_page;
    }

    int code_page() {
        const int font = group().font;
        const int own = font >= 0 && static_cast<std::size_t>(font) < kMaxFonts
                            ? fonts_[static_cast<std::size_t>(font)]
                            : 0;
        return own == 0 ? code_page_ : own;
    }

    void character(unsigned char octet) {
        if (depth_ == 0) {
            is_good_ = octet <= ' ';
            return;
        }
        group().is_new = false;
        if (to_skip_ != 0) {
            --to_skip_;
            return;
        }
        if (group().kind == Kind::Link) {
            if (link_size_ < kMaxLink) {
                link_[link_size_++] = static_cast<char>(octet);
            }
            return;
        }
        if (group().kind != Kind::Text) {
            return;
        }
        const char32_t c = from_code_page(octet, code_page());
        if (c == 0) {
            is_good_ = false;
            return;
        }
        say(c);
    }

    /// \u, of which pairs make one character (abuse case E05).
    void unit(char16_t c) {
        if (group().kind != Kind::Text) {
            return;
        }
        if (c >= 0xD800 && c < 0xDC00) {
            is_good_ = high_ == 0;
            high_ = c;
        } else if (c >= 0xDC00 && c < 0xE000) {
            is_good_ = high_ != 0;
            const char32_t high = high_;
            high_ = 0;
            say(0x10000 + ((high - 0xD800) << 10U) + (char32_t{c} - 0xDC00));
        } else {
            say(c);
        }
    }

    void say(char32_t c) {
        if (high_ != 0) {
            is_good_ = false;  // half a character
        }
        // XML has no other controls; they are nothing that somebody wrote.
        if (is_good_ && (c >= 0x20 || c == '\t') && c != 0x7F && c != 0xFFFE && c != 0xFFFF) {
            end_ = put_utf8(c, end_);
        }
    }

    void say_text(std::string_view text) {
        if (to_skip_ != 0) {
            --to_skip_;
            return;
        }
        if (depth_ != 0 && group().kind == Kind::Text) {
            is_good_ = is_good_ && high_ == 0;
            end_ = std::ranges::copy(text, end_).out;
        }
    }

    /// HYPERLINK "address": kept where the text does not say it, as for HTML.
    void end_field(const Group& field) {
        const std::string_view instruction(link_.data(), link_size_);
        link_size_ = 0;
        const std::size_t open = instruction.find('"');
        const std::size_t close = instruction.find('"', open + 1);
        if (field.kind != Kind::Text || !text::istarts_with(text::trim(instruction), "HYPERLINK") ||
            open == std::string_view::npos || close == std::string_view::npos) {
            return;
        }
        const std::string_view address = instruction.substr(open + 1, close - open - 1);
        const bool is_harmless =
            (text::istarts_with(address, "http://") || text::istarts_with(address, "https://") ||
             text::istarts_with(address, "mailto:")) &&
            std::ranges::all_of(address, [](char c) { return c > ' ' && c < 0x7F; });
        const std::string_view said(begin_ + field.text_at,
                                    static_cast<std::size_t>(end_ - begin_) - field.text_at);
        if (is_harmless && said.find(address) == std::string_view::npos) {
            say_text(" <");
            say_text(address);
            say_text(">");
        }
    }

    std::string_view rtf_;
    Arena& arena_;
    char* begin_;
    char* end_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::array<Group, kMaxNesting> groups_;
    std::array<int, kMaxFonts> fonts_;  // code pages; 0: the document's, -1: none of ours
    std::array<char, kMaxLink> link_;
    std::size_t link_size_ = 0;
    int code_page_ = kUsualCodePage;
    int to_skip_ = 0;
    char16_t high_ = 0;
    bool is_good_ = true;
    bool is_done_ = false;
};

}  // namespace

std::optional<std::string_view> rtf_to_text(std::string_view rtf, Arena& arena) {
    while (!rtf.empty() && static_cast<unsigned char>(rtf.front()) <= ' ') {
        rtf.remove_prefix(1);
    }
    return RtfReader(rtf, arena).read();
}

}  // namespace isthmus::translate
