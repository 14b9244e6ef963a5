#include "app/archive.h"

#include "base/log.h"
#include "store/audit_log.h"
#include "store/secrets.h"
#include "store/store_error.h"

#include <ctime>
#include <utility>

namespace isthmus::app {

namespace {

constexpr std::size_t kMostReadings = 4;

}  // namespace

Result<void> open_keys(std::optional<store::KeyBox>& keys,
                       const std::string& file,
                       store::Database& database) {
    try {
        keys.emplace(file);
    } catch (const store::StoreError& error) {
        return make_error(
            ErrorKind::Internal, "IST-API-036", "The key file cannot be used.", error.what());
    }
    const store::Resealing done = store::reseal_secrets(database, *keys);
    if (done.sealed != 0) {
        log::event(log::Level::Info, "secret.sealed", {{"count", done.sealed}, {"file", file}});
    }
    for (const std::string& why : done.unreadable) {
        log::event(log::Level::Error, "secret.unreadable", {{"code", "IST-API-036"}, {"msg", why}});
    }
    return {};
}

control::Audit audit_to(store::Database& database) {
    return [&database](const control::AuditEntry& entry) {
        try {
            store::AuditLog(database).append({{entry.admin, entry.origin},
                                              entry.action,
                                              entry.object,
                                              entry.outcome,
                                              entry.detail});
        } catch (const store::StoreError& error) {
            log::event(log::Level::Error,
                       "audit.failed",
                       {{"code", "IST-API-004"}, {"msg", error.what()}});
        }
    };
}

Archive::Archive(Parts parts)
    : worker_([&control = parts.control](auto call) { control.post(std::move(call)); },
              kMostReadings),
      audit_log_({.database = parts.database,
                  .connect = parts.connect,
                  .offload =
                      [this](auto work, auto done) {
                          return worker_.submit(std::move(work), std::move(done));
                      },
                  .audit = parts.audit,
                  .wall = [] { return static_cast<std::int64_t>(std::time(nullptr)); }}),
      backups_({.database = parts.database,
                .connect = parts.connect,
                .keys = parts.keys,
                .policies = parts.policies,
                .offload =
                    [this](auto work, auto done) {
                        return worker_.submit(std::move(work), std::move(done));
                    },
                .audit = parts.audit,
                .on_restored = std::move(parts.on_restored)}) {}

}  // namespace isthmus::app
