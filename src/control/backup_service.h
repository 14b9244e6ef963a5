// Backups: made, checked, taken back. Control thread; what takes long and changes nothing runs on a
// worker with a connection of its own, a restoration on the control thread, so that nobody else
// changes anything meanwhile. Traffic goes on.
#pragma once

#include "base/result.h"
#include "base/spool_file.h"
#include "control/audit.h"
#include "control/edit.h"
#include "control/offload.h"
#include "control/policy_service.h"
#include "store/backup.h"
#include "store/key_box.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace isthmus::control {

struct BackupContext {
    store::Database& database;
    /// Another connection; called on the worker.
    std::function<std::unique_ptr<store::Database>()> connect;
    store::KeyBox& keys;
    PolicyService& policies;
    Offload offload;
    Audit audit;
    /// After a restoration: what it brought besides policies comes into force.
    std::function<void()> on_restored = {};
    store::SealCost cost = {};
};

struct Restored {
    store::Restoration restoration;
    bool is_in_force = false;
};

class BackupService {
  public:
    using Done = std::function<void(Result<store::BackupContents>)>;

    explicit BackupService(BackupContext context) : context_(std::move(context)) {}

    /// At least 12 characters, UTF-8 without controls (IST-API-001): a backup can be guessed at
    /// wherever somebody has carried it.
    static Result<void> check_new_passphrase(std::string_view passphrase);

    /// Writes into `to`, which is then at its beginning. `done` on the control thread.
    void create(std::shared_ptr<SpoolFile> to,
                std::string passphrase,
                const Author& author,
                const Done& done);
    void verify(const std::shared_ptr<SpoolFile>& from,
                std::string passphrase,
                const Author& author,
                const Done& done);
    /// Blocks, about 10 s for a million users. Errors: IST-API-030 wrong passphrase, 031 no backup
    /// or damaged, 032 of a newer program, 033 the last administrator, 034 does not fit this
    /// gateway, 004 the database; nothing has changed then.
    Result<Restored> restore(SpoolFile& from, std::string_view passphrase, const Edit& edit);

  private:
    void note(const Author& author,
              std::string action,
              const Result<store::BackupContents>& result) const;

    BackupContext context_;
};

}  // namespace isthmus::control
