#include "base/text.h"
#include "cli/complaint.h"
#include "cli/cs_shell.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace isthmus::cli::cs {

namespace {

/// $x = "$x$x" doubles: a thousand of those must not fill the machine.
constexpr std::size_t kMaxWeight = std::size_t{64} << 20U;

Value as_value(List list) {
    if (list.empty()) {
        return {};
    }
    return list.size() == 1 ? std::move(list.front()) : Value(std::move(list));
}

List as_list(Value value) {
    if (auto* list = value.as<List>(); list != nullptr) {
        return std::move(*list);
    }
    List made;
    if (!value.is_null()) {
        made.push_back(std::move(value));
    }
    return made;
}

class Deeper {
  public:
    explicit Deeper(std::size_t& depth) : depth_(depth) { ++depth_; }

    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    Deeper(Deeper&&) = delete;
    Deeper& operator=(Deeper&&) = delete;

    ~Deeper() { --depth_; }

  private:
    std::size_t& depth_;
};

bool asks_for_help(const Command& command) {
    return std::ranges::any_of(command.arguments,
                               [](const Argument& one) { return one.parameter == "?"; });
}

}  // namespace

int Session::run_text(std::string_view text) {
    try {
        return run(parse_script(text));
    } catch (const Fault& fault) {
        report({}, fault);
        return exit_code_;
    }
}

int Session::run_words(const std::vector<std::string>& words) {
    if (words.size() == 1) {
        return run_text(words.front());
    }
    try {
        return run(parse_words(words));
    } catch (const Fault& fault) {
        report({}, fault);
        return exit_code_;
    }
}

int Session::run(const Script& script) {
    check(script);
    try {
        for (const Statement& statement : script) {
            run_statement(statement, nullptr);
        }
    } catch (const Stopped&) {
        // The fault has been printed.
        return exit_code_;
    }
    return exit_code_;
}

List Session::run_block(const Script& script) {
    List made;
    for (const Statement& statement : script) {
        run_statement(statement, &made);
    }
    return made;
}

void Session::run_statement(const Statement& statement, List* into) {
    try {
        List values = run_pipeline(statement.pipeline);
        if (!statement.variable.empty()) {
            assign(statement, std::move(values));
        } else if (into != nullptr) {
            std::ranges::move(values, std::back_inserter(*into));
        } else {
            host_.out(format_values(values, host_.format));
        }
    } catch (const Fault& fault) {
        // Those of a command have been reported with its name.
        report({}, fault);
        if (text::iequals(preference("ErrorActionPreference"), "Stop")) {
            throw Stopped{};
        }
    }
}

List Session::run_pipeline(const Pipeline& pipeline) {
    const Deeper deeper(depth_);
    if (depth_ > kMaxDepth) {
        throw Fault("The script is nested too deep.",
                    "a block runs a block, and so on",
                    "keep parts of it in variables");
    }
    List values;
    for (std::size_t i = 0; i < pipeline.stages.size(); ++i) {
        const auto& stage = pipeline.stages[i];
        if (const auto* command = std::get_if<Command>(&stage); command != nullptr) {
            values = run_command(*command, i == 0 ? nullptr : &values);
        } else {
            values = as_list(evaluate(std::get<Expression>(stage)));
        }
    }
    return values;
}

List Session::run_command(const Command& command, const List* input) {
    const Cmdlet& cmdlet = cmdlet_of(command);
    if (asks_for_help(command)) {
        return {Value(Block{help_of(cmdlet)})};
    }
    Bound bound;
    bound.cmdlet = &cmdlet;
    bound.command = &command;
    std::optional<Call> call;
    try {
        // Where-Object reads its arguments itself: its operators look like parameters.
        if (cmdlet.name != "Where-Object") {
            bound = bind(
                command, [this](const Expression& one) { return evaluate(one); }, input != nullptr);
        }
        call.emplace(*this, bound, input);
        warn_of_no_effect(bound, *call);
        cmdlet.action(*call);
        List made = call->take_output();
        if (const std::string name = bound.text("OutVariable"); !name.empty()) {
            set_variable(name, Value(List(made)));
        }
        return made;
    } catch (const Fault& fault) {
        const std::string action = bound.text("ErrorAction");
        report(cmdlet.name, fault, action == "SilentlyContinue" || action == "Ignore");
        if (action == "Stop" || text::iequals(preference("ErrorActionPreference"), "Stop")) {
            throw Stopped{};
        }
        // What came before the fault, such as the result of a test that failed.
        return call ? call->take_output() : List();
    }
}

