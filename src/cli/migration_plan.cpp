#include "cli/migration_plan.h"

#include "base/text.h"
#include "cli/report.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

/// Below /api/v1/, by LyncKind; users go by their import.
constexpr std::array<std::string_view, 5> kCollections = {
    "sites", "pools", "policies", "gateway", "partners"};
/// The property that names the object, in the same order.
constexpr std::array<std::string_view, 5> kNames = {"name", "", "identity", "", "domain"};

std::string_view collection(LyncKind kind) {
    return kCollections.at(static_cast<std::size_t>(kind));
}

std::string path_of(LyncKind kind, std::string_view id) {
    std::string path(collection(kind));
    if (!id.empty()) {
        path += '/' + encode_segment(id);
    }
    return path;
}

/// What the daemon has against it, or the end of the whole.
std::string objection(const Answer& answer) {
    constexpr std::array<int, 4> kOfTheObject = {400, 404, 409, 422};
    if (std::ranges::find(kOfTheObject, answer.status) == kOfTheObject.end()) {
        throw Refusal{answer};
    }
    const Complaint complaint = complaint_of(answer);
    return complaint.why.empty() ? complaint.what
                                 : fmt::format("{} ({})", complaint.what, complaint.why);
}

json::array notes_of(const std::vector<std::string>& notes) {
    json::array made;
    for (const std::string& note : notes) {
        made.emplace_back(note);
    }
    return made;
}

void add_warnings(const json::value& answered, json::array& notes) {
    const json::value* warnings =
        answered.is_object() ? answered.get_object().if_contains("warnings") : nullptr;
    if (warnings != nullptr && warnings->is_array()) {
        notes.insert(notes.end(), warnings->get_array().begin(), warnings->get_array().end());
    }
}

class Planner {
  public:
    Planner(const LyncExport& found, const MigrationOptions& options, const AskApi& ask)
        : found_(found), options_(options), ask_(ask) {}

    json::object plan() {
        json::array changes;
        for (const LyncObject& object : found_.objects) {
            json::object change = try_object(object);
            ++counts_[json::value_to<std::string>(change.at("state"))];
            changes.push_back(std::move(change));
        }
        json::object counts;
        for (const char* state : {"new", "changed", "same", "refused"}) {
            counts[state] = counts_[state];
        }
        json::object users = try_users();
        return {{"format", kPlanFormat},
                {"counts", std::move(counts)},
                {"changes", std::move(changes)},
                {"users", std::move(users)},
                {"ignored_properties", notes_of(found_.ignored)},
                {"notes", notes_of(found_.notes)}};
    }

  private:
    json::object try_object(const LyncObject& object) {
        json::array notes = notes_of(object.notes);
        const json::object base = {{"kind", name_of(object.kind)}, {"id", object.id}};
        const auto made = [&](const char* state, const json::object& more = {}) {
            json::object change = {{"state", state}};
            change.insert(base.begin(), base.end());
            change.insert(more.begin(), more.end());
            change["notes"] = std::move(notes);
            return change;
        };
        if (object.is_refused) {
            return made("refused");
        }
        const std::string path = path_of(object.kind, object.id);
        const Answer there = ask_({.method = "GET", .target = path});
        const bool is_new = there.status == 404;
        if (!is_new && there.status != 200) {
            throw Refusal{there};
        }
        json::object body = object.body;
        if (is_new && object.kind == LyncKind::Partner) {
            body["enabled"] = options_.are_partners_enabled;
        }
        const std::string_view name = kNames.at(static_cast<std::size_t>(object.kind));
        if (!is_new && !name.empty()) {
            body.erase(name);
        }
        if (!is_new && body.empty()) {
            return made("same");
        }
        const bool is_put = object.kind == LyncKind::Pool;
        const std::string_view method = is_put ? "PUT" : is_new ? "POST" : "PATCH";
        const std::string target = method == "POST" ? std::string(collection(object.kind)) : path;
        const json::object write = {{"method", method},
                                    {"path", target},
                                    {"if_match", is_new ? "" : there.etag},
                                    {"body", body}};
        if (is_new && waits_for_site(object)) {
            return made("new", write);
        }
        const Answer trial = ask_({.method = std::string(method),
                                   .target = target + "?dry_run=true",
                                   .body = json::serialize(body)});
        if (trial.status >= 300) {
            notes.emplace_back(objection(trial));
            return made("refused");
        }
        add_warnings(trial.body, notes);
        if (is_new) {
            return made("new", write);
        }
        const json::array differences =
            compare(body, there.body.as_object(), trial.body.as_object());
        if (differences.empty()) {
            return made("same");
        }
        json::object change = made("changed", write);
        change["differences"] = differences;
        return change;
    }

