// Backups: POST /backups answers a new one, POST /backups:verify and /backups:restore take one. The
// passphrase comes in the body where that is JSON, else base64-encoded in a header field.
#include "admin/answers.h"
#include "admin/fields.h"
#include "admin/resource.h"
#include "base/digest.h"
#include "base/text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

constexpr std::string_view kPassphraseField = "isthmus-passphrase";

json::object json_of(const store::BackupContents& contents) {
    json::object rows;
    for (const store::BackupTable& table : contents.tables) {
        rows[table.name] = table.rows;
    }
    return {{"at", contents.at},
            {"source", contents.source},
            {"schema_version", contents.schema_version},
            {"revision", contents.revision},
            {"rows", std::move(rows)}};
}

json::object json_of(const control::Restored& made, bool is_trial) {
    json::array changes;
    for (const store::Difference& one : made.restoration.differences) {
        changes.push_back(json::object{{"kind", one.kind},
                                       {"created", one.created},
                                       {"changed", one.changed},
                                       {"deleted", one.deleted},
                                       {"names", json::array(one.names.begin(), one.names.end())}});
    }
    return {{"backup", json_of(made.restoration.backup)},
            {"replaced_revision", made.restoration.replaced_revision},
            {"revision", made.restoration.revision},
            {"history_taken", made.restoration.has_taken_history},
            {"changes", std::move(changes)},
            {"in_force", made.is_in_force},
            {"dry_run", is_trial}};
}

Result<std::string> passphrase_of(const HttpRequest& request) {
    const std::string_view field = request.header(kPassphraseField);
    auto made = digest::base64_decode(field);
    if (field.empty() || !made) {
        return make_error(ErrorKind::Syntax,
                          "IST-API-001",
                          "Isthmus-Passphrase: the header field must hold the passphrase of the "
                          "backup, base64-encoded.",
                          {});
    }
    return *std::move(made);
}

void create(control::BackupService& backups,
            const std::string& folder,
            const HttpRequest& request,
            const HttpReply& reply) {
    const auto body = parse_body(request);
    if (!body) {
        return reply(problem(body.error()));
    }
    if (auto good = only_fields(*body, {"passphrase"}); !good) {
        return reply(problem(good.error()));
    }
    const auto passphrase = required_text(*body, "passphrase");
    if (!passphrase) {
        return reply(problem(passphrase.error()));
    }
    const auto file = std::make_shared<SpoolFile>(folder);
    backups.create(file, *passphrase, request.author, [reply, file](const auto& contents) {
        if (!contents) {
            return reply(problem(contents.error()));
        }
        std::string time = contents->at;
        std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
        HttpResponse response{
            .content_type = "application/octet-stream", .body = {}, .allow = {}, .file = file};
        response.headers.emplace_back(
            "Content-Disposition", fmt::format("attachment; filename=\"isthmus-{}.backup\"", time));
        response.headers.emplace_back("X-Isthmus-Backup", json::serialize(json_of(*contents)));
        reply(std::move(response));
    });
}

/// What both that take a file want first.
bool is_ready(const HttpRequest& request,
              const Result<std::string>& passphrase,
              const HttpReply& reply) {
    if (!passphrase) {
        reply(problem(passphrase.error()));
        return false;
    }
    if (!request.upload) {
        reply(problem(
            make_error(ErrorKind::Syntax, "IST-API-001", "The body must be the backup.", {})));
        return false;
    }
    return true;
}

void verify(control::BackupService& backups, const HttpRequest& request, const HttpReply& reply) {
    const auto passphrase = passphrase_of(request);
    if (!is_ready(request, passphrase, reply)) {
        return;
    }
    backups.verify(request.upload, *passphrase, request.author, [reply](const auto& contents) {
        if (!contents) {
            return reply(problem(contents.error()));
        }
        json::object made = json_of(*contents);
        made["good"] = true;
        reply(answer(made));
    });
}

void restore(control::BackupService& backups, const HttpRequest& request, const HttpReply& reply) {
    const auto passphrase = passphrase_of(request);
    const auto edit = edit_of(request);
    if (!edit) {
        return reply(problem(edit.error()));
    }
    if (!is_ready(request, passphrase, reply)) {
        return;
    }
    const auto made = backups.restore(*request.upload, *passphrase, *edit);
    reply(made ? answer(json_of(*made, edit->dry_run)) : problem(made.error()));
}

}  // namespace

void add_backup_resources(control::BackupService& backups,
                          const std::string& spool_folder,
                          std::map<std::string, Resource, std::less<>>& to) {
    to["backups"] = [&backups, spool_folder](const HttpRequest& request,
                                             std::string_view /*rest*/,
                                             const HttpReply& reply) {
        create(backups, spool_folder, request, reply);
    };
    to["backups:verify"] = [&backups](const HttpRequest& request,
                                      std::string_view /*rest*/,
                                      const HttpReply& reply) { verify(backups, request, reply); };
    to["backups:restore"] =
        [&backups](const HttpRequest& request, std::string_view /*rest*/, const HttpReply& reply) {
            restore(backups, request, reply);
        };
}

}  // namespace isthmus::admin
