#include "cli/program.h"

#include "base/spelling.h"
#include "base/text.h"
#include "cli/examples.h"
#include "cli/report.h"
#include "cli/secret_input.h"
#include "cli/usage.h"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <utility>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

std::string environment(const char* name, const char* fallback = "") {
    // One thread, and nobody changes the environment.
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return value != nullptr ? value : fallback;
}

bool is_empty_list(const json::value& body) {
    const json::object* page = body.if_object();
    const json::value* items = page != nullptr ? page->if_contains("items") : nullptr;
    return items != nullptr && items->is_array() && items->get_array().empty();
}

}  // namespace

Program::Program(const Offline& offline)
    : offline_(offline),
      app_(std::make_unique<CLI::App>("Isthmus, the gateway between SIP/SIMPLE and XMPP",
                                      "isthmus")) {
    app_->require_subcommand(1);
    app_->fallthrough();
    global_flags();
}

Program::~Program() = default;

std::optional<int> Program::parse(int count, const char* const* arguments) {
    add_examples(*app_);
    try {
        app_->parse(count, arguments);
    } catch (const CLI::CallForHelp& help) {
        return app_->exit(help);
    } catch (const CLI::CallForAllHelp& help) {
        return app_->exit(help);
    } catch (const CLI::CallForVersion&) {
        fmt::print("isthmus {}\n", offline_.version);
        return 0;
    } catch (const CLI::ParseError& error) {
        const std::vector<std::string> words(arguments + std::min(count, 1), arguments + count);
        fmt::print(stderr, "{}", to_text(explain_usage(*app_, words, error)));
        return 2;
    }
    const auto format = format_of(output_);
    if (!format) {
        const std::string near = text::nearest(output_, {"table", "wide", "json", "yaml", "name"});
        fmt::print(stderr,
                   "{}",
                   to_text({fmt::format("-o {}: no such format", text::escape_for_log(output_, 80)),
                            near.empty() ? "there are table, wide, json, yaml and name"
                                         : fmt::format("the nearest is '{}'", near),
                            "choose table, wide, json, yaml or name"}));
        return 2;
    }
    format_ = *format;
    if (switches_.no_input) {
        never_ask();
    }
    return std::nullopt;
}

int Program::run(int count, const char* const* arguments) {
    if (const auto code = parse(count, arguments)) {
        return *code;
    }
    try {
        return action_ ? action_() : 2;
    } catch (const NotReachable& error) {
        fmt::print(stderr, "{}", to_text(error.complaint));
        return error.is_not_allowed ? 4 : 6;
    } catch (const NotUsable& error) {
        fmt::print(stderr, "{}", to_text(error.complaint));
        return 2;
    } catch (const std::exception& error) {
        fmt::print(stderr,
                   "{}",
                   to_text({"the command failed",
                            text::escape_for_log(error.what(), 1000),
                            "isthmus status and the log (journalctl -u isthmus) say more"}));
        return 1;
    }
}

void Program::global_flags() {
    app_->set_version_flag("--version", offline_.version, "print the version");
    server_ = {.address = environment("ISTHMUS_SERVER", "unix:/var/lib/isthmus/admin.sock"),
               .token_file = environment("ISTHMUS_TOKEN_FILE"),
               .ca_file = environment("ISTHMUS_CA_FILE"),
               .fingerprint = environment("ISTHMUS_FINGERPRINT")};
    const auto option = [this](const char* name, auto& to, const char* type, const char* help) {
        return app_->add_option(name, to, help)->take_last()->type_name(type);
    };
    option("--server",
           server_.address,
           "ADDRESS",
           "unix:PATH of the daemon, or https://HOST:PORT (ISTHMUS_SERVER)");
    option("--token-file",
           server_.token_file,
           "FILE",
           "the token to sign in with (ISTHMUS_TOKEN_FILE)");
    option("--ca-file",
           server_.ca_file,
           "FILE",
           "https: authority of the daemon's certificate, PEM (ISTHMUS_CA_FILE)");
    option("--fingerprint",
           server_.fingerprint,
           "SHA256",
           "https: of the daemon's certificate (ISTHMUS_FINGERPRINT)");
    option("-o,--output", output_, "FORMAT", "table, wide, json, yaml or name");
    option("--timeout", timeout_, "SECONDS", "to wait for the daemon, 1 to 3600; 30 unless given")
        ->check(CLI::Range(1, 3600).description(""));
    option("--reason", switches_.reason, "TEXT", "why, for the history");
    app_->add_flag("--dry-run",
                   switches_.dry_run,
                   "show what would be asked, let the daemon check it, and change nothing");
    app_->add_flag("-q,--quiet", switches_.quiet, "say nothing but errors");
    app_->add_flag("--yes", switches_.yes, "go on without asking");
    app_->add_flag("--no-input", switches_.no_input, "never ask: fail where something is needed");
    app_->add_flag("-v,--verbose", switches_.verbose, "say what is asked of the daemon");
    app_->add_flag("--force", switches_.force, "do it although something uses the object");
    app_->add_flag("--no-color", ignored_, "no colours (nor are there any)");
}

CLI::App& Program::group(const char* name, const char* help) {
    return group(*app_, name, help);
}

