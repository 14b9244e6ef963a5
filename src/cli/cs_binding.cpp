#include "cli/cs_binding.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace isthmus::cli::cs {

namespace {

constexpr std::pair<const char*, const char*> kShortNames[] = {
    {"cf", "Confirm"},
    {"wi", "WhatIf"},
    {"vb", "Verbose"},
    {"db", "Debug"},
    {"ea", "ErrorAction"},
    {"wa", "WarningAction"},
    {"ev", "ErrorVariable"},
    {"wv", "WarningVariable"},
    {"ov", "OutVariable"},
    {"ob", "OutBuffer"},
    {"pv", "PipelineVariable"},
};

std::vector<const Parameter*> starting_with(std::span<const Parameter> among,
                                            std::string_view prefix,
                                            bool ours) {
    std::vector<const Parameter*> found;
    for (const Parameter& one : among) {
        if (one.is_ours == ours && text::istarts_with(one.name, prefix)) {
            found.push_back(&one);
        }
    }
    return found;
}

[[noreturn]] void fail_unknown(const Cmdlet& cmdlet, std::string_view given) {
    std::vector<std::string> names;
    names.reserve(cmdlet.parameters.size());
    for (const Parameter& one : cmdlet.parameters) {
        names.emplace_back(one.name);
    }
    const std::string near = nearest(given, names);
    throw Fault(fmt::format("A parameter cannot be found that matches parameter name '{}'.", given),
                fmt::format("{} has no parameter whose name begins so", cmdlet.name),
                near.empty() ? fmt::format("see isthmus cs Get-Help {}", cmdlet.name)
                             : fmt::format("did you mean -{}?", near));
}

[[noreturn]] void fail_missing_value(const Parameter& parameter) {
    throw Fault(fmt::format("Missing an argument for parameter '{}'. Specify a parameter of type "
                            "'{}' and try again.",
                            parameter.name,
                            type_name(parameter)),
                "nothing stands behind it, or the next parameter does",
                "a shell replaces $true, $false and $null by nothing: put the whole line between "
                "single quotes, isthmus cs '...'");
}

/// Walks over the arguments of one command.
class Binder {
  public:
    Binder(const Command& command, const Evaluate& evaluate)
        : command_(command), evaluate_(evaluate) {
        bound_.cmdlet = &cmdlet_of(command);
        bound_.command = &command;
    }

    Bound bind(bool has_input) {
        std::vector<const Argument*> values;
        for (std::size_t at = 0; at < command_.arguments.size(); ++at) {
            const Argument& argument = command_.arguments[at];
            if (argument.parameter.empty()) {
                values.push_back(&argument);
            } else {
                take_named(at);
            }
        }
        take_positional(values);
        for (const Parameter& one : bound_.cmdlet->parameters) {
            // What a command of the shell does to the objects is not one of them.
            const bool can_be_piped =
                has_input && one.position == 0 && bound_.cmdlet->verb != Verb::Shell;
            if (one.is_mandatory && !bound_.has(one.name) && !can_be_piped) {
                missing_ += (missing_.empty() ? "" : ", ") + std::string(one.name);
            }
        }
        if (!missing_.empty()) {
            throw Fault(fmt::format("Cannot process command because of one or more missing "
                                    "mandatory parameters: {}.",
                                    missing_),
                        fmt::format("{} cannot do without", bound_.cmdlet->name),
                        fmt::format("see isthmus cs Get-Help {}", bound_.cmdlet->name));
        }
        return std::move(bound_);
    }

  private:
    void take_named(std::size_t& at) {
        const Argument& argument = command_.arguments[at];
        const Parameter& parameter = parameter_of(*bound_.cmdlet, argument);
        if (bound_.has(parameter.name)) {
            throw Fault(
                fmt::format("Cannot bind parameter because parameter '{}' is specified more "
                            "than once.",
                            parameter.name),
                "one command can say it once only",
                "to give several values, separate them by commas: -Name value1,value2");
        }
        if (argument.value) {
            add(parameter, *argument.value);
        } else if (parameter.type == Type::Switch) {
            bound_.given.emplace_back(&parameter, true);
        } else if (at + 1 < command_.arguments.size() &&
                   command_.arguments[at + 1].parameter.empty()) {
            add(parameter, *command_.arguments[++at].value);
        } else {
            fail_missing_value(parameter);
        }
    }

    void take_positional(const std::vector<const Argument*>& values) {
        int position = 0;
        for (const Argument* argument : values) {
            const Parameter* free = nullptr;
            while (free == nullptr && position < 8) {
                const auto found = std::ranges::find_if(
                    bound_.cmdlet->parameters,
                    [&](const Parameter& one) { return one.position == position; });
                const bool is_free = found != bound_.cmdlet->parameters.end() &&
                                     !bound_.has(found->name) && !is_replaced(*found);
                free = is_free ? &*found : nullptr;
                ++position;
            }
            const Value value = evaluate_(*argument->value);
            if (free == nullptr) {
                throw Fault(fmt::format("A positional parameter cannot be found that accepts "
                                        "argument '{}'.",
                                        text::escape_for_log(to_text(value), 100)),
                            fmt::format("{} takes no further value without a parameter's name",
                                        bound_.cmdlet->name),
                            "is a dash missing before a parameter, or are quotes around a text?");
            }
            add(*free, *argument->value);
        }
    }