    static json::array compare(const json::object& asked,
                               const json::object& before,
                               const json::object& after) {
        json::array made;
        for (const auto& [property, value] : asked) {
            const json::value* was = before.if_contains(property);
            const json::value* is = after.if_contains(property);
            if (was != nullptr && is != nullptr && *was != *is) {
                made.push_back({{"property", property}, {"before", *was}, {"after", *is}});
            }
        }
        return made;
    }

    /// It cannot be tried before the site is there, which comes first.
    bool waits_for_site(const LyncObject& object) const {
        std::string_view site;
        if (object.kind == LyncKind::Pool) {
            site = object.body.at("site").as_string();
        } else if (object.kind == LyncKind::Policy && object.id.starts_with("Site:")) {
            site = std::string_view(object.id).substr(5);
        }
        return !site.empty() && comes(LyncKind::Site, site);
    }

    bool comes(LyncKind kind, std::string_view id) const {
        return std::ranges::any_of(found_.objects, [&](const LyncObject& one) {
            return one.kind == kind && !one.is_refused && text::iequals(one.id, id);
        });
    }

    bool is_here(LyncKind kind, const std::string& id) {
        return ask_({.method = "GET", .target = path_of(kind, id)}).status == 200;
    }

    json::object try_users() {
        json::object made = {{"read", found_.users.size()},
                             {"disabled", found_.disabled_users},
                             {"without_address", found_.users_without_address}};
        json::array notes;
        std::set<std::string> policies;
        std::set<std::string> pools;
        for (const LyncUser& user : found_.users) {
            policies.insert(user.policy);
            pools.insert(user.pool);
        }
        Known here;
        Known coming;
        sort_out(LyncKind::Policy, "Tag:", policies, here.policies, coming.policies, notes);
        sort_out(LyncKind::Pool, "", pools, here.pools, coming.pools, notes);
        if (!found_.users.empty()) {
            // What is still to come cannot be granted yet: the trial leaves it out.
            const Answer trial = ask_({.method = "POST",
                                       .target = "users:import?dry_run=true",
                                       .body = csv(here),
                                       .type = "text/csv"});
            if (trial.status >= 300) {
                notes.emplace_back(objection(trial));
                made["refused"] = true;
            } else {
                for (const char* count : {"created", "changed", "same"}) {
                    made[count] = trial.body.as_object().at(count);
                }
                coming.policies.merge(here.policies);
                coming.pools.merge(here.pools);
                made["csv"] = csv(coming);
            }
        }
        made["notes"] = std::move(notes);
        return made;
    }

    struct Known {
        std::set<std::string> policies;
        std::set<std::string> pools;
    };

    void sort_out(LyncKind kind,
                  std::string_view prefix,
                  const std::set<std::string>& names,
                  std::set<std::string>& here,
                  std::set<std::string>& coming,
                  json::array& notes) {
        for (const std::string& name : names) {
            const std::string id = std::string(prefix) + name;
            if (name.empty()) {
                continue;
            }
            if (is_here(kind, id)) {
                here.insert(name);
            } else if (comes(kind, id)) {
                coming.insert(name);
            } else {
                notes.emplace_back(
                    fmt::format("The {} {} of some users is not in the files: they come without.",
                                name_of(kind),
                                text::escape_for_log(name, 100)));
            }
        }
    }

    static std::string field(std::string_view text) {
        if (text.find_first_of("\",\r\n") == std::string_view::npos) {
            return std::string(text);
        }
        std::string quoted = "\"";
        for (const char c : text) {
            quoted += c;
            if (c == '"') {
                quoted += '"';
            }
        }
        return quoted + '"';
    }

    std::string csv(const Known& known) const {
        std::string out = "uri,display_name,policy,pool,homed\n";
        const char* homed = options_.are_users_moved ? "here" : "legacy";
        for (const LyncUser& user : found_.users) {
            out += fmt::format(
                "{},{},{},{},{}\n",
                field(user.uri),
                field(user.display_name),
                known.policies.contains(user.policy) ? field(user.policy) : std::string(),
                known.pools.contains(user.pool) ? field(user.pool) : std::string(),
                homed);
        }
        return out;
    }

    const LyncExport& found_;
    const MigrationOptions& options_;
    const AskApi& ask_;
    std::map<std::string, std::uint64_t> counts_;
};

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
    if (std::ranges::find(kCollections, first) == kCollections.end() ||
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

json::object make_plan(const LyncExport& found,
                       const MigrationOptions& options,
                       const AskApi& ask) {
    return Planner(found, options, ask).plan();
}

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
