// Conditions of Where-Object and -Filter. -and, -or and -xor have one rank and are taken from left
// to right, as PowerShell has it.
#include "base/text.h"
#include "cli/cs_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::cli::cs {

namespace {

constexpr std::string_view kComparisons[] = {"eq",
                                             "ne",
                                             "gt",
                                             "ge",
                                             "lt",
                                             "le",
                                             "like",
                                             "notlike",
                                             "match",
                                             "notmatch",
                                             "contains",
                                             "notcontains",
                                             "in",
                                             "notin"};
constexpr std::size_t kMaxTerms = 100;

}  // namespace

std::string comparison(std::string_view name, bool& is_case_sensitive) {
    std::string wanted = text::to_lower(name);
    is_case_sensitive = false;
    const auto is_known = [&](std::string_view one) {
        return std::ranges::find(kComparisons, one) != std::end(kComparisons);
    };
    if (is_known(wanted)) {
        return wanted;
    }
    if (wanted.size() > 2 && (wanted[0] == 'c' || wanted[0] == 'i') &&
        is_known(std::string_view(wanted).substr(1))) {
        is_case_sensitive = wanted[0] == 'c';
        return wanted.substr(1);
    }
    return {};
}

class ConditionParser {
  public:
    ConditionParser(Parser& parser, bool names_properties)
        : parser_(parser), in_(parser.in_), names_properties_(names_properties) {}

    Condition terms() {
        const Parser::Deeper deeper(parser_);
        Condition left = term();
        for (std::size_t count = 0;; ++count) {
            const std::string word = peek_operator();
            if (word != "and" && word != "or" && word != "xor") {
                return left;
            }
            if (count == kMaxTerms) {
                in_.fail(in_.offset(),
                         "The condition is too long.",
                         fmt::format("the limit is {} terms", kMaxTerms),
                         "filter in two steps");
            }
            take_operator();
            Condition made;
            made.is = word == "and"  ? Condition::Is::And
                      : word == "or" ? Condition::Is::Or
                                     : Condition::Is::Xor;
            made.parts.push_back(std::move(left));
            made.parts.push_back(term());
            left = std::move(made);
        }
    }

  private:
    Condition term() {
        const Parser::Deeper deeper(parser_);
        in_.skip_blanks(true);
        const bool is_not = peek_operator() == "not";
        if (is_not || in_.take_if('!')) {
            if (is_not) {
                take_operator();
            }
            Condition made;
            made.is = Condition::Is::Not;
            made.parts.push_back(term());
            return made;
        }
        if (in_.peek() == '(') {
            in_.skip(1);
            Condition inner = terms();
            in_.skip_blanks(true);
            if (!in_.take_if(')')) {
                in_.fail(in_.offset(),
                         "Missing closing ')' in expression.",
                         "( is opened before",
                         "close it");
            }
            return inner;
        }
        return compared();
    }

    Condition compared() {
        Condition made;
        made.operands.push_back(operand(true));
        in_.skip_blanks(true);
        const std::string word = peek_operator();
        if (word.empty() || word == "and" || word == "or" || word == "xor") {
            return made;
        }
        made.compare = comparison(word, made.is_case_sensitive);
        if (made.compare.empty()) {
            const std::string near =
                nearest(word, {std::begin(kComparisons), std::end(kComparisons)});
            in_.fail(in_.offset(),
                     fmt::format("'-{}' is no comparison.", word),
                     fmt::format("there are -{}", fmt::join(kComparisons, ", -")),
                     near.empty() ? "use one of them" : fmt::format("did you mean -{}?", near));
        }
        take_operator();
        in_.skip_blanks(true);
        made.is = Condition::Is::Compare;
        made.operands.push_back(operand(false));
        return made;
    }

    Expression operand(bool is_left) {
        if (is_left && in_.peek() == '{') {
            in_.fail(in_.offset(),
                     "A block is no operand.",
                     "a property or a value must stand here",
                     "write for example $_.Enabled -eq $true");
        }
        Expression made = parser_.value();
        if (is_left && names_properties_ && made.is_bare && made.constant.as<std::string>()) {
            Expression property;
            property.is = Expression::Is::Variable;
            property.name = "_";
            property.place = made.place;
            property.members.push_back(*made.constant.as<std::string>());
            return property;
        }
        std::int64_t number = 0;
        if (made.is_bare && to_number(made.constant, number)) {
            made.constant = number;
        }
        return made;
    }

    /// "-eq" is "eq"; empty if no operator stands here.
    std::string peek_operator() {
        in_.skip_blanks(true);
        const std::size_t dash = in_.dash();
        std::string word;
        for (std::size_t at = dash; dash != 0 && text::is_alpha(in_.peek(at)); ++at) {
            word.push_back(text::lower(in_.peek(at)));
        }
        return word;
    }

    void take_operator() {
        in_.skip(in_.dash());
        while (text::is_alpha(in_.peek())) {
            in_.skip(1);
        }
    }

    Parser& parser_;
    Reader& in_;
    bool names_properties_;
};

Condition Parser::condition(bool names_properties) {
    Condition made = ConditionParser(*this, names_properties).terms();
    in_.skip_blanks(true);
    if (!in_.is_at_end()) {
        refuse_character();
    }
    return made;
}

Condition parse_condition(std::string_view text, bool names_properties) {
    return Parser(text).condition(names_properties);
}

}  // namespace isthmus::cli::cs
