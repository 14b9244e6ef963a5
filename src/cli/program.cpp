#include "cli/program.h"

#include "base/spelling.h"
#include "base/text.h"
#include "cli/usage.h"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <utility>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

std::string read_line(std::istream& from) {
    std::string line;
    std::getline(from, line);
    return line;
}

std::string flag_of(const Property& property) {
    std::string flag = std::string("--") + property.name;
    std::ranges::replace(flag, '_', '-');
    return flag;
}

json::value convert(const Property& property, const std::string& text) {
    switch (property.type) {
        case Property::Type::Flag:
            if (text != "true" && text != "false") {
                throw CLI::ValidationError(flag_of(property), "write true or false");
            }
            return text == "true";
        case Property::Type::Number: {
            const auto number = text::to_number(text);
            if (!number) {
                throw CLI::ValidationError(flag_of(property), "write a whole number");
            }
            return *number;
        }
        case Property::Type::List: {
            json::array list;
            for (std::size_t at = 0; !text.empty() && at <= text.size();) {
                const std::size_t comma = std::min(text.find(',', at), text.size());
                list.emplace_back(
                    std::string(text::trim(std::string_view(text).substr(at, comma - at))));
                at = comma + 1;
            }
            return list;
        }
        default:
            return text == "-" ? json::value(read_line(std::cin)) : json::value(text);
    }
}

std::string environment(const char* name, const char* fallback = "") {
    // One thread, and nobody changes the environment.
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return value != nullptr ? value : fallback;
}

/// As it may be shown on a screen.
std::string without_secrets(json::object body) {
    for (const char* name : {"password", "dialback_passphrase"}) {
        if (json::value* secret = body.if_contains(name)) {
            *secret = "***";
        }
    }
    return json::serialize(body);
}

/// What was accepted, but deserves a look.
void report_warnings(const json::value& body) {
    const json::object* object = body.if_object();
    const json::value* warnings = object != nullptr ? object->if_contains("warnings") : nullptr;
    if (warnings == nullptr || !warnings->is_array()) {
        return;
    }
    for (const json::value& one : warnings->get_array()) {
        if (one.is_string()) {
            fmt::print(stderr, "warning: {}\n", text::escape_for_log(one.get_string(), 1000));
        }
    }
}

void report(const json::value& body, const char* done) {
    report_warnings(body);
    const json::value* revision =
        body.is_object() ? body.get_object().if_contains("revision") : nullptr;
    if (revision == nullptr) {
        fmt::print(stderr, "{}\n", done);
        return;
    }
    const bool in_force = body.get_object().at("in_force").as_bool();
    fmt::print(stderr,
               "{}, revision {}{}\n",
               done,
               json::serialize(*revision),
               in_force ? ", in force" : ", stored; the gateway has not confirmed it yet");
}

bool is_empty_list(const json::value& body) {
    const json::object* page = body.if_object();
    const json::value* items = page != nullptr ? page->if_contains("items") : nullptr;
    return items != nullptr && items->is_array() && items->get_array().empty();
}

/// For answers that bring none of their own.
std::string default_fix(int status) {
    switch (status) {
        case 400:
            return "correct what is named; --help shows what the command takes";
        case 404:
            return "check the name; list shows what there is";
        case 409:
        case 412:
            return "look at it with get, then decide";
        default:
            return status >= 500 ? "isthmus status and the log (journalctl -u isthmus) say more"
                                 : "";
    }
}

