// What cmdlets do beyond the documented lines: binding, -WhatIf, -Confirm, conflicts, faults.
#include "cli/cs_harness.h"

#include <gtest/gtest.h>

namespace isthmus::cli::cs {
namespace {

class Cmdlets : public testing::Test {
  protected:
    Cmdlets() {
        add("POST", "partners", R"({"domain":"a.example","additional_domains":["b.a.example"]})");
        add("POST", "policies", R"({"identity":"Tag:Fed"})");
        for (const char* user : {R"({"uri":"ken@x.example","display_name":"Ken Myer"})",
                                 R"({"uri":"kim@x.example","display_name":"Kim Myer"})",
                                 R"({"uri":"k2@x.example","display_name":"Kim Myer"})"}) {
            add("POST", "users", user);
        }
    }

    void add(const char* method, const char* target, const char* body) {
        ASSERT_LT(harness.api.call({method, target, body, {}}).status, 300);
    }

    bool says(std::string_view text) const { return harness.talk.find(text) != std::string::npos; }

    Harness harness;
};

TEST_F(Cmdlets, PrefixesAndAmbiguity) {
    EXPECT_EQ(harness.run("set-csxmppallowedpartner a.example -des 'x' -tls opt"), 0);
    EXPECT_EQ(harness.api.changes.at(0),
              R"(PATCH partners/a.example {"description":"x","tls_negotiation":"Optional"})");
    // Ours does not make a documented prefix ambiguous.
    EXPECT_EQ(harness.run("Set-CsXmppAllowedPartner a.example -Enable $false"), 0);
    EXPECT_EQ(harness.api.changes.at(0), R"(PATCH partners/a.example {"enable_keep_alive":false})");
    EXPECT_EQ(harness.run("Set-CsXmppAllowedPartner a.example -Enabled $false"), 0);
    EXPECT_EQ(harness.api.changes.at(0), R"(PATCH partners/a.example {"enabled":false})");
    EXPECT_EQ(harness.run("Set-CsXmppAllowedPartner a.example -A b.example"), 0);
    EXPECT_EQ(harness.api.changes.at(0),
              R"(PATCH partners/a.example {"additional_domains":["b.example"]})");
    EXPECT_EQ(harness.run("Set-CsXmppAllowedPartner a.example -AllowPrivate $true"), 0);
    EXPECT_EQ(harness.api.changes.at(0),
              R"(PATCH partners/a.example {"allow_private_addresses":true})");
    EXPECT_EQ(harness.run("Set-CsXmppAllowedPartner a.example -PinnedCertificate ab,cd"), 0);
    EXPECT_EQ(harness.api.changes.at(0),
              R"(PATCH partners/a.example {"pinned_certificate":["ab","cd"]})");
    EXPECT_EQ(harness.run("Set-CsExternalAccessPolicy Fed -EnablePublic $true"), 2);
    EXPECT_TRUE(says("is ambiguous"));
    EXPECT_TRUE(says("-EnablePublicCloudAccess -EnablePublicCloudAudioVideoAccess"));
    EXPECT_EQ(harness.run("Set-CsExternalAccessPolicy Fed -EnablePublicCloudAcess $true"), 2);
    EXPECT_TRUE(says("did you mean -EnablePublicCloudAccess?"));
    EXPECT_TRUE(harness.api.changes.empty());
}

TEST_F(Cmdlets, FaultsOfBinding) {
    const std::pair<const char*, const char*> rows[] = {
        {"New-CsXmppAllowedPartner", "missing mandatory parameters: Identity"},
        {"New-CsXmppAllowedPartner -Identity a -Domain a", "Parameter set cannot be resolved"},
        {"New-CsXmppAllowedPartner x.example y.example", "A positional parameter cannot be found"},
        {"New-CsXmppAllowedPartner x -Tls Maybe", "Cannot convert value \"Maybe\""},
        {"New-CsXmppAllowedPartner x -ConnectionLimit -1", "Cannot convert value \"-1\""},
        {"New-CsXmppAllowedPartner x -ConnectionLimit 4294967296", "from 0 to 4294967295"},
        {"New-CsXmppAllowedPartner x -EnableKeepAlive maybe", "accept only Boolean values"},
        {"New-CsXmppAllowedPartner x -EnableKeepAlive", "Missing an argument"},
        {"New-CsXmppAllowedPartner x -Tls Required -Tls Optional", "specified more than once"},
        {"New-CsXmppAllowedPartner x -Description a,b", "one text is wanted"},
        {"New-CsXmppAllowedPartner x -AdditionalDomains @{Append='y'}",
         "by Add, Remove and Replace"},
        {"New-CsXmppAllowedPartner x -AdditionalDomains @{Replace='y';Add='z'}", "Replace alone"},
        {"Set-CsXmppAllowedPartner -Instance x", "an object is wanted"},
        {"Set-CsXmppAllowedPartner -Description x", "missing mandatory parameters: Identity"},
        {"Set-CsXmppGatewayConfiguration -Identity site:x -ConnectionLimit 1", "does not exist"},
        {"Get-CsUser -Identity x -Filter", "Missing an argument"},
        {"Get-CsXmppAllowedPartner -Identity x -Filter y", "exclude each other"},
        {"New-CsExternalAccessPolicy global", "cannot be created"},
        {"Grant-CsExternalAccessPolicy ken@x.example", "mandatory parameters: PolicyName"},
        {"Get-CsUser | ForEach-Object", "mandatory parameters: Process"},
        {"Get-CsUser | Where-Object", "needs a condition"},
        {"Grant-CsExternalAccessPolicy ken@x.example site:x", "is not a user policy"},
        {"Grant-CsExternalAccessPolicy ken@x.example $policy", "has not been set"},
        {"Set-CsAccessEdgeConfiguration -UseDnsSrvRouting -UseDefaultRouting",
         "exclude each other"},
        {"Set-CsAccessEdgeConfiguration -UseDefaultRouting", "DefaultRouteFqdn"},
        {"New-CsPublicProvider x -Enabled $true", "mandatory parameters: ProxyFqdn"},
        {"Get-CsUser -ResultSize 0", "-ResultSize cannot be"},
        {"Get-CsUser | Where-Object Enabled -eqq $true", "is no comparison"},
        {"Get-CsUser | Where-Object", "needs a condition"},
        {"Get-CsUser | Select-Object -ExpandProperty Nothing", "cannot be found"},
        {"Get-CsUser | Set-CsXmppAllowedPartner -Description x", "it is a User"},
        {"$x = Get-CsXmppAllowedPartner a.example; $x.Identity = 'b'", "cannot be set"},
        {"$x = Get-CsXmppAllowedPartner a.example; $x.Tls = 'b'", "cannot be set"},
    };
    for (const auto& [line, text] : rows) {
        EXPECT_NE(harness.run(line), 0) << line;
        EXPECT_TRUE(says(text)) << line << "\n" << harness.talk;
        EXPECT_TRUE(says("\n  why: ") && says("\n  fix: ")) << harness.talk;
        EXPECT_TRUE(harness.api.changes.empty()) << line;
    }
}

TEST_F(Cmdlets, AScriptIsCheckedBeforeItRuns) {
    EXPECT_EQ(harness.run("Remove-CsXmppAllowedPartner a.example\nGet-CsUsers"), 2);
    EXPECT_TRUE(harness.api.changes.empty());
    EXPECT_EQ(harness.run("Remove-CsXmppAllowedPartner a.example; Get-CsUser -Nothing x"), 2);
    EXPECT_EQ(harness.run("Remove-CsXmppAllowedPartner a.example; Get-CsUser | ? {$_.A -eqq 1}"),
              2);
    EXPECT_EQ(harness.run("Remove-CsXmppAllowedPartner a.example; Get-CsUser | % {Nothing}"), 2);
    EXPECT_TRUE(harness.api.changes.empty());
}

TEST_F(Cmdlets, AFaultStopsItsStatementOnly) {
    const char* const script =
        "Get-CsXmppAllowedPartner no.example; Get-CsXmppAllowedPartner | "
        "Select-Object -ExpandProperty Domain";
    EXPECT_EQ(harness.run(script), 1);
    EXPECT_EQ(harness.out, "a.example\n");
    EXPECT_EQ(harness.run(std::string("$ErrorActionPreference = 'Stop'\n") + script), 1);
    EXPECT_EQ(harness.out, "");
    EXPECT_EQ(harness.run("Get-CsXmppAllowedPartner no.example -ErrorAction Stop; Get-CsUser"), 1);
    EXPECT_EQ(harness.out, "");
    EXPECT_EQ(harness.run("Get-CsXmppAllowedPartner no.example -ea SilentlyContinue"), 1);
    EXPECT_EQ(harness.talk, "");
}

TEST_F(Cmdlets, APartnerWithoutATypeIsExplained) {
    EXPECT_EQ(harness.run("New-CsXmppAllowedPartner c.example"), 0);
    EXPECT_TRUE(says("NOTE: without a type a partner is PublicUnverified"));
    EXPECT_TRUE(says("Set-CsXmppAllowedPartner c.example -PartnerType Federated"));
    EXPECT_EQ(harness.run("New-CsXmppAllowedPartner d.example -Partner PublicUnverified"), 0);
    EXPECT_FALSE(says("NOTE: "));
}

TEST_F(Cmdlets, WhatIfIsCheckedAndDoesNothing) {
    EXPECT_EQ(harness.run("New-CsXmppAllowedPartner c.example -WhatIf"), 0);
    EXPECT_TRUE(
        says("What if: Performing the operation \"New-CsXmppAllowedPartner\" on target "
             "\"c.example\"."));
    EXPECT_EQ(harness.api.find("partners", "c.example"), nullptr);
    EXPECT_EQ(harness.out, "");
    EXPECT_EQ(harness.run("New-CsXmppAllowedPartner a.example -WhatIf"), 5);
    EXPECT_EQ(harness.run("New-CsXmppAllowedPartner d.example -Tls NotSupported -Sasl NotSupported "
                          "-SupportDialback $false -WhatIf"),
              2);
    EXPECT_TRUE(says("SASL or Dialback must be enabled."));
    harness.configure = [](Host& host) { host.what_if = true; };
    EXPECT_EQ(harness.run("Remove-CsXmppAllowedPartner a.example"), 0);
    EXPECT_NE(harness.api.find("partners", "a.example"), nullptr);
    EXPECT_EQ(harness.run("Remove-CsXmppAllowedPartner a.example -WhatIf:$false"), 0);
    EXPECT_EQ(harness.api.find("partners", "a.example"), nullptr);
}

TEST_F(Cmdlets, ConfirmAsks) {
    harness.answer = "n";
    EXPECT_EQ(harness.run("Remove-CsXmppAllowedPartner a.example -Confirm"), 0);
    EXPECT_EQ(harness.asked, 1U);
    EXPECT_TRUE(harness.api.changes.empty());
    harness.answer = "Y";
    EXPECT_EQ(harness.run("Set-CsXmppAllowedPartner a.example -Description x -Confirm:$true"), 0);
    EXPECT_EQ(harness.api.changes.size(), 1U);
    harness.answer.reset();
    EXPECT_EQ(harness.run("Remove-CsXmppAllowedPartner a.example -Confirm"), 2);
    EXPECT_TRUE(says("Nobody is there to confirm it"));
    harness.configure = [](Host& host) { host.yes = true; };
    EXPECT_EQ(harness.run("Remove-CsXmppAllowedPartner a.example -Confirm"), 0);
    EXPECT_EQ(harness.api.changes.size(), 1U);
}

TEST_F(Cmdlets, YesToAllAndNoToAll) {
    add("POST", "partners", R"({"domain":"b.example"})");
    harness.answer = "A";
    EXPECT_EQ(harness.run("Get-CsXmppAllowedPartner | Set-CsXmppAllowedPartner -Description x "
                          "-Confirm"),
              0);
    EXPECT_EQ(harness.asked, 1U);
    EXPECT_EQ(harness.api.changes.size(), 2U);
    harness.answer = "L";
    EXPECT_EQ(harness.run("Get-CsXmppAllowedPartner | Remove-CsXmppAllowedPartner -Confirm"), 0);
    EXPECT_EQ(harness.asked, 2U);
    EXPECT_TRUE(harness.api.changes.empty());
}

TEST_F(Cmdlets, WildcardsThatFindMoreThanOneAreConfirmed) {
    EXPECT_EQ(harness.run("Grant-CsExternalAccessPolicy '* Myer' Fed"), 2);
    EXPECT_TRUE(says("Nobody is there to confirm it"));
    EXPECT_TRUE(harness.api.changes.empty());
    EXPECT_EQ(harness.run("Grant-CsExternalAccessPolicy 'Ken*' Fed"), 0);
    EXPECT_EQ(harness.run("Grant-CsExternalAccessPolicy '* Myer' Fed -Confirm:$false"), 0);
    EXPECT_EQ(
        harness.api.changes.at(0),
        R"(POST policies/Tag%3AFed:grant {"users":["ken@x.example","kim@x.example","k2@x.example"]})");
    EXPECT_EQ(harness.run("Grant-CsExternalAccessPolicy 'Nobody*' Fed"), 0);
    EXPECT_TRUE(says("No user was found"));
}

TEST_F(Cmdlets, UsersByEveryName) {
    add("POST",
        "users",
        R"({"uri":"p@x.example","display_name":"Pilar","upn":"pilar@corp.example",)"
        R"("logon":"CORP\\pilar","dn":"CN=Pilar,OU=Sales,DC=x","policy":"Tag:Fed"})");
    for (const char* identity : {"p@x.example",
                                 "sip:P@X.example",
                                 "SIP:p@x.example",
                                 "pilar@corp.example",
                                 "'CORP\\pilar'",
                                 "corp\\PILAR",
                                 "'CN=Pilar,OU=Sales,DC=x'",
                                 "pilar",
                                 "'CORP\\pil*'",
                                 "sip:p@*"}) {
        EXPECT_EQ(harness.run(std::string("Get-CsUser ") + identity + " | select SipAddress | fl"),
                  0)
            << identity;
        EXPECT_EQ(harness.out, "\nSipAddress : sip:p@x.example\n\n") << identity;
    }
    EXPECT_EQ(harness.run("Get-CsUser 'Kim Myer'"), 2);
    EXPECT_TRUE(says("'Kim Myer' names 2 users."));
    EXPECT_EQ(harness.run("Get-CsUser nobody@x.example"), 1);
    EXPECT_TRUE(says("Management object not found for identity \"nobody@x.example\"."));
}

TEST_F(Cmdlets, APolicyThatUsersHoldIsRemovedByForce) {
    EXPECT_EQ(harness.run("Grant-CsExternalAccessPolicy ken@x.example Fed"), 0);
    EXPECT_EQ(harness.run("Remove-CsExternalAccessPolicy Fed"), 5);
    EXPECT_TRUE(says("fix: -Force takes it from them"));
    EXPECT_EQ(harness.run("Remove-CsExternalAccessPolicy Fed -Force"), 0);
    EXPECT_EQ(harness.api.changes.at(0), "DELETE policies/Fed?force=true");
}

TEST_F(Cmdlets, ListsOfUsersArePaged) {
    for (int i = 0; i < 2100; ++i) {
        const std::string body =
            "{\"uri\":\"u" + std::to_string(i) + "@x.example\",\"display_name\":\"\"}";
        add("POST", "users", body.c_str());
    }
    const std::size_t before = harness.api.questions;
    EXPECT_EQ(harness.run("(Get-CsUser).Count"), 0);
    EXPECT_EQ(harness.out, "2103\n");
    EXPECT_EQ(harness.api.questions, before + 3);
}

TEST_F(Cmdlets, AListChangesOnlyWhatIsStillThere) {
    harness.api.before_change = [this] {
        (*harness.api.find("partners", "a.example"))["description"] = "by somebody else";
    };
    EXPECT_EQ(
        harness.run("Set-CsXmppAllowedPartner a.example -AdditionalDomains @{Add='c.example'}"), 5);
    EXPECT_TRUE(says("IST-API-005"));
    EXPECT_EQ(harness.run("Set-CsXmppAllowedPartner a.example -AdditionalDomains @{Add='c.example',"
                          "'B.a.example';Remove='b.a.example'}"),
              0);
    EXPECT_EQ(harness.api.changes.at(0),
              R"(PATCH partners/a.example {"additional_domains":["c.example"]})");
    EXPECT_TRUE(says("B.a.example is in the list already."));
    EXPECT_EQ(harness.run("Set-CsXmppAllowedPartner a.example -AdditionalDomains "
                          "@{Replace='x.example','y.example'}"),
              0);
    EXPECT_EQ(harness.api.changes.at(0),
              R"(PATCH partners/a.example {"additional_domains":["x.example","y.example"]})");
}

TEST_F(Cmdlets, AnInstanceSavesItsChangesOnly) {
    EXPECT_EQ(harness.run("$x = Get-CsXmppAllowedPartner a.example\n$x.Description = 'new'\n"
                          "$x.ConnectionLimit = 5; Set-CsXmppAllowedPartner -Instance $x"),
              0);
    EXPECT_EQ(harness.api.changes.at(0),
              R"(PATCH partners/a.example {"description":"new","connection_limit":5})");
    EXPECT_EQ(harness.run("$x = Get-CsXmppAllowedPartner a.example; $x.ConnectionLimit = $null; "
                          "$x.Description = $null; $x | Set-CsXmppAllowedPartner -Sasl Optional"),
              0);
    EXPECT_EQ(harness.api.changes.at(0),
              R"(PATCH partners/a.example {"description":"","connection_limit":null,)"
              R"("sasl_negotiation":"Optional"})");
    EXPECT_EQ(harness.run("$x = Get-CsXmppAllowedPartner a.example; $x.TlsNegotiation = 'perhaps'"),
              2);
    EXPECT_EQ(harness.run("$x = New-CsXmppAllowedPartner new.example -InMemory; $x; "
                          "Set-CsXmppAllowedPartner -Instance $x; Set-CsXmppAllowedPartner "
                          "-Instance $x -Description again"),
              0);
    EXPECT_EQ(harness.api.changes.size(), 2U);
    EXPECT_EQ(harness.api.changes.at(1).substr(0, 26), "PATCH partners/new.example");
}

TEST_F(Cmdlets, SecretsAreWarnedOfAndNeverShown) {
    EXPECT_EQ(harness.run("Set-CsXmppGatewayConfiguration -DialbackPassphrase s3cret"), 0);
    EXPECT_TRUE(says("stands on the command line"));
    EXPECT_FALSE(says("s3cret"));
    EXPECT_EQ(harness.run("Set-CsXmppGatewayConfiguration -DialbackPassphrase - -Verbose"), 0);
    EXPECT_EQ(harness.api.changes.at(0), R"(PATCH gateway {"dialback_passphrase":"from stdin"})");
    EXPECT_FALSE(says("from stdin"));
    EXPECT_EQ(harness.run("Get-CsXmppGatewayConfiguration | fl DialbackPassphrase"), 0);
    EXPECT_EQ(harness.out, "\nDialbackPassphrase : (set)\n\n");
}

TEST_F(Cmdlets, OutputIsAlignedAndHarmless) {
    (*harness.api.find("partners", "a.example"))["description"] = "line one\r\nline two \x1b[31m";
    EXPECT_EQ(harness.run("Get-CsXmppAllowedPartner | fl Domain, Desc*"), 0);
    EXPECT_EQ(
        harness.out,
        "\nDomain      : a.example\nDescription : line one\n              line two \\x1B[31m\n\n");
    harness.configure = [](Host& host) { host.format = Format::Json; };
    EXPECT_EQ(harness.run("Get-CsXmppAllowedPartner | select Domain, AdditionalDomains"), 0);
    EXPECT_EQ(harness.out,
              R"([{"Domain":"a.example","AdditionalDomains":["b.a.example"]}])"
              "\n");
    harness.configure = [](Host& host) { host.format = Format::Name; };
    EXPECT_EQ(harness.run("Get-CsUser"), 0);
    EXPECT_EQ(harness.out, "ken@x.example\nkim@x.example\nk2@x.example\n");
}

TEST_F(Cmdlets, CommandsOfTheShell) {
    const std::pair<const char*, const char*> rows[] = {
        {"Get-CsUser | sort DisplayName -Descending | select -First 1 -ExpandProperty DisplayName",
         "Kim Myer\n"},
        {"Get-CsUser | select DisplayName -Unique | measure | select -ExpandProperty Count", "2\n"},
        {"Get-CsUser | select -Skip 1 -First 1 -ExpandProperty SipAddress", "sip:kim@x.example\n"},
        {"Get-CsUser | select -Last 1 -ExpandProperty SipAddress", "sip:k2@x.example\n"},
        {"(Get-CsUser | where DisplayName -like 'Ken*').SipAddress", "sip:ken@x.example\n"},
        {"Get-CsUser | % {(Get-CsUser $_.SipAddress).DisplayName}",
         "Ken Myer\nKim Myer\nKim Myer\n"},
        {"$a = 'a','b'; $a.Count; \"$a!\"", "2\na b!\n"},
        {"$d = 'a.example'; (Get-CsXmppAllowedPartner $d).Domain", "a.example\n"},
        {"Get-CsUser -ResultSize 1 | measure | select -ExpandProperty Count", "1\n"},
        {"Get-CsUser -OutVariable u | measure | select -ExpandProperty Count; $u.Count", "3\n3\n"},
        {"Get-CsUser | ft DisplayName -HideTableHeaders", "\nKen Myer\nKim Myer\nKim Myer\n\n"},
    };
    for (const auto& [line, expected] : rows) {
        EXPECT_EQ(harness.run(line), 0) << line << harness.talk;
        EXPECT_EQ(harness.out, expected) << line;
    }
}

TEST_F(Cmdlets, DoublingIsBounded) {
    for (const char* start : {"$x = 'abcd'", "$x = 'a','b'"}) {
        std::string script = start;
        for (int i = 0; i < 60; ++i) {
            script += script.find(',') == std::string::npos ? "; $x = \"$x$x\"" : "; $x = $x,$x";
        }
        EXPECT_EQ(harness.run("$ErrorActionPreference = 'Stop'; " + script), 2);
        EXPECT_TRUE(says("The value is too large."));
    }
}

TEST_F(Cmdlets, PassThruPutsUsersOut) {
    EXPECT_EQ(harness.run("Grant-CsExternalAccessPolicy ken@x.example Fed -PassThru | select "
                          "SipAddress, ExternalAccessPolicy | fl"),
              0);
    EXPECT_EQ(harness.out,
              "\nSipAddress           : sip:ken@x.example\nExternalAccessPolicy : Fed\n\n");
    EXPECT_EQ(harness.run("Get-CsUser -Filter {ExternalAccessPolicy -eq 'Fed'} | select "
                          "-ExpandProperty SipAddress"),
              0);
    EXPECT_EQ(harness.out, "sip:ken@x.example\n");
}

TEST_F(Cmdlets, MissingPoliciesAndUsersAreSaid) {
    EXPECT_EQ(harness.run("Grant-CsExternalAccessPolicy ken@x.example Nothing"), 1);
    EXPECT_TRUE(says("Policy \"Nothing\" is not a user policy."));
    EXPECT_EQ(harness.run("Grant-CsExternalAccessPolicy ken@x.example tag:Fed"), 0);
    EXPECT_EQ(harness.run("Remove-CsExternalAccessPolicy Nothing"), 1);
    EXPECT_TRUE(says("Cannot find \"ExternalAccessPolicy\" \"Nothing\""));
}

TEST_F(Cmdlets, InjectionIsText) {
    EXPECT_EQ(harness.run("Get-CsXmppAllowedPartner 'a/../../admins?x=1#y'"), 1);
    EXPECT_EQ(harness.run({"Set-CsXmppAllowedPartner",
                           "a.example",
                           "-Description",
                           "'; Remove-CsXmppAllowedPartner a.example; $(x) \" \n"}),
              0);
    EXPECT_EQ(harness.api.changes.size(), 1U);
    EXPECT_EQ(
        harness.api.changes.at(0),
        R"(PATCH partners/a.example {"description":"'; Remove-CsXmppAllowedPartner a.example; )"
        R"($(x) \" \n"})");
}

}  // namespace
}  // namespace isthmus::cli::cs
