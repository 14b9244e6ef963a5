#include "cli/examples.h"

#include "cli/usage.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace isthmus::cli {

namespace {

struct Example {
    std::string_view command;  ///< its words behind the program's name; empty: the program's own
    std::string_view line;
};

// The first of a command stands for it in the help of its group.
constexpr Example kExamples[] = {
    {"", "isthmus config check /etc/isthmus/isthmus.toml"},
    {"", "isthmus serve --config /etc/isthmus/isthmus.toml"},
    {"", "isthmus status"},
    {"",
     "isthmus partner create fabrikam.example --partner-type Federated "
     "--sasl-negotiation Optional"},
    {"", "isthmus policy explain --user alice@contoso.example --to juliet@fabrikam.example"},
    {"", "isthmus -o json partner list"},
    {"serve", "isthmus serve --config /etc/isthmus/isthmus.toml"},
    {"completion", "isthmus completion bash > /etc/bash_completion.d/isthmus"},
    {"completion", "isthmus completion fish > ~/.config/fish/completions/isthmus.fish"},
    {"config check", "isthmus config check /etc/isthmus/isthmus.toml"},
    {"setup", "isthmus setup"},
    {"setup",
     "isthmus setup isthmus.toml --name gateway.contoso.example --domains contoso.example "
     "--sip-system tls:sip.contoso.example:5061"},
    {"config show", "isthmus config show"},
    {"config show", "isthmus config show --effective -o json"},
    {"config schema", "isthmus config schema > isthmus.schema.json"},
    {"config history", "isthmus config history"},
    {"config history", "isthmus config history 42 -o json"},
    {"config undo", "isthmus config undo 42"},
    {"config rollback", "isthmus config rollback 41 --reason 'the partner is back'"},
    {"translate", "isthmus translate --cases message-map.json"},
    {"status", "isthmus status"},
    {"status", "isthmus status -o json"},
    {"status", "isthmus status --watch"},
    {"doctor", "isthmus doctor"},
    {"doctor", "isthmus doctor -q"},
    {"sip-peer create",
     "isthmus sip-peer create frontend --kind lync --target tls:pool.contoso.example:5061 "
     "--domains contoso.example"},
    {"sip-peer set", "isthmus sip-peer set frontend --addresses 192.0.2.10,192.0.2.11"},
    {"sip-peer delete", "isthmus sip-peer delete frontend"},
    {"sip-peer test", "isthmus sip-peer test frontend"},
    {"partner list", "isthmus partner list -o wide"},
    {"partner get", "isthmus partner get fabrikam.example"},
    {"partner create",
     "isthmus partner create fabrikam.example --partner-type Federated "
     "--sasl-negotiation Optional"},
    {"partner create",
     "isthmus partner create gmail.com --tls-negotiation NotSupported --sasl-negotiation "
     "NotSupported --support-dialback-negotiation true"},
    {"partner create",
     "isthmus partner create litware.example --additional-domains "
     "a.litware.example,b.litware.example "
     "--enabled false --reason 'until the cut-over'"},
    {"partner set", "isthmus partner set fabrikam.example --tls-negotiation Required"},
    {"partner delete", "isthmus partner delete fabrikam.example"},
    {"partner enable", "isthmus partner enable fabrikam.example"},
    {"partner retry", "isthmus partner retry fabrikam.example"},
    {"partner disable", "isthmus partner disable fabrikam.example --reason 'spam since noon'"},
    {"partner test", "isthmus partner test fabrikam.example --reverse"},
    {"partner test",
     "isthmus partner test fabrikam.example --send-im alice@contoso.example "
     "romeo@fabrikam.example"},
    {"partner block", "isthmus partner block evil.example"},
    {"partner block", "isthmus partner block '*.evil.example'"},
    {"partner unblock", "isthmus partner unblock evil.example"},
    {"policy get", "isthmus policy get global"},
    {"policy create",
     "isthmus policy create Sales --enable-federation-access true --enable-xmpp-access true"},
    {"policy create", "isthmus policy create site:Paris --enable-federation-access false"},
    {"policy set",
     "isthmus policy set global --enable-federation-access true --enable-xmpp-access true"},
    {"policy delete", "isthmus policy delete Sales"},
    {"policy grant", "isthmus policy grant --user alice@contoso.example Sales"},
    {"policy grant", "isthmus policy grant --user '*@contoso.example' Sales"},
    {"policy revoke", "isthmus policy revoke --user alice@contoso.example"},
    {"policy explain",
     "isthmus policy explain --user alice@contoso.example --to juliet@fabrikam.example"},
    {"access-edge get", "isthmus access-edge get"},
    {"access-edge set", "isthmus access-edge set --allow-federated-users true"},
    {"gateway set", "isthmus gateway set --keep-alive-interval 120"},
    {"gateway set", "isthmus gateway set --dialback-passphrase - < passphrase"},
    {"user list", "isthmus user list --q smith --site Paris"},
    {"user list", "isthmus user list --homed legacy --limit 1000 -o name"},
    {"user get", "isthmus user get alice@contoso.example"},
    {"user create",
     "isthmus user create alice@contoso.example --display-name 'Alice Smith' --site Paris"},
    {"user set", "isthmus user set alice@contoso.example --enabled false"},
    {"user set", "isthmus user set alice@contoso.example --homed here"},
    {"user delete", "isthmus user delete alice@contoso.example"},
    {"user password", "isthmus user password alice@contoso.example < password"},
    {"user import", "isthmus --dry-run user import users.csv"},
    {"user import", "isthmus user import users.csv"},
    {"user sync", "isthmus --dry-run user sync"},
    {"user sync", "isthmus user sync"},
    {"migrate readiness", "isthmus migrate readiness"},
    {"migrate inspect", "isthmus migrate inspect partners.xml users.xml"},
    {"migrate plan", "isthmus migrate plan *.xml"},
    {"migrate plan", "isthmus migrate plan *.xml -o json >plan.json"},
    {"migrate apply", "isthmus --reason 'from the old pool' migrate apply plan.json"},
    {"migrate undo", "isthmus migrate undo 12"},
    {"site create", "isthmus site create Paris --description 'Rue de Rivoli'"},
    {"site delete", "isthmus site delete Paris"},
    {"site map", "isthmus site map --pool pool1.contoso.example Paris"},
    {"sip-domain allow", "isthmus sip-domain allow litware.example"},
    {"sip-domain block", "isthmus sip-domain block '*.evil.example' --comment spam"},
    {"sip-domain delete", "isthmus sip-domain delete litware.example"},
    {"subscription list", "isthmus subscription list --user alice@contoso.example"},
    {"subscription list", "isthmus subscription list --partner fabrikam.example --limit 20"},
    {"subscription get", "isthmus subscription get 100000000s"},
    {"subscription refresh", "isthmus subscription refresh 100000000s"},
    {"subscription end", "isthmus subscription end 100000000s"},
    {"contact list", "isthmus contact list --user alice@contoso.example"},
    {"contact add", "isthmus contact add --user alice@contoso.example juliet@fabrikam.example"},
    {"contact remove",
     "isthmus contact remove --user alice@contoso.example juliet@fabrikam.example"},
    {"stream list", "isthmus stream list --partner fabrikam.example"},
    {"dialog list", "isthmus dialog list --user alice@contoso.example"},
    {"message list", "isthmus message list --state failed --since 2h"},
    {"message series", "isthmus message series"},
    {"conversation list", "isthmus conversation list --user alice@contoso.example --since 1d"},
    {"stream get", "isthmus stream get o1"},
    {"stream close", "isthmus stream close o1"},
    {"dialog get", "isthmus dialog get 100000000s"},
    {"dialog end", "isthmus dialog end 100000000s"},
    {"trace start", "isthmus trace start --user alice@contoso.example --for 10m"},
    {"trace start", "isthmus trace start --partner fabrikam.example --bodies --reason 'ticket 7'"},
    {"trace get", "isthmus trace get t1"},
    {"trace ladder", "isthmus trace ladder t1"},
    {"trace follow", "isthmus trace follow t1 -v"},
    {"trace show", "isthmus trace show t1 --ladder"},
    {"trace export", "isthmus trace export t1 --as svg > t1.svg"},
    {"trace stop", "isthmus trace stop t1"},
    {"trace delete", "isthmus trace delete t1"},
    {"cert list", "isthmus cert list -o wide"},
    {"cert get", "isthmus cert get gateway-2027"},
    {"cert request", "isthmus cert request gateway-2027 --key-type p-256 > gateway-2027.csr"},
    {"cert request",
     "isthmus cert request web --use admin --names panel.contoso.example --organization Contoso"},
    {"cert csr", "isthmus cert csr gateway-2027 > gateway-2027.csr"},
    {"cert import", "isthmus cert import answer.p7b --use sip,xmpp-s2s"},
    {"cert import", "isthmus cert import gateway.pfx --password-stdin"},
    {"cert import", "isthmus cert import cert.pem --key key.pem --chain chain.pem --name web"},
    {"cert watch",
     "isthmus cert watch acme --certificate-file /etc/isthmus/tls/web/fullchain.pem "
     "--private-key-file /etc/isthmus/tls/web/privkey.pem --use sip,xmpp-s2s,admin"},
    {"cert uses", "isthmus cert uses"},
    {"cert assign", "isthmus cert assign gateway-2027 --use xmpp-s2s"},
    {"cert assign", "isthmus cert assign gateway-2028 --use sip --effective 2027-11-30T22:00:00Z"},
    {"cert remove", "isthmus cert remove --use admin"},
    {"cert remove", "isthmus cert remove --use sip --previous"},
    {"cert served", "isthmus cert served"},
    {"cert served", "isthmus cert served xmpp.fabrikam.example:5269 --name fabrikam.example"},
    {"cert delete", "isthmus cert delete gateway-2026"},
    {"admin create", "isthmus admin create viola --role viewer --password-stdin"},
    {"admin get", "isthmus admin get viola"},
    {"admin set", "isthmus admin set viola --role helpdesk"},
    {"admin set", "isthmus admin set viola --password-stdin < password"},
    {"admin delete", "isthmus admin delete viola"},
    {"admin unlock", "isthmus admin unlock viola"},
    {"admin reset-totp", "isthmus admin reset-totp viola"},
    {"admin link", "isthmus admin link"},
    {"admin link", "isthmus admin link --as viola"},
    {"admin token create",
     "isthmus admin token create --role viewer --expires 90d --description monitoring > token"},
    {"admin token revoke", "isthmus admin token revoke 3f9c01d2a4b5"},
    {"admin session end", "isthmus admin session end 3f9c01d2a4b5"},
    {"cs", "isthmus cs 'New-CsXmppAllowedPartner fabrikam.example -PartnerType Federated'"},
    {"cs", "isthmus cs 'Get-CsUser | Grant-CsExternalAccessPolicy -PolicyName FedPic'"},
    {"cs", "isthmus cs Get-Help Set-CsXmppAllowedPartner"},
    {"cs", "isthmus cs < script.ps1"},
};

/// "isthmus stream close ID": its words in capitals, and the flags that it must have.
std::string shortest_line(const CLI::App& command) {
    std::string made = path_of(command);
    for (const CLI::Option* option : command.get_options()) {
        if (!option->get_required()) {
            continue;
        }
        const std::string name = option->get_name(option->get_positional());
        made += " " + name;
        if (!option->get_positional()) {
            std::string value = name.substr(name.find_first_not_of('-'));
            std::ranges::transform(value, value.begin(), [](char c) {
                return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
            });
            made += " " + value;
        }
    }
    return made;
}

}  // namespace

std::vector<std::string> examples_of(const CLI::App& command) {
    constexpr std::size_t kOfGroup = 4;
    std::vector<std::string> made;
    const std::string words = words_of(command);
    for (const Example& one : kExamples) {
        if (one.command == words) {
            made.emplace_back(one.line);
        }
    }
    const auto below = command.get_subcommands([](const CLI::App*) { return true; });
    for (const CLI::App* one : below) {
        if (made.size() < kOfGroup) {
            made.push_back(examples_of(*one).front());
        }
    }
    if (made.empty()) {
        made.push_back(shortest_line(command));
    }
    return made;
}

void add_examples(CLI::App& root) {
    std::string text = "Examples:";
    for (const std::string& line : examples_of(root)) {
        text += "\n  " + line;
    }
    if (root.get_parent() != nullptr) {
        text += "\n\nFlags of all commands: isthmus --help";
    }
    root.footer(text);
    for (CLI::App* one : root.get_subcommands([](const CLI::App*) { return true; })) {
        add_examples(*one);
    }
}

}  // namespace isthmus::cli
