#include "control/backup_service.h"

#include "base/log.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace isthmus::control {

namespace {

constexpr std::size_t kLeastPassphrase = 12;
constexpr std::size_t kMostPassphrase = 1024;

Error too_many_backups() {
    return make_error(ErrorKind::Limit, "IST-API-043", "Too many backups are under way.", {});
}

/// What is being thrown, as an administrator reads it.
Error error_of_current_exception() {
    try {
        throw;
    } catch (const store::WrongPassphrase& error) {
        return make_error(ErrorKind::Syntax,
                          "IST-API-030",
                          "The passphrase does not open the backup.",
                          error.what());
    } catch (const store::BackupDamaged& error) {
        return make_error(
            ErrorKind::Syntax, "IST-API-031", "The file is no backup, or not whole.", error.what());
    } catch (const store::NewerFormat& error) {
        return make_error(ErrorKind::Unsupported,
                          "IST-API-032",
                          "A newer program wrote the backup.",
                          error.what());
    } catch (const store::LastAdminLost& error) {
        return make_error(ErrorKind::Conflict,
                          "IST-API-033",
                          "Nobody could sign in as administrator afterwards.",
                          error.what());
    } catch (const store::StoreError& error) {
        return make_error(
            ErrorKind::Internal, "IST-API-004", "The database refused.", error.what());
    } catch (const std::system_error& error) {
        return make_error(ErrorKind::Internal,
                          "IST-API-035",
                          "The backup could not be kept on the disk.",
                          error.what());
    } catch (const std::exception& error) {
        return make_error(ErrorKind::Conflict,
                          "IST-API-034",
                          "What the backup holds does not fit this gateway.",
                          error.what());
    }
}

store::Source source_of(SpoolFile& from) {
    return [&from](char* to, std::size_t size) { return from.read(to, size); };
}

}  // namespace

Result<void> BackupService::check_new_passphrase(std::string_view passphrase) {
    const bool is_text = text::is_utf8(passphrase) && std::ranges::none_of(passphrase, [](char c) {
                             return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
                         });
    if (!is_text || passphrase.size() > kMostPassphrase ||
        text::count_code_points(passphrase) < kLeastPassphrase) {
        return make_error(ErrorKind::Syntax,
                          "IST-API-001",
                          fmt::format("passphrase: must be a text of {} characters or more, at "
                                      "most {} octets, without control characters.",
                                      kLeastPassphrase,
                                      kMostPassphrase),
                          {});
    }
    return {};
}

void BackupService::note(const Author& author,
                         std::string action,
                         const Result<store::BackupContents>& result) const {
    context_.audit({author.admin,
                    author.origin,
                    std::move(action),
                    "backup",
                    result ? "done" : "refused",
                    result ? fmt::format("of {}, revision {}", result->at, result->revision)
                           : fmt::format("{}: {}", result.error().code, result.error().detail)});
}

void BackupService::create(std::shared_ptr<SpoolFile> to,
                           std::string passphrase,
                           const Author& author,
                           Done done) {
    if (auto good = check_new_passphrase(passphrase); !good) {
        return done(good.error());
    }
    const auto result = std::make_shared<std::optional<Result<store::BackupContents>>>();
    const bool waits = context_.offload(
        [result,
         to,
         passphrase = std::move(passphrase),
         keys = context_.keys.text(),
         cost = context_.cost,
         connect = context_.connect] {
            try {
                const auto database = connect();
                *result = store::create_backup(
                    *database,
                    [&](std::string_view octets) { to->write(octets); },
                    passphrase,
                    keys,
                    cost);
                to->rewind();
            } catch (...) {
                *result = error_of_current_exception();
            }
        },
        [this, result, author, done] {
            note(author, "backup", result->value());
            done(result->value());
        });
    if (!waits) {
        done(too_many_backups());
    }
}

void BackupService::verify(std::shared_ptr<SpoolFile> from,
                           std::string passphrase,
                           const Author& author,
                           Done done) {
    const auto result = std::make_shared<std::optional<Result<store::BackupContents>>>();
    const bool waits = context_.offload(
        [result, from, passphrase = std::move(passphrase)] {
            try {
                *result = store::verify_backup(source_of(*from), passphrase);
            } catch (...) {
                *result = error_of_current_exception();
            }
        },
        [this, result, author, done] {
            note(author, "backup-verify", result->value());
            done(result->value());
        });
    if (!waits) {
        done(too_many_backups());
    }
}

Result<Restored> BackupService::restore(SpoolFile& from,
                                        std::string_view passphrase,
                                        const Edit& edit) {
    std::optional<PolicyService::Stored> stored;
    try {
        Restored made{.restoration = store::restore_backup(
                          context_.database,
                          source_of(from),
                          passphrase,
                          {.author = edit.author,
                           .reason = edit.reason,
                           .dry_run = edit.dry_run,
                           .learn = [this](std::string_view keys) { context_.keys.learn(keys); },
                           .check = [&] { stored = context_.policies.load_stored(); }})};
        if (edit.dry_run) {
            return made;
        }
        if (made.restoration.has_changed_nothing()) {
            note(edit.author, "restore-unchanged", made.restoration.backup);
        }
        made.is_in_force = context_.policies.adopt(*std::move(stored));
        if (context_.on_restored) {
            context_.on_restored();
        }
        log::event(log::Level::Warning,
                   "backup.restored",
                   {{"admin", edit.author.admin},
                    {"origin", edit.author.origin},
                    {"revision", made.restoration.revision}});
        return made;
    } catch (...) {
        const Error error = error_of_current_exception();
        note(edit.author, edit.dry_run ? "restore-dry-run" : "restore", error);
        return error;
    }
}

}  // namespace isthmus::control
