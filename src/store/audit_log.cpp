#include "store/audit_log.h"

#include "base/digest.h"
#include "base/freed.h"
#include "base/utc.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <memory>
#include <string_view>
#include <utility>

namespace isthmus::store {

namespace {

constexpr std::string_view kColumns =
    "seq, at, admin, origin, action, object, outcome, detail, revision, changes, hash";
constexpr std::int64_t kRowsAtOnce = 10'000;

/// SHA-256 over values with their lengths, so that nothing can be shifted between neighbours.
class Hasher {
  public:
    Hasher() : context_(EVP_MD_CTX_new()) {
        EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
    }

    Hasher& add(std::string_view text) {
        add_raw(fmt::format("{}:", text.size()));
        return add_raw(text);
    }

    Hasher& add(std::int64_t number) {
        return add(std::string_view(fmt::format_int(number).str()));
    }

    Hasher& add_null() { return add_raw("-"); }

    std::string hex() {
        unsigned char made[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        EVP_DigestFinal_ex(context_.get(), made, &size);
        return digest::to_hex({reinterpret_cast<const char*>(made), size});
    }

  private:
    Hasher& add_raw(std::string_view octets) {
        EVP_DigestUpdate(context_.get(), octets.data(), octets.size());
        return *this;
    }

    std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> context_;
};

AuditRow read_row(const Statement& row) {
    return {.seq = static_cast<std::uint64_t>(row.number(0)),
            .at = row.text(1),
            .event = {.author = {row.text(2), row.text(3)},
                      .action = row.text(4),
                      .object = row.text(5),
                      .outcome = row.text(6),
                      .detail = row.text(7)},
            .revision = row.is_null(8) ? std::nullopt
                                       : std::optional(static_cast<std::uint64_t>(row.number(8))),
            .changes = row.text(9),
            .hash = row.text(10)};
}

std::string hash_of(const AuditRow& row, std::string_view before) {
    Hasher hasher;
    hasher.add(before).add(static_cast<std::int64_t>(row.seq)).add(row.at);
    hasher.add(row.event.author.admin).add(row.event.author.origin);
    hasher.add(row.event.action).add(row.event.object);
    hasher.add(row.event.outcome).add(row.event.detail);
    if (row.revision) {
        hasher.add(static_cast<std::int64_t>(*row.revision));
    } else {
        hasher.add_null();
    }
    return hasher.add(row.changes).hex();
}

AuditHead read_head(Database& database) {
    Statement read = database.prepare("SELECT seq, hash FROM audit_head WHERE id = 1");
    if (!read.step()) {
        return {};
    }
    return {static_cast<std::uint64_t>(read.number(0)), read.text(1)};
}

/// " AND admin = ? ..." with its values.
struct Condition {
    explicit Condition(const AuditFilter& filter) {
        // The indexes hold the beginnings.
        add("substr(admin, 1, 200) = substr(?, 1, 200)", filter.admin);
        add("admin = ?", filter.admin);
        add("action = ?", filter.action);
        add("outcome = ?", filter.outcome);
        add("at >= ?", filter.since);
        add("at < ?", filter.until);
        if (filter.object.ends_with('/')) {
            const std::string beyond = filter.object.substr(0, filter.object.size() - 1) + '0';
            add("substr(object, 1, 200) >= substr(?, 1, 200)", filter.object);
            add("substr(object, 1, 200) <= substr(?, 1, 200)", beyond);
            add("object >= ?", filter.object);
            add("object < ?", beyond);
        } else {
            add("substr(object, 1, 200) = substr(?, 1, 200)", filter.object);
            add("object = ?", filter.object);
        }
    }

    void add(std::string_view condition, const std::string& value) {
        if (!value.empty()) {
            sql += fmt::format(" AND {}", condition);
            values.push_back(value);
        }
    }

    void bind(Statement& to) const {
        for (const std::string& value : values) {
            to.bind(value);
        }
    }

