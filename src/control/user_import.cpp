#include "control/user_import.h"

#include "base/text.h"
#include "control/csv.h"
#include "control/objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <utility>

namespace isthmus::control {

namespace json = boost::json;

using policy::User;

namespace {

using Copy = void (*)(User& to, const User& from);

template <auto kMember>
void copy(User& to, const User& from) {
    to.*kMember = from.*kMember;
}

struct Column {
    const char* name;      ///< as the property, or as Get-CsUser has it
    const char* property;  ///< null: read past
    Copy copy;
};

constexpr Column kColumns[] = {
    {"uri", "uri", copy<&User::uri>},
    {"SipAddress", "uri", copy<&User::uri>},
    {"display_name", "display_name", copy<&User::display_name>},
    {"DisplayName", "display_name", copy<&User::display_name>},
    {"enabled", "enabled", copy<&User::enabled>},
    {"site", "site", copy<&User::site>},
    {"pool", "pool", copy<&User::pool>},
    {"RegistrarPool", "pool", copy<&User::pool>},
    {"homed", "homed", copy<&User::homed>},
    {"policy", "policy", copy<&User::policy>},
    {"ExternalAccessPolicy", "policy", copy<&User::policy>},
    {"upn", "upn", copy<&User::upn>},
    {"UserPrincipalName", "upn", copy<&User::upn>},
    {"logon", "logon", copy<&User::logon>},
    {"SamAccountName", "logon", copy<&User::logon>},
    {"dn", "dn", copy<&User::dn>},
    {"DistinguishedName", "dn", copy<&User::dn>},
    {"effective_policy", nullptr, nullptr},
    {"effective_scope", nullptr, nullptr},
    {"source", nullptr, nullptr},
};

Error unreadable(std::string why) {
    return make_error(ErrorKind::Syntax, "IST-API-001", std::move(why), {});
}

Result<std::vector<const Column*>> read_header(const std::vector<std::string>& names) {
    std::vector<const Column*> made;
    for (const std::string& name : names) {
        const auto* const found = std::ranges::find_if(
            kColumns, [&](const Column& one) { return text::iequals(one.name, text::trim(name)); });
        if (found == std::end(kColumns)) {
            return unreadable(
                fmt::format("line 1: '{}' is not a column; there are: uri, "
                            "display_name, enabled, site, pool, homed, policy, upn, "
                            "logon, dn.",
                            text::escape_for_log(name, 40)));
        }
        const bool is_twice = std::ranges::any_of(made, [&](const Column* one) {
            return one->property != nullptr && found->property == std::string_view(one->property);
        });
        if (is_twice) {
            return unreadable(fmt::format("line 1: the column {} is there twice.", found->name));
        }
        made.push_back(found);
    }
    if (std::ranges::none_of(made, [](const Column* one) {
            return one->property != nullptr && std::string_view(one->property) == "uri";
        })) {
        return unreadable("line 1: a column uri (or SipAddress) is required.");
    }
    return made;
}

std::optional<bool> flag_of(std::string_view text) {
    if (text::iequals(text, "true") || text == "1" || text::iequals(text, "yes")) {
        return true;
    }
    if (text::iequals(text, "false") || text == "0" || text::iequals(text, "no")) {
        return false;
    }
    return std::nullopt;
}

/// The line as the change that the API would be given. A flag that is none stays a text, which is
/// then refused with its name.
json::object change_of(const std::vector<const Column*>& columns,
                       const std::vector<std::string>& fields) {
    json::object made;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (columns[i]->property == nullptr) {
            continue;
        }
        const std::string_view property = columns[i]->property;
        const std::string_view value = text::trim(fields[i]);
        const auto flag = property == "enabled" ? flag_of(value) : std::nullopt;
        if (flag) {
            made[property] = *flag;
        } else if (property != "homed" || !value.empty()) {
            made[property] = value;
        }
    }
    return made;
}

class Import {
  public:
    Import(const ImportGround& ground, std::string_view csv) : ground_(ground), reader_(csv) {}

