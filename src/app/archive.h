// What keeps the database safe and accountable: the keys of its secrets, its backups, its audit
// log. Control thread.
#pragma once

#include "base/result.h"
#include "control/audit_service.h"
#include "control/backup_service.h"
#include "control/offload.h"
#include "net/event_loop.h"
#include "store/database.h"
#include "store/key_box.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace isthmus::app {

/// Opens or makes the key file; seals what is in clear in the database, and logs what no key
/// opens.
Result<void> open_keys(std::optional<store::KeyBox>& keys,
                       const std::string& file,
                       store::Database& database);

/// What administrators do goes into the audit log; if it cannot be written, the log line that
/// AdminWing writes of each entry is what is left. The database must outlive it.
control::Audit audit_to(store::Database& database);

/// What reads everything has a thread and a connection of its own.
class Archive {
  public:
    struct Parts {
        net::EventLoop& control;
        store::Database& database;
        std::function<std::unique_ptr<store::Database>()> connect;  ///< another connection
        store::KeyBox& keys;
        control::PolicyService& policies;
        control::Audit audit;
        std::function<void()> on_restored;
    };

    explicit Archive(Parts parts);
    Archive(const Archive&) = delete;
    Archive& operator=(const Archive&) = delete;
    Archive(Archive&&) = delete;
    Archive& operator=(Archive&&) = delete;
    ~Archive() = default;

    control::AuditService& audit_log() { return audit_log_; }

    control::BackupService& backups() { return backups_; }

  private:
    control::Worker worker_;
    control::AuditService audit_log_;
    control::BackupService backups_;
};

}  // namespace isthmus::app
