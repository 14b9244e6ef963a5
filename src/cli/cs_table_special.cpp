// Cmdlets with parameters of their own: users, grants, roles, certificates, the partner test.
#include "cli/cs_actions.h"
#include "cli/cs_common_parameters.h"
#include "cli/cs_table.h"

namespace isthmus::cli::cs {

namespace {

constexpr const char* kNoDirectory =
    "users are in the gateway's own list, not asked of a directory";
constexpr const char* kNoVoice = "this gateway carries messages and presence only";
constexpr const char* kNoReport = "no HTML report is written; the result is printed";
constexpr const char* kCertTypes =
    "AccessEdgeExternal|AudioVideoAuthentication|DataEdgeExternal|Default|External|Internal|"
    "iPhoneAPNService|iPadAPNService|LogRetentionService|MPNService|OAuthTokenIssuer|PICWebService|"
    "ProvisionService|SMPDNSWebService|TenantAdmin|UpgradeEngineService|WebServicesExternal|"
    "WebServicesInternal|WsFedTokenTransfer|XMPPServer";

constexpr Parameter kUser{.name = "Identity",
                          .meaning =
                              "SIP address, user principal name, DOMAIN\\logon, display name "
                              "or distinguished name; * is a wildcard",
                          .position = 0,
                          .is_mandatory = true};
constexpr Parameter kController{.name = "DomainController", .no_effect = kNoDirectory};
constexpr Parameter kPassThru{.name = "PassThru",
                              .type = Type::Switch,
                              .meaning = "puts the users out, for the next command"};

Cmdlet& add(std::vector<Cmdlet>& to,
            const char* name,
            Action action,
            const char* right,
            const char* summary,
            std::vector<Parameter> parameters) {
    Cmdlet& made = to.emplace_back();
    made.name = name;
    made.action = action;
    made.right = right;
    made.summary = summary;
    made.parameters = std::move(parameters);
    return made;
}

Parameter cert_types(const char* meaning, bool is_mandatory = false) {
    return {.name = "Type",
            .type = Type::Choices,
            .meaning = meaning,
            .property = "uses",
            .choices = kCertTypes,
            .is_mandatory = is_mandatory};
}

constexpr Parameter kReport{.name = "Report", .no_effect = kNoReport};
constexpr Parameter kNetport{.name = "NetportId", .no_effect = "there are no such ports here"};
constexpr Parameter kGlobal{.name = "Identity",
                            .meaning = "global: there is one set of uses",
                            .standard = "global",
                            .position = 0};
constexpr Parameter kEffective{.name = "EffectiveDate",
                               .type = Type::DateTime,
                               .meaning = "from when a successor holds",
                               .property = "effective_date"};
constexpr Parameter kRoll{.name = "Roll",
                          .type = Type::Switch,
                          .meaning = "stages it as the successor; needs -EffectiveDate",
                          .property = "roll"};
constexpr Parameter kPassword{.name = "Password",
                              .meaning = "of the file; '-' reads it from the standard input",
                              .property = "password"};

void add_request(std::vector<Cmdlet>& to) {
    add(to,
        "Request-CsCertificate",
        request_certificate,
        "Configure",
        "makes, lists, fetches or clears certificate requests",
        {
            {.name = "New", .type = Type::Switch, .meaning = "makes a request"},
            {.name = "List", .type = Type::Switch, .meaning = "lists requests"},
            {.name = "Retrieve", .type = Type::Switch, .meaning = "fetches what was issued"},
            {.name = "Clear", .type = Type::Switch, .meaning = "forgets requests"},
            {.name = "RequestId", .type = Type::UInt32, .meaning = "one request only"},
            cert_types("what the certificate is for"),
            {.name = "CA", .meaning = R"("host\name" of an online CA)", .property = "ca"},
            {.name = "Output", .meaning = "file for an offline request", .property = "output"},
            {.name = "DomainName",
             .meaning = "more names, separated by commas",
             .property = "domain_name"},
            {.name = "AllSipDomain",
             .type = Type::Switch,
             .meaning = "adds all SIP domains",
             .property = "all_sip_domain"},
            {.name = "FriendlyName", .meaning = "name in lists", .property = "friendly_name"},
            {.name = "KeySize",
             .type = Type::Choice,
             .meaning = "bits of an RSA key",
             .property = "key_size",
             .standard = "2048",
             .choices = "1024|2048|4096"},
            {.name = "KeyAlg",
             .type = Type::Choice,
             .meaning = "kind of key",
             .property = "key_alg",
             .standard = "RSA",
             .choices = "RSA|ECDH_P256|ECDH_P384|ECDH_P521"},
            {.name = "PrivateKeyExportable",
             .type = Type::Boolean,
             .meaning = "whether the key may leave the gateway",
             .property = "private_key_exportable",
             .standard = "False"},
            {.name = "ClientEKU",
             .type = Type::Boolean,
             .meaning = "also for use as a client; always on here",
             .property = "client_eku",
             .standard = "False"},
            {.name = "ComputerFqdn", .meaning = "subject name", .property = "computer_fqdn"},
            {.name = "City", .property = "city"},
            {.name = "State", .property = "state"},
            {.name = "Country", .property = "country"},
            {.name = "Organization", .property = "organization"},
            {.name = "OU", .property = "ou"},
            {.name = "Template", .no_effect = "templates belong to Active Directory CAs"},
            {.name = "CaAccount", .no_effect = "no directory account is used"},
            {.name = "CaPassword", .no_effect = "no directory account is used"},
            {.name = "GlobalCatalog", .no_effect = kNoDirectory},
            {.name = "GlobalSettingsDomainController", .no_effect = kNoDirectory},
            kForce,
            kReport,
            kWhatIf,
            kConfirm,
        });
}

}  // namespace

void add_certificate_cmdlets(std::vector<Cmdlet>& to) {
    add_request(to);
    add(to,
        "Import-CsCertificate",
        import_certificate,
        "Configure",
        "imports a certificate from a file",
        {kGlobal,
         {.name = "Path", .meaning = "the file", .property = "path", .is_mandatory = true},
         kPassword,
         {.name = "PrivateKeyExportable",
          .type = Type::Boolean,
          .meaning = "whether the key may leave the gateway",
          .property = "private_key_exportable",
          .standard = "False"},
         cert_types("assigns it at once"),
         kEffective,
         kRoll,
         kForce,
         kReport,
         kWhatIf,
         kConfirm});
    add(to,
        "Set-CsCertificate",
        set_certificate,
        "Configure",
        "assigns a certificate to uses",
        {{.name = "Identity", .meaning = "global", .standard = "global"},
         cert_types("the uses"),
         {.name = "Thumbprint", .meaning = "names the certificate", .property = "thumbprint"},
         {.name = "Reference", .type = Type::Instance, .meaning = "what Get-CsCertificate gave"},
         {.name = "Path", .meaning = "imports this file first", .property = "path"},
         kPassword,
         kEffective,
         kRoll,
         kNetport,
         kForce,
         kReport,
         kWhatIf,
         kConfirm});
    add(to,
        "Get-CsCertificate",
        get_certificates,
        "Read",
        "shows the certificates that are assigned",
        {kGlobal, cert_types("only these uses"), kNetport, kReport});
    add(to,
        "Remove-CsCertificate",
        remove_certificate,
        "Configure",
        "takes certificates from their uses; they stay in the store",
        {kGlobal,
         cert_types("the uses"),
         {.name = "Previous",
          .type = Type::Switch,
          .meaning = "the one before, after a roll",
          .property = "previous"},
         kNetport,
         kForce,
         kReport,
         kWhatIf,
         kConfirm});
    add(to,
        "Test-CsXmppIM",
        test_xmpp_im,
        "Troubleshoot",
        "sends an instant message to an XMPP user and says how it went",
        {{.name = "TargetFqdn", .meaning = "the pool, as a label of the result", .position = 0},
         {.name = "Receiver",
          .meaning = "SIP address of the XMPP user",
          .property = "receiver",
          .is_mandatory = true},
         {.name = "UserSipAddress", .meaning = "who sends it", .property = "sender"},
         {.name = "UserCredential",
          .type = Type::Expressions,
          .no_effect = "the gateway sends as the user without his password"},
         {.name = "RegistrarPort", .type = Type::UInt32, .no_effect = "nobody signs in"},
         {.name = "Authentication", .no_effect = "nobody signs in"},
         {.name = "OutLoggerVariable", .meaning = "keeps the steps in this variable"},
         {.name = "OutVerboseVariable", .meaning = "keeps the steps in this variable"},
         kForce});
}

void add_user_cmdlets(std::vector<Cmdlet>& to) {
    add(to,
        "Grant-CsExternalAccessPolicy",
        grant_policy,
        "Users",
        "assigns a user policy to users, or takes it from them",
        {{.name = "Identity",
          .meaning = "as of Get-CsUser; a wildcard that finds more than one needs -Confirm:$false",
          .position = 0},
         {.name = "PolicyName",
          .meaning = "name of a user policy without tag:; $null takes it away",
          .position = 1,
          .is_mandatory = true},
         {.name = "Global",
          .type = Type::Switch,
          .meaning = "refused: change the global policy instead"},
         {.name = "Group", .meaning = "refused: policies are not granted to groups"},
         {.name = "Rank", .type = Type::UInt32, .no_effect = "policies are not granted to groups"},
         {.name = "Tenant", .no_effect = "there are no tenants here"},
         kPassThru,
         kController,
         kForce,
         kWhatIf,
         kConfirm});
    Parameter user = kUser;
    user.is_mandatory = false;
    add(to,
        "Get-CsUser",
        get_users,
        "Read",
        "shows the users",
        {user,
         {.name = "Filter",
          .type = Type::Filter,
          .meaning = "a condition on properties: {Enabled -eq $True}"},
         {.name = "LdapFilter", .meaning = "an RFC 4515 filter on what is known of users"},
         {.name = "OU", .meaning = "users whose distinguished name ends so"},
         {.name = "ResultSize", .meaning = "no more than so many; Unlimited"},
         {.name = "UnAssignedUser", .type = Type::Switch, .meaning = "users without a pool"},
         {.name = "OnLyncServer", .type = Type::Switch, .meaning = "users homed here"},
         {.name = "OnModernServer", .type = Type::Switch, .meaning = "users homed here"},
         {.name = "OnOfficeCommunicationServer",
          .type = Type::Switch,
          .meaning = "users not moved yet (homed legacy)"},
         {.name = "Credential", .type = Type::Expressions, .no_effect = kNoDirectory},
         kController});
    add(to,
        "Set-CsUser",
        set_users,
        "Users",
        "changes users",
        {kUser,
         {.name = "Enabled",
          .type = Type::Boolean,
          .meaning = "whether the user may be served",
          .property = "enabled"},
         {.name = "SipAddress", .no_effect = "an address is not renamed: make the user anew"},
         {.name = "AcpInfo", .type = Type::Expressions, .no_effect = kNoVoice},
         {.name = "AudioVideoDisabled", .type = Type::Boolean, .no_effect = kNoVoice},
         {.name = "EnterpriseVoiceEnabled", .type = Type::Boolean, .no_effect = kNoVoice},
         {.name = "ExchangeArchivingPolicy", .no_effect = kNoVoice},
         {.name = "HostedVoiceMail", .type = Type::Boolean, .no_effect = kNoVoice},
         {.name = "LineServerURI", .no_effect = kNoVoice},
         {.name = "LineURI", .no_effect = kNoVoice},
         {.name = "OnPremLineURI", .no_effect = kNoVoice},
         {.name = "PrivateLine", .no_effect = kNoVoice},
         {.name = "RemoteCallControlTelephonyEnabled",
          .type = Type::Boolean,
          .no_effect = kNoVoice},
         kPassThru,
         kController,
         kWhatIf,
         kConfirm});
    add(to,
        "Enable-CsUser",
        enable_user,
        "Users",
        "enters a user, or lets him be served again",
        {kUser,
         {.name = "RegistrarPool", .meaning = "FQDN of the user's pool", .property = "pool"},
         {.name = "SipAddress", .meaning = "sip:user@domain"},
         {.name = "SipAddressType",
          .type = Type::Choice,
          .meaning = "makes the address of what -Identity says",
          .choices = "FirstLastName|EmailAddress|UserPrincipalName|SamAccountName"},
         {.name = "SipDomain", .meaning = "its domain, with -SipAddressType"},
         {.name = "HostingProviderProxyFqdn",
          .no_effect = "the user is served here, whoever hosts the account"},
         {.name = "ProxyPool", .no_effect = kNoVoice},
         kPassThru,
         kController,
         kWhatIf,
         kConfirm});
    add(to,
        "Disable-CsUser",
        disable_users,
        "Users",
        "serves users no longer and takes their policy; they stay in the list, or else the global "
        "policy would hold for them",
        {kUser, kPassThru, kController, kWhatIf, kConfirm});
    add(to,
        "Get-CsAdminRole",
        get_admin_roles,
        "Read",
        "shows the roles of administrators and the cmdlets that each may run",
        {{.name = "Identity", .meaning = "name of a role", .position = 0},
         {.name = "Filter", .meaning = "only those whose Identity matches"},
         {.name = "Sid", .no_effect = "roles are no directory groups"},
         {.name = "LocalStore",
          .type = Type::Switch,
          .meaning = "the same as without it: there is one store"}});
}

}  // namespace isthmus::cli::cs