    Result<ImportPlan> run() {
        std::vector<std::string> fields;
        if (!reader_.next(fields)) {
            return unreadable(reader_.fault() ? fmt::format("line 1: {}.", *reader_.fault())
                                              : "The file is empty.");
        }
        auto columns = read_header(fields);
        if (!columns) {
            return columns.error();
        }
        columns_ = std::move(*columns);
        while (!is_over() && reader_.next(fields)) {
            read_line(fields);
        }
        if (reader_.fault()) {
            return unreadable(fmt::format("line {}: {}.", reader_.line(), *reader_.fault()));
        }
        merge();
        return ImportPlan{std::move(report_), std::move(changes_), ground_.policy};
    }

  private:
    struct Line {
        std::size_t number;
        User user;  ///< what the columns say; the rest is as for a new user
    };

    bool is_over() const {
        return ground_.is_asked_to_end != nullptr &&
               ground_.is_asked_to_end->load(std::memory_order_relaxed);
    }

    void fail(std::size_t line, std::string sentence) {
        ++report_.faulty;
        if (report_.faults.size() < ImportReport::kMostFaults) {
            report_.faults.push_back({line, std::move(sentence)});
        }
    }

    void read_line(const std::vector<std::string>& fields) {
        const std::size_t number = reader_.line();
        if (fields.size() != columns_.size()) {
            fail(number,
                 fmt::format(
                     "{} fields, but the first line names {}.", fields.size(), columns_.size()));
            return;
        }
        Line line{number, {.source = policy::UserSource::Csv}};
        const json::object change = change_of(columns_, fields);
        if (auto read = apply(line.user, change, ground_.canonical); !read) {
            fail(number, read.error().public_text);
            return;
        }
        if (line.user.uri.empty()) {
            fail(number, "uri: is required.");
            return;
        }
        if (auto good = check_user(*ground_.policy, line.user); !good) {
            fail(number, good.error().public_text);
            return;
        }
        const std::string uri = line.user.uri;
        const auto [at, is_new] = lines_.try_emplace(uri, std::move(line));
        if (!is_new) {
            fail(number, fmt::format("{} is in line {} already.", uri, at->second.number));
        }
    }

    /// What is there is read once, whole: a question for each line would take longer.
    void merge() {
        if (report_.faulty != 0 || is_over()) {
            return;
        }
        ground_.each_user([&](User before) {
            const auto found = lines_.find(before.uri);
            if (found == lines_.end()) {
                return;
            }
            User after = before;
            for (const Column* column : columns_) {
                if (column->copy != nullptr) {
                    column->copy(after, found->second.user);
                }
            }
            lines_.erase(found);
            if (after == before) {
                ++report_.same;
            } else {
                ++report_.changed;
                const std::string uri = before.uri;
                changes_.push_back({uri, std::move(before), std::move(after)});
            }
        });
        changes_.reserve(changes_.size() + lines_.size());
        while (!lines_.empty()) {
            // One after the other goes: there may be a million of them.
            auto line = lines_.extract(lines_.begin());
            ++report_.created;
            changes_.push_back(
                {std::move(line.key()), std::nullopt, std::move(line.mapped().user)});
        }
        std::ranges::sort(changes_, {}, &store::UserChange::uri);
    }

    const ImportGround& ground_;
    CsvReader reader_;
    std::vector<const Column*> columns_;
    ImportReport report_;
    std::unordered_map<std::string, Line> lines_;
    std::vector<store::UserChange> changes_;
};

}  // namespace

Result<ImportPlan> plan_import(std::string_view csv, const ImportGround& ground) {
    if (!text::is_utf8(csv)) {
        return unreadable("The file is not UTF-8: save it as \"CSV UTF-8\".");
    }
    return Import(ground, csv).run();
}

Result<ImportReport> carry_out(UserService& users, ImportPlan plan, const Edit& edit) {
    if (plan.report.faulty == 0) {
        auto done =
            users.replace(std::move(plan.changes), "import", "users", edit, plan.checked_on);
        if (!done) {
            return done.error();
        }
        plan.report.committed = std::move(*done);
    }
    return std::move(plan.report);
}

Result<ImportReport> import_users(UserService& users, std::string_view csv, const Edit& edit) {
    const PolicyService& policies = users.policies();
    auto plan =
        plan_import(csv,
                    {.policy = policies.snapshot(),
                     .canonical = policies.canonical(),
                     .each_user = [&](const auto& take) { policies.store().load_users(take); }});
    return plan ? carry_out(users, std::move(*plan), edit) : plan.error();
}

}  // namespace isthmus::control
