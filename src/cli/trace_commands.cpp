#include "base/text.h"
#include "cli/fields.h"
#include "cli/program.h"
#include "cli/sse.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

const Columns kTraces = {
    {"id", "state", "user", "partner", "events", "dropped", "seconds_left", "admin"},
    {"started_at", "why_ended", "bodies", "reason"}};

std::string joined(const json::object& object, const char* name) {
    std::string made;
    const json::value* list = object.if_contains(name);
    if (list == nullptr || !list->is_array()) {
        return made;
    }
    for (const json::value& one : list->get_array()) {
        if (one.is_string()) {
            made += (made.empty() ? "" : "; ") + text::escape_for_log(one.get_string(), 300);
        }
    }
    return made;
}

/// "12:01:02.345  SIP in   MESSAGE  alice@contoso.example juliet@fabrikam.example  127.0.0.1:5060"
std::string line_of(const json::object& event) {
    const std::string at = text_of(event, "at");
    const std::string kind = text_of(event, "kind");
    const bool is_passage = kind == "sip" || kind == "xmpp";
    std::string made =
        fmt::format("{}  {:<10} {:<3} {}",
                    at.size() > 23 ? at.substr(11, 12) : at,
                    kind,
                    is_passage ? text_of(event, "direction") : "",
                    kind == "failed" ? text_of(event, "code") + " at " + text_of(event, "what")
                                     : text_of(event, "what"));
    for (const char* name : {"user", "contact", "remote", "stream", "message", "evidence"}) {
        if (const std::string value = text_of(event, name); !value.empty()) {
            made += fmt::format("  {}", value);
        }
    }
    made += is_set(event, "is_again") ? "  (again)" : "";
    for (const char* name : {"rules", "lost"}) {
        if (const std::string value = joined(event, name); !value.empty()) {
            made += fmt::format("\n              {}: {}", name, value);
        }
    }
    return made;
}

