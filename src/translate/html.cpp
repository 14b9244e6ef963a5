#include "translate/html.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>

namespace isthmus::translate {

namespace {

using text::iequals;

bool is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

/// Elements whose content is not text for people.
constexpr std::array<std::string_view, 9> kHidden{
    "script", "style", "head", "title", "template", "noscript", "object", "svg", "textarea"};

constexpr std::array<std::string_view, 19> kBlocks{"br",
                                                   "p",
                                                   "div",
                                                   "li",
                                                   "tr",
                                                   "h1",
                                                   "h2",
                                                   "h3",
                                                   "h4",
                                                   "h5",
                                                   "h6",
                                                   "hr",
                                                   "ul",
                                                   "ol",
                                                   "table",
                                                   "dl",
                                                   "dt",
                                                   "dd",
                                                   "blockquote"};

constexpr std::array<std::string_view, 6> kLinkSchemes{
    "http://", "https://", "mailto:", "xmpp:", "sip:", "sips:"};

template <std::size_t size>
bool is_one_of(std::string_view name, const std::array<std::string_view, size>& names) {
    return std::ranges::any_of(names, [&](std::string_view one) { return iequals(one, name); });
}

struct Tag {
    std::string_view name;
    std::string_view attributes;
    bool is_end = false;
};

class Stripper {
  public:
    Stripper(std::string_view html, Arena& arena)
        // A link's address comes a second time, with brackets.
        : html_(html), to_(arena.chars(html.size() + 4)), begin_(to_), arena_(arena) {}

    std::string_view run() {
        while (at_ < html_.size()) {
            const char c = html_[at_];
            if (c == '<' && starts_tag()) {
                markup();
            } else if (c == '&') {
                reference();
            } else {
                character(c);
                ++at_;
            }
        }
        while (to_ != begin_ && is_blank(to_[-1])) {
            --to_;
        }
        arena_.shrink_to(to_);
        return {begin_, static_cast<std::size_t>(to_ - begin_)};
    }

  private:
    bool starts_tag() const {
        const char next = at_ + 1 < html_.size() ? html_[at_ + 1] : ' ';
        return text::is_alpha(next) || next == '/' || next == '!' || next == '?';
    }

    void character(char c) {
        if (!is_blank(c)) {
            *to_++ = c;
        } else if (to_ != begin_ && !is_blank(to_[-1])) {
            *to_++ = ' ';
        }
    }

    void line_break() {
        if (to_ != begin_ && to_[-1] == ' ') {
            --to_;
        }
        if (to_ != begin_ && to_[-1] != '\n') {
            *to_++ = '\n';
        }
    }

    /// The end of the tag that begins at `from`: behind its '>', which may stand in quotes.
    std::size_t tag_end(std::size_t from) const {
        char quote = '\0';
        for (std::size_t i = from; i < html_.size(); ++i) {
            const char c = html_[i];
            if (quote != '\0') {
                quote = c == quote ? '\0' : quote;
            } else if (c == '"' || c == '\'') {
                quote = c;
            } else if (c == '>') {
                return i + 1;
            }
        }
        return html_.size();
    }

    void markup() {
        if (html_.substr(at_).starts_with("<!--")) {
            const std::size_t end = html_.find("-->", at_ + 4);
            at_ = end == std::string_view::npos ? html_.size() : end + 3;
            return;
        }
        const std::size_t end = tag_end(at_);
        Tag tag;
        std::string_view inside = html_.substr(at_ + 1, end - at_ - 1);
        tag.is_end = inside.starts_with('/');
        inside.remove_prefix(tag.is_end ? 1 : 0);
        const auto* name_end = std::ranges::find_if_not(inside, text::is_alnum);
        tag.name = inside.substr(0, static_cast<std::size_t>(name_end - inside.begin()));
        tag.attributes = inside.substr(tag.name.size());
        at_ = end;
        element(tag);
    }

    void element(const Tag& tag) {
        if (is_one_of(tag.name, kBlocks)) {
            line_break();
        } else if (iequals(tag.name, "a")) {
            tag.is_end ? end_link() : begin_link(tag.attributes);
        } else if (!tag.is_end && is_one_of(tag.name, kHidden)) {
            skip_content_of(tag.name);
        }
    }

    void skip_content_of(std::string_view name) {
        while (at_ < html_.size()) {
            const std::size_t close = html_.find("</", at_);
            if (close == std::string_view::npos) {
                at_ = html_.size();
                return;
            }
            at_ = close + 2;
            const std::string_view left = html_.substr(at_);
            if (text::istarts_with(left, name) &&
                (left.size() == name.size() || !text::is_alnum(left[name.size()]))) {
                at_ = tag_end(at_);
                return;
            }
        }
    }

