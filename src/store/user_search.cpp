#include "store/user_search.h"

#include "base/text.h"
#include "store/user_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::store {

namespace {

constexpr auto kCap = static_cast<std::int64_t>(kUserCountLimit);
constexpr std::size_t kPageLimit = 1000;
constexpr std::size_t kMostText = 1024;  ///< octets; no uri and no name is longer
constexpr std::size_t kPiece = 3;        ///< characters in one entry of the index of pieces

/// Conditions with the values of their parameters, all texts.
struct Where {
    std::string sql;
    std::vector<std::string> values;

    Where& add(std::string_view condition, std::vector<std::string> with = {}) {
        sql += sql.empty() ? "" : " AND ";
        sql += condition;
        values.insert(values.end(), with.begin(), with.end());
        return *this;
    }

    Where& add(const Where& other) {
        return other.sql.empty() ? *this : add(other.sql, other.values);
    }

    std::string clause() const { return sql.empty() ? "" : " WHERE " + sql; }
};

Statement& bind_all(Statement& to, const Where& where) {
    for (const std::string& value : where.values) {
        to.bind(value);
    }
    return to;
}

Where filter_conditions(const UserFilter& filter) {
    Where where;
    for (const auto& [column, value] : {std::pair("site", &filter.site),
                                        std::pair("pool", &filter.pool),
                                        std::pair("policy", &filter.policy)}) {
        if (!value->empty()) {
            where.add(fmt::format("{} = ?", column), {*value});
        }
    }
    // Literals, because the partial indexes are found by them.
    if (filter.homed) {
        where.add(fmt::format("homed = {}", static_cast<int>(*filter.homed)));
    }
    if (filter.enabled) {
        where.add(fmt::format("enabled = {}", *filter.enabled ? 1 : 0));
    }
    return where;
}

/// Behind every text that starts with `prefix`.
std::string end_of(const std::string& prefix) {
    return prefix + "\xF4\x8F\xBF\xBF";
}

std::string like_pattern(std::string_view text) {
    std::string made = "%";
    for (const char c : text) {
        if (c == '%' || c == '_' || c == '\\') {
            made += '\\';
        }
        made += c;
    }
    return made + '%';
}

/// Every piece of three characters, each as a word that must be there (FTS5's query language).
std::string pieces_of(std::string_view text) {
    std::vector<std::size_t> starts;
    for (std::size_t at = 0; at < text.size(); text::next_code_point(text, at)) {
        starts.push_back(at);
    }
    starts.push_back(text.size());
    std::string made;
    for (std::size_t i = 0; i + kPiece < starts.size(); ++i) {
        made += made.empty() ? "\"" : " AND \"";
        for (const char c : text.substr(starts[i], starts[i + kPiece] - starts[i])) {
            made += c;
            if (c == '"') {
                made += c;
            }
        }
        made += '"';
    }
    return made;
}

/// One search, in one state of the database.
class Search {
  public:
    Search(Database& database, const UserFilter& filter)
        : database_(database),
          text_(fold(filter.text)),
          filters_(filter_conditions(filter)),
          offset_(filter.offset),
          limit_(std::min(filter.limit, kPageLimit)) {}

    UserPage run() {
        if (text_.empty()) {
            page_.total = count(filters_);
            take(filters_, "uri", offset_);
        } else {
            find_uris_that_start();
            if (page_.total <= kUserCountLimit) {
                find_others();
            }
        }
        if (page_.total > kUserCountLimit) {
            page_.total = kUserCountLimit;
            page_.is_total_exact = false;
        }
        return std::move(page_);
    }

  private:
    /// Up to one more than kUserCountLimit.
    std::uint64_t count(const Where& where) {
        Statement read = database_.prepare(
            fmt::format("SELECT COUNT(*) FROM (SELECT 1 FROM users{} LIMIT {}) AS found",
                        where.clause(),
                        kCap + 1));
        bind_all(read, where).step();
        return static_cast<std::uint64_t>(read.number(0));
    }

