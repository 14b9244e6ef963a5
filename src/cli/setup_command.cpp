// `isthmus setup` (offline): a few questions, the configuration file that follows from the answers,
// and what others have to do: DNS, firewall, the SIP system, the first commands.
#include "base/text.h"
#include "cli/program.h"
#include "cli/toml.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

constexpr const char* kUsualFile = "/etc/isthmus/isthmus.toml";

struct Answers {
    std::string name;
    std::vector<std::string> domains;
    std::string target;     ///< empty: no SIP system yet
    std::string addresses;  ///< of a SIP system that is no TLS peer and has a name
    std::string certificate;
    std::string key;
};

bool may_ask(const Program& program) {
    return !program.switches().no_input && isatty(STDIN_FILENO) != 0;
}

/// What the flag says, else what is typed, else what is usual.
std::string answer_to(const Program& program,
                      const char* flag,
                      const char* question,
                      const std::string& usual,
                      bool is_required) {
    if (const std::string& given = program.given(flag); !given.empty()) {
        return given;
    }
    std::string line;
    if (may_ask(program)) {
        fmt::print(stderr, "{}{}: ", question, usual.empty() ? "" : " [" + usual + "]");
        std::getline(std::cin, line);
        line = std::string(text::trim(line));
    }
    if (line.empty() && is_required && usual.empty()) {
        throw NotUsable({fmt::format("{} is missing", flag),
                         question,
                         fmt::format("give {}; isthmus setup --help shows all flags", flag)});
    }
    return line.empty() ? usual : line;
}

std::string host_name() {
    std::array<char, 256> name{};
    const std::string found = ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
    return found.find('.') == std::string::npos ? "" : found;
}

std::vector<std::string> list_of(const std::string& given) {
    std::vector<std::string> made;
    for (std::string_view rest = given; !rest.empty();) {
        const std::string_view word = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), word.size() + 1));
        if (!text::trim(word).empty()) {
            made.emplace_back(text::trim(word));
        }
    }
    return made;
}

Answers ask(const Program& program) {
    Answers made;
    made.name = answer_to(
        program, "--name", "public name of this gateway, as DNS has it", host_name(), true);
    const std::size_t dot = made.name.find('.');
    made.domains = list_of(answer_to(program,
                                     "--domains",
                                     "SIP domains whose users it serves, separated by commas",
                                     dot == std::string::npos ? "" : made.name.substr(dot + 1),
                                     true));
    made.target = answer_to(program,
                            "--sip-system",
                            "the SIP system behind it, as tls:HOST:5061 or tcp:ADDRESS:5060; none "
                            "if there is none yet",
                            "none",
                            false);
    if (made.target == "none") {
        made.target.clear();
    }
    if (!made.target.empty() && !made.target.starts_with("tls:")) {
        made.addresses = answer_to(program,
                                   "--sip-addresses",
                                   "addresses that the SIP system sends from, if its target is a "
                                   "name",
                                   "",
                                   false);
    }
    made.certificate = answer_to(program,
                                 "--certificate",
                                 "file of its certificate, PEM; nothing if one is to be requested "
                                 "later",
                                 "",
                                 false);
    if (!made.certificate.empty()) {
        made.key = answer_to(program, "--key", "file of its private key, PEM", "", true);
    }
    return made;
}

json::array texts(const std::vector<std::string>& list) {
    json::array made(list.begin(), list.end());
    return made;
}

/// "tcp" of "tcp:192.0.2.10:5060".
std::string transport_of(const std::string& target) {
    return target.substr(0, target.find(':'));
}

json::object config_of(const Answers& answers) {
    json::object sip{{"domains", texts(answers.domains)}};
    const bool is_plain = !answers.target.empty() && transport_of(answers.target) != "tls";
    if (is_plain) {
        sip["listen"] = json::array{transport_of(answers.target) + ":[::]:5060"};
    }
    if (!answers.target.empty()) {
        json::object peer{
            {"name", "frontend"}, {"target", answers.target}, {"domains", texts(answers.domains)}};
        if (!answers.addresses.empty()) {
            peer["addresses"] = texts(list_of(answers.addresses));
        }
        sip["peer"] = json::array{std::move(peer)};
    }
    json::object made{{"server", json::object{{"name", answers.name}}}, {"sip", std::move(sip)}};
    if (!answers.certificate.empty()) {
        made["tls"] = json::object{{"certificate_file", answers.certificate},
                                   {"private_key_file", answers.key}};
    }
    return made;
}

