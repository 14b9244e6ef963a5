#include "cli/cs_command.h"

#include "cli/cs_shell.h"
#include "cli/program.h"
#include "cli/secret_input.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <utility>

namespace isthmus::cli {

namespace {

constexpr std::string_view kWithValue[] = {
    "--server", "--token-file", "--ca-file", "--fingerprint", "--timeout", "--output", "-o"};

bool takes_value(std::string_view flag) {
    return std::ranges::find(kWithValue, flag) != std::end(kWithValue);
}

/// A program called /usr/bin/New-CsXmppAllowedPartner.
std::string cmdlet_of_program(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    const std::string name(slash == std::string_view::npos ? path : path.substr(slash + 1));
    return name.find('-') != std::string::npos && cs::find_cmdlet(name) != nullptr ? name
                                                                                   : std::string();
}

std::string read_all() {
    std::string text;
    char octets[4096];
    while (text.size() <= cs::kMaxScript && std::cin.read(octets, sizeof octets).gcount() > 0) {
        text.append(octets, static_cast<std::size_t>(std::cin.gcount()));
    }
    return text;
}

std::optional<std::string> ask(const std::string& question) {
    if (isatty(STDIN_FILENO) == 0) {
        return std::nullopt;
    }
    std::fputs(question.c_str(), stderr);
    std::string line;
    return std::getline(std::cin, line) ? std::optional(line) : std::nullopt;
}

cs::Host host_of(const Program& program) {
    const Program::Switches& switches = program.switches();
    cs::Host host;
    host.api = [&program](const cs::ApiCall& call) {
        return program.call(call.method, call.target, call.body, call.if_match);
    };
    host.out = [](std::string_view text) {
        std::fwrite(text.data(), 1, text.size(), stdout);
        std::fflush(stdout);
    };
    host.talk = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); };
    host.ask = [no_input = switches.no_input](const std::string& question) {
        return no_input ? std::nullopt : ask(question);
    };
    host.read_secret = [] { return read_secret("secret"); };
    host.what_if = switches.dry_run;
    host.yes = switches.yes;
    host.is_verbose = switches.verbose;
    host.is_quiet = switches.quiet;
    host.format = program.format();
    return host;
}

int run_cmdlets(const Program& program, const std::vector<std::string>& words) {
    cs::Session session(host_of(program));
    if (!words.empty() && (words[0] == "--help" || words[0] == "-h" || words[0] == "-?")) {
        return session.run_text("Get-Help");
    }
    if (!words.empty()) {
        return session.run_words(words);
    }
    // A terminal is somebody who wants to know; anything else is a script.
    return isatty(STDIN_FILENO) != 0 ? session.run_text("Get-Help") : session.run_text(read_all());
}

}  // namespace

CommandLine::CommandLine(int count, const char* const* arguments) {
    const std::vector<std::string> all(arguments, arguments + count);
    own.push_back(all.empty() ? "isthmus" : all[0]);
    const std::string name = cmdlet_of_program(own[0]);
    std::size_t at = 1;
    if (!name.empty()) {
        is_cmdlet = true;
        cmdlet.push_back(name);
    }
    while (!is_cmdlet && at < all.size()) {
        is_cmdlet = all[at] == "cs";
        if (is_cmdlet) {
            ++at;
            break;
        }
        own.push_back(all[at]);
        if (!all[at].starts_with('-')) {
            break;  // another command
        }
        if (takes_value(all[at++]) && at < all.size()) {
            own.push_back(all[at++]);
        }
    }
    if (!is_cmdlet) {
        own.assign(all.begin(), all.end());
        return;
    }
    for (; at < all.size(); ++at) {
        // No parameter of a cmdlet begins with two dashes.
        if (!all[at].starts_with("--") || all[at] == "--help") {
            cmdlet.push_back(all[at]);
            continue;
        }
        own.push_back(all[at]);
        if (takes_value(all[at]) && at + 1 < all.size()) {
            own.push_back(all[++at]);
        }
    }
    own.emplace_back("cs");
}

void add_cs_command(Program& program, const CommandLine& line) {
    program.command("cs",
                    "the cmdlets of Lync Server 2013, exactly: isthmus cs 'CMDLET ...'",
                    [&program, &line] { return run_cmdlets(program, line.cmdlet); });
}

}  // namespace isthmus::cli
