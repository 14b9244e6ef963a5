// Statements: assignments, pipelines, commands with their arguments; as text and as the words that
// a shell has split.
#include "base/text.h"
#include "cli/cs_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::cli::cs {

namespace {

constexpr std::string_view kKeywords[] = {
    "if",       "else",    "elseif", "foreach", "for",      "while",  "do",    "switch",
    "function", "filter",  "param",  "try",     "catch",    "return", "throw", "trap",
    "begin",    "process", "end",    "break",   "continue", "exit",   "class", "using"};

/// Where an expression can start as a statement; everything else is a command.
bool starts_expression(const Reader& in) {
    const char c = in.peek();
    return c == '$' || c == '(' || c == '@' || c == '{' || text::is_digit(c) ||
           in.single_quote() != 0 || in.double_quote() != 0;
}

bool is_constant_word(std::string_view word) {
    return text::iequals(word, "$true") || text::iequals(word, "$false") ||
           text::iequals(word, "$null");
}

/// A word of the caller's shell: quotes are gone, so what looks like a text is one.
Expression value_of_word(const std::string& word) {
    const bool is_block = word.size() > 1 && word.starts_with('{') && word.ends_with('}');
    if (is_constant_word(word) || word.starts_with("@{") || word.starts_with("@(") || is_block) {
        return Parser(word).whole_value();
    }
    Expression made;
    made.constant = word;
    made.is_bare = true;
    return made;
}

/// "-Name", "-Name:value" or "-Name:" with the value in the next word.
Argument argument_of_words(const std::vector<std::string>& words, std::size_t& at) {
    Argument made;
    const std::string& word = words[at++];
    const Reader in(word);
    const std::size_t dash = in.dash();
    const bool is_parameter =
        dash != 0 && word.size() > dash && (text::is_alpha(word[dash]) || word.substr(dash) == "?");
    if (!is_parameter) {
        std::string value = word;
        while (value.ends_with(',') && at < words.size()) {
            value += words[at++];
        }
        made.value = value_of_word(value);
        return made;
    }
    const std::size_t colon = word.find(':');
    made.parameter = word.substr(dash, colon == std::string::npos ? colon : colon - dash);
    if (colon == std::string::npos) {
        return made;
    }
    if (colon + 1 < word.size()) {
        made.value = value_of_word(word.substr(colon + 1));
    } else if (at < words.size()) {
        made.value = value_of_word(words[at++]);
    }
    return made;
}

}  // namespace

Script parse_script(std::string_view text) {
    return Parser(text).script();
}

Script parse_words(const std::vector<std::string>& words) {
    std::size_t octets = 0;
    for (const std::string& word : words) {
        octets += word.size() + 1;
        (void)Reader(word);  // is it a text?
    }
    if (octets > kMaxScript || words.size() > kMaxArguments) {
        throw Fault("The command is too long.",
                    fmt::format("{} words with {} octets", words.size(), octets),
                    "split it into several calls");
    }
    Script made(1);
    bool expects_command = true;
    for (std::size_t at = 0; at < words.size();) {
        auto& stages = made.back().pipeline.stages;
        if (words[at] == "|" || words[at] == ";") {
            if (expects_command) {
                throw Fault(fmt::format("An empty pipe element is not allowed: '{}'.", words[at]),
                            "a command must stand before it",
                            "see isthmus cs Get-Help");
            }
            if (words[at++] == ";") {
                made.emplace_back();
            }
            expects_command = true;
        } else if (expects_command) {
            if (words[at].find_first_of(" \t\n|;=$") != std::string::npos) {
                throw Fault(fmt::format("'{}' is no cmdlet.", words[at]),
                            "a whole command line must be one word, or each of its words one",
                            "put all of it between one pair of quotes");
            }
            stages.emplace_back(Command{words[at++], {}, {}});
            expects_command = false;
        } else {
            std::get<Command>(stages.back()).arguments.push_back(argument_of_words(words, at));
        }
        // Not through `stages`: a new statement may have moved it.
        if (made.back().pipeline.stages.size() > kMaxStages) {
            throw Fault("The pipeline is too long.",
                        fmt::format("the limit is {} commands", kMaxStages),
                        "keep what comes out of a part of it in a variable");
        }
    }
    if (made.back().pipeline.stages.empty()) {
        made.pop_back();
    }
    return made;
}

Script Parser::script() {
    Script made;
    for (;;) {
        in_.skip_blanks(true);
        if (in_.take_if(';')) {
            continue;
        }
        if (in_.is_at_end()) {
            return made;
        }
        if (made.size() == kMaxStatements) {
            in_.fail(in_.offset(),
                     "The script has too many statements.",
                     fmt::format("the limit is {}", kMaxStatements),
                     "split it into several calls");
        }
        made.push_back(statement());
        in_.skip_blanks(false);
        if (!in_.is_at_end() && in_.peek() != ';' && in_.peek() != '\n') {
            refuse_character();
        }
    }
}