    void begin_link(std::string_view attributes) {
        link_ = {};
        link_text_ = to_;
        const std::string_view url = attribute(attributes, "href");
        const bool is_harmless =
            std::ranges::any_of(
                kLinkSchemes, [&](std::string_view one) { return text::istarts_with(url, one); }) &&
            std::ranges::none_of(url, [](char c) {
                return static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>' || c == '"';
            });
        if (is_harmless) {
            link_ = url;
        }
    }

    void end_link() {
        if (link_.empty()) {
            return;
        }
        // A line break may have taken the blank that the link began with.
        const char* const begin = std::min<const char*>(link_text_, to_);
        if (std::string_view(begin, static_cast<std::size_t>(to_ - begin)) != link_) {
            for (const std::string_view part :
                 {std::string_view(" <"), link_, std::string_view(">")}) {
                std::memcpy(to_, part.data(), part.size());
                to_ += part.size();
            }
        }
        link_ = {};
    }

    static std::string_view attribute(std::string_view attributes, std::string_view name) {
        std::size_t at = 0;
        while (at < attributes.size()) {
            const auto is_name_part = [](char c) { return !is_blank(c) && c != '=' && c != '>'; };
            while (at < attributes.size() && !is_name_part(attributes[at])) {
                ++at;
            }
            const std::size_t start = at;
            while (at < attributes.size() && is_name_part(attributes[at])) {
                ++at;
            }
            const std::string_view found = attributes.substr(start, at - start);
            const std::string_view value = attribute_value(attributes, at);
            if (iequals(found, name)) {
                return value;
            }
        }
        return {};
    }

    static std::string_view attribute_value(std::string_view text, std::size_t& at) {
        const auto skip_blanks = [&] {
            while (at < text.size() && is_blank(text[at])) {
                ++at;
            }
        };
        skip_blanks();
        if (at >= text.size() || text[at] != '=') {
            return {};
        }
        ++at;
        skip_blanks();
        const char quote = at < text.size() ? text[at] : '\0';
        const bool is_quoted = quote == '"' || quote == '\'';
        const std::size_t start = is_quoted ? at + 1 : at;
        const std::size_t end =
            is_quoted ? text.find(quote, start) : text.find_first_of(" \n\t\r>", start);
        at = std::min(end, text.size());
        const std::string_view value = text.substr(std::min(start, at), at - std::min(start, at));
        at += is_quoted && at < text.size() ? 1 : 0;
        return value;
    }

    void reference() {
        const std::string_view left = html_.substr(at_ + 1, 10);
        const std::size_t end = left.find(';');
        const std::string_view name = left.substr(0, end);
        const std::string meaning =
            end == std::string_view::npos ? std::string() : meaning_of(name);
        if (meaning.empty()) {
            character('&');
            ++at_;
            return;
        }
        at_ += name.size() + 2;
        if (meaning == " ") {
            character(' ');
            return;
        }
        std::memcpy(to_, meaning.data(), meaning.size());
        to_ += meaning.size();
    }

    static std::string meaning_of(std::string_view name) {
        struct Entity {
            std::string_view name;
            std::string_view text;
        };

        static constexpr std::array<Entity, 6> kEntities{
            {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}, {"nbsp", " "}}};
        for (const Entity& entity : kEntities) {
            if (entity.name == name) {
                return std::string(entity.text);
            }
        }
        return name.starts_with('#') ? numeric(name.substr(1)) : std::string();
    }

    /// Never longer than the reference: at least "&#1;" for at most four octets.
    static std::string numeric(std::string_view digits) {
        const bool is_hex = digits.starts_with('x') || digits.starts_with('X');
        digits.remove_prefix(is_hex ? 1 : 0);
        char32_t value = 0;
        for (const char c : digits) {
            const int digit = text::hex_value(c);
            if (digit < 0 || (!is_hex && digit > 9)) {
                return {};
            }
            value = value * (is_hex ? 16 : 10) + static_cast<char32_t>(digit);
        }
        std::string out;
        if (digits.empty()) {
            return out;
        }
        if (value == 0xA0 || value == '\n' || value == '\t' || value == '\r') {
            return " ";
        }
        const bool is_bad = value < 0x20 || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000);
        text::append_utf8(out, is_bad ? 0xFFFD : value);
        return out;
    }

    std::string_view html_;
    std::size_t at_ = 0;
    char* to_;
    char* begin_;
    char* link_text_ = nullptr;
    std::string_view link_;
    Arena& arena_;
};

}  // namespace

std::string_view html_to_text(std::string_view html, Arena& arena) {
    return Stripper(html, arena).run();
}

}  // namespace isthmus::translate
