// The arguments of a command by the parameters of its cmdlet: full names for prefixes, values for
// positions, each of the type that the table says.
#pragma once

#include "cli/cs_compare.h"
#include "cli/cs_syntax.h"
#include "cli/cs_table.h"
#include "cli/cs_value.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::cli::cs {

struct Bound {
    const Cmdlet* cmdlet = nullptr;
    const Command* command = nullptr;
    std::vector<std::pair<const Parameter*, Value>> given;  ///< in order

    const Value* find(std::string_view name) const;

    bool has(std::string_view name) const { return find(name) != nullptr; }

    /// Empty if it was not given or is $null.
    std::string text(std::string_view name) const;
    /// False if it was not given.
    bool flag(std::string_view name) const;

    bool is_flag_off(std::string_view name) const { return has(name) && !flag(name); }
};

/// What the table knows without running anything: the cmdlet and the names of its parameters. A
/// whole script is checked before its first command runs. Throws Fault.
void check(const Script& script);

/// Throws Fault. `has_input`: a mandatory Identity can come down the pipeline.
Bound bind(const Command& command, const Evaluate& evaluate, bool has_input);

const Cmdlet& cmdlet_of(const Command& command);
/// By name or unambiguous prefix. Throws Fault that names the nearest.
const Parameter& parameter_of(const Cmdlet& cmdlet, const Argument& argument);
Value convert(const Parameter& parameter, const Value& value);

}  // namespace isthmus::cli::cs
