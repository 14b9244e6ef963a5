// Commands that change something, and what --dry-run makes of them.
#include "cli/program.h"
#include "cli/report.h"
#include "cli/secret_input.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

/// As it may be shown on a screen.
std::string without_secrets(json::object body) {
    for (const char* name : {"password", "dialback_passphrase", "content_base64", "more_base64"}) {
        if (json::value* secret = body.if_contains(name)) {
            *secret = "***";
        }
    }
    return json::serialize(body);
}

void add_parameter(std::string& target, const char* name, std::string_view value) {
    target += target.find('?') == std::string::npos ? '?' : '&';
    target += fmt::format("{}={}", name, encode_segment(value));
}

}  // namespace

int Program::show_trial(const char* method,
                        const std::string& path,
                        const json::object& body,
                        const char* done,
                        Trial trial) const {
    const bool is_for_people = format_ != Format::Json && format_ != Format::Yaml;
    if (is_for_people || trial == Trial::None) {
        fmt::print("{} /api/v1/{} {}\n", method, path, body.empty() ? "" : without_secrets(body));
    }
    if (trial == Trial::None) {
        if (!switches_.quiet) {
            fmt::print(stderr, "nobody was asked: the daemon cannot try this without doing it\n");
        }
        return 0;
    }
    std::string target = path;
    add_parameter(target, "dry_run", "true");
    const Answer answer = call(method, target, body.empty() ? "" : json::serialize(body));
    if (answer.status >= 300) {
        return failed(answer);
    }
    if (!is_for_people) {
        fmt::print("{}", render(answer.body, format_, {}));
    } else if (!switches_.quiet) {
        report_warnings(answer.body);
        fmt::print(stderr, "nothing was changed (--dry-run); it would be {}\n", done);
    }
    return 0;
}

int Program::change(const char* method,
                    const std::string& path,
                    const json::object& body,
                    const char* done,
                    Trial trial) const {
    if (body.empty() && std::string_view(method) == "PATCH") {
        throw NotUsable({"there is nothing to change",
                         "no property was given",
                         "name one, as in --description TEXT; --help lists them"});
    }
    std::string target = path;
    if (switches_.force) {
        add_parameter(target, "force", "true");
    }
    if (!switches_.reason.empty()) {
        add_parameter(target, "reason", switches_.reason);
    }
    if (switches_.dry_run) {
        return show_trial(method, target, body, done, trial);
    }
    const Answer answer = call(method, target, body.empty() ? "" : json::serialize(body));
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
                     const std::function<void(const json::object&)>& print,
                     const std::function<void(const json::object&)>& look,
                     Trial trial) const {
    if (switches_.dry_run) {
        return show_trial(method, path, body, "done", trial);
    }
    const Answer answer = call(method, path, body.empty() ? "" : json::serialize(body));
    if (answer.status >= 300 || !answer.body.is_object()) {
        return failed(answer);
    }
    if (look) {
        look(answer.body.get_object());
    }
    if (format_ == Format::Json || format_ == Format::Yaml) {
        fmt::print("{}", render(answer.body, format_, {}));
    } else {
        print(answer.body.get_object());
    }
    return 0;
}

}  // namespace isthmus::cli
