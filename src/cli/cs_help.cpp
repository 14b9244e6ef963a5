// Help of cmdlets and the page docs/cmdlets.md, both made of the table.
#include "base/text.h"
#include "cli/cs_shell.h"

#include <fmt/format.h>

#include <algorithm>

namespace isthmus::cli::cs {

namespace {

std::string syntax_of(const Parameter& parameter) {
    std::string out = fmt::format("-{}", parameter.name);
    if (parameter.position >= 0) {
        out = "[" + out + "]";
    }
    if (parameter.type != Type::Switch) {
        out += fmt::format(
            " <{}>",
            *parameter.choices == '\0' || parameter.type == Type::Choices
                ? std::string(type_name(parameter))
                : fmt::format("{}", fmt::join(split_choices(parameter.choices), " | ")));
    }
    return parameter.is_mandatory ? out : "[" + out + "]";
}

std::string meaning_of(const Parameter& parameter) {
    std::string out = parameter.meaning;
    if (*parameter.no_effect != '\0') {
        out += fmt::format("{}no effect here: {}", out.empty() ? "" : "; ", parameter.no_effect);
    }
    if (parameter.is_ours) {
        out += " (not in the original)";
    }
    return out;
}

/// What Set- leaves out stays as it is.
std::string_view standard_of(const Cmdlet& cmdlet, const Parameter& parameter) {
    const bool is_kept =
        cmdlet.verb == Verb::Set && *cmdlet.kind->identity != '\0' && *parameter.property != '\0';
    return is_kept ? std::string_view() : std::string_view(parameter.standard);
}

std::string details_of(const Cmdlet& cmdlet, const Parameter& parameter) {
    const std::string_view standard = standard_of(cmdlet, parameter);
    std::string out = fmt::format("    -{}", parameter.name);
    if (parameter.type != Type::Switch) {
        out += fmt::format(" <{}>", type_name(parameter));
    }
    out += fmt::format("\n        {}\n", meaning_of(parameter));
    if (*parameter.choices != '\0') {
        out +=
            fmt::format("        One of: {}\n", fmt::join(split_choices(parameter.choices), ", "));
    }
    out += fmt::format("        Required: {}   Position: {}   Default: {}\n",
                       parameter.is_mandatory ? "yes" : "no",
                       parameter.position < 0 ? "named" : std::to_string(parameter.position + 1),
                       standard.empty() ? "none" : standard);
    return out;
}

std::string alias_names(const Cmdlet& cmdlet) {
    std::string out;
    for (const auto& [alias, name] : aliases()) {
        if (cmdlet.name == name) {
            out += (out.empty() ? "" : ", ") + std::string(alias);
        }
    }
    return out;
}

std::string escape_cell(std::string text) {
    for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
        text.replace(at, 1, "\\|");
    }
    return text;
}

void add_reference(const Cmdlet& cmdlet, std::string& out) {
    out += fmt::format("\n### {}\n\n{}.", cmdlet.name, cmdlet.summary);
    if (!cmdlet.right.empty()) {
        out += fmt::format(" Needs the right {}.", cmdlet.right);
    }
    if (const std::string names = alias_names(cmdlet); !names.empty()) {
        out += fmt::format(" Also called {}.", names);
    }
    out += "\n";
    if (!cmdlet.parameters.empty()) {
        out += "\n| parameter | type | default | meaning here |\n|---|---|---|---|\n";
    }
    for (const Parameter& parameter : cmdlet.parameters) {
        const bool has_choices = parameter.type == Type::Choice;
        const std::string type =
            has_choices ? fmt::format("{}", fmt::join(split_choices(parameter.choices), ", "))
                        : std::string(type_name(parameter));
        out += fmt::format("| `-{}`{} | {} | {} | {} |\n",
                           parameter.name,
                           parameter.is_mandatory ? " (required)" : "",
                           type,
                           standard_of(cmdlet, parameter),
                           escape_cell(meaning_of(parameter)));
    }
    for (const std::string& example : cmdlet.examples) {
        out += fmt::format("\n```\n{}\n```\n", example);
    }
}

bool is_wanted(const Cmdlet& cmdlet, const std::string& pattern) {
    return pattern.empty() || is_like(cmdlet.name, pattern);
}

constexpr const char* kIntroduction = R"(# Cmdlets

`isthmus cs` runs the cmdlets of Lync Server 2013 that concern federation, external access, users and certificates, with their names, parameters, defaults and output. This page is made by `tools/cmdlet_page` from the table in `src/cli/cs_table*.cpp`; `isthmus cs Get-Help NAME` prints the same.

```
isthmus cs 'New-CsXmppAllowedPartner gmail.com -TlsNegotiation NotSupported -SaslNegotiation NotSupported -EnableKeepAlive $false -SupportDialbackNegotiation $true'
isthmus cs 'Get-CsUser | Grant-CsExternalAccessPolicy -PolicyName FedPic'
isthmus cs Get-CsExternalAccessPolicy -Filter 'site:*'
isthmus -o json cs Get-CsXmppAllowedPartner
isthmus cs < script.ps1
```

Between single quotes a line runs as the documentation prints it. Without quotes your shell would replace `$true`, `$false` and `$null` by nothing and read `|` and `;` itself; `true` and `false` do as well. `isthmus cs` without words reads a script from its standard input. A program or link named like a cmdlet is that cmdlet: `ln -s isthmus New-CsXmppAllowedPartner`.

## The language

What the pages of the cmdlets use of Windows PowerShell: names in any case, unambiguous beginnings of parameters, `-P V` and `-P:V`, lists `a,b`, `@(...)`, quotes with backtick escapes and `$variables`, `@{Add=..;Remove=..}` and `@{Replace=..}`, pipelines, `Where-Object`, `Select-Object`, `Sort-Object`, `Measure-Object`, `ForEach-Object`, `Format-List`, `Format-Table`, `$x = ...`, `$x.Property = ...`, `(...).Property`, comments, typographic dashes and quotes. A script has at most 256 KiB and 1,000 statements. Loops, functions and .NET are refused.

The names of all commands and parameters of a script are checked before its first command runs. A command that fails does not stop the next one, as in PowerShell; `-ErrorAction Stop` does. The exit code is that of the first failure.

`Get-` cmdlets print lists of `Name : Value`; `-o json`, `-o yaml` and `-o name` give data. Warnings and errors go to the standard error: one line what, one line why, one line what to do. A parameter that means nothing here is accepted with a warning that says why.

`-WhatIf` has the gateway check the change. `-Confirm` asks; `-Confirm:$false` and `isthmus --yes` never do. `Set-` with `-Instance` saves what was changed in the object and nothing else, so two administrators do not undo each other's work.

## All cmdlets have

)";

}  // namespace

