// Directory filters (RFC 4515), as far as -LdapFilter needs them.
#include "base/text.h"
#include "cli/cs_compare.h"

#include <fmt/format.h>

#include <cstddef>

namespace isthmus::cli::cs {

namespace {

constexpr std::size_t kMaxFilter = 4096;
constexpr int kMaxNesting = 16;

class LdapFilter {
  public:
    LdapFilter(std::string_view text, const Attribute& attribute)
        : text_(text), attribute_(attribute) {}

    bool whole() {
        // The pages print the outer parentheses away: "&(a=b)(c=d)".
        const bool result = peek() == '(' ? bracketed() : inner();
        if (at_ != text_.size()) {
            fail("something stands behind its end");
        }
        return result;
    }

  private:
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    [[noreturn]] static void fail(const char* why) {
        throw Fault("-LdapFilter is no directory filter.",
                    why,
                    "write for example \"displayName=Ken*\" or \"&(a=b)(c=d)\" (RFC 4515)");
    }

    bool bracketed() {
        if (++nesting_ > kMaxNesting) {
            fail("it is nested too deep");
        }
        ++at_;
        const bool result = inner();
        if (peek() != ')') {
            fail("a parenthesis is not closed");
        }
        ++at_;
        --nesting_;
        return result;
    }

    // RFC 4515 §3: filtercomp
    bool inner() {
        const char kind = peek();
        if (kind != '&' && kind != '|' && kind != '!') {
            return simple();
        }
        ++at_;
        bool all = true;
        bool any = false;
        std::size_t count = 0;
        while (peek() == '(') {
            const bool one = bracketed();
            all = all && one;
            any = any || one;
            ++count;
        }
        if (count == 0 || (kind == '!' && count != 1)) {
            fail("&, | and ! need filters in parentheses behind them");
        }
        return kind == '&' ? all : kind == '|' ? any : !any;
    }

    bool simple() {
        const std::size_t equals = text_.find('=', at_);
        if (equals == std::string_view::npos || equals == at_) {
            fail("a test must be attribute=value");
        }
        const std::string name = text::to_lower(text::trim(text_.substr(at_, equals - at_)));
        const std::size_t end = std::min(text_.find(')', equals), text_.size());
        const std::string_view pattern = text_.substr(equals + 1, end - equals - 1);
        at_ = end;
        const std::string value = attribute_(name);
        return pattern == "*" ? !value.empty() : is_like(value, escaped(pattern));
    }

    /// RFC 4515 §3: \2a stands for an asterisk of the value.
    static std::string escaped(std::string_view pattern) {
        std::string out;
        for (std::size_t i = 0; i < pattern.size(); ++i) {
            char c = pattern[i];
            bool is_literal = c != '*';
            if (c == '\\' && i + 2 < pattern.size() && text::hex_value(pattern[i + 1]) >= 0 &&
                text::hex_value(pattern[i + 2]) >= 0) {
                c = static_cast<char>(text::hex_value(pattern[i + 1]) * 16 +
                                      text::hex_value(pattern[i + 2]));
                is_literal = true;
                i += 2;
            }
            if (is_literal && (c == '*' || c == '?' || c == '[' || c == '`')) {
                out.push_back('`');
            }
            out.push_back(c);
        }
        return out;
    }

    std::string_view text_;
    const Attribute& attribute_;
    std::size_t at_ = 0;
    int nesting_ = 0;
};

}  // namespace

bool matches_ldap(std::string_view filter, const Attribute& attribute) {
    const std::string_view text = text::trim(filter);
    if (text.empty() || text.size() > kMaxFilter) {
        throw Fault("-LdapFilter is no directory filter.",
                    fmt::format("it must have from 1 to {} octets", kMaxFilter),
                    "write for example \"displayName=Ken*\"");
    }
    return LdapFilter(text, attribute).whole();
}

}  // namespace isthmus::cli::cs
