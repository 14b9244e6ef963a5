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

/// The property that names the object, in the same order.
constexpr std::array<std::string_view, 5> kNames = {"name", "", "identity", "", "domain"};

std::string_view collection(LyncKind kind) {
    return kMigratedCollections.at(static_cast<std::size_t>(kind));
}

std::string api_path(LyncKind kind, std::string_view id) {
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
        const std::string path = api_path(object.kind, object.id);
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
        return ask_({.method = "GET", .target = api_path(kind, id)}).status == 200;
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

}  // namespace

json::object make_plan(const LyncExport& found,
                       const MigrationOptions& options,
                       const AskApi& ask) {
    return Planner(found, options, ask).plan();
}

}  // namespace isthmus::cli
