// The audit log: GET /audit, GET /audit:export, POST /audit:verify.
#include "admin/answers.h"
#include "admin/fields.h"
#include "admin/resource.h"
#include "base/text.h"
#include "base/utc.h"
#include "control/faults.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t kUsualPage = 100;
constexpr std::size_t kLongestPage = 1000;
constexpr std::size_t kMostText = 1024;
constexpr std::size_t kHashDigits = 64;  ///< SHA-256

Result<store::AuditFilter> filter_of(const control::AuditService& log, const HttpRequest& request) {
    store::AuditFilter made;
    for (const auto& [name, to] : {std::pair("admin", &store::AuditFilter::admin),
                                   std::pair("action", &store::AuditFilter::action),
                                   std::pair("object", &store::AuditFilter::object),
                                   std::pair("outcome", &store::AuditFilter::outcome)}) {
        made.*to = query_of(request, name);
        if ((made.*to).size() > kMostText || !text::is_utf8(made.*to)) {
            return control::invalid(
                fmt::format("{}: must be a text of at most {} octets.", name, kMostText));
        }
    }
    for (const auto& [name, to] : {std::pair("since", &store::AuditFilter::since),
                                   std::pair("until", &store::AuditFilter::until)}) {
        auto time = log.read_time(name, query_of(request, name));
        if (!time) {
            return time.error();
        }
        made.*to = *std::move(time);
    }
    if (const std::string before = query_of(request, "before"); !before.empty()) {
        const auto number = text::to_number(before);
        if (!number || *number == 0 || *number > INT64_MAX) {
            return control::invalid("before: must be the number of a row.");
        }
        made.before = *number;
    }
    return made;
}

HttpResponse list(const control::AuditService& log, const HttpRequest& request) {
    const auto filter = filter_of(log, request);
    const auto paging = paging_of(request, kUsualPage, kLongestPage);
    if (!filter || !paging) {
        return problem(filter ? paging.error() : filter.error());
    }
    // One more than asked for tells whether there are more.
    auto rows = log.list(*filter, paging->limit + 1);
    if (!rows) {
        return problem(rows.error());
    }
    const bool has_more = rows->size() > paging->limit;
    rows->resize(std::min(rows->size(), paging->limit));
    json::array items;
    for (const store::AuditRow& row : *rows) {
        items.push_back(control::to_json(row));
    }
    return answer(json::object{{"items", std::move(items)},
                               {"next", has_more ? json::value(rows->back().seq) : json::value()}});
}

void send_export(control::AuditService& log,
                 const std::string& folder,
                 const HttpRequest& request,
                 const HttpReply& reply) {
    using Format = control::AuditService::Format;
    const auto filter = filter_of(log, request);
    if (!filter) {
        return reply(problem(filter.error()));
    }
    const std::string given = query_of(request, "format");
    if (!given.empty() && given != "jsonl" && given != "csv") {
        return reply(problem(control::invalid("format: must be jsonl or csv.")));
    }
    const Format format = given == "csv" ? Format::Csv : Format::JsonLines;
    const auto file = std::make_shared<SpoolFile>(folder);
    log.export_rows(
        file, *filter, format, request.author, [reply, file, format](const auto& count) {
            if (!count) {
                return reply(problem(count.error()));
            }
            const bool is_csv = format == Format::Csv;
            HttpResponse response{
                .content_type = is_csv ? "text/csv; charset=utf-8" : "application/jsonl",
                .body = {},
                .allow = {},
                .file = file};
            response.headers.emplace_back(
                "Content-Disposition",
                fmt::format("attachment; filename=\"isthmus-audit-{}.{}\"",
                            utc_now_text().substr(0, 10),
                            is_csv ? "csv" : "jsonl"));
            response.headers.emplace_back("X-Isthmus-Rows", fmt::format("{}", *count));
            reply(std::move(response));
        });
}

/// The head that is to be compared, if one was given.
Result<std::optional<store::AuditHead>> head_of(const HttpRequest& request) {
    const auto body = parse_body(request);
    if (!body) {
        return body.error();
    }
    if (auto good = only_fields(*body, {"seq", "hash"}); !good) {
        return good.error();
    }
    if (body->empty()) {
        return std::optional<store::AuditHead>();
    }
    const json::value* seq = body->if_contains("seq");
    if (seq != nullptr && (!seq->is_int64() || seq->get_int64() < 1)) {
        return wrong_field(*body, "seq", "the number of a row");
    }
    const auto hash = required_text(*body, "hash");
    if (!hash) {
        return hash.error();
    }
    if (hash->size() != kHashDigits ||
        !std::ranges::all_of(*hash, [](char c) { return text::hex_value(c) >= 0; })) {
        return wrong_field(*body, "hash", "64 hexadecimal digits");
    }
    if (seq == nullptr) {
        return control::invalid("seq: is required.");
    }
    return std::optional(
        store::AuditHead{static_cast<std::uint64_t>(seq->get_int64()), text::to_lower(*hash)});
}

void verify(control::AuditService& log, const HttpRequest& request, const HttpReply& reply) {
    const auto known = head_of(request);
    if (!known) {
        return reply(problem(known.error()));
    }
    log.verify(*known, request.author, [reply](const auto& verdict) {
        if (!verdict) {
            return reply(problem(verdict.error()));
        }
        json::object made{
            {"good", !verdict->fault.has_value()},
            {"rows", verdict->rows},
            {"head", json::object{{"seq", verdict->head.seq}, {"hash", verdict->head.hash}}}};
        if (verdict->fault) {
            made["fault"] = json::object{{"code", "IST-API-039"},
                                         {"seq", verdict->fault->seq},
                                         {"sentence", verdict->fault->why}};
        }
        reply(answer(made));
    });
}

}  // namespace

void add_audit_resources(control::AuditService& log,
                         const std::string& spool_folder,
                         std::map<std::string, Resource, std::less<>>& to) {
    to["audit"] = single([&log](const HttpRequest& request) { return list(log, request); });
    to["audit:verify"] = [&log](const HttpRequest& request,
                                std::string_view /*rest*/,
                                const HttpReply& reply) { verify(log, request, reply); };
    to["audit:export"] = [&log, spool_folder](const HttpRequest& request,
                                              std::string_view /*rest*/,
                                              const HttpReply& reply) {
        send_export(log, spool_folder, request, reply);
    };
}

}  // namespace isthmus::admin
