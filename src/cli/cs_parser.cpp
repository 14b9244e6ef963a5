#include "cli/cs_parser.h"

#include "base/text.h"

#include <fmt/format.h>

#include <utility>

namespace isthmus::cli::cs {

namespace {

Expression constant(Value value, Place place) {
    Expression made;
    made.constant = std::move(value);
    made.place = place;
    return made;
}

/// "a $x b" is Joined; without a variable it is one text.
Expression joined_or_text(Expression joined, std::string pending) {
    if (joined.items.empty()) {
        return constant(std::move(pending), joined.place);
    }
    if (!pending.empty()) {
        joined.items.push_back(constant(std::move(pending), joined.place));
    }
    return joined;
}

bool is_name_start(char c) {
    return text::is_alpha(c) || c == '_';
}

}  // namespace

Parser::Deeper::Deeper(Parser& parser) : parser_(parser) {
    if (++parser_.depth_ > kMaxDepth) {
        parser_.in_.fail(parser_.in_.offset(),
                         "The script is nested too deep.",
                         fmt::format("more than {} brackets are open here", kMaxDepth),
                         "keep parts of it in variables");
    }
}

Parser::Deeper::~Deeper() {
    --parser_.depth_;
}

Expression Parser::whole_value() {
    in_.skip_blanks(true);
    Expression made = value();
    in_.skip_blanks(true);
    if (!in_.is_at_end()) {
        refuse_character();
    }
    return made;
}

Expression Parser::value() {
    const Place place = in_.place();
    Expression first = item();
    in_.skip_blanks(false);
    if (in_.peek() != ',') {
        return first;
    }
    Expression made;
    made.is = Expression::Is::Items;
    made.place = place;
    made.items.push_back(std::move(first));
    while (in_.take_if(',')) {
        if (made.items.size() == kMaxItems) {
            in_.fail(in_.offset(),
                     "The list is too long.",
                     fmt::format("the limit is {} items", kMaxItems),
                     "split it into several calls");
        }
        in_.skip_blanks(true);
        made.items.push_back(item());
        in_.skip_blanks(false);
    }
    return made;
}

Expression Parser::item() {
    const Deeper deeper(*this);
    const Place place = in_.place();
    const char next = in_.peek(1);
    if (in_.single_quote() != 0) {
        return constant(in_.take_single_quoted(), place);
    }
    if (in_.double_quote() != 0) {
        return double_quoted();
    }
    switch (in_.peek()) {
        case '$':
            return is_name_start(next) || next == '{' || next == '(' ? variable() : word();
        case '@':
            return next == '{' ? table() : next == '(' ? list() : word();
        case '{':
            return block();
        case '(':
            return group();
        default:
            return word();
    }
}

Expression Parser::variable() {
    const std::size_t start = in_.offset();
    Expression made;
    made.place = in_.place();
    in_.skip(1);
    if (in_.peek() == '(') {
        in_.fail(start,
                 "$( ) is not understood here.",
                 "only the part of the language that the cmdlets' pages use is",
                 "put the inner command into a variable first: $x = ...");
    }
    const bool is_braced = in_.take_if('{');
    made.name = in_.take_name();
    // A dash ends a name unless it is in braces.
    if (const std::size_t dash = made.name.find('-'); dash != std::string::npos && !is_braced) {
        in_.go_back(in_.offset() - (made.name.size() - dash));
        made.name.resize(dash);
    }
    if ((is_braced && !in_.take_if('}')) || made.name.empty() || in_.peek() == ':') {
        in_.fail(start,
                 "That is no variable of this script.",
                 "its name must be letters, digits and _, without a drive such as env:",
                 "assign it first: $x = ...");
    }
    if (text::iequals(made.name, "true") || text::iequals(made.name, "false")) {
        return constant(text::iequals(made.name, "true"), made.place);
    }
    if (text::iequals(made.name, "null")) {
        return constant({}, made.place);
    }
    made.is = Expression::Is::Variable;
    take_members(made);
    return made;
}

void Parser::take_members(Expression& of) {
    while (in_.peek() == '.' && is_name_start(in_.peek(1))) {
        const std::size_t start = in_.offset();
        in_.skip(1);
        std::string name = in_.take_name();
        if (const std::size_t dash = name.find('-'); dash != std::string::npos) {
            in_.go_back(in_.offset() - (name.size() - dash));
            name.resize(dash);
        }
        if (in_.peek() == '(' || of.members.size() == kMaxDepth) {
            in_.fail(start,
                     fmt::format(".{}() is not understood here.", name),
                     "properties can be read, methods cannot be called",
                     "use the cmdlet that does it");
        }
        of.members.push_back(std::move(name));
    }
}

/// At "$name" within a text: closes the text before it.
void Parser::take_part(Expression& joined, std::string& pending) {
    Expression part = variable();
    // In a text ".Name" is text, as in PowerShell.
    if (!part.members.empty()) {
        std::size_t length = 0;
        for (const std::string& name : part.members) {
            length += name.size() + 1;
        }
        in_.go_back(in_.offset() - length);
        part.members.clear();
    }
    joined.is = Expression::Is::Joined;
    if (!pending.empty()) {
        joined.items.push_back(constant(std::exchange(pending, {}), joined.place));
    }
    joined.items.push_back(std::move(part));
}

Expression Parser::double_quoted() {
    const std::size_t start = in_.offset();
    Expression joined;
    joined.place = in_.place();
    std::string pending;
    in_.skip(in_.double_quote());
    while (!in_.is_at_end()) {
        if (const std::size_t quote = in_.double_quote(); quote != 0) {
            in_.skip(quote);
            if (in_.double_quote() == 0) {
                return joined_or_text(std::move(joined), std::move(pending));
            }
            pending += '"';
            in_.skip(in_.double_quote());
        } else if (in_.peek() == '`') {
            pending += in_.take_escape();
        } else if (in_.peek() == '$' &&
                   (is_name_start(in_.peek(1)) || in_.peek(1) == '{' || in_.peek(1) == '(')) {
            take_part(joined, pending);
        } else {
            pending.push_back(in_.take());
        }
    }
    in_.fail(start,
             "The string is missing the terminator: \".",
             "a quote is opened here and never closed",
             "close it, or write `\" where the text itself has one");
}

Expression Parser::word() {
    constexpr std::string_view kEnds = " \t\r\n|;,(){}";
    const std::size_t start = in_.offset();
    Expression joined;
    joined.place = in_.place();
    std::string pending;
    while (!in_.is_at_end() && kEnds.find(in_.peek()) == std::string_view::npos) {
        const char c = in_.peek();
        if (c == '<' || c == '>' || c == '&') {
            break;
        }
        if (in_.rest().starts_with("\u00A0")) {
            break;
        }
        if (in_.single_quote() != 0) {
            pending += in_.take_single_quoted();
        } else if (in_.double_quote() != 0) {
            Expression part = double_quoted();
            if (auto* text = part.constant.as<std::string>(); text != nullptr) {
                pending += *text;
            } else {
                joined.is = Expression::Is::Joined;
                joined.items.push_back(constant(std::exchange(pending, {}), joined.place));
                joined.items.push_back(std::move(part));
            }
        } else if (c == '`') {
            pending += in_.take_escape();
        } else if (c == '$' && is_name_start(in_.peek(1)) && in_.offset() != start) {
            take_part(joined, pending);
        } else {
            pending.push_back(in_.take());
        }
    }
    if (in_.offset() == start) {
        refuse_character();
    }
    Expression made = joined_or_text(std::move(joined), std::move(pending));
    made.is_bare = true;
    return made;
}

Expression Parser::table() {
    const std::size_t start = in_.offset();
    Expression made;
    made.is = Expression::Is::Pairs;
    made.place = in_.place();
    in_.skip(2);
    for (;;) {
        in_.skip_blanks(true);
        while (in_.take_if(';')) {
            in_.skip_blanks(true);
        }
        if (in_.take_if('}')) {
            return made;
        }
        std::string key = in_.single_quote() != 0 ? in_.take_single_quoted() : std::string();
        if (key.empty() && in_.double_quote() != 0) {
            key = to_text(double_quoted().constant);
        } else if (key.empty()) {
            key = in_.take_name();
        }
        in_.skip_blanks(false);
        if (key.empty() || !in_.take_if('=') || made.keys.size() == kMaxArguments) {
            in_.fail(start,
                     "That is no @{ }.",
                     "it must hold name=value, separated by ; and end with }",
                     "write for example @{Add=\"a.example\"}");
        }
        in_.skip_blanks(true);
        made.keys.push_back(std::move(key));
        made.items.push_back(value());
    }
}

Expression Parser::list() {
    const std::size_t start = in_.offset();
    const Place place = in_.place();
    in_.skip(2);
    in_.skip_blanks(true);
    Expression made;
    if (in_.peek() != ')') {
        made = value();
        in_.skip_blanks(true);
    }
    if (!in_.take_if(')')) {
        in_.fail(start,
                 "@( is not closed.",
                 "it must hold values separated by commas and end with )",
                 R"(write for example @("a", "b"))");
    }
    if (made.is != Expression::Is::Items) {
        Expression single = std::exchange(made, {});
        made.is = Expression::Is::Items;
        if (!(single.is == Expression::Is::Constant && single.constant.is_null())) {
            made.items.push_back(std::move(single));
        }
    }
    made.place = place;
    return made;
}

void Parser::skip_double_quoted() {
    (void)double_quoted();
}

Expression Parser::block() {
    const std::size_t start = in_.offset();
    const Place place = in_.place();
    in_.skip(1);
    const std::size_t content = in_.offset();
    std::size_t open = 1;
    while (!in_.is_at_end()) {
        if (in_.single_quote() != 0) {
            (void)in_.take_single_quoted();
            continue;
        }
        if (in_.double_quote() != 0) {
            skip_double_quoted();
            continue;
        }
        const char c = in_.take();
        open += c == '{' ? 1 : 0;
        open -= c == '}' ? 1 : 0;
        if (open == 0) {
            return constant(Block{std::string(in_.between(content, in_.offset() - 1))}, place);
        }
        if (c == '`' && !in_.is_at_end()) {
            in_.skip(1);
        }
    }
    in_.fail(start, "Missing closing '}' in statement block.", "{ is opened here", "close it");
}

Expression Parser::group() {
    const std::size_t start = in_.offset();
    Expression made;
    made.is = Expression::Is::Group;
    made.place = in_.place();
    in_.skip(1);
    in_.skip_blanks(true);
    made.group = std::make_shared<Pipeline>(pipeline());
    in_.skip_blanks(true);
    if (!in_.take_if(')')) {
        in_.fail(start, "Missing closing ')' in expression.", "( is opened here", "close it");
    }
    take_members(made);
    return made;
}

void Parser::refuse_character() const {
    const char c = in_.peek();
    if (c == '<' || c == '>') {
        in_.fail(
            in_.offset(),
            fmt::format("'{}' is not understood here.", c),
            "words in < > are placeholders of the documentation; output is not redirected here",
            "put your own value in place of <...>, or redirect in the shell that calls this");
    }
    in_.fail(in_.offset(),
             in_.is_at_end() ? "A value is missing at the end."
                             : fmt::format("Unexpected token '{}'.", text::escape_for_log({&c, 1})),
             "a value must stand here",
             "quote it if it belongs to a text");
}

}  // namespace isthmus::cli::cs