    std::string sql;
    std::vector<std::string> values;
};

/// A walk over the rows, oldest first, until `take` returns false.
template <class Take>
void walk(Database& database, const AuditFilter& filter, Take take) {
    const Condition condition(filter);
    Statement read = database.prepare(fmt::format(
        "SELECT {} FROM audit WHERE seq > ?{} ORDER BY seq LIMIT ?", kColumns, condition.sql));
    std::int64_t last = INT64_MIN;
    for (bool is_more = true; is_more;) {
        is_more = false;
        read.bind(last);
        condition.bind(read);
        read.bind(kRowsAtOnce);
        while (read.step()) {
            is_more = true;
            last = read.number(0);
            if (!take(read_row(read))) {
                return;
            }
        }
    }
}

/// A revision that no row vouches for, above the first one that has a row.
std::optional<std::uint64_t> find_unlogged(Database& database) {
    Statement read = database.prepare(
        "SELECT MIN(r.revision) FROM config_revisions AS r "
        "WHERE r.revision > (SELECT MIN(revision) FROM audit) "
        "AND NOT EXISTS (SELECT 1 FROM audit AS a WHERE a.revision = r.revision)");
    read.step();
    return read.is_null(0) ? std::nullopt
                           : std::optional(static_cast<std::uint64_t>(read.number(0)));
}

/// What is wrong with a row that should follow `last`; empty if nothing is.
std::string fault_of(Database& database, const AuditRow& row, const AuditHead& last) {
    if (row.seq <= last.seq) {
        return "The row was put in: the first one is row 1.";
    }
    if (row.seq != last.seq + 1) {
        return row.seq == last.seq + 2
                   ? fmt::format("Row {} is missing.", last.seq + 1)
                   : fmt::format("The rows {} to {} are missing.", last.seq + 1, row.seq - 1);
    }
    if (hash_of(row, last.hash) != row.hash) {
        return "The row was changed, or the one before it was exchanged.";
    }
    if (row.revision && revision_digest(database, *row.revision) != row.changes) {
        return fmt::format("What revision {} changed was altered.", *row.revision);
    }
    return {};
}

}  // namespace

std::string revision_digest(Database& database, std::uint64_t revision) {
    const auto number = static_cast<std::int64_t>(revision);
    Hasher hasher;
    Statement head = database.prepare(
        "SELECT at, admin, origin, action, object, reason FROM config_revisions "
        "WHERE revision = ?");
    head.bind(number);
    if (!head.step()) {
        return {};
    }
    hasher.add(number);
    for (int column = 0; column < 6; ++column) {
        hasher.add(head.view(column));
    }
    Statement read = database.prepare(
        "SELECT position, kind, id, before, after FROM config_changes "
        "WHERE revision = ? AND position > ? ORDER BY position LIMIT ?");
    std::int64_t last = -1;
    for (bool is_more = true; is_more;) {
        is_more = false;
        read.bind(number).bind(last).bind(kRowsAtOnce);
        while (read.step()) {
            is_more = true;
            last = read.number(0);
            hasher.add(last).add(read.view(1)).add(read.view(2));
            for (const int column : {3, 4}) {
                if (read.is_null(column)) {
                    hasher.add_null();
                } else {
                    hasher.add(read.view(column));
                }
            }
        }
    }
    return hasher.hex();
}

std::uint64_t AuditLog::append(const AuditEvent& event) {
    Transaction transaction(database_);
    const std::uint64_t seq = append(transaction, event);
    transaction.commit();
    return seq;
}

std::uint64_t AuditLog::append(const Transaction&,
                               const AuditEvent& event,
                               std::optional<std::uint64_t> revision) {
    const AuditHead last = read_head(database_);
    AuditRow row{.seq = last.seq + 1,
                 .at = utc_now_text(),
                 .event = event,
                 .revision = revision,
                 .changes = revision ? revision_digest(database_, *revision) : std::string(),
                 .hash = {}};
    row.hash = hash_of(row, last.hash);
    Statement add = database_.prepare(
        fmt::format("INSERT INTO audit ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", kColumns));
    add.bind(static_cast<std::int64_t>(row.seq)).bind(row.at);
    add.bind(event.author.admin).bind(event.author.origin).bind(event.action).bind(event.object);
    add.bind(event.outcome).bind(event.detail);
    if (revision) {
        add.bind(static_cast<std::int64_t>(*revision));
    } else {
        add.bind_null();
    }
    add.bind(row.changes).bind(row.hash).run();
    database_.prepare("UPDATE audit_head SET seq = ?, hash = ? WHERE id = 1")
        .bind(static_cast<std::int64_t>(row.seq))
        .bind(row.hash)
        .run();
    return row.seq;
}

std::vector<AuditRow> AuditLog::list(const AuditFilter& filter, std::size_t limit) const {
    const Condition condition(filter);
    Statement read = database_.prepare(fmt::format(
        "SELECT {} FROM audit WHERE seq < ?{} ORDER BY seq DESC LIMIT ?", kColumns, condition.sql));
    read.bind(filter.before == 0 ? INT64_MAX : static_cast<std::int64_t>(filter.before));
    condition.bind(read);
    read.bind(static_cast<std::int64_t>(limit));
    std::vector<AuditRow> made;
    while (read.step()) {
        made.push_back(read_row(read));
    }
    return made;
}

void AuditLog::export_rows(const AuditFilter& filter,
                           const std::function<void(const AuditRow&)>& take) const {
    Transaction snapshot(database_, Access::Read);
    walk(database_, filter, [&](const AuditRow& row) {
        take(row);
        return true;
    });
    snapshot.commit();
}

AuditVerdict AuditLog::verify() const {
    Transaction snapshot(database_, Access::Read);
    AuditVerdict verdict;
    AuditHead last;
    walk(database_, {}, [&](const AuditRow& row) {
        std::string fault = fault_of(database_, row, last);
        if (!fault.empty()) {
            verdict.fault = {row.seq, std::move(fault)};
            return false;
        }
        last = {row.seq, row.hash};
        ++verdict.rows;
        return true;
    });
    verdict.head = read_head(database_);
    if (!verdict.fault && verdict.head != last) {
        verdict.fault = verdict.head.seq > last.seq
                            ? AuditFault{last.seq + 1, "The newest rows are missing."}
                            : AuditFault{last.seq, "The head of the log names another row."};
    }
    if (!verdict.fault) {
        if (const auto unlogged = find_unlogged(database_)) {
            verdict.fault = {last.seq,
                             fmt::format("Revision {} has no row in the log.", *unlogged)};
        }
    }
    snapshot.commit();
    return verdict;
}

AuditHead AuditLog::head() const {
    return read_head(database_);
}

}  // namespace isthmus::store