/// A page that is not all: talk, so that nobody takes it for all.
void report_page(const json::value& body) {
    const json::object* page = body.if_object();
    const json::value* items = page != nullptr ? page->if_contains("items") : nullptr;
    const json::value* total = page != nullptr ? page->if_contains("total") : nullptr;
    if (items == nullptr || total == nullptr || !items->is_array()) {
        return;
    }
    const auto shown = static_cast<std::int64_t>(items->get_array().size());
    if (total->is_int64() && total->get_int64() > shown) {
        fmt::print(stderr,
                   "{} of {}; see --offset and --limit, or ask for less\n",
                   shown,
                   total->get_int64());
    }
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

int Program::run(int count, const char* const* arguments) {
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
                            near.empty() ? "" : fmt::format("the nearest is '{}'", near),
                            "choose table, wide, json, yaml or name"}));
        return 2;
    }
    format_ = *format;
    try {
        return action_ ? action_() : 2;
    } catch (const NotReachable& error) {
        fmt::print(stderr, "{}", to_text(error.complaint));
        return error.is_not_allowed ? 4 : 6;
    } catch (const NotUsable& error) {
        fmt::print(stderr, "{}", to_text(error.complaint));
        return 2;
    } catch (const std::exception& error) {
        fmt::print(stderr, "failed: {}\n", error.what());
        return 1;
    }
}

