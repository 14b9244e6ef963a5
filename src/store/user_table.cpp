#include "store/user_table.h"

#include "store/config_store.h"
#include "store/user_indexes.h"

#include <fmt/format.h>
#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/normalizer2.h>

#include <algorithm>
#include <iterator>
#include <span>
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

using Changes = std::span<const UserChange* const>;

/// From this many changes on, and if they are most of the table, its indexes are made anew.
constexpr std::size_t kManyChanges = 10'000;
/// How many users are compared at once.
constexpr std::size_t kSlice = 4096;

void expect_stored(Database& database, Changes changes) {
    std::unordered_map<std::string, User> stored;
    Bulk read(database, fmt::format("SELECT {} FROM users WHERE uri IN (", kUserColumns), "?", ")");
    read.on_row([&](const Statement& row) {
        User user = read_user(row);
        std::string uri = user.uri;
        stored.emplace(std::move(uri), std::move(user));
    });
    for (const UserChange* change : changes) {
        read.bind(change->uri).end_row();
    }
    read.finish();
    for (const UserChange* change : changes) {
        const auto found = stored.find(change->uri);
        const bool is_same = found == stored.end()
                                 ? !change->before.has_value()
                                 : change->before.has_value() && *change->before == found->second;
        if (!is_same) {
            throw StoreConflict(fmt::format("user {} was changed by someone else", change->uri));
        }
    }
}

bool changes_most(Database& database, std::size_t changes) {
    if (changes < kManyChanges) {
        return false;
    }
    Statement count = database.prepare("SELECT COUNT(*) FROM users");
    count.step();
    return changes >= static_cast<std::uint64_t>(count.number(0)) / 2;
}

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

User read_user(const Statement& row, int first) {
    return {.uri = row.text(first),
            .display_name = row.text(first + 1),
            .enabled = row.number(first + 2) != 0,
            .site = row.text(first + 3),
            .pool = row.text(first + 4),
            .homed = static_cast<Homed>(row.number(first + 5)),
            .policy = row.text(first + 6),
            .source = static_cast<UserSource>(row.number(first + 7)),
            .upn = row.text(first + 8),
            .logon = row.text(first + 9),
            .dn = row.text(first + 10)};
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
    if (U_SUCCESS(error) != 0) {
        icu::StringByteSink<std::string> sink(&made);
        folding->normalizeUTF8(0,
                               icu::StringPiece(text.data(), static_cast<int32_t>(text.size())),
                               sink,
                               nullptr,
                               error);
    }
    if (U_FAILURE(error) != 0) {
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
    for (Changes left(ordered); !left.empty();) {
        const std::size_t size = std::min(left.size(), kSlice);
        expect_stored(database, left.first(size));
        left = left.subspan(size);
    }
    UserIndexes indexes(database);
    const bool is_rebuilt = changes_most(database, changes.size());
    if (is_rebuilt) {
        indexes.drop();
    }
    Bulk erase(database, "DELETE FROM users WHERE uri IN (", "?", ")");
    const std::string columns = fmt::format("{}, name_key, search", kUserColumns);
    Bulk create = Bulk::insert(database, "users", columns);
    Bulk update(database,
                fmt::format("INSERT INTO users ({}) VALUES ", columns),
                "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                kUpdate);
    for (const UserChange* change : ordered) {
        if (change->after) {
            bind_user(change->before ? update : create, *change->after);
        } else {
            erase.bind(change->uri).end_row();
        }
    }
    erase.finish();
    create.finish();
    update.finish();
    if (is_rebuilt) {
        indexes.restore();
    }
}

}  // namespace isthmus::store
