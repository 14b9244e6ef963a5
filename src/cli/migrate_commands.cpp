// The move from the old gateway, as far as a command shows it.
#include "base/text.h"
#include "cli/fields.h"
#include "cli/program.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

constexpr std::size_t kShown = 10;  ///< objects of a finding; -o json has up to 100

std::string finding_text(const json::object& finding) {
    std::string out = fmt::format("  {}\n", text_of(finding, "sentence"));
    std::size_t shown = 0;
    for (const json::value& object : finding.at("objects").as_array()) {
        if (shown == kShown) {
            break;
        }
        const std::string note = text_of(object.as_object(), "note");
        out += fmt::format(
            "    {}{}{}\n", text_of(object.as_object(), "name"), note.empty() ? "" : "  ", note);
        ++shown;
    }
    const std::int64_t rest = count_of(finding, "total") - static_cast<std::int64_t>(shown);
    if (shown > 0 && rest > 0) {
        out += fmt::format("    and {} more\n", rest);
    }
    return out + fmt::format("    next: {}\n", text_of(finding, "command"));
}

std::string readiness_text(const json::object& body) {
    const std::string verdict = text_of(body, "verdict");
    const json::object& users = body.at("users").as_object();
    const json::object& partners = body.at("partners").as_object();
    std::string out = verdict == "done" ? "done: nothing needs the old gateway any more\n"
                      : verdict == "ready"
                          ? "ready: partners may be enabled here, one after the other\n"
                          : "not ready: partners must stay with the old gateway\n";
    out += fmt::format("users     {} entered, {} not moved, {} may talk XMPP\n",
                       count_of(users, "entered"),
                       count_of(users, "not_moved"),
                       count_of(users, "may_talk_xmpp"));
    out += fmt::format("partners  {} served here, {} by the old gateway\n",
                       count_of(partners, "served_here"),
                       count_of(partners, "served_by_old_gateway"));
    std::string_view last;
    for (const json::value& one : body.at("findings").as_array()) {
        const std::string_view before = one.as_object().at("before").as_string();
        if (before != last) {
            out += before == "cut-over" ? "\nbefore any partner is enabled here:\n"
                                        : "\nbefore the old gateway is switched off:\n";
            last = before;
        }
        out += finding_text(one.as_object());
    }
    return out;
}

int show_readiness(const Program& program) {
    const Answer answer = program.call("GET", "migrations/readiness", {});
    if (answer.status >= 300) {
        return program.failed(answer);
    }
    const json::object& body = answer.body.as_object();
    const bool is_for_people =
        program.format() == Format::Table || program.format() == Format::Wide;
    fmt::print("{}",
               is_for_people ? readiness_text(body)
                             : render(answer.body, program.format(), {.table = {"verdict"}}));
    return body.at("ready").as_bool() ? 0 : 3;
}

}  // namespace

void add_migrate_commands(Program& program) {
    CLI::App& migrate = program.group("migrate", "the move from another XMPP gateway");
    program.command(migrate,
                    "readiness",
                    "what must be done before partners, and then the old gateway, can go; exit "
                    "code 3 if not ready",
                    [&program] { return show_readiness(program); });
}

}  // namespace isthmus::cli
