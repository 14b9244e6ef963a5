// The part of Windows PowerShell that the documentation of the cmdlets uses, read into statements:
// commands with arguments, pipelines, variables, lists, @{..}, {..}, (..).Property, comments. A
// whole script is read before anything of it is run. Everything else of the language is refused by
// name.
#pragma once

#include "cli/cs_value.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace isthmus::cli::cs {

constexpr std::size_t kMaxScript = std::size_t{256} * 1024;  ///< octets
constexpr std::size_t kMaxStatements = 1000;
constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kMaxStages = 16;      ///< commands in a pipeline
constexpr std::size_t kMaxArguments = 256;  ///< of a command
constexpr std::size_t kMaxItems = 10'000;   ///< of a list

struct Place {
    std::size_t line = 1;
    std::size_t column = 1;  ///< octets
};

struct Pipeline;

/// What gives a value.
struct Expression {
    enum class Is : std::uint8_t {
        Constant,  ///< `constant`
        Joined,    ///< the texts of `items` one after the other: "a $x b"
        Variable,  ///< `name`
        Items,     ///< `items`, as a list
        Pairs,     ///< `keys` and `items`
        Group      ///< what `group` gives
    };

    Is is = Is::Constant;
    Value constant;
    std::string name;
    std::vector<Expression> items;
    std::vector<std::string> keys;
    std::shared_ptr<const Pipeline> group;
    std::vector<std::string> members;  ///< .A.B behind it
    Place place;
    bool is_bare = false;  ///< a word without quotes
};

/// "-Name", "-Name:value" (both set) or a value.
struct Argument {
    std::string parameter;  ///< without dash; empty: a value of its own
    std::optional<Expression> value;
    Place place;
};

struct Command {
    std::string name;
    std::vector<Argument> arguments;
    Place place;
};

struct Pipeline {
    std::vector<std::variant<Command, Expression>> stages;
    Place place;
};

struct Statement {
    std::string variable;              ///< `$x = ..`; empty: the result is printed
    std::vector<std::string> members;  ///< `$x.A = ..`
    Pipeline pipeline;
};

using Script = std::vector<Statement>;

/// Throws Fault with line and column. Nothing outside the text is looked at.
Script parse_script(std::string_view text);

/// A command that the caller's shell has split already: no quotes and escapes are left to undo, a
/// word "|" separates commands. Throws Fault.
Script parse_words(const std::vector<std::string>& words);

/// $_.A -eq "x" -and .. of Where-Object, or A -eq "x" of -Filter (`names_properties`).
struct Condition {
    enum class Is : std::uint8_t { Truth, Compare, And, Or, Xor, Not };

    Is is = Is::Truth;
    std::string compare;  ///< "eq", "notlike", ...: lower case
    bool is_case_sensitive = false;
    std::vector<Expression> operands;  ///< Truth: one, Compare: two
    std::vector<Condition> parts;      ///< And, Or, Xor: two, Not: one
};

Condition parse_condition(std::string_view text, bool names_properties = false);

/// Splits "-ceq" and the like into the operator and its case; empty if it is none.
std::string comparison(std::string_view name, bool& is_case_sensitive);

}  // namespace isthmus::cli::cs
