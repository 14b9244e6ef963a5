// The audit log: who did what, and whether anybody changed the record of it.
#include "base/text.h"
#include "cli/fields.h"
#include "cli/program.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <string>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

const Columns kRows = {{"seq", "at", "admin", "origin", "action", "object", "outcome", "detail"},
                       {"revision", "hash"}};
constexpr const char* kFilters[] = {
    "--admin", "--action", "--object", "--outcome", "--since", "--until"};

void add_filters(Program& program, CLI::App& command) {
    program.option(command, "--admin", "what this administrator did");
    program.option(command, "--action", "create, set, delete, sign-in, export ...");
    program.option(command, "--object", "partner/fabrikam.example; partner/ is all partners");
    program.option(command, "--outcome", "done, refused or failed");
    program.option(command, "--since", "from this time on: 2026-01-31, 2026-01-31T09:05:00Z, 12h");
    program.option(command, "--until", "before this time");
}

void add_query(std::string& to, const char* name, const std::string& value) {
    if (!value.empty()) {
        to += fmt::format(
            "{}{}={}", to.find('?') == std::string::npos ? '?' : '&', name, encode_segment(value));
    }
}

std::string with_filters(const Program& program, std::string path) {
    for (const char* name : kFilters) {
        add_query(path, name + 2, program.given(name));
    }
    return path;
}

int list(const Program& program) {
    std::string path = with_filters(program, "audit");
    add_query(path, "before", program.given("--before"));
    add_query(path, "limit", program.given("--limit"));
    const Answer answer = program.call("GET", path, {});
    if (answer.status >= 300) {
        return program.failed(answer);
    }
    const json::value* next =
        answer.body.is_object() ? answer.body.get_object().if_contains("next") : nullptr;
    fmt::print("{}", render(answer.body, program.format(), kRows));
    if (next != nullptr && !next->is_null() && !program.switches().quiet) {
        fmt::print(stderr, "older ones: --before {}\n", json::serialize(*next));
    }
    return 0;
}

int verify_log(const Program& program) {
    json::object body;
    if (const std::string& head = program.given("--head"); !head.empty()) {
        const std::size_t colon = head.find(':');
        const auto seq = text::to_number(std::string_view(head).substr(0, colon));
        if (colon == std::string::npos || !seq) {
            throw NotUsable({"--head: that is none",
                             "it is the number of a row and its hash",
                             "write it as audit verify has shown it: SEQ:HASH"});
        }
        body["seq"] = *seq;
        body["hash"] = head.substr(colon + 1);
    }
    Transfer transfer;
    const Answer answer =
        program.move("POST", "audit:verify", body.empty() ? "" : json::serialize(body), transfer);
    if (answer.status >= 300 || !answer.body.is_object()) {
        return program.failed(answer);
    }
    const json::object& verdict = answer.body.get_object();
    const bool is_good = value_of(verdict, "good") == "true";
    program.print(answer.body, [&](const json::object&) {
        if (is_good) {
            const json::object& head = verdict.at("head").as_object();
            fmt::print("good: {} rows, head {}:{}\n",
                       value_of(verdict, "rows"),
                       value_of(head, "seq"),
                       value_of(head, "hash"));
            return;
        }
        const json::object& fault = verdict.at("fault").as_object();
        fmt::print("{}",
                   to_text({fmt::format("{}: the audit log was tampered with at row {}",
                                        value_of(fault, "code"),
                                        value_of(fault, "seq")),
                            value_of(fault, "sentence"),
                            fmt::format("the {} rows before it are as they were written; compare "
                                        "with an export or a backup",
                                        value_of(verdict, "rows"))}));
    });
    return is_good ? 0 : 3;
}

int export_rows(const Program& program) {
    std::string path = with_filters(program, "audit:export");
    add_query(path, "format", program.given("--format"));
    Transfer transfer{.sink = [](std::string_view octets) {
        std::fwrite(octets.data(), 1, octets.size(), stdout);
    }};
    const Answer answer = program.move("GET", path, {}, transfer);
    if (answer.status >= 300) {
        return program.failed(answer);
    }
    return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace

void add_audit_commands(Program& program) {
    CLI::App& audit =
        program.group("audit", "who changed, asked for or was refused what, when and from where");
    CLI::App& shown =
        program.command(audit, "list", "the newest rows", [&program] { return list(program); });
    add_filters(program, shown);
    program.option(shown, "--before", "rows with a smaller number only");
    program.option(shown, "--limit", "at most so many, up to 1000; 100 unless given");
    program.option(program.command(audit,
                                   "verify",
                                   "whether a row was changed, removed or moved; exit code 3 if so",
                                   [&program] { return verify_log(program); }),
                   "--head",
                   "SEQ:HASH as a former verify has shown it: the log must still hold that row");
    CLI::App& exported = program.command(
        audit, "export", "all rows, oldest first, on stdout: export > FILE", [&program] {
            return export_rows(program);
        });
    add_filters(program, exported);
    program.option(exported, "--format", "jsonl (unless given) or csv");
}

}  // namespace isthmus::cli
