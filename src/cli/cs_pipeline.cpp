// The commands of PowerShell that stand between cmdlets in a pipeline.
#include "base/text.h"
#include "cli/cs_shell.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <utility>

namespace isthmus::cli::cs {

namespace {

const List& input_of(const Call& call) {
    static const List kNone;
    return call.input() == nullptr ? kNone : *call.input();
}

/// One name or several, as a list.
List patterns_of(const Value* value) {
    if (value == nullptr || value->is_null()) {
        return {};
    }
    const auto* list = value->as<List>();
    return list == nullptr ? List{*value} : *list;
}

/// "Where-Object Enabled -eq $True": the operator reads like a parameter.
Condition condition_of_words(Call& call) {
    Condition made;
    made.is = Condition::Is::Truth;
    for (const Argument& argument : call.given().command->arguments) {
        const bool is_name = text::istarts_with("Property", argument.parameter);
        const bool is_value = text::istarts_with("Value", argument.parameter);
        if (!argument.parameter.empty() && !is_name && !is_value) {
            made.compare = comparison(argument.parameter, made.is_case_sensitive);
            made.is = Condition::Is::Compare;
            if (made.compare.empty()) {
                throw Fault(fmt::format("'-{}' is no comparison.", argument.parameter),
                            "there are -eq, -ne, -gt, -ge, -lt, -le, -like, -match, -contains, -in "
                            "and their opposites",
                            "write for example Where-Object {$_.Enabled -eq $True}");
            }
        }
        if (argument.value && made.operands.empty()) {
            Expression property;
            property.is = Expression::Is::Variable;
            property.name = "_";
            property.members.push_back(to_text(call.session().evaluate(*argument.value)));
            made.operands.push_back(std::move(property));
        } else if (argument.value) {
            made.operands.push_back(*argument.value);
        }
    }
    if (made.operands.size() != (made.is == Condition::Is::Truth ? 1U : 2U)) {
        throw Fault("Where-Object needs a condition.",
                    "a condition is a block, or a property, a comparison and a value",
                    "write for example Where-Object {$_.Enabled -eq $True}");
    }
    return made;
}

Condition condition_of(Call& call) {
    const auto& arguments = call.given().command->arguments;
    if (arguments.size() == 1 && arguments[0].value &&
        (arguments[0].parameter.empty() ||
         text::istarts_with("FilterScript", arguments[0].parameter))) {
        const Value value = call.session().evaluate(*arguments[0].value);
        if (const auto* block = value.as<Block>(); block != nullptr) {
            return parse_condition(block->text);
        }
    }
    return condition_of_words(call);
}

void collect_names(const Condition& condition, std::vector<std::string>& names) {
    for (const Expression& operand : condition.operands) {
        if (operand.is == Expression::Is::Variable && !operand.members.empty() &&
            (operand.name == "_" || text::iequals(operand.name, "PSItem"))) {
            names.push_back(operand.members.front());
        }
    }
    for (const Condition& part : condition.parts) {
        collect_names(part, names);
    }
}

std::string key_of(const Value& value) {
    const auto* item = value.as<ItemPtr>();
    std::string key;
    if (item == nullptr) {
        return display(value);
    }
    for (const Item::Property& property : (*item)->shown) {
        key += display(property.value) + '\0';
    }
    return key;
}

std::size_t count_of(const Bound& given, const char* name, std::size_t otherwise) {
    std::int64_t number = 0;
    const Value* value = given.find(name);
    return value != nullptr && to_number(*value, number) ? static_cast<std::size_t>(number)
                                                         : otherwise;
}

List in_range(const Bound& given, List all) {
    const std::size_t skip = std::min(count_of(given, "Skip", 0), all.size());
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(skip));
    if (given.has("First")) {
        all.resize(std::min(count_of(given, "First", 0), all.size()));
    }
    if (given.has("Last")) {
        const std::size_t last = std::min(count_of(given, "Last", 0), all.size());
        all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(last));
    }
    return all;
}

void expand(Call& call, const Value& from, const std::string& name) {
    const auto* item = from.as<ItemPtr>();
    if (item != nullptr && std::as_const(**item).find(name) == nullptr) {
        throw Fault(
            fmt::format("Property \"{}\" cannot be found.", text::escape_for_log(name, 100)),
            "the objects have no such property",
            "pipe one into Format-List * to see its properties");
    }
    const Value value = member(from, {name});
    const auto* list = value.as<List>();
    if (list == nullptr) {
        call.put(value);
        return;
    }
    for (const Value& one : *list) {
        call.put(one);
    }
}