void Session::warn_of_no_effect(const Bound& bound, Call& call) {
    for (const auto& [parameter, value] : bound.given) {
        const bool is_standard = text::iequals(to_text(value), parameter->standard);
        if (*parameter->no_effect != '\0' && !(is_standard && *parameter->property != '\0')) {
            call.warn(
                fmt::format("-{} has no effect here; {}.", parameter->name, parameter->no_effect));
        }
    }
}

Value Session::evaluate(const Expression& expression) {
    const Value made = evaluate_parts(expression);
    const bool is_made_here = expression.is == Expression::Is::Joined ||
                              expression.is == Expression::Is::Items ||
                              expression.is == Expression::Is::Pairs;
    if (is_made_here && weight(made) > kMaxWeight) {
        throw Fault("The value is too large.",
                    fmt::format("a text or list of a script may have {} octets", kMaxWeight),
                    "work on fewer objects at a time");
    }
    return made;
}

Value Session::evaluate_parts(const Expression& expression) {
    switch (expression.is) {
        case Expression::Is::Constant:
            return expression.constant;
        case Expression::Is::Joined: {
            std::string text;
            for (const Expression& part : expression.items) {
                text += to_text(evaluate(part));
            }
            return text;
        }
        case Expression::Is::Variable:
            return member(variable(expression), expression.members);
        case Expression::Is::Items: {
            List list;
            for (const Expression& item : expression.items) {
                list.push_back(evaluate(item));
            }
            return list;
        }
        case Expression::Is::Pairs: {
            Table table;
            for (std::size_t i = 0; i < expression.keys.size(); ++i) {
                table.emplace_back(expression.keys[i], evaluate(expression.items[i]));
            }
            return table;
        }
        default:
            return member(as_value(run_pipeline(*expression.group)), expression.members);
    }
}

Value Session::variable(const Expression& expression) const {
    if (expression.name == "_" || text::iequals(expression.name, "PSItem")) {
        return current_;
    }
    const auto found = variables_.find(text::to_lower(expression.name));
    if (found == variables_.end()) {
        throw Fault(
            fmt::format("The variable '${}' cannot be retrieved because it has not been set.",
                        expression.name),
            "an unset variable would count as $null, which takes policies away",
            fmt::format("assign it first: ${} = ...", expression.name));
    }
    return found->second;
}

void Session::with_current(const Value& current, const std::function<void()>& step) {
    const Value before = std::exchange(current_, current);
    try {
        step();
    } catch (...) {
        current_ = before;
        throw;
    }
    current_ = before;
}

std::string Session::preference(std::string_view name) const {
    const auto found = variables_.find(text::to_lower(name));
    return found == variables_.end() ? std::string() : to_text(found->second);
}

void Session::set_variable(std::string_view name, Value value) {
    variables_[text::to_lower(name)] = std::move(value);
}

void Session::assign(const Statement& statement, List values) {
    Value value = as_value(std::move(values));
    if (statement.members.empty()) {
        set_variable(statement.variable, std::move(value));
        return;
    }
    Expression target;
    target.name = statement.variable;
    assign_property(variable(target), statement.members, value);
}

void Session::assign_property(const Value& to,
                              const std::vector<std::string>& names,
                              const Value& value) {
    const Value owner = member(to, {names.begin(), names.end() - 1});
    const auto* item = owner.as<ItemPtr>();
    Item::Property* property = item != nullptr && *item ? (*item)->find(names.back()) : nullptr;
    const Property* known = nullptr;
    if (property != nullptr && (*item)->kind != nullptr) {
        for (const Property& one : (*item)->kind->properties) {
            known = text::iequals(one.parameter.name, property->name) ? &one : known;
        }
    }
    if (known == nullptr || !known->is_settable) {
        throw Fault(fmt::format("The property '{}' cannot be set on this object.", names.back()),
                    property == nullptr ? "there is no such property" : "it is fixed",
                    "print the object to see its properties");
    }
    property->value = convert(known->parameter, value);
    property->is_changed = true;
}

void Session::warn(const std::string& text) {
    if (!host_.is_quiet && warned_.insert(text).second) {
        host_.talk(fmt::format("WARNING: {}\n", printable(text)));
    }
}

void Session::verbose(const std::string& text) const {
    host_.talk(fmt::format("VERBOSE: {}\n", printable(text)));
}

void Session::report(std::string_view who, const Fault& fault, bool is_silent) {
    exit_code_ = exit_code_ == 0 ? fault.exit_code() : exit_code_;
    if (!is_silent) {
        const std::string name = who.empty() ? std::string() : fmt::format("{} : ", who);
        host_.talk(to_text(Complaint{
            name + printable(fault.what()), printable(fault.why()), printable(fault.fix())}));
    }
}

}  // namespace isthmus::cli::cs
