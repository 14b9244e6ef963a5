#include "cli/cs_table.h"

#include "base/text.h"
#include "cli/cs_actions.h"
#include "cli/cs_common_parameters.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace isthmus::cli::cs {

namespace {

constexpr const char* kTeamsOnly = "it concerns Teams, which this gateway does not serve";
constexpr const char* kTenant = "there are no tenants here";
constexpr const char* kSkype = "it concerns the Skype directory, which this gateway does not ask";

constexpr Parameter kTeams[] = {
    {.name = "Tenant", .no_effect = kTenant},
    {.name = "EnableAcsFederationAccess", .type = Type::Boolean, .no_effect = kTeamsOnly},
    {.name = "EnableTeamsConsumerAccess", .type = Type::Boolean, .no_effect = kTeamsOnly},
    {.name = "EnableTeamsConsumerInbound", .type = Type::Boolean, .no_effect = kTeamsOnly},
};
constexpr Parameter kPolicyQuestions[] = {
    {.name = "Tenant", .no_effect = kTenant},
    {.name = "ApplicableTo", .no_effect = "every policy can be granted to every user here"},
    {.name = "Include", .no_effect = "there are no subscriptions with policies of their own here"},
};
constexpr Parameter kPublicExtras[] = {
    {.name = "IconUrl", .no_effect = "clients are not shown icons of providers"},
    {.name = "NameDecorationDomain", .no_effect = kSkype},
    {.name = "NameDecorationRoutingDomain", .no_effect = kSkype},
    {.name = "NameDecorationExcludedDomainList", .no_effect = kSkype},
    {.name = "EnableSkypeIdRouting", .type = Type::Boolean, .no_effect = kSkype},
    {.name = "EnableSkypeDirectorySearch", .type = Type::Boolean, .no_effect = kSkype},
};
constexpr Parameter kHostingExtras[] = {
    {.name = "SipClientPort",
     .type = Type::UInt32,
     .no_effect = "clients do not reach the provider through this gateway"},
};
constexpr Parameter kRouting[] = {
    {.name = "UseDnsSrvRouting",
     .type = Type::Switch,
     .meaning = "SIP partners are found by DNS; the standard"},
    {.name = "UseDefaultRouting",
     .type = Type::Switch,
     .meaning = "SIP partners are reached through -DefaultRouteFqdn"},
};
constexpr Parameter kPoolSite[] = {
    {.name = "Site", .meaning = "only pools of this site"},
};

constexpr Parameter kInMemory{.name = "InMemory",
                              .type = Type::Switch,
                              .meaning =
                                  "makes the object for a variable only, until a Set- "
                                  "cmdlet gets it as -Instance"};
constexpr Parameter kInstance{.name = "Instance",
                              .type = Type::Instance,
                              .meaning =
                                  "an object from a variable or the pipeline; what was "
                                  "changed in it is saved"};
constexpr Parameter kLocalStore{.name = "LocalStore",
                                .type = Type::Switch,
                                .meaning = "the same as without it: there is one store"};
constexpr Parameter kFilter{.name = "Filter",
                            .meaning = "only those whose Identity matches; * and ? are wildcards"};
constexpr Parameter kCommon[] = {
    {.name = "Verbose", .type = Type::Switch, .meaning = "says what is asked of the gateway"},
    {.name = "ErrorAction",
     .type = Type::Choice,
     .meaning = "Stop ends the script at the first error, SilentlyContinue and Ignore say nothing",
     .standard = "Continue",
     .choices = "Continue|Stop|SilentlyContinue|Ignore|Inquire"},
    {.name = "WarningAction",
     .type = Type::Choice,
     .meaning = "SilentlyContinue and Ignore print no warnings",
     .standard = "Continue",
     .choices = "Continue|SilentlyContinue|Ignore|Stop|Inquire"},
    {.name = "OutVariable", .meaning = "keeps what comes out in this variable as well"},
    {.name = "Debug", .type = Type::Switch, .no_effect = "there is nothing more to say"},
    {.name = "ErrorVariable", .no_effect = "errors are printed, not kept"},
    {.name = "WarningVariable", .no_effect = "warnings are printed, not kept"},
    {.name = "InformationAction", .no_effect = "there is no such stream"},
    {.name = "InformationVariable", .no_effect = "there is no such stream"},
    {.name = "OutBuffer", .no_effect = "a pipeline is run command by command"},
    {.name = "PipelineVariable", .no_effect = "use $_"},
};

constexpr std::pair<const char*, const char*> kAliases[] = {
    {"New-CsXmppGatewaySettings", "New-CsXmppGatewayConfiguration"},
    {"Get-CsXmppGatewaySettings", "Get-CsXmppGatewayConfiguration"},
    {"Set-CsXmppGatewaySettings", "Set-CsXmppGatewayConfiguration"},
    {"?", "Where-Object"},
    {"where", "Where-Object"},
    {"%", "ForEach-Object"},
    {"foreach", "ForEach-Object"},
    {"select", "Select-Object"},
    {"sort", "Sort-Object"},
    {"measure", "Measure-Object"},
    {"fl", "Format-List"},
    {"ft", "Format-Table"},
    {"help", "Get-Help"},
    {"man", "Get-Help"},
    {"gcm", "Get-Command"},
};

struct Family {
    const char* noun;
    const char* verbs;  ///< N New, G Get, S Set, R Remove, E Enable, D Disable
};

constexpr Family kFamilies[] = {
    {"XmppAllowedPartner", "NGSR"},
    {"XmppGatewayConfiguration", "GS"},
    {"ExternalAccessPolicy", "NGSR"},
    {"AccessEdgeConfiguration", "GS"},
    {"AllowedDomain", "NGSR"},
    {"BlockedDomain", "NGSR"},
    {"PublicProvider", "NGSRED"},
    {"HostingProvider", "NGSRED"},
    {"Site", "G"},
    {"Pool", "G"},
};

std::string_view name_of(Verb verb) {
    constexpr std::string_view kNames[] = {"New", "Get", "Set", "Remove", "Enable", "Disable"};
    return kNames[static_cast<std::size_t>(verb)];
}

Parameter identity_of(const Kind& kind, bool is_mandatory) {
    const bool is_single = *kind.identity == '\0';
    const bool is_policy = std::string_view(kind.route) == "policies";
    return {.name = "Identity",
            .meaning = is_single         ? "global: there is one"
                       : is_policy       ? "global, site:NAME, or NAME of a user policy"
                       : kind.has_domain ? "the domain"
                                         : "its name",
            .standard = is_single || is_policy ? "global" : "",
            .position = 0,
            .is_mandatory = is_mandatory};
}

template <class Range>
void append(std::vector<Parameter>& to, const Range& more) {
    to.insert(to.end(), std::begin(more), std::end(more));
}

void add_settable(Cmdlet& to) {
    for (const Property& property : to.kind->properties) {
        if (property.is_settable) {
            Parameter& made = to.parameters.emplace_back(property.parameter);
            made.is_mandatory = to.verb == Verb::New && property.is_mandatory;
        }
    }
    const std::string_view noun = to.kind->noun;
    if (noun == "ExternalAccessPolicy") {
        append(to.parameters, kTeams);
    } else if (noun == "PublicProvider") {
        append(to.parameters, kPublicExtras);
    } else if (noun == "HostingProvider") {
        append(to.parameters, kHostingExtras);
    } else if (noun == "AccessEdgeConfiguration") {
        append(to.parameters, kRouting);
    }
}

void add_parameters(Cmdlet& to) {
    const Kind& kind = *to.kind;
    auto& parameters = to.parameters;
    const bool is_new = to.verb == Verb::New;
    parameters.push_back(
        identity_of(kind, (is_new && !kind.has_domain) || to.verb == Verb::Remove));
    if (to.verb == Verb::Get) {
        append(parameters, std::initializer_list<Parameter>{kFilter});
        const std::string_view noun = kind.noun;
        if (noun == "ExternalAccessPolicy") {
            append(parameters, kPolicyQuestions);
        } else if (noun == "Pool") {
            append(parameters, kPoolSite);
        }
        if (noun != "Site" && noun != "Pool") {
            parameters.push_back(kLocalStore);
        }
        return;
    }
    if (is_new && kind.has_domain) {
        parameters.push_back({.name = "Domain", .meaning = "the same as -Identity; give one"});
    }
    if (!is_new && to.verb != Verb::Remove) {
        parameters.push_back(kInstance);
    }
    if (is_new || to.verb == Verb::Set) {
        add_settable(to);
    }
    if (is_new) {
        parameters.push_back(kInMemory);
    }
    append(parameters, std::initializer_list<Parameter>{kForce, kWhatIf, kConfirm});
}

struct VerbRow {
    char letter;
    Verb verb;
    Action action;
    const char* summary;
};

constexpr VerbRow kVerbs[] = {
    {'N', Verb::New, make_object, "makes a new {}"},
    {'G', Verb::Get, get_objects, "shows each {}"},
    {'S', Verb::Set, set_objects, "changes a {}"},
    {'R', Verb::Remove, remove_objects, "removes a {}"},
    {'E', Verb::Enable, set_objects, "lets a {} be used"},
    {'D', Verb::Disable, set_objects, "keeps a {} without using it"},
};

std::string summary_of(const char* pattern, const Kind& kind) {
    std::string out = pattern;
    if (*kind.identity == '\0') {
        out = out.starts_with("shows") ? "shows the {}" : "changes the {}";
    }
    out.replace(out.find("{}"), 2, kind.label);
    const bool is_vowel = std::string_view("aeioX").find(kind.label[0]) != std::string_view::npos;
    const std::size_t article = out.find(std::string(" a ") + kind.label);
    if (is_vowel && article != std::string::npos) {
        out.insert(article + 2, "n");
    }
    return out;
}

std::vector<Cmdlet> make_all() {
    std::vector<Cmdlet> made;
    for (const Family& family : kFamilies) {
        for (const VerbRow& row : kVerbs) {
            if (std::string_view(family.verbs).find(row.letter) == std::string_view::npos) {
                continue;
            }
            Cmdlet& one = made.emplace_back();
            one.name = std::string(name_of(row.verb)) + "-Cs" + family.noun;
            one.verb = row.verb;
            one.kind = find_kind(family.noun);
            one.action = row.action;
            one.summary = summary_of(row.summary, *one.kind);
            one.right = row.verb == Verb::Get ? "Read" : "Configure";
            add_parameters(one);
        }
        if (std::string_view(family.noun) == "ExternalAccessPolicy") {
            add_user_cmdlets(made);
        }
    }
    add_certificate_cmdlets(made);
    add_shell_cmdlets(made);
    for (Cmdlet& one : made) {
        one.examples = examples_of(one.name);
    }
    return made;
}

}  // namespace

