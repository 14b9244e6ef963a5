// The table of all cmdlets and their parameters: the parser, the help, Get-Command and
// docs/cmdlets.md are made of it. Names, defaults and order are the documentation's of Lync Server
// 2013; what this gateway has beyond it is marked.
#pragma once

#include "cli/cs_value.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::cli::cs {

enum class Type : std::uint8_t {
    String,
    Boolean,
    Switch,
    UInt32,
    Choice,      ///< one of `choices`
    Choices,     ///< a list of them
    Texts,       ///< texts; also @{Add=..}, @{Remove=..}, @{Replace=..}
    Filter,      ///< a text or a condition in braces
    Instance,    ///< an object
    DateTime,    ///< kept as text
    Expressions  ///< shell commands only: names of properties, or a condition in braces
};

// In the order in which one reads it; there is one table of them.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct Parameter {
    const char* name;
    Type type = Type::String;
    const char* meaning = "";   ///< what it does here
    const char* property = "";  ///< the API's name of what it sets
    const char* standard = "";  ///< what holds if it is not given; "" none
    const char* choices = "";   ///< "A|B|C"
    /// Accepted with this warning: why it does nothing here.
    const char* no_effect = "";
    int position = -1;  ///< without its name, counted from 0
    bool is_mandatory = false;
    bool is_ours = false;  ///< the original has none: its prefixes give way to documented names
};

/// A property of a kind of object, and on which cmdlets it is a parameter.
struct Property {
    Parameter parameter;
    bool is_settable = true;    ///< by New- and Set-
    bool is_mandatory = false;  ///< for New-
    bool is_hidden = false;     ///< not in the standard list; Select-Object * shows it
};

/// A kind of object that New-, Get-, Set- and Remove- cmdlets handle alike.
struct Kind {
    const char* noun;      ///< "XmppAllowedPartner"
    const char* label;     ///< in sentences
    const char* route;     ///< below /api/v1/
    const char* identity;  ///< the API's name of its name; "" for the one that there is of it
    const char* member;    ///< tells it from its neighbours on the same route: {"kind": "allowed"}
    const char* member_value;
    bool has_domain;  ///< -Domain can stand for -Identity
    std::span<const Property> properties;
};

enum class Verb : std::uint8_t { New, Get, Set, Remove, Enable, Disable, Special, Shell };

class Call;
using Action = void (*)(Call&);

struct Cmdlet {
    std::string name;
    Verb verb = Verb::Special;
    const Kind* kind = nullptr;
    std::string summary;
    std::vector<Parameter> parameters;
    Action action = nullptr;
    std::string right;  ///< of the admin API that it needs
    std::vector<std::string> examples;
};

/// In the order of the documentation.
const std::vector<Cmdlet>& cmdlets();
/// Case-insensitive, also by alias; null if there is none.
const Cmdlet* find_cmdlet(std::string_view name);
/// The names that stand for others: {"fl", "Format-List"}.
std::span<const std::pair<const char*, const char*>> aliases();
const Kind* find_kind(std::string_view noun);
/// Parameters that all cmdlets have.
std::span<const Parameter> common_parameters();

std::vector<std::string> split_choices(std::string_view choices);
std::string_view type_name(const Parameter& parameter);

// What cmdlets() is made of.
std::span<const Kind> kinds();
std::span<const Property> edge_properties();
void add_user_cmdlets(std::vector<Cmdlet>& to);
void add_certificate_cmdlets(std::vector<Cmdlet>& to);
void add_shell_cmdlets(std::vector<Cmdlet>& to);
std::vector<std::string> examples_of(std::string_view cmdlet);

constexpr const char* kVerificationLevels =
    "AlwaysVerifiable|AlwaysUnverifiable|UseSourceVerification";

}  // namespace isthmus::cli::cs
