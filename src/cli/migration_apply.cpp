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

/// Only what a plan may do: somebody may have written in the file.
json::object order_of(const json::object& change) {
    const std::string path = text_in(change, "path");
    const std::string method = text_in(change, "method");
    const std::string_view first = std::string_view(path).substr(0, path.find('/'));
    if (std::ranges::find(kMigratedCollections, first) == kMigratedCollections.end() ||
        path.find_first_of("?#: ") != std::string::npos ||
        (method != "POST" && method != "PATCH" && method != "PUT")) {
        no_plan("it would do what no migration does");
    }
    return {{"method", method},
            {"path", path},
            {"body", part_of(change, "body")},
            {"if_match", text_in(change, "if_match")}};
}

/// The body of POST changes; empty if nothing is to be done.
json::object changes_of(const json::value& plan) {
    const json::object* whole = plan.if_object();
    if (whole == nullptr || text_in(*whole, "format") != kPlanFormat) {
        no_plan("its format is not known here");
    }
    const json::value& changes = part_of(*whole, "changes");
    const json::value& users = part_of(*whole, "users");
    if (!changes.is_array() || !users.is_object()) {
        no_plan("a part of it is not what it should be");
    }
    json::array orders;
    for (const json::value& one : changes.get_array()) {
        const json::object* change = one.if_object();
        if (change == nullptr) {
            no_plan("a change is no object");
        }
        const std::string state = text_in(*change, "state");
        if (state == "new" || state == "changed") {
            orders.emplace_back(order_of(*change));
        }
    }
    json::object made{{"action", "import"}};
    if (!orders.empty()) {
        made["changes"] = std::move(orders);
    }
    if (users.get_object().contains("csv")) {
        made["users_csv"] = text_in(users.get_object(), "csv");
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
    return revision == 0 ? "-" : fmt::format("{}", revision);
}

Migrated apply_plan(const json::value& plan,
                    const std::string& reason,
                    bool is_trial,
                    const AskApi& ask) {
    const json::object changes = changes_of(plan);
    Migrated done;
    if (changes.empty()) {
        return done;
    }
    std::string target = is_trial ? "changes?dry_run=true" : "changes";
    if (!reason.empty()) {
        target += fmt::format("{}reason={}", is_trial ? '&' : '?', encode_segment(reason));
    }
    Answer answer = ask({.method = "POST",
                         .target = std::move(target),
                         .body = json::serialize(changes),
                         .is_large = true});
    if (answer.status >= 300) {
        done.refused = std::move(answer);
        return done;
    }
    done.objects = count_in(answer.body, "objects");
    if (const json::object* body = answer.body.if_object()) {
        if (const json::value* users = body->if_contains("users")) {
            done.users = count_in(*users, "created") + count_in(*users, "changed");
        }
    }
    if (!is_trial && done.objects + done.users != 0) {
        done.revision = count_in(answer.body, "revision");
    }
    return done;
}

Answer undo_migration(std::string_view id, const AskApi& ask) {
    const auto revision = text::to_number(id);
    if (!revision || *revision == 0) {
        throw NotUsable({fmt::format("'{}' is no migration", text::escape_for_log(id, 60)),
                         "migrate apply says which revision it made, as in 12",
                         "isthmus config history lists them"});
    }
    return ask({.method = "POST", .target = fmt::format("revisions/{}:undo", *revision)});
}

}  // namespace isthmus::cli