void Program::global_flags() {
    app_->set_version_flag("--version", offline_.version, "print the version");
    server_ = {.address = environment("ISTHMUS_SERVER", "unix:/var/lib/isthmus/admin.sock"),
               .token_file = environment("ISTHMUS_TOKEN_FILE"),
               .ca_file = environment("ISTHMUS_CA_FILE"),
               .fingerprint = environment("ISTHMUS_FINGERPRINT")};
    app_->add_option("--server",
                     server_.address,
                     "unix:PATH of the daemon, or https://HOST:PORT (ISTHMUS_SERVER)");
    app_->add_option("--token-file",
                     server_.token_file,
                     "file with the token to sign in with (ISTHMUS_TOKEN_FILE)");
    app_->add_option("--ca-file",
                     server_.ca_file,
                     "https: authority of the daemon's certificate, PEM (ISTHMUS_CA_FILE)");
    app_->add_option("--fingerprint",
                     server_.fingerprint,
                     "https: SHA-256 of the daemon's certificate (ISTHMUS_FINGERPRINT)");
    app_->add_option("-o,--output", output_, "table, wide, json, yaml or name");
    app_->add_option("--timeout", timeout_, "seconds to wait for the daemon");
    app_->add_flag("--dry-run", switches_.dry_run, "show what would be asked of the daemon");
    app_->add_flag("-q,--quiet", switches_.quiet, "no talk");
    app_->add_flag("--yes", switches_.yes, "do not ask");
    app_->add_flag("--no-input", switches_.no_input, "never ask");
    app_->add_flag("-v,--verbose", switches_.verbose, "more talk");
    app_->add_flag("--force", switches_.force, "do it although something uses the object");
    app_->add_option("--reason", switches_.reason, "why, for the history");
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

CLI::App& Program::option(CLI::App& command, const char* name, const char* help, bool required) {
    command.add_option(name, given_[name], help)->required(required);
    return command;
}

CLI::App& Program::flag(CLI::App& command, const char* name, const char* help) {
    command.add_flag(name, flags_[name], help);
    return command;
}

CLI::App& Program::properties(CLI::App& command, const std::vector<Property>& known) {
    for (const Property& property : known) {
        command.add_option_function<std::string>(
            flag_of(property),
            [this, property](const std::string& text) {
                body_[property.name] = convert(property, text);
            },
            property.help);
    }
    return command;
}

const std::string& Program::given(const char* name) const {
    static const std::string kNone;
    const auto found = given_.find(name);
    return found == given_.end() ? kNone : found->second;
}

bool Program::has(const char* flag) const {
    const auto found = flags_.find(flag);
    return found != flags_.end() && found->second;
}

ApiClient Program::client() const {
    Server server = server_;
    server.patience = std::chrono::seconds(std::max(1, timeout_));
    return ApiClient(server);
}

Answer Program::call(std::string_view method,
                     const std::string& target,
                     const std::string& body,
                     const std::string& if_match) const {
    return client().call(method, target, body, if_match);
}

Answer Program::call_patiently(std::string_view method,
                               const std::string& target,
                               const std::string& body,
                               const char* content_type) const {
    constexpr int kPatience = 600;
    Server server = server_;
    server.patience = std::chrono::seconds(std::max(kPatience, timeout_));
    return ApiClient(server).call(method, target, body, {}, content_type);
}

int Program::show(const std::string& path, const View& view) const {
    const Answer answer = client().call("GET", path);
    if (answer.status >= 300) {
        return failed(answer);
    }
    const bool is_for_people = format_ == Format::Table || format_ == Format::Wide;
    if (is_for_people && view.headline && answer.body.is_object()) {
        fmt::print("{}\n", view.headline(answer.body.get_object()));
    }
    if (is_for_people && is_empty_list(answer.body)) {
        fmt::print(stderr, "{}\n", view.nothing ? view.nothing() : "there are none");
        return 0;
    }
    fmt::print("{}", render(answer.body, format_, view.columns));
    if (!switches_.quiet) {
        report_page(answer.body);
    }
    return 0;
}

int Program::change(const char* method,
                    const std::string& path,
                    const json::object& body,
                    const char* done) const {
    const std::string text = json::serialize(body);
    if (switches_.dry_run) {
        fmt::print("{} /api/v1/{} {}\n", method, path, body.empty() ? "" : without_secrets(body));
        return 0;
    }
    std::string target = path;
    const auto add = [&target](const char* name, const std::string& value) {
        target += (target.find('?') == std::string::npos ? '?' : '&') + std::string(name) + '=' +
                  encode_segment(value);
    };
    if (switches_.force) {
        add("force", "true");
    }
    if (!switches_.reason.empty()) {
        add("reason", switches_.reason);
    }
    const Answer answer = client().call(method, target, body.empty() ? "" : text);
    if (answer.status >= 300) {
        return failed(answer);
    }
    if (format_ == Format::Json || format_ == Format::Yaml) {
        fmt::print("{}", render(answer.body, format_, {}));
    } else if (!switches_.quiet) {
        report(answer.body, done);
    }
    return 0;
}

int Program::request(const char* method,
                     const std::string& path,
                     const json::object& body,
                     const std::function<void(const json::object&)>& print) const {
    const std::string text = json::serialize(body);
    if (switches_.dry_run) {
        fmt::print("{} /api/v1/{} {}\n", method, path, body.empty() ? "" : without_secrets(body));
        return 0;
    }
    const Answer answer = client().call(method, path, body.empty() ? "" : text);
    if (answer.status >= 300 || !answer.body.is_object()) {
        return failed(answer);
    }
    if (format_ == Format::Json || format_ == Format::Yaml) {
        fmt::print("{}", render(answer.body, format_, {}));
    } else {
        print(answer.body.get_object());
    }
    return 0;
}

int Program::follow(const std::string& path,
                    const std::function<bool(const SseEvent&)>& use) const {
    SseReader reader;
    const Answer answer = client().follow(path, [&](std::string_view octets) {
        reader.feed(octets);
        while (const auto event = reader.next()) {
            if (!use(*event)) {
                return false;
            }
        }
        return true;
    });
    return answer.status >= 300 ? failed(answer) : 0;
}

int Program::failed(const Answer& answer) const {
    const json::object* problem = answer.body.if_object();
    const auto field = [&](const char* name) -> std::string {
        const json::value* value = problem != nullptr ? problem->if_contains(name) : nullptr;
        return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
    };
    const std::string code = field("code").empty() ? "" : field("code") + ": ";
    const std::string detail = field("detail");
    fmt::print(stderr,
               "{}",
               to_text({code + (detail.empty() ? fmt::format("HTTP {}", answer.status) : detail),
                        field("evidence"),
                        field("fix").empty() ? default_fix(answer.status) : field("fix")}));
    switch (answer.status) {
        case 400:
        case 413:
        case 415:
        case 421:
            return 2;
        case 401:
        case 403:
        case 429:
            return 4;
        case 409:
        case 412:
            return 5;
        default:
            return 1;
    }
}

}  // namespace isthmus::cli
