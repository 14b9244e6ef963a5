// The commands of PowerShell itself that the pages use, and the examples of all help texts.
#include "cli/cs_actions.h"
#include "cli/cs_table.h"

#include <utility>

namespace isthmus::cli::cs {

namespace {

constexpr std::pair<const char*, const char*> kExamples[] = {
    {"New-CsXmppAllowedPartner",
     "New-CsXmppAllowedPartner gmail.com -TlsNegotiation NotSupported -SaslNegotiation "
     "NotSupported "
     "-EnableKeepAlive $false -SupportDialbackNegotiation $true"},
    {"Get-CsXmppAllowedPartner", "Get-CsXmppAllowedPartner -Filter \"*.org\""},
    {"Set-CsXmppAllowedPartner",
     "Set-CsXmppAllowedPartner contoso.com -AdditionalDomains @{Add=\"na.contoso.com\"}"},
    {"Remove-CsXmppAllowedPartner", "Remove-CsXmppAllowedPartner -Identity \"contoso.com\""},
    {"Set-CsXmppGatewayConfiguration",
     "Set-CsXmppGatewayConfiguration -Identity global -ConnectionLimit 1200"},
    {"New-CsExternalAccessPolicy",
     "New-CsExternalAccessPolicy FedPic -EnableFederationAccess $true -EnableXmppAccess $true"},
    {"Get-CsExternalAccessPolicy", "Get-CsExternalAccessPolicy -Filter site:*"},
    {"Set-CsExternalAccessPolicy",
     "Set-CsExternalAccessPolicy -Identity FedPic -EnableXmppAccess $true"},
    {"Remove-CsExternalAccessPolicy", "Remove-CsExternalAccessPolicy -Identity site:Redmond"},
    {"Grant-CsExternalAccessPolicy",
     "Get-CsUser | Grant-CsExternalAccessPolicy -PolicyName FedPic"},
    {"Grant-CsExternalAccessPolicy",
     "Grant-CsExternalAccessPolicy -Identity \"Ken Myer\" -PolicyName $Null"},
    {"Set-CsAccessEdgeConfiguration", "Set-CsAccessEdgeConfiguration -AllowFederatedUsers $true"},
    {"New-CsBlockedDomain", "New-CsBlockedDomain -Identity fabrikam.com -Comment \"On request.\""},
    {"Get-CsUser", "Get-CsUser -Filter {ExternalAccessPolicy -eq $Null}"},
    {"Enable-CsUser",
     "Enable-CsUser -Identity \"Pilar Ackerman\" -RegistrarPool atl-cs-001.litwareinc.com "
     "-SipAddress sip:pilar@litwareinc.com"},
    {"Get-CsAdminRole",
     "Get-CsAdminRole | Where-Object {$_.Cmdlets -match \"Grant-CsExternalAccessPolicy\"}"},
    {"Request-CsCertificate",
     "Request-CsCertificate -New -Type AccessEdgeExternal -Output /tmp/edge.csr"},
    {"Test-CsXmppIM",
     "Test-CsXmppIM -TargetFqdn atl-cs-001.litwareinc.com -Receiver adelany@contoso.com"},
    {"Where-Object",
     "Get-CsXmppAllowedPartner | Where-Object {$_.SaslNegotiation -eq \"Required\"}"},
    {"Select-Object", "Get-CsAccessEdgeConfiguration | Select-Object Allow*"},
    {"Format-Table", "Get-CsUser | Format-Table -Property DisplayName, SipAddress -AutoSize"},
    {"ForEach-Object",
     "Get-CsUser | ForEach-Object {Grant-CsExternalAccessPolicy $_.SipAddress FedPic}"},
};

constexpr Parameter kProperty{.name = "Property",
                              .type = Type::Expressions,
                              .meaning = "names of properties; * is a wildcard",
                              .position = 0};

void add(std::vector<Cmdlet>& to,
         const char* name,
         Action action,
         const char* summary,
         std::vector<Parameter> parameters) {
    Cmdlet& made = to.emplace_back();
    made.name = name;
    made.verb = Verb::Shell;
    made.action = action;
    made.summary = summary;
    made.parameters = std::move(parameters);
}

}  // namespace

void add_shell_cmdlets(std::vector<Cmdlet>& to) {
    add(to,
        "Where-Object",
        where_object,
        "passes on the objects for which a condition holds",
        {{.name = "FilterScript",
          .type = Type::Expressions,
          .meaning = "{$_.Property -eq value}, or: Property -eq value",
          .position = 0,
          .is_mandatory = true}});
    add(to,
        "Select-Object",
        select_object,
        "passes on some properties, or some objects",
        {kProperty,
         {.name = "ExpandProperty", .meaning = "passes on the values of this property alone"},
         {.name = "First", .type = Type::UInt32, .meaning = "the first so many"},
         {.name = "Last", .type = Type::UInt32, .meaning = "the last so many"},
         {.name = "Skip", .type = Type::UInt32, .meaning = "not the first so many"},
         {.name = "Unique", .type = Type::Switch, .meaning = "each only once"}});
    add(to,
        "Sort-Object",
        sort_object,
        "passes them on in order",
        {kProperty,
         {.name = "Descending", .type = Type::Switch, .meaning = "the other way round"}});
    add(to, "Measure-Object", measure_object, "counts them", {});
    add(to,
        "ForEach-Object",
        for_each_object,
        "runs commands for each, which is $_ in them",
        {{.name = "Process",
          .type = Type::Expressions,
          .meaning = "{ commands }",
          .position = 0,
          .is_mandatory = true}});
    add(to, "Format-List", format_list, "prints one property a line", {kProperty});
    add(to,
        "Format-Table",
        format_table,
        "prints one object a line",
        {kProperty,
         {.name = "AutoSize",
          .type = Type::Switch,
          .meaning = "the same as without it: columns are as wide as they must be"},
         {.name = "Wrap", .type = Type::Switch, .meaning = "the same as without it"},
         {.name = "HideTableHeaders", .type = Type::Switch, .meaning = "rows only"}});
    add(to,
        "Get-Help",
        get_help,
        "explains a cmdlet and its parameters",
        {{.name = "Name", .meaning = "a cmdlet; * is a wildcard", .position = 0},
         {.name = "Parameter", .meaning = "only this parameter"},
         {.name = "Full", .type = Type::Switch, .meaning = "the same as without it"},
         {.name = "Detailed", .type = Type::Switch, .meaning = "the same as without it"},
         {.name = "Examples", .type = Type::Switch, .meaning = "examples only"},
         {.name = "Markdown",
          .type = Type::Switch,
          .meaning = "the page of all cmdlets for the documentation",
          .is_ours = true}});
    add(to,
        "Get-Command",
        get_command,
        "lists the cmdlets",
        {{.name = "Name", .meaning = "only those; * is a wildcard", .position = 0},
         {.name = "Noun", .meaning = "only those; * is a wildcard"},
         {.name = "Verb", .meaning = "only those; * is a wildcard"},
         {.name = "Module", .no_effect = "there is one module"}});
    add(to,
        "Get-Credential",
        get_credential,
        "names a user; no password is asked for, because none is needed here",
        {{.name = "Credential", .meaning = "DOMAIN\\logon", .position = 0}});
}

std::vector<std::string> examples_of(std::string_view cmdlet) {
    std::vector<std::string> made;
    for (const auto& [name, line] : kExamples) {
        if (cmdlet == name) {
            made.emplace_back(line);
        }
    }
    return made;
}

}  // namespace isthmus::cli::cs
