// The characters of a script with their place: what counts as a dash, a quote or a blank.
// Documentation pages print typographic dashes and quotes, and PowerShell takes them as their plain
// ones.
#pragma once

#include "cli/cs_syntax.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace isthmus::cli::cs {

class Reader {
  public:
    /// Keeps a view. Throws Fault if the text is too long or no UTF-8.
    explicit Reader(std::string_view text);

    bool is_at_end() const { return at_ >= text_.size(); }

    /// NUL at the end (a text has none, see the constructor).
    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }

    std::string_view rest() const { return text_.substr(at_); }

    std::string_view between(std::size_t from, std::size_t to) const {
        return text_.substr(from, to - from);
    }

    std::size_t offset() const { return at_; }

    void go_back(std::size_t offset) { at_ = offset; }

    char take() { return text_[at_++]; }

    void skip(std::size_t octets) { at_ += octets; }

    bool take_if(char c);

    /// Length in octets of what stands here, 0 if it is not that.
    std::size_t dash() const;
    std::size_t single_quote() const;
    std::size_t double_quote() const;

    /// Blanks, comments and escaped line ends; with `lines` also line ends.
    void skip_blanks(bool lines);

    Place place() const { return place_of(at_); }

    Place place_of(std::size_t offset) const;

    [[noreturn]] void fail(std::size_t offset,
                           const std::string& what,
                           const std::string& why,
                           const std::string& fix) const;

    /// At a quote: the content.
    std::string take_single_quoted();

    /// A name: letters, digits, _ and -.
    std::string take_name();
    /// What a backtick and the next character stand for.
    std::string take_escape();

  private:
    bool skip_comment();

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace isthmus::cli::cs