/// All of the file or none of it; it is checked before it takes its place.
int write_checked(const Program& program, const std::string& file, const std::string& text) {
    std::error_code unknown;
    if (std::filesystem::exists(file, unknown) && !program.switches().force) {
        throw NotUsable({fmt::format("there is a file {} already", text::escape_for_log(file)),
                         "it may be in use",
                         "name another file, or repeat with --force"});
    }
    const std::string fresh = file + ".new";
    std::ofstream to(fresh, std::ios::trunc);
    to << text;
    to.close();
    if (!to) {
        throw NotUsable({fmt::format("{} cannot be written", text::escape_for_log(fresh)),
                         std::system_category().message(errno),
                         "run it as root, or name a file in a folder of yours"});
    }
    const auto& check = program.offline().check_config;
    if (const int code = check ? check(fresh) : 0; code != 0) {
        std::filesystem::remove(fresh, unknown);
        fmt::print(stderr, "nothing was written; answer again\n");
        return code;
    }
    std::filesystem::rename(fresh, file);
    return 0;
}

void print_next_steps(const Answers& answers, const std::string& file) {
    fmt::print("\nDNS, as your partners see it:\n");
    for (const std::string& domain : answers.domains) {
        fmt::print("    _xmpp-server._tcp.{}. IN SRV 0 0 5269 {}.\n", domain, answers.name);
    }
    fmt::print("    {}. IN A (or AAAA) the public address of this machine\n", answers.name);
    const bool is_plain = !answers.target.empty() && transport_of(answers.target) != "tls";
    fmt::print(
        "\nFirewall:\n    TCP 5269 in from and out to the Internet\n    {} both ways with "
        "the SIP system\n",
        !is_plain                               ? "TCP 5061"
        : transport_of(answers.target) == "udp" ? "UDP 5060"
                                                : "TCP 5060");
    fmt::print("\nThe SIP system: what is not for {} goes to {}:{}\n",
               fmt::join(answers.domains, ", "),
               answers.name,
               is_plain ? "5060;transport=" + transport_of(answers.target) : "5061;transport=tls");
    fmt::print("\nThen:\n");
    if (file == kUsualFile) {
        fmt::print("    sudo systemctl start isthmus\n");
    } else {
        fmt::print("    isthmus serve --config {}\n", file);
    }
    if (answers.certificate.empty()) {
        fmt::print(
            "    isthmus cert request gateway > gateway.csr    # for your authority\n"
            "    isthmus cert import FILE --use sip,xmpp-s2s   # what it sends back\n");
    }
    fmt::print(
        "    isthmus admin create NAME --role admin --password-stdin\n"
        "    isthmus admin link                            # signs a browser in\n"
        "    isthmus access-edge set --allow-federated-users true\n"
        "    isthmus policy set global --enable-federation-access true "
        "--enable-xmpp-access true\n"
        "    isthmus partner create fabrikam.example --partner-type Federated "
        "--sasl-negotiation Optional\n"
        "    isthmus doctor                                # checks all of this\n");
}

int run_setup(const Program& program) {
    const std::string file =
        program.given("FILE").empty() ? std::string(kUsualFile) : program.given("FILE");
    const Answers answers = ask(program);
    const std::string text =
        "# Boot settings of the gateway, made by `isthmus setup`; docs/configuration.md describes\n"
        "# every key. Partners, policies and switches are changed while it runs.\n" +
        to_toml(config_of(answers));
    if (program.switches().dry_run) {
        fmt::print("{}", text);
        return 0;
    }
    if (const int code = write_checked(program, file, text); code != 0) {
        return code;
    }
    fmt::print("{} is written\n", file);
    if (!program.switches().quiet) {
        print_next_steps(answers, file);
    }
    return 0;
}

}  // namespace

void add_setup_command(Program& program) {
    CLI::App& setup = program.command("setup",
                                      "ask a few questions and write the configuration file; what "
                                      "to do next (offline)",
                                      [&program] { return run_setup(program); });
    program.optional_word(setup, "FILE", "where to; /etc/isthmus/isthmus.toml unless given");
    program.option(setup, "--name", "public name of this gateway");
    program.option(setup, "--domains", "SIP domains whose users it serves, separated by commas");
    program.option(setup, "--sip-system", "as tls:HOST:5061, or none");
    program.option(setup, "--sip-addresses", "that it sends from, separated by commas");
    program.option(setup, "--certificate", "file of its certificate, PEM");
    program.option(setup, "--key", "file of its private key, PEM");
}

}  // namespace isthmus::cli