/// The raw text, indented; what it holds was made fit to be shown by the daemon.
void print_raw(const json::object& event) {
    const json::value* value = event.if_contains("text");
    if (value == nullptr || !value->is_string()) {
        return;
    }
    const std::string_view raw = value->get_string();
    for (std::size_t at = 0; at < raw.size();) {
        const std::size_t end = std::min(raw.find('\n', at), raw.size());
        fmt::print("    {}\n", text::escape_for_log(raw.substr(at, end - at), 20'000));
        at = end + 1;
    }
    if (is_set(event, "is_cut")) {
        fmt::print("    [the rest was not kept]\n");
    }
}

void print_event(const Program& program, const json::object& event) {
    if (program.format() == Format::Json) {
        fmt::print("{}\n", json::serialize(event));
    } else {
        fmt::print("{}\n", line_of(event));
        if (program.switches().verbose) {
            print_raw(event);
        }
    }
    std::fflush(stdout);
}

int start(const Program& program) {
    json::object body;
    for (const char* name : {"user", "partner", "for"}) {
        const std::string flag = std::string("--") + name;
        if (const std::string& given = program.given(flag.c_str()); !given.empty()) {
            body[name] = given;
        }
    }
    if (program.has("--bodies")) {
        body["bodies"] = true;
    }
    if (!program.switches().reason.empty()) {
        body["reason"] = program.switches().reason;
    }
    return program.request("POST", "traces", body, [](const json::object& made) {
        fmt::print("{}\n", text_of(made, "id"));
        fmt::print(stderr,
                   "recording{}; isthmus trace follow {} shows it as it comes\n",
                   is_set(made, "bodies") ? " with message texts" : "",
                   text_of(made, "id"));
    });
}

/// All that is kept, page by page, to `use`; the exit code.
template <class Use>
int each_event(const Program& program, const Use& use) {
    std::uint64_t after = 0;
    while (true) {
        const Answer answer = program.call(
            "GET",
            fmt::format("traces/{}?after={}", encode_segment(program.given("ID")), after),
            {});
        if (answer.status >= 300 || !answer.body.is_object()) {
            return program.failed(answer);
        }
        const json::value* events = answer.body.get_object().if_contains("recorded");
        if (events == nullptr || !events->is_array() || events->get_array().empty()) {
            return 0;
        }
        for (const json::value& event : events->get_array()) {
            const json::object& one = event.as_object();
            after = one.at("number").to_number<std::uint64_t>();
            use(one);
        }
    }
}

int print_drawing(const Program& program, const char* what) {
    const Answer answer = program.call(
        "GET", fmt::format("traces/{}/{}", encode_segment(program.given("ID")), what), {});
    if (answer.status >= 300) {
        return program.failed(answer);
    }
    fmt::print("{}", answer.text);
    return 0;
}

int show(const Program& program) {
    if (program.has("--ladder")) {
        return print_drawing(program, "ladder.txt");
    }
    return each_event(program, [&](const json::object& event) {
        if (program.format() == Format::Json) {
            fmt::print("{}\n", json::serialize(event));
            return;
        }
        fmt::print("{}\n", line_of(event));
        print_raw(event);
    });
}

int export_trace(const Program& program) {
    const std::string& as = program.given("--as");
    if (as == "svg") {
        return print_drawing(program, "ladder.svg");
    }
    if (as == "text") {
        return print_drawing(program, "ladder.txt");
    }
    if (!as.empty() && as != "json") {
        throw NotUsable({fmt::format("--as {}: no such form", text::escape_for_log(as, 80)),
                         "",
                         "choose json, text or svg"});
    }
    json::array all;
    const int code =
        each_event(program, [&all](const json::object& event) { all.push_back(event); });
    if (code == 0) {
        fmt::print("{}\n", json::serialize(json::object{{"events", std::move(all)}}));
    }
    return code;
}

int follow(const Program& program) {
    return program.follow("traces/" + encode_segment(program.given("ID")) + "/events",
                          [&](const SseEvent& event) {
                              boost::system::error_code fault;
                              const json::value data = json::parse(event.data, fault);
                              if (fault || !data.is_object()) {
                                  return true;
                              }
                              if (event.name == "event") {
                                  print_event(program, data.get_object());
                              } else if (event.name == "dropped") {
                                  fmt::print(stderr,
                                             "{} events came too fast and were not kept\n",
                                             json::serialize(data.get_object().at("count")));
                              } else if (event.name == "end") {
                                  fmt::print(stderr, "{}\n", text_of(data.get_object(), "why"));
                                  return false;
                              }
                              return true;
                          });
}

void add_trace(Program& program, CLI::App& group) {
    CLI::App& begin = program.command(
        group, "start", "begin a recording; prints its id", [&] { return start(program); });
    program.option(begin, "--user", "of this SIP user; all unless given");
    program.option(begin, "--partner", "with this partner; all unless given");
    program.option(begin, "--for", "how long, as 90s or 10m; at most 30m, 10m unless given");
    program.flag(
        begin, "--bodies", "with message texts: needs the setting, the role tracer and --reason");
    program.command(group, "list", "recordings that run, and those that have ended", [&program] {
        return program.show("traces", {.columns = kTraces, .nothing = [] {
                                           return "there is no trace; isthmus trace start begins "
                                                  "one";
                                       }});
    });
    const auto path = [&program] { return "traces/" + encode_segment(program.given("ID")); };
    const auto with_id =
        [&](const char* name, const char* help, Program::Action action) -> CLI::App& {
        CLI::App& made = program.command(group, name, help, std::move(action));
        program.word(made, "ID", "as list shows it");
        return made;
    };
    with_id("get", "how it stands", [&program, path] {
        // Behind its last event: without them.
        return program.show(path() + "?after=9007199254740991", {.columns = kTraces});
    });
    with_id("ladder", "what it has recorded as a ladder over both protocols", [&program] {
        return print_drawing(program, "ladder.txt");
    });
    with_id("follow", "events as they come, until it ends; -v with the raw text", [&program] {
        return follow(program);
    });
    program.flag(with_id("show",
                         "what it has recorded, with the raw text",
                         [&program] { return show(program); }),
                 "--ladder",
                 "as a ladder over both protocols");
    program.option(
        with_id("export", "to the standard output", [&program] { return export_trace(program); }),
        "--as",
        "json (unless given), text or svg");
    with_id("stop", "end it now; what it has recorded stays", [&program, path] {
        return program.change("POST", path() + ":stop", {}, "stopped", Program::Trial::None);
    });
    with_id("delete", "end it and forget what it has recorded", [&program, path] {
        return program.change("DELETE", path(), {}, "deleted", Program::Trial::None);
    });
}

}  // namespace

void add_trace_commands(Program& program) {
    add_trace(program,
              program.group("trace", "record what passes, for a while and about somebody"));
    CLI::App& messages =
        program.group("message", "messages under way and those that came last; never their text");
    add_trace(program, program.group(messages, "trace", "the same as isthmus trace"));
}

}  // namespace isthmus::cli
