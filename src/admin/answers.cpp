#include "admin/answers.h"

#include "base/codes.h"
#include "base/text.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

/// Codes whose status says more than their kind.
struct Special {
    std::string_view code;
    int status;
    std::string_view title;
};

constexpr Special kSpecial[] = {
    {"IST-API-006", 401, "Not signed in"},
    {"IST-API-008", 415, "Unsupported media type"},
    {"IST-AUTH-010", 401, "Not signed in"},
    {"IST-AUTH-011", 429, "Too many failures"},
    {"IST-AUTH-012", 401, "Not signed in"},
    {"IST-AUTH-017", 421, "Misdirected request"},
    {"IST-AUTH-018", 401, "Not signed in"},
    {"IST-AUTH-019", 401, "Not signed in"},
};

}  // namespace

HttpResponse answer(const json::value& value, int status) {
    return {status, "application/json", json::serialize(value) + "\n", {}};
}

HttpResponse not_found(std::string_view path) {
    return problem(make_error(ErrorKind::NotFound,
                              "IST-API-002",
                              fmt::format("There is nothing at {}.", text::escape_for_log(path)),
                              {}));
}

HttpResponse wrong_method(std::string allow) {
    HttpResponse response = problem(
        make_error(ErrorKind::Unsupported, "IST-API-001", "That method is not allowed here.", {}));
    response.status = 405;
    response.allow = std::move(allow);
    return response;
}

HttpResponse wrong_body_type() {
    return problem(make_error(ErrorKind::Unsupported,
                              "IST-API-008",
                              "The body must be sent with Content-Type: application/json.",
                              {}));
}

HttpResponse committed(const Result<control::Committed>& result, int status) {
    if (!result) {
        return problem(result.error());
    }
    json::object body = result->object;
    body["revision"] = result->revision;
    body["in_force"] = result->is_in_force;
    return answer(body, status);
}

Result<json::object> parse_body(const HttpRequest& request) {
    json::parse_options options;
    options.max_depth = 32;
    boost::system::error_code error;
    json::value value = json::parse(request.body.empty() ? "{}" : request.body, error, {}, options);
    if (error || !value.is_object()) {
        return make_error(ErrorKind::Syntax,
                          "IST-API-001",
                          "The body must be a JSON object.",
                          error ? error.message() : "");
    }
    return std::move(value.get_object());
}

HttpResponse problem(const Error& error) {
    auto [status, title] = [&]() -> std::pair<int, std::string_view> {
        switch (error.kind) {
            case ErrorKind::Syntax:
            case ErrorKind::TooLong:
                return {400, "Invalid input"};
            case ErrorKind::NotFound:
                return {404, "Not found"};
            case ErrorKind::Conflict:
                return {409, "Conflict"};
            case ErrorKind::NotAuthorized:
            case ErrorKind::Forbidden:
                return {403, "Not allowed"};
            case ErrorKind::Timeout:
            case ErrorKind::Unreachable:
            case ErrorKind::Limit:
                return {503, "Not available"};
            case ErrorKind::Unsupported:
                return {400, "Not supported"};
            default:
                return {500, "Internal error"};
        }
    }();
    if (const Special* special = std::ranges::find(kSpecial, error.code, &Special::code);
        special != std::end(kSpecial) &&
        (special->status != 401 || error.kind == ErrorKind::NotAuthorized)) {
        status = special->status;
        title = special->title;
    }
    json::object body{{"type", "about:blank"}, {"title", title}, {"status", status}};
    body["detail"] = error.public_text;
    if (!error.detail.empty() && error.detail != error.public_text) {
        body["evidence"] = error.detail;
    }
    if (!error.code.empty()) {
        body["code"] = error.code;
        if (const codes::Code* code = codes::find(error.code); code != nullptr) {
            body["fix"] = code->fix;
        }
    }
    HttpResponse response{status, "application/problem+json", json::serialize(body) + "\n", {}};
    if (status == 401) {
        // RFC 9110 §11.6.1: a 401 names how to authenticate.
        response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"isthmus\"");
    }
    return response;
}

}  // namespace isthmus::admin