std::string help_of(const Cmdlet& cmdlet) {
    std::string out = fmt::format("\nNAME\n    {}\n\nSYNOPSIS\n    {}.\n\nSYNTAX\n    {}",
                                  cmdlet.name,
                                  cmdlet.summary,
                                  cmdlet.name);
    for (const Parameter& parameter : cmdlet.parameters) {
        out += "\n        " + syntax_of(parameter);
    }
    out += "\n        [<CommonParameters>]\n";
    if (const std::string names = alias_names(cmdlet); !names.empty()) {
        out += fmt::format("\nALIASES\n    {}\n", names);
    }
    if (!cmdlet.right.empty()) {
        out += fmt::format("\nRIGHT\n    {}\n", cmdlet.right);
    }
    out += cmdlet.parameters.empty() ? "" : "\nPARAMETERS\n";
    for (const Parameter& parameter : cmdlet.parameters) {
        out += details_of(cmdlet, parameter);
    }
    out += cmdlet.examples.empty() ? "" : "\nEXAMPLES\n";
    for (const std::string& example : cmdlet.examples) {
        out += fmt::format("    isthmus cs '{}'\n", example);
    }
    return out + "\n";
}

std::string overview() {
    std::string out =
        "Cmdlets of Lync Server 2013: isthmus cs 'CMDLET ...', isthmus cs Get-Help "
        "CMDLET\n\n";
    for (const Cmdlet& cmdlet : cmdlets()) {
        out += fmt::format("  {:<32} {}\n", cmdlet.name, cmdlet.summary);
    }
    return out +
           "\nPut the whole line between single quotes: your shell reads $true, | and ; "
           "otherwise.\n";
}

std::string reference_page() {
    std::string out = kIntroduction;
    out += "| parameter | meaning |\n|---|---|\n";
    for (const Parameter& parameter : common_parameters()) {
        out += fmt::format("| `-{}` | {} |\n", parameter.name, meaning_of(parameter));
    }
    out += "\n## Cmdlets of Lync Server\n";
    bool is_shell = false;
    for (const Cmdlet& cmdlet : cmdlets()) {
        if (cmdlet.verb == Verb::Shell && !is_shell) {
            is_shell = true;
            out += "\n## Commands of the shell\n";
        }
        add_reference(cmdlet, out);
    }
    return out;
}

void get_help(Call& call) {
    const Bound& given = call.given();
    if (given.flag("Markdown")) {
        call.put(Block{reference_page()});
        return;
    }
    const std::string name = given.text("Name");
    if (name.empty()) {
        call.put(Block{overview()});
        return;
    }
    if (has_wildcard(name)) {
        get_command(call);
        return;
    }
    Command wanted;
    wanted.name = name;
    const Cmdlet& cmdlet = cmdlet_of(wanted);
    if (given.has("Parameter")) {
        Argument argument;
        argument.parameter = given.text("Parameter");
        call.put(Block{details_of(cmdlet, parameter_of(cmdlet, argument))});
        return;
    }
    std::string out = help_of(cmdlet);
    if (given.flag("Examples")) {
        const std::size_t at = out.find("\nEXAMPLES");
        out = at == std::string::npos ? "There are no examples.\n" : out.substr(at);
    }
    call.put(Block{std::move(out)});
}

void get_command(Call& call) {
    const Bound& given = call.given();
    for (const Cmdlet& cmdlet : cmdlets()) {
        const std::size_t dash = cmdlet.name.find('-');
        const std::string noun = given.text("Noun");
        const std::string verb = given.text("Verb");
        const bool has_noun = noun.empty() || is_like(cmdlet.name.substr(dash + 1), noun);
        const bool has_verb = verb.empty() || is_like(cmdlet.name.substr(0, dash), verb);
        if (!is_wanted(cmdlet, given.text("Name")) || !has_noun || !has_verb) {
            continue;
        }
        auto made = std::make_shared<Item>();
        made->id = cmdlet.name;
        made->add("CommandType", "Cmdlet");
        made->add("Name", cmdlet.name);
        made->add("Definition", cmdlet.summary);
        call.put(std::move(made));
    }
}

}  // namespace isthmus::cli::cs
