// The audit log as administrators ask for it. Control thread; what reads all of it runs on a worker
// with a connection of its own.
#pragma once

#include "base/result.h"
#include "base/spool_file.h"
#include "control/audit.h"
#include "control/author.h"
#include "control/offload.h"
#include "store/audit_log.h"

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

struct AuditContext {
    store::Database& database;
    /// Another connection; called on the worker.
    std::function<std::unique_ptr<store::Database>()> connect;
    Offload offload;
    Audit audit;
    std::function<std::int64_t()> wall;  ///< seconds since 1970
};

class AuditService {
  public:
    enum class Format : std::uint8_t { JsonLines, Csv };

    using Verified = std::function<void(Result<store::AuditVerdict>)>;
    using Exported = std::function<void(Result<std::uint64_t>)>;

    explicit AuditService(AuditContext context) : context_(std::move(context)) {}

    /// "2026-01-31", "2026-01-31T09:05:00Z", or how long ago: "45m", "12h", "30d". As the log
    /// compares it; IST-API-001 names `field` otherwise.
    Result<std::string> read_time(std::string_view field, std::string_view text) const;

    /// Newest first.
    Result<std::vector<store::AuditRow>> list(const store::AuditFilter& filter,
                                              std::size_t limit) const;
    /// `known`: a head that was written down before; a log that does not hold it is at fault.
    void verify(std::optional<store::AuditHead> known, const Author& author, const Verified& done);
    /// Oldest first, into `to`, which is then at its beginning; answers how many rows.
    void export_rows(std::shared_ptr<SpoolFile> to,
                     store::AuditFilter filter,
                     Format format,
                     const Author& author,
                     const Exported& done);

  private:
    AuditContext context_;
};

boost::json::object to_json(const store::AuditRow& row);
/// The names of the columns, as csv_line() writes them.
std::string audit_csv_head();
/// RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe in front.
std::string audit_csv_line(const store::AuditRow& row);

}  // namespace isthmus::control