/// Objects with the properties that were asked for, or all as they are.
List with_properties(Call& call) {
    const List patterns = patterns_of(call.given().find("Property"));
    if (patterns.empty()) {
        return input_of(call);
    }
    List made;
    for (const Value& one : input_of(call)) {
        made.emplace_back(selected(one, patterns));
    }
    return made;
}

}  // namespace

void warn_of_unknown(Call& call, const Condition& condition, const Item& sample) {
    std::vector<std::string> names;
    collect_names(condition, names);
    for (const std::string& name : names) {
        if (sample.find(name) == nullptr && !text::iequals(name, "Count")) {
            std::vector<std::string> known;
            known.reserve(sample.shown.size());
            for (const Item::Property& property : sample.shown) {
                known.push_back(property.name);
            }
            const std::string near = nearest(name, known);
            call.warn(fmt::format("The objects have no property {}; it counts as $null.{}",
                                  text::escape_for_log(name, 100),
                                  near.empty() ? "" : fmt::format(" Did you mean {}?", near)));
        }
    }
}

void where_object(Call& call) {
    const Condition condition = condition_of(call);
    const List& input = input_of(call);
    if (!input.empty()) {
        if (const auto* item = input.front().as<ItemPtr>(); item != nullptr) {
            warn_of_unknown(call, condition, **item);
        }
    }
    Session& session = call.session();
    for (const Value& one : input) {
        session.with_current(one, [&] {
            if (holds(condition, [&](const Expression& part) { return session.evaluate(part); })) {
                call.put(one);
            }
        });
    }
}

void select_object(Call& call) {
    const Bound& given = call.given();
    List chosen = in_range(given, with_properties(call));
    if (given.flag("Unique")) {
        std::vector<std::string> seen;
        std::erase_if(chosen, [&](const Value& one) {
            std::string key = key_of(one);
            const auto at = std::ranges::lower_bound(seen, key);
            const bool is_known = at != seen.end() && *at == key;
            if (!is_known) {
                seen.insert(at, std::move(key));
            }
            return is_known;
        });
    }
    const std::string name = given.text("ExpandProperty");
    for (Value& one : chosen) {
        name.empty() ? call.put(std::move(one)) : expand(call, one, name);
    }
}

void sort_object(Call& call) {
    const List names = patterns_of(call.given().find("Property"));
    // A list is merged: an order that is none (dates among texts) cannot lead out of it.
    std::list<Value> sorted(input_of(call).begin(), input_of(call).end());
    const auto is_before = [&](const Value& a, const Value& b) {
        for (const Value& name : names) {
            const Value left = member(a, {to_text(name)});
            const Value right = member(b, {to_text(name)});
            // NOLINTNEXTLINE(readability-suspicious-call-argument): each way
            if (compare("lt", false, left, right) || compare("lt", false, right, left)) {
                return compare("lt", false, left, right);
            }
        }
        return names.empty() && compare("lt", false, to_text(a), to_text(b));
    };
    sorted.sort(is_before);
    if (call.given().flag("Descending")) {
        sorted.reverse();
    }
    for (Value& one : sorted) {
        call.put(std::move(one));
    }
}

void measure_object(Call& call) {
    auto made = std::make_shared<Item>();
    made->add("Count", static_cast<std::int64_t>(input_of(call).size()));
    call.put(std::move(made));
}

void for_each_object(Call& call) {
    const auto* block = call.given().find("Process")->as<Block>();
    if (block == nullptr) {
        throw Fault("ForEach-Object needs a block.",
                    "the commands stand between { and }",
                    "write for example ForEach-Object {Get-CsUser $_.SipAddress}");
    }
    const Script script = parse_script(block->text);
    for (const Value& one : input_of(call)) {
        call.session().with_current(one, [&] {
            for (Value& made : call.session().run_block(script)) {
                call.put(std::move(made));
            }
        });
    }
}

void format_list(Call& call) {
    call.put(Block{format_as_list(with_properties(call))});
}

void format_table(Call& call) {
    call.put(Block{format_as_table(with_properties(call), !call.given().flag("HideTableHeaders"))});
}

void get_credential(Call& call) {
    const std::string name = call.given().text("Credential");
    auto made = std::make_shared<Item>();
    made->add("UserName", name);
    call.warn("No password is asked for: the gateway needs none.");
    call.put(std::move(made));
}

}  // namespace isthmus::cli::cs
