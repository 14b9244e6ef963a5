#include "store/user_table.h"

#include "store/config_store.h"

#include <fmt/format.h>
#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/normalizer2.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <utility>

namespace isthmus::store {

namespace {

using policy::Homed;
using policy::User;
using policy::UserSource;

constexpr std::string_view kHomed[] = {"here", "legacy"};
constexpr std::string_view kSources[] = {"manual", "csv", "ldap"};

/// What SQLite and PostgreSQL set when the uri is there already.
constexpr std::string_view kUpdate =
    " ON CONFLICT (uri) DO UPDATE SET display_name = excluded.display_name, "
    "enabled = excluded.enabled, site = excluded.site, pool = excluded.pool, "
    "homed = excluded.homed, policy = excluded.policy, source = excluded.source, "
    "upn = excluded.upn, logon = excluded.logon, dn = excluded.dn, "
    "name_key = excluded.name_key, search = excluded.search";

void append_json(std::string& to, std::string_view text) {
    to += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            to += '\\';
            to += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            fmt::format_to(std::back_inserter(to), "\\u{:04x}", static_cast<unsigned>(c));
        } else {
            to += c;
        }
    }
    to += '"';
}

void append_property(std::string& to, std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(to), "{}\"{}\":", to.empty() ? "{" : ",", name);
    append_json(to, value);
}

/// What is stored of the changed users, gathered by few statements.
class StoredUsers {
  public:
    StoredUsers(Database& database, const std::vector<UserChange>& changes) {
        Bulk read(
            database, fmt::format("SELECT {} FROM users WHERE uri IN (", kUserColumns), "?", ")");
        read.on_row([this](const Statement& row) {
            User user = read_user(row);
            std::string uri = user.uri;
            users_.emplace(std::move(uri), std::move(user));
        });
        for (const UserChange& change : changes) {
            read.bind(change.uri).end_row();
        }
        read.finish();
    }

    void expect(const UserChange& change) const {
        const auto found = users_.find(change.uri);
        const bool is_same = found == users_.end()
                                 ? !change.before.has_value()
                                 : change.before.has_value() && *change.before == found->second;
        if (!is_same) {
            throw StoreConflict(fmt::format("user {} was changed by someone else", change.uri));
        }
    }

  private:
    std::unordered_map<std::string, User> users_;
};

/// In the order of the uris, so that the indexes grow at their ends; no uri twice.
std::vector<const UserChange*> in_order(const std::vector<UserChange>& changes) {
    std::vector<const UserChange*> made;
    made.reserve(changes.size());
    for (const UserChange& change : changes) {
        if (!change.before && !change.after) {
            throw StoreError(fmt::format("user {}: the change changes nothing", change.uri));
        }
        for (const auto* side : {&change.before, &change.after}) {
            if (*side && (*side)->uri != change.uri) {
                throw StoreError(fmt::format("user {}: the change names another", change.uri));
            }
        }
        made.push_back(&change);
    }
    std::ranges::sort(
        made, {}, [](const UserChange* one) -> const std::string& { return one->uri; });
    const auto twice = std::ranges::adjacent_find(
        made, [](const UserChange* a, const UserChange* b) { return a->uri == b->uri; });
    if (twice != made.end()) {
        throw StoreError(fmt::format("user {} is there twice", (*twice)->uri));
    }
    return made;
}

void bind_user(Bulk& to, const User& user) {
    const std::string name_key = fold(user.display_name);
    to.bind(user.uri).bind(user.display_name).bind(std::int64_t{user.enabled});
    to.bind(user.site).bind(user.pool).bind(static_cast<std::int64_t>(user.homed));
    to.bind(user.policy).bind(static_cast<std::int64_t>(user.source));
    to.bind(user.upn).bind(user.logon).bind(user.dn);
    to.bind(name_key).bind(fmt::format("{}\n{}", fold(user.uri), name_key)).end_row();
}

}  // namespace

User read_user(const Statement& row) {
    return {.uri = row.text(0),
            .display_name = row.text(1),
            .enabled = row.number(2) != 0,
            .site = row.text(3),
            .pool = row.text(4),
            .homed = static_cast<Homed>(row.number(5)),
            .policy = row.text(6),
            .source = static_cast<UserSource>(row.number(7)),
            .upn = row.text(8),
            .logon = row.text(9),
            .dn = row.text(10)};
}

std::string fold(std::string_view text) {
    // Most are plain ASCII, and there are a million of them.
    if (std::ranges::none_of(text, [](char c) { return (c & 0x80) != 0; })) {
        std::string made(text);
        for (char& c : made) {
            c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        }
        return made;
    }
    UErrorCode error = U_ZERO_ERROR;
    const icu::Normalizer2* folding = icu::Normalizer2::getNFKCCasefoldInstance(error);
    std::string made;
    if (U_SUCCESS(error)) {
        icu::StringByteSink<std::string> sink(&made);
        folding->normalizeUTF8(0,
                               icu::StringPiece(text.data(), static_cast<int32_t>(text.size())),
                               sink,
                               nullptr,
                               error);
    }
    if (U_FAILURE(error)) {
        throw StoreError(fmt::format("case folding: {}", u_errorName(error)));
    }
    return made;
}

std::string user_json(const User& user) {
    std::string made;
    append_property(made, "uri", user.uri);
    append_property(made, "display_name", user.display_name);
    made += user.enabled ? ",\"enabled\":true" : ",\"enabled\":false";
    append_property(made, "site", user.site);
    append_property(made, "pool", user.pool);
    append_property(made, "homed", kHomed[static_cast<std::size_t>(user.homed)]);
    append_property(made, "policy", user.policy);
    append_property(made, "source", kSources[static_cast<std::size_t>(user.source)]);
    append_property(made, "upn", user.upn);
    append_property(made, "logon", user.logon);
    append_property(made, "dn", user.dn);
    made += '}';
    return made;
}

void write_users(Database& database, const std::vector<UserChange>& changes) {
    if (changes.empty()) {
        return;
    }
    const auto ordered = in_order(changes);
    {
        const StoredUsers stored(database, changes);
        for (const UserChange* change : ordered) {
            stored.expect(*change);
        }
    }
    Bulk erase(database, "DELETE FROM users WHERE uri IN (", "?", ")");
    Bulk write(database,
               fmt::format("INSERT INTO users ({}, name_key, search) VALUES ", kUserColumns),
               "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               kUpdate);
    for (const UserChange* change : ordered) {
        if (change->after) {
            bind_user(write, *change->after);
        } else {
            erase.bind(change->uri).end_row();
        }
    }
    erase.finish();
    write.finish();
}

}  // namespace isthmus::store
