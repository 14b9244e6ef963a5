// A plan is carried out, and taken back.
#include "base/text.h"
#include "cli/migration_plan.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

std::uint64_t newest_revision(const AskApi& ask) {
    const Answer answer = ask({.method = "GET", .target = "revisions?limit=1"});
    if (answer.status != 200) {
        throw Refusal{answer};
    }
    const json::array& items = answer.body.at("items").as_array();
    return items.empty() ? 0 : json::value_to<std::uint64_t>(items[0].at("revision"));
}

[[noreturn]] void no_plan(const char* why) {
    throw NotUsable({"that is no plan of a migration",
                     why,
                     "make one with isthmus migrate plan FILE... -o json >plan.json"});
}

const json::value& part_of(const json::object& from, std::string_view name) {
    const json::value* found = from.if_contains(name);
    if (found == nullptr) {
        no_plan("a part of it is missing");
    }
    return *found;
}

std::string text_in(const json::object& from, std::string_view name) {
    const json::value& found = part_of(from, name);
    if (!found.is_string()) {
        no_plan("a part of it is not what it should be");
    }
    return json::value_to<std::string>(found);
}

struct Write {
    std::string object;
    ApiQuestion question;
    bool is_users = false;
};

std::string with_reason(std::string target, const std::string& reason) {
    return reason.empty() ? std::move(target)
                          : std::move(target) + "?reason=" + encode_segment(reason);
}

/// Only what a plan may do: somebody may have written in the file.
ApiQuestion question_of(const json::object& change, const std::string& reason) {
    const std::string path = text_in(change, "path");
    const std::string method = text_in(change, "method");
    const std::string_view first = std::string_view(path).substr(0, path.find('/'));
    if (std::ranges::find(kMigratedCollections, first) == kMigratedCollections.end() ||
        path.find_first_of("?#: ") != std::string::npos ||
        (method != "POST" && method != "PATCH" && method != "PUT")) {
        no_plan("it would do what no migration does");
    }
    return {.method = method,
            .target = with_reason(path, reason),
            .body = json::serialize(part_of(change, "body")),
            .if_match = text_in(change, "if_match")};
}

std::vector<Write> writes_of(const json::value& plan, const std::string& reason) {
    const json::object* whole = plan.if_object();
    if (whole == nullptr || text_in(*whole, "format") != kPlanFormat) {
        no_plan("its format is not known here");
    }
    const json::value& changes = part_of(*whole, "changes");
    const json::value& users = part_of(*whole, "users");
    if (!changes.is_array() || !users.is_object()) {
        no_plan("a part of it is not what it should be");
    }
    std::vector<Write> made;
    for (const json::value& one : changes.get_array()) {
        const json::object* change = one.if_object();
        if (change == nullptr) {
            no_plan("a change is no object");
        }
        const std::string state = text_in(*change, "state");
        if (state == "new" || state == "changed") {
            made.push_back({fmt::format("{} {}", text_in(*change, "kind"), text_in(*change, "id")),
                            question_of(*change, reason)});
        }
    }
    if (users.get_object().contains("csv")) {
        made.push_back({"users",
                        {.method = "POST",
                         .target = with_reason("users:import", reason),
                         .body = text_in(users.get_object(), "csv"),
                         .type = "text/csv"},
                        true});
    }
    return made;
}

std::uint64_t count_in(const json::value& answered, std::string_view name) {
    const json::value* found =
        answered.is_object() ? answered.get_object().if_contains(name) : nullptr;
    return found != nullptr && found->is_number() ? found->to_number<std::uint64_t>() : 0;
}

}  // namespace

std::string Migrated::id() const {
    return fmt::format("{}-{}", before, after);
}

Migrated apply_plan(const json::value& plan, const std::string& reason, const AskApi& ask) {
    const std::vector<Write> writes = writes_of(plan, reason);
    Migrated done{.before = newest_revision(ask)};
    done.after = done.before;
    for (const Write& write : writes) {
        Answer answer = ask(write.question);
        if (answer.status >= 300) {
            done.refused = std::move(answer);
            done.refused_at = write.object;
            return done;
        }
        done.after = std::max(done.after, count_in(answer.body, "revision"));
        done.objects += write.is_users ? 0 : 1;
        if (write.is_users) {
            done.users = count_in(answer.body, "created") + count_in(answer.body, "changed");
        }
    }
    return done;
}

Answer undo_migration(std::string_view id, const AskApi& ask) {
    const std::size_t dash = id.find('-');
    const auto before = text::to_number(id.substr(0, dash));
    const auto after =
        dash == std::string_view::npos ? std::nullopt : text::to_number(id.substr(dash + 1));
    if (!before || !after || *before > *after) {
        throw NotUsable({fmt::format("'{}' is no migration", text::escape_for_log(id, 60)),
                         "migrate apply says which revisions it made, as in 12-20",
                         "isthmus config history lists them"});
    }
    if (const std::uint64_t newest = newest_revision(ask); newest != *after) {
        throw Overtaken{.before = *before, .after = *after, .newest = newest};
    }
    return ask({.method = "POST", .target = fmt::format("revisions/{}:rollback", *before)});
}

}  // namespace isthmus::cli
