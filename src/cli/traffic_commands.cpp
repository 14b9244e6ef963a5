#include "base/text.h"
#include "cli/fields.h"
#include "cli/list_path.h"
#include "cli/program.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

const Columns kStreams = {{"id",
                           "partner",
                           "direction",
                           "state",
                           "tls",
                           "auth",
                           "remote_address",
                           "age_seconds",
                           "stanzas_in",
                           "stanzas_out",
                           "queued",
                           "last_error"},
                          {"local_domain",
                           "remote_domain",
                           "cipher",
                           "octets_in",
                           "octets_out",
                           "stream_id",
                           "certificate"}};
const Columns kDialogs = {{"id", "role", "user", "contact", "expires_in", "remote", "call_id"},
                          {"partner",
                           "subscription",
                           "event",
                           "target",
                           "route",
                           "local_cseq",
                           "remote_cseq",
                           "local_tag",
                           "remote_tag"}};
const Columns kMessages = {
    {"id", "at", "direction", "state", "user", "contact", "code", "duration_ms"},
    {"partner", "peer", "from", "to", "call_id", "stanza_id", "step", "evidence"}};
const Columns kConversations = {
    {"user", "contact", "messages", "failed", "last_at", "last_state", "last_code"},
    {"partner", "first_at"}};

/// "fabrikam.example, out: up, TLSv1.3 and external"
std::string stream_headline(const json::object& one) {
    const std::string tls = text_of(one, "tls");
    const std::string auth = text_of(one, "auth");
    return fmt::format("{}, {}: {}, {}{}{}\n",
                       text_of(one, "remote_domain"),
                       text_of(one, "direction"),
                       text_of(one, "state"),
                       tls.empty() ? "no TLS" : tls,
                       auth.empty() ? "" : " and ",
                       auth);
}

/// "alice@contoso.example watches juliet@fabrikam.example; we notify"
std::string dialog_headline(const json::object& one) {
    const bool is_ours = text_of(one, "role") == "subscriber";
    return fmt::format("{} watches {}; {}\n",
                       text_of(one, is_ours ? "contact" : "user"),
                       text_of(one, is_ours ? "user" : "contact"),
                       is_ours ? "we have subscribed" : "we notify");
}

void add_paging(Program& program, CLI::App& list) {
    program.option(list, "--offset", "leave out so many");
    program.option(list, "--limit", "at most so many, up to 1000; 100 unless given");
}

void add_streams(Program& program) {
    CLI::App& group = program.group("stream", "XMPP streams to and from partners");
    CLI::App& list = program.command(group, "list", "all streams, with what protects them", [&] {
        return program.show(
            list_path(program, "streams", {"--partner", "--offset", "--limit"}),
            {.columns = kStreams, .nothing = [] {
                 return "there is no stream; one is opened when the first stanza wants to leave";
             }});
    });
    program.option(list, "--partner", "of this partner, by its primary domain");
    add_paging(program, list);
    const auto path = [&program] { return "streams/" + encode_segment(program.given("ID")); };
    CLI::App& get = program.command(
        group, "get", "one stream with the certificate that its peer has shown", [&program, path] {
            return program.show(path(), {.columns = kStreams, .headline = stream_headline});
        });
    program.word(get, "ID", "as list shows it");
    CLI::App& close = program.command(
        group, "close", "end one stream in order; the next stanza opens another", [&program, path] {
            return program.change("POST", path() + ":close", {}, "closed", Program::Trial::None);
        });
    program.word(close, "ID", "as list shows it");
}

void add_dialogs(Program& program) {
    CLI::App& group = program.group("dialog", "SIP dialogs: subscriptions and sessions");
    CLI::App& list = program.command(group, "list", "SUBSCRIBE dialogs, INVITE sessions", [&] {
        return program.show(
            list_path(
                program, "dialogs", {"--user", "--contact", "--partner", "--offset", "--limit"}),
            {.columns = kDialogs, .nothing = [] {
                 return "there is no dialog; a user who watches another, or a session of a Lync "
                        "client, makes one: isthmus subscription list";
             }});
    });
    program.option(list, "--user", "of this SIP user");
    program.option(list, "--contact", "with this XMPP user");
    program.option(list, "--partner", "with this partner, by its primary domain");
    add_paging(program, list);
    const auto path = [&program] { return "dialogs/" + encode_segment(program.given("ID")); };
    CLI::App& get = program.command(group, "get", "one dialog with its route", [&program, path] {
        return program.show(path(), {.columns = kDialogs, .headline = dialog_headline});
    });
    program.word(get, "ID", "as list shows it");
    CLI::App& end = program.command(
        group,
        "end",
        "end one dialog; a subscription sets up another, a session gets BYE",
        [&program, path] {
            return program.change("POST", path() + ":end", {}, "ended", Program::Trial::None);
        });
    program.word(end, "ID", "as list shows it");
}