CLI::App& Program::group(CLI::App& parent, const char* name, const char* help) {
    const auto there =
        parent.get_subcommands([&](const CLI::App* one) { return one->get_name() == name; });
    if (!there.empty()) {
        return *there.front();
    }
    CLI::App* made = parent.add_subcommand(name, help);
    made->require_subcommand(1);
    made->fallthrough();
    return *made;
}

CLI::App& Program::command(CLI::App& parent, const char* name, const char* help, Action action) {
    CLI::App* made = parent.add_subcommand(name, help);
    made->fallthrough();
    made->callback([this, action = std::move(action)] { action_ = action; });
    return *made;
}

CLI::App& Program::command(const char* name, const char* help, Action action) {
    return command(*app_, name, help, std::move(action));
}

CLI::App& Program::word(CLI::App& command, const char* name, const char* help) {
    command.add_option(name, given_[name], help)->required();
    return command;
}

CLI::App& Program::optional_word(CLI::App& command, const char* name, const char* help) {
    command.add_option(name, given_[name], help);
    return command;
}

CLI::App& Program::words(CLI::App& command, const char* name, const char* help) {
    command.add_option(name, words_[name], help)->required();
    return command;
}

CLI::App& Program::option(CLI::App& command, const char* name, const char* help, bool required) {
    command.add_option(name, given_[name], help)->required(required);
    return command;
}

CLI::App& Program::pair(CLI::App& command, const char* name, const char* help) {
    command.add_option(name, pairs_[name], help);
    return command;
}

CLI::App& Program::flag(CLI::App& command, const char* name, const char* help) {
    command.add_flag(name, flags_[name], help);
    return command;
}

CLI::App& Program::properties(CLI::App& command, const std::vector<Property>& known) {
    for (const Property& property : known) {
        command
            .add_option_function<std::string>(
                property.flag(),
                [this, property](const std::string& text) {
                    body_[property.name] = property.value_of(text);
                },
                property.help)
            ->type_name(property.type_name());
    }
    return command;
}

const std::string& Program::given(const char* name) const {
    static const std::string kNone;
    const auto found = given_.find(name);
    return found == given_.end() ? kNone : found->second;
}

const std::vector<std::string>& Program::words_given(const char* name) const {
    static const std::vector<std::string> kNone;
    const auto found = words_.find(name);
    return found == words_.end() ? kNone : found->second;
}

bool Program::has(const char* flag) const {
    const auto found = flags_.find(flag);
    return found != flags_.end() && found->second;
}

std::pair<std::string, std::string> Program::pair_given(const char* name) const {
    const auto found = pairs_.find(name);
    return found == pairs_.end() ? std::pair<std::string, std::string>() : found->second;
}

ApiClient Program::client() const {
    Server server = server_;
    server.patience = std::chrono::seconds(timeout_);
    return ApiClient(server);
}

Answer Program::call(std::string_view method,
                     const std::string& target,
                     const std::string& body,
                     const std::string& if_match) const {
    return spoken(method, target, [&] { return client().call(method, target, body, if_match); });
}

Answer Program::spoken(std::string_view method,
                       const std::string& target,
                       const std::function<Answer()>& ask) const {
    if (!switches_.verbose) {
        return ask();
    }
    fmt::print(stderr, "asking {}: {} /api/v1/{}\n", server_.address, method, target);
    const auto start = std::chrono::steady_clock::now();
    Answer answer = ask();
    const auto time = std::chrono::steady_clock::now() - start;
    fmt::print(stderr,
               "answered {} after {} ms\n",
               answer.status,
               std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
    return answer;
}

Answer Program::move(std::string_view method,
                     const std::string& target,
                     const std::string& body,
                     Transfer& transfer) const {
    return client().move(method, target, body, transfer);
}

void Program::print(const json::value& answer,
                    const std::function<void(const json::object&)>& print) const {
    if (format_ == Format::Json || format_ == Format::Yaml || !answer.is_object()) {
        fmt::print("{}", render(answer, format_, {}));
    } else {
        print(answer.get_object());
    }
}

Answer Program::call_patiently(std::string_view method,
                               const std::string& target,
                               const std::string& body,
                               const char* content_type) const {
    constexpr int kPatience = 600;
    Server server = server_;
    server.patience = std::chrono::seconds(std::max(kPatience, timeout_));
    return spoken(method, target, [&] {
        return ApiClient(server).call(method, target, body, {}, content_type);
    });
}

int Program::show(const std::string& path, const View& view) const {
    Answer answer = call("GET", path, {});
    if (answer.status >= 300) {
        return failed(answer);
    }
    const bool is_for_people = format_ == Format::Table || format_ == Format::Wide;
    if (is_for_people && view.reword && answer.body.is_object()) {
        view.reword(answer.body.get_object());
    }
    if (is_for_people && view.headline && answer.body.is_object()) {
        fmt::print("{}\n", view.headline(answer.body.get_object()));
        if (view.is_headline_all && format_ == Format::Table) {
            return 0;
        }
    }
    if (is_for_people && is_empty_list(answer.body)) {
        if (!switches_.quiet) {
            fmt::print(stderr, "{}\n", view.nothing ? view.nothing() : "there are none");
        }
        return 0;
    }
    fmt::print("{}", render(answer.body, format_, view.columns));
    if (!switches_.quiet) {
        report_page(answer.body);
    }
    return 0;
}

int Program::failed(const Answer& answer) const {
    fmt::print(stderr, "{}", to_text(complaint_of(answer)));
    return exit_code_of(answer.status);
}

}  // namespace isthmus::cli