const std::vector<Cmdlet>& cmdlets() {
    static const std::vector<Cmdlet> kAll = make_all();
    return kAll;
}

const Cmdlet* find_cmdlet(std::string_view name) {
    for (const auto& [alias, target] : kAliases) {
        if (text::iequals(alias, name)) {
            name = target;
            break;
        }
    }
    const auto found = std::ranges::find_if(
        cmdlets(), [&](const Cmdlet& one) { return text::iequals(one.name, name); });
    return found == cmdlets().end() ? nullptr : &*found;
}

std::span<const std::pair<const char*, const char*>> aliases() {
    return kAliases;
}

const Kind* find_kind(std::string_view noun) {
    const auto all = kinds();
    const auto found = std::ranges::find_if(all, [&](const Kind& one) { return one.noun == noun; });
    return found == all.end() ? nullptr : &*found;
}

std::span<const Parameter> common_parameters() {
    return kCommon;
}

std::vector<std::string> split_choices(std::string_view choices) {
    std::vector<std::string> made;
    for (std::size_t at = 0; !choices.empty() && at <= choices.size();) {
        const std::size_t end = std::min(choices.find('|', at), choices.size());
        made.emplace_back(choices.substr(at, end - at));
        at = end + 1;
    }
    return made;
}

std::string_view type_name(const Parameter& parameter) {
    switch (parameter.type) {
        case Type::Boolean:
            return "Boolean";
        case Type::Switch:
            return "SwitchParameter";
        case Type::UInt32:
            return "UInt32";
        case Type::Texts:
            return "PSListModifier";
        case Type::Choices:
            return "CertType[]";
        case Type::Instance:
            return "PSObject";
        case Type::DateTime:
            return "DateTime";
        case Type::Expressions:
            return "Object[]";
        default:
            return "String";
    }
}

}  // namespace isthmus::cli::cs