std::uint64_t messages_of(const json::object& slice, const char* way, const char* what) {
    const json::value* counts = slice.if_contains(way);
    const json::value* count =
        counts != nullptr && counts->is_object() ? counts->get_object().if_contains(what) : nullptr;
    return count != nullptr && count->is_number() ? count->to_number<std::uint64_t>() : 0;
}

std::uint64_t counter_of(const json::object& object, const char* name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_number() ? value->to_number<std::uint64_t>() : 0;
}

/// A row for each slice in which something happened; with `is_wide` for all.
void print_series(const json::object& series, bool is_wide) {
    constexpr const char* kWays[] = {"sip_to_xmpp", "xmpp_to_sip"};
    constexpr const char* kCounts[] = {"delivered", "refused", "failed"};
    fmt::print("{:<20} {:^26} {:^26} {:>8}\n", "AT", "TO XMPP", "TO SIP", "QUEUED");
    fmt::print("{:<20} {:>9} {:>8} {:>7} {:>9} {:>8} {:>7} {:>8}\n",
               "",
               "delivered",
               "refused",
               "failed",
               "delivered",
               "refused",
               "failed",
               "at most");
    const json::value* items = series.if_contains("items");
    if (items == nullptr || !items->is_array()) {
        return;
    }
    for (const json::value& item : items->get_array()) {
        if (!item.is_object()) {
            continue;
        }
        const json::object& slice = item.get_object();
        std::uint64_t all = counter_of(slice, "queued");
        std::string row = fmt::format("{:<20}", text_of(slice, "at"));
        for (const char* way : kWays) {
            for (const char* what : kCounts) {
                const std::uint64_t count = messages_of(slice, way, what);
                all += count;
                row += fmt::format(" {:>{}}", count, what[0] == 'd' ? 9 : what[0] == 'r' ? 8 : 7);
            }
        }
        if (all != 0 || is_wide) {
            fmt::print("{} {:>8}\n", row, counter_of(slice, "queued"));
        }
    }
}

void add_messages(Program& program) {
    CLI::App& group =
        program.group("message", "messages under way and those that came last; never their text");
    CLI::App& list = program.command(group, "list", "under way first, then the newest", [&] {
        return program.show(
            list_path(
                program,
                "messages",
                {"--state", "--user", "--contact", "--partner", "--since", "--offset", "--limit"}),
            {.columns = kMessages, .nothing = [] {
                 return "there is no such message; the last 8,000 are remembered "
                        "until the gateway restarts";
             }});
    });
    program.option(list, "--state", "pending, queued, failed or delivered");
    program.option(list, "--user", "of or for this SIP user");
    program.option(list, "--contact", "of or for this XMPP user");
    program.option(list, "--partner", "of or for this partner, by its primary domain");
    program.option(list, "--since", "10m, 2h, 1d, or a time as 2026-01-31T09:05:00Z");
    add_paging(program, list);
    program.command(
        group, "series", "how many passed in each five minutes of the last 24 hours", [&program] {
            return program.request("GET", "series", {}, [&program](const json::object& series) {
                print_series(series, program.format() == Format::Wide);
            });
        });
}

void add_conversations(Program& program) {
    CLI::App& group = program.group("conversation", "who wrote to whom of late, and how it went");
    CLI::App& list = program.command(group, "list", "the newest first", [&] {
        return program.show(
            list_path(program,
                      "conversations",
                      {"--user", "--contact", "--partner", "--since", "--offset", "--limit"}),
            {.columns = kConversations, .nothing = [] {
                 return "nobody has written of late; isthmus partner test DOMAIN --send-im FROM TO "
                        "sends a message";
             }});
    });
    program.option(list, "--user", "of this SIP user");
    program.option(list, "--contact", "with this XMPP user");
    program.option(list, "--partner", "with this partner, by its primary domain");
    program.option(list, "--since", "10m, 2h, 1d, or a time as 2026-01-31T09:05:00Z");
    add_paging(program, list);
}

}  // namespace

void add_traffic_commands(Program& program) {
    add_streams(program);
    add_dialogs(program);
    add_messages(program);
    add_conversations(program);
}

}  // namespace isthmus::cli
