#include "control/audit_service.h"

#include "base/text.h"
#include "base/utc.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace isthmus::control {

namespace json = boost::json;

namespace {

constexpr std::size_t kPiece = 65536;

Error not_read(const std::exception& error) {
    return make_error(
        ErrorKind::Internal, "IST-API-004", "The audit log could not be read.", error.what());
}

Error too_many() {
    return make_error(
        ErrorKind::Limit, "IST-API-043", "Too many readings of the audit log are under way.", {});
}

/// "0000-00-00T00:00:00Z" or its beginning up to the day.
bool is_time(std::string_view text) {
    constexpr std::string_view kPattern = "0000-00-00T00:00:00Z";
    if (text.size() != kPattern.size() && text.size() != 10) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (kPattern[i] == '0' ? !text::is_digit(text[i]) : text[i] != kPattern[i]) {
            return false;
        }
    }
    return true;
}

/// Seconds of "45m", "12h", "30d".
std::optional<std::int64_t> duration_of(std::string_view text) {
    constexpr std::uint64_t kMost = 36'500;
    if (text.size() < 2) {
        return std::nullopt;
    }
    const auto number = text::to_number(text.substr(0, text.size() - 1));
    const std::int64_t unit = text.back() == 'm'   ? 60
                              : text.back() == 'h' ? 3600
                              : text.back() == 'd' ? 86400
                                                   : 0;
    if (!number || *number > kMost || unit == 0) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(*number) * unit;
}

std::string csv_field(std::string_view text) {
    const bool is_formula =
        !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
    std::string made = "\"";
    made += is_formula ? "'" : "";
    for (const char c : text) {
        made += c;
        if (c == '"') {
            made += c;
        }
    }
    return made + '"';
}

/// A head that somebody wrote down is in the log as it was.
std::optional<store::AuditFault> fault_against(const store::AuditLog& log,
                                               const store::AuditHead& known) {
    if (known.seq == 0) {
        return std::nullopt;
    }
    const auto rows = log.list({.before = known.seq + 1}, 1);
    if (rows.empty() || rows.front().seq != known.seq) {
        return store::AuditFault{known.seq, "The row that was written down is not there."};
    }
    if (rows.front().hash != known.hash) {
        return store::AuditFault{known.seq,
                                 "The row is another one than the one that was written down."};
    }
    return std::nullopt;
}

}  // namespace

json::object to_json(const store::AuditRow& row) {
    return {{"seq", row.seq},
            {"at", row.at},
            {"admin", row.event.author.admin},
            {"origin", row.event.author.origin},
            {"action", row.event.action},
            {"object", row.event.object},
            {"outcome", row.event.outcome},
            {"detail", row.event.detail},
            {"revision", row.revision ? json::value(*row.revision) : json::value()},
            {"changes", row.changes},
            {"hash", row.hash}};
}

std::string audit_csv_head() {
    return "seq,at,admin,origin,action,object,outcome,detail,revision,changes,hash\r\n";
}

std::string audit_csv_line(const store::AuditRow& row) {
    return fmt::format("{},{},{},{},{},{},{},{},{},{},{}\r\n",
                       row.seq,
                       row.at,
                       csv_field(row.event.author.admin),
                       csv_field(row.event.author.origin),
                       csv_field(row.event.action),
                       csv_field(row.event.object),
                       csv_field(row.event.outcome),
                       csv_field(row.event.detail),
                       row.revision ? fmt::format("{}", *row.revision) : std::string(),
                       row.changes,
                       row.hash);
}

Result<std::string> AuditService::read_time(std::string_view field, std::string_view text) const {
    if (text.empty() || is_time(text)) {
        return std::string(text);
    }
    if (const auto ago = duration_of(text)) {
        return utc_text(std::max<std::int64_t>(0, context_.wall() - *ago));
    }
    return make_error(
        ErrorKind::Syntax,
        "IST-API-001",
        fmt::format("{} '{}': must be a time such as 2026-01-31T09:05:00Z, a day such "
                    "as 2026-01-31, or how long ago: 45m, 12h, 30d.",
                    field,
                    text::escape_for_log(text, 80)),
        {});
}

Result<std::vector<store::AuditRow>> AuditService::list(const store::AuditFilter& filter,
                                                        std::size_t limit) const {
    try {
        return store::AuditLog(context_.database).list(filter, limit);
    } catch (const store::StoreError& error) {
        return not_read(error);
    }
}

void AuditService::verify(std::optional<store::AuditHead> known,
                          const Author& author,
                          const Verified& done) {
    const auto result = std::make_shared<std::optional<Result<store::AuditVerdict>>>();
    const bool waits = context_.offload(
        [result, known = std::move(known), connect = context_.connect] {
            try {
                const auto database = connect();
                const store::AuditLog log(*database);
                store::AuditVerdict verdict = log.verify();
                if (!verdict.fault && known) {
                    verdict.fault = fault_against(log, *known);
                }
                *result = std::move(verdict);
            } catch (const std::exception& error) {
                *result = not_read(error);
            }
        },
        [this, result, author, done] {
            const auto& verdict = result->value();
            const bool is_good = verdict && !verdict->fault;
            context_.audit(
                {author.admin,
                 author.origin,
                 "audit-verify",
                 "audit",
                 is_good ? "done" : "failed",
                 is_good   ? fmt::format("{} rows", verdict->rows)
                 : verdict ? fmt::format("row {}: {}", verdict->fault->seq, verdict->fault->why)
                           : verdict.error().detail});
            done(verdict);
        });
    if (!waits) {
        done(too_many());
    }
}

void AuditService::export_rows(std::shared_ptr<SpoolFile> to,
                               store::AuditFilter filter,
                               Format format,
                               const Author& author,
                               const Exported& done) {
    const auto result = std::make_shared<std::optional<Result<std::uint64_t>>>();
    const bool waits = context_.offload(
        [result, to, filter = std::move(filter), format, connect = context_.connect] {
            try {
                const auto database = connect();
                std::uint64_t count = 0;
                std::string text = format == Format::Csv ? audit_csv_head() : std::string();
                store::AuditLog(*database).export_rows(filter, [&](const store::AuditRow& row) {
                    text += format == Format::Csv ? audit_csv_line(row)
                                                  : json::serialize(to_json(row)) + "\n";
                    ++count;
                    if (text.size() >= kPiece) {
                        to->write(text);
                        text.clear();
                    }
                });
                to->write(text);
                to->rewind();
                *result = count;
            } catch (const std::exception& error) {
                *result = not_read(error);
            }
        },
        [this, result, author, done] {
            const auto& count = result->value();
            context_.audit({author.admin,
                            author.origin,
                            "export",
                            "audit",
                            count ? "done" : "failed",
                            count ? fmt::format("{} rows", *count) : count.error().detail});
            done(count);
        });
    if (!waits) {
        done(too_many());
    }
}

}  // namespace isthmus::control
