#include "admin/panel_files.h"

#include "admin/answers.h"
#include "base/text.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace isthmus::admin {

namespace {

constexpr std::string_view kStart = "/index.html";
// The first segments of the pages in web/src/lib/pages.ts, where a test compares them.
constexpr std::string_view kPages[] = {"home",
                                       "users",
                                       "federation",
                                       "conversations",
                                       "live",
                                       "diagnostics",
                                       "certificates",
                                       "settings",
                                       "migration",
                                       "administration"};
// No script, style or request that is not ours, and no frame around us.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

/// Whether the coding is wanted: named, and not with a weight of nothing.
bool accepts(std::string_view field, std::string_view coding) {
    while (!field.empty()) {
        const std::size_t comma = field.find(',');
        const std::string_view one = field.substr(0, comma);
        field.remove_prefix(comma == std::string_view::npos ? field.size() : comma + 1);
        const std::size_t semicolon = one.find(';');
        std::string_view weight =
            semicolon == std::string_view::npos ? std::string_view() : one.substr(semicolon + 1);
        weight = text::trim(weight);
        const bool is_nothing = weight.starts_with("q=0") &&
                                weight.find_first_not_of("0.", 2) == std::string_view::npos;
        if (text::iequals(text::trim(one.substr(0, semicolon)), coding)) {
            return !is_nothing;
        }
    }
    return false;
}

bool holds(std::string_view if_none_match, std::string_view etag) {
    return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

HttpResponse file_answer(const PanelFile& file, const HttpRequest& request) {
    HttpResponse response{.status = 200, .content_type = std::string(file.content_type)};
    const std::string_view codings = request.header("accept-encoding");
    std::string_view body = file.plain;
    std::string_view coding;
    if (!file.brotli.empty() && accepts(codings, "br")) {
        body = file.brotli;
        coding = "br";
    } else if (!file.gzip.empty() && accepts(codings, "gzip")) {
        body = file.gzip;
        coding = "gzip";
    }
    response.headers = {
        {"ETag", std::string(file.etag)},
        {"Cache-Control", file.is_immutable ? "public, max-age=31536000, immutable" : "no-cache"},
        {"Vary", "Accept-Encoding"},
        {"Content-Security-Policy", std::string(kPolicy)},
        {"Cross-Origin-Opener-Policy", "same-origin"}};
    if (holds(request.header("if-none-match"), file.etag)) {
        response.status = 304;
        return response;
    }
    if (!coding.empty()) {
        response.headers.emplace_back("Content-Encoding", coding);
    }
    response.body = body;
    return response;
}

}  // namespace

bool is_panel_page(std::string_view path) {
    if (path == "/") {
        return true;
    }
    if (!path.starts_with('/')) {
        return false;
    }
    path.remove_prefix(1);
    return std::ranges::find(kPages, path.substr(0, path.find('/'))) != std::end(kPages);
}

HttpHandler make_panel(std::span<const PanelFile> files) {
    return [files](const HttpRequest& request, const HttpReply& reply) {
        const std::string_view wanted = is_panel_page(request.path) ? kStart : request.path;
        const auto found = std::ranges::find(files, wanted, &PanelFile::path);
        if (found == files.end()) {
            reply(not_found(request.path));
        } else if (request.method != "GET") {
            reply(wrong_method("GET"));
        } else {
            reply(file_answer(*found, request));
        }
    };
}

}  // namespace isthmus::admin
