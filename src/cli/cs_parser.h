// Reads the values of the language: what an argument, an operand or the right side of `=` can be.
// Statements and conditions are made of them (cli/cs_script.cpp, cli/cs_condition.cpp).
#pragma once

#include "cli/cs_reader.h"
#include "cli/cs_syntax.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::cli::cs {

class Parser {
  public:
    explicit Parser(std::string_view text) : in_(text) {}

    /// To the end of the text.
    Script script();
    Condition condition(bool names_properties);
    /// One value with its list; throws if anything follows.
    Expression whole_value();

  private:
    friend class ConditionParser;

    /// Counts how deep (..), @{..} and the like are nested.
    class Deeper {
      public:
        explicit Deeper(Parser& parser);
        Deeper(const Deeper&) = delete;
        Deeper& operator=(const Deeper&) = delete;
        Deeper(Deeper&&) = delete;
        Deeper& operator=(Deeper&&) = delete;
        ~Deeper();

      private:
        Parser& parser_;
    };

    // cs_script.cpp
    Statement statement();
    bool take_assignment(Statement& into);
    Pipeline pipeline();
    Command command(bool is_first);
    Argument argument();
    bool starts_parameter() const;
    bool is_end_of_command() const;
    void refuse_keyword(const std::string& word, std::size_t offset) const;

    // cs_parser.cpp
    /// A value and, behind commas, those that make a list with it.
    Expression value();
    Expression item();
    Expression variable();
    Expression double_quoted();
    Expression word();
    Expression table();
    Expression list();
    Expression block();
    Expression group();
    void take_members(Expression& of);
    void take_part(Expression& joined, std::string& pending);
    void skip_double_quoted();
    [[noreturn]] void refuse_character() const;

    Reader in_;
    std::size_t depth_ = 0;
};

}  // namespace isthmus::cli::cs