    /// -Domain and -Instance stand for -Identity.
    bool is_replaced(const Parameter& parameter) const {
        return std::string_view(parameter.name) == "Identity" &&
               (bound_.has("Domain") || bound_.has("Instance"));
    }

    void add(const Parameter& parameter, const Expression& expression) {
        bound_.given.emplace_back(&parameter, convert(parameter, evaluate_(expression)));
    }

    const Command& command_;
    const Evaluate& evaluate_;
    Bound bound_;
    std::string missing_;
};

/// What is replaced before a command runs is checked where it stands.
void check_pipeline(const Pipeline& pipeline);

void check_expression(const Expression& expression) {
    if (expression.group) {
        check_pipeline(*expression.group);
    }
    std::ranges::for_each(expression.items, check_expression);
}

void check_command(const Command& command) {
    const Cmdlet& cmdlet = cmdlet_of(command);
    const bool is_where = cmdlet.name == "Where-Object";
    for (const Argument& argument : command.arguments) {
        if (!argument.parameter.empty() && argument.parameter != "?" && !is_where) {
            (void)parameter_of(cmdlet, argument);
        }
        if (!argument.value) {
            continue;
        }
        check_expression(*argument.value);
        const auto* block = argument.value->constant.as<Block>();
        if (block != nullptr && is_where) {
            (void)parse_condition(block->text);
        } else if (block != nullptr && cmdlet.name == "ForEach-Object") {
            check(parse_script(block->text));
        }
    }
}

void check_pipeline(const Pipeline& pipeline) {
    for (const auto& stage : pipeline.stages) {
        if (const auto* command = std::get_if<Command>(&stage); command != nullptr) {
            check_command(*command);
        } else {
            check_expression(std::get<Expression>(stage));
        }
    }
}

}  // namespace

const Value* Bound::find(std::string_view name) const {
    const auto found = std::ranges::find_if(
        given, [&](const auto& one) { return text::iequals(one.first->name, name); });
    return found == given.end() ? nullptr : &found->second;
}

std::string Bound::text(std::string_view name) const {
    const Value* value = find(name);
    return value == nullptr ? std::string() : to_text(*value);
}

bool Bound::flag(std::string_view name) const {
    const Value* value = find(name);
    return value != nullptr && is_true(*value);
}

const Cmdlet& cmdlet_of(const Command& command) {
    const Cmdlet* found = find_cmdlet(command.name);
    if (found != nullptr) {
        return *found;
    }
    std::vector<std::string> names;
    for (const Cmdlet& one : cmdlets()) {
        names.push_back(one.name);
    }
    const std::string near = nearest(command.name, names);
    const bool is_cs = command.name.find("-Cs") != std::string::npos ||
                       command.name.find("-cs") != std::string::npos;
    throw Fault(
        fmt::format("The term '{}' is not recognized as the name of a cmdlet.",
                    text::escape_for_log(command.name, 100)),
        is_cs ? "of the cmdlets of Lync Server those of federation, external access, users and "
                "certificates are here"
              : "there is no such command",
        near.empty() ? "see isthmus cs Get-Command" : fmt::format("did you mean {}?", near));
}

const Parameter& parameter_of(const Cmdlet& cmdlet, const Argument& argument) {
    std::string_view given = argument.parameter;
    for (const auto& [alias, name] : kShortNames) {
        given = text::iequals(alias, given) ? std::string_view(name) : given;
    }
    const std::span<const Parameter> sets[] = {cmdlet.parameters, common_parameters()};
    for (const auto& set : sets) {
        const auto exact = std::ranges::find_if(
            set, [&](const Parameter& one) { return text::iequals(one.name, given); });
        if (exact != set.end()) {
            return *exact;
        }
    }
    // Documented names first, then ours, then the common ones: a prefix that was unambiguous in the
    // original is so here.
    std::vector<const Parameter*> found = starting_with(cmdlet.parameters, given, false);
    for (const bool ours : {true, false}) {
        if (found.empty()) {
            found = ours ? starting_with(cmdlet.parameters, given, true)
                         : starting_with(common_parameters(), given, false);
        }
    }
    if (found.empty()) {
        fail_unknown(cmdlet, given);
    }
    if (found.size() > 1) {
        std::string matches;
        for (const Parameter* one : found) {
            matches += fmt::format(" -{}", one->name);
        }
        throw Fault(fmt::format("Parameter cannot be processed because the parameter name '{}' is "
                                "ambiguous.",
                                given),
                    fmt::format("possible matches include:{}", matches),
                    "write more of its name");
    }
    return *found.front();
}

Bound bind(const Command& command, const Evaluate& evaluate, bool has_input) {
    return Binder(command, evaluate).bind(has_input);
}

void check(const Script& script) {
    for (const Statement& statement : script) {
        check_pipeline(statement.pipeline);
    }
}

}  // namespace isthmus::cli::cs