Statement Parser::statement() {
    Statement made;
    if (in_.peek() == '$' && take_assignment(made)) {
        in_.skip_blanks(true);
    }
    made.pipeline = pipeline();
    return made;
}

bool Parser::take_assignment(Statement& into) {
    const std::size_t start = in_.offset();
    Expression target = variable();
    in_.skip_blanks(false);
    if (in_.peek() == '+' && in_.peek(1) == '=') {
        in_.fail(in_.offset(),
                 "+= is not understood here.",
                 "only = assigns",
                 "write all values behind one =, separated by commas");
    }
    if (in_.peek() != '=' || in_.peek(1) == '=') {
        in_.go_back(start);
        return false;
    }
    if (target.is != Expression::Is::Variable) {
        in_.fail(start,
                 "That cannot be assigned to.",
                 "$true, $false and $null are fixed",
                 "choose another name");
    }
    in_.skip(1);
    into.variable = std::move(target.name);
    into.members = std::move(target.members);
    return true;
}

Pipeline Parser::pipeline() {
    Pipeline made;
    made.place = in_.place();
    for (;;) {
        if (made.stages.size() == kMaxStages) {
            in_.fail(in_.offset(),
                     "The pipeline is too long.",
                     fmt::format("the limit is {} commands", kMaxStages),
                     "keep what comes out of a part of it in a variable");
        }
        if (made.stages.empty() && starts_expression(in_)) {
            made.stages.emplace_back(value());
        } else {
            made.stages.emplace_back(command(made.stages.empty()));
        }
        in_.skip_blanks(false);
        if (!in_.take_if('|')) {
            return made;
        }
        in_.skip_blanks(true);
    }
}

Command Parser::command(bool is_first) {
    Command made;
    made.place = in_.place();
    const std::size_t start = in_.offset();
    while (!in_.is_at_end()) {
        const char c = in_.peek();
        if (in_.dash() != 0) {
            in_.skip(in_.dash());
            made.name.push_back('-');
        } else if (text::is_alnum(c) || c == '_' || c == '%' || c == '?') {
            made.name.push_back(in_.take());
        } else {
            break;
        }
    }
    if (made.name.empty()) {
        if (in_.is_at_end() || in_.peek() == '|' || in_.peek() == ')') {
            in_.fail(start,
                     "An empty pipe element is not allowed.",
                     "a command must stand here",
                     "see isthmus cs Get-Command for the list");
        }
        refuse_character();
    }
    if (is_first) {
        refuse_keyword(made.name, start);
    }
    for (in_.skip_blanks(false); !is_end_of_command(); in_.skip_blanks(false)) {
        if (made.arguments.size() == kMaxArguments) {
            in_.fail(start,
                     "The command has too many arguments.",
                     fmt::format("the limit is {}", kMaxArguments),
                     "split it into several calls");
        }
        made.arguments.push_back(argument());
    }
    return made;
}

bool Parser::is_end_of_command() const {
    const char c = in_.peek();
    return in_.is_at_end() || c == '\n' || c == ';' || c == '|' || c == ')' || c == '}';
}

bool Parser::starts_parameter() const {
    const std::size_t dash = in_.dash();
    if (dash == 0) {
        return false;
    }
    // "- Filter", as one page prints it, is "-Filter".
    const std::size_t blank = in_.peek(dash) == ' ' ? 1 : 0;
    return text::is_alpha(in_.peek(dash + blank)) || in_.peek(dash) == '?';
}

Argument Parser::argument() {
    Argument made;
    made.place = in_.place();
    if (!starts_parameter()) {
        made.value = value();
        return made;
    }
    in_.skip(in_.dash());
    in_.skip(in_.peek() == ' ' ? 1 : 0);
    while (text::is_alnum(in_.peek()) || in_.peek() == '_' || in_.peek() == '?') {
        made.parameter.push_back(in_.take());
    }
    if (in_.take_if(':')) {
        in_.skip_blanks(false);
        if (!is_end_of_command()) {
            made.value = value();
        }
    }
    return made;
}

void Parser::refuse_keyword(const std::string& word, std::size_t offset) const {
    if (std::ranges::any_of(kKeywords, [&](auto one) { return text::iequals(one, word); })) {
        in_.fail(offset,
                 fmt::format("'{}' is not understood here.", word),
                 "only the part of the language that the cmdlets' pages use is: commands, "
                 "pipelines, variables, lists and @{ }",
                 "use Where-Object or ForEach-Object in a pipeline, or the loops of your shell");
    }
}

}  // namespace isthmus::cli::cs