    /// Fills the page from what `where` finds behind `offset`.
    void take(const Where& where,
              std::string_view order,
              std::size_t offset,
              std::string_view from = "users") {
        Statement read =
            database_.prepare(fmt::format("SELECT {} FROM {}{} ORDER BY {} LIMIT ? OFFSET ?",
                                          kUserColumns,
                                          from,
                                          where.clause(),
                                          order));
        bind_all(read, where);
        read.bind(static_cast<std::int64_t>(limit_ - page_.users.size()));
        read.bind(static_cast<std::int64_t>(offset));
        while (read.step()) {
            page_.users.push_back(read_user(read));
        }
    }

    void find_uris_that_start() {
        Where where;
        where.add("uri >= ? AND uri < ?", {text_, end_of(text_)}).add(filters_);
        page_.total = count(where);
        if (offset_ < page_.total) {
            take(where, "uri", offset_);
        }
    }

    void find_others() {
        const std::size_t skip = offset_ - std::min<std::size_t>(offset_, page_.total);
        Where others;
        others.add("NOT (uri >= ? AND uri < ?)", {text_, end_of(text_)}).add(filters_);
        if (text::count_code_points(text_) < kPiece) {
            Where names;
            names.add("name_key >= ? AND name_key < ?", {text_, end_of(text_)}).add(others);
            page_.total += count(names);
            take(names, "name_key, uri", skip);
        } else if (const auto found = count_few(others)) {
            page_.total += *found;
            take_few(others, skip);
        } else {
            // So many that a walk in the order of the uris soon meets enough of them.
            Where walk;
            walk.add("search LIKE ? ESCAPE '\\'", {like_pattern(text_)}).add(others);
            take(walk, "uri", skip);
            page_.is_total_exact = false;
            page_.total = std::max<std::uint64_t>(page_.total, offset_ + page_.users.size());
        }
    }

    /// Who has the text anywhere, not more than one above the limit, by the index of pieces.
    Where few() const {
        const std::string like = like_pattern(text_);
        if (database_.dialect() == Dialect::Postgres) {
            return {fmt::format("(SELECT * FROM users WHERE search LIKE ? LIMIT {}) AS found",
                                kCap + 1),
                    {like}};
        }
        return {fmt::format("(SELECT u.* FROM users_search CROSS JOIN users AS u "
                            "ON u.sqlite_rowid = users_search.rowid "
                            "WHERE users_search MATCH ? AND u.search LIKE ? ESCAPE '\\' LIMIT {}) "
                            "AS found",
                            kCap + 1),
                {pieces_of(text_), like}};
    }

    /// How many of few() `where` leaves; nothing if there are too many to say.
    std::optional<std::uint64_t> count_few(const Where& where) {
        const Where from = few();
        Statement read = database_.prepare(fmt::format(
            "SELECT COUNT(*) FILTER (WHERE {}), COUNT(*) FROM {}", where.sql, from.sql));
        bind_all(bind_all(read, where), from).step();
        return read.number(1) > kCap ? std::nullopt
                                     : std::optional(static_cast<std::uint64_t>(read.number(0)));
    }

    void take_few(const Where& where, std::size_t offset) {
        Where both = few();
        const std::string from = std::exchange(both.sql, {});
        both.add(where);
        take(both, "uri", offset, from);
    }

    Database& database_;
    std::string text_;
    Where filters_;
    std::size_t offset_;
    std::size_t limit_;
    UserPage page_;
};

}  // namespace

UserPage search_users(Database& database, const UserFilter& filter) {
    if (filter.text.size() > kMostText) {
        return {};
    }
    Transaction snapshot(database, Access::Read);
    if (database.dialect() == Dialect::Postgres) {
        // A plan for all texts would be a bad one for most.
        database.execute("SET LOCAL plan_cache_mode = force_custom_plan");
    }
    UserPage page = Search(database, filter).run();
    snapshot.commit();
    return page;
}

}  // namespace isthmus::store
