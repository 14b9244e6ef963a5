#include "admin/answers.h"

#include "base/codes.h"
#include "base/spelling.h"
#include "base/text.h"

#include <boost/json/array.hpp>
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
    {"IST-API-005", 412, "Changed in the meantime"},
    {"IST-API-008", 415, "Unsupported media type"},
    {"IST-API-050", 413, "Body too large"},
    {"IST-API-051", 405, "Method not allowed"},
    {"IST-API-052", 431, "Header too large"},
    {"IST-API-053", 501, "Not implemented"},
    {"IST-AUTH-010", 401, "Not signed in"},
    {"IST-AUTH-011", 429, "Too many failures"},
    {"IST-AUTH-012", 401, "Not signed in"},
    {"IST-AUTH-017", 421, "Misdirected request"},
    {"IST-AUTH-018", 401, "Not signed in"},
    {"IST-AUTH-019", 401, "Not signed in"},
};

/// What is wrong with a field begins with its name (control/properties.h), every other sentence
/// with a capital or a quotation mark.
std::string_view field_of(const Error& error) {
    if (error.code == "IST-AUTH-013") {
        return "password";
    }
    const std::string_view sentence = error.public_text;
    const std::size_t end = sentence.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789");
    const bool is_field = error.code == "IST-API-001" && end != 0 &&
                          end != std::string_view::npos && !text::is_digit(sentence.front()) &&
                          (sentence[end] == ' ' || sentence[end] == ':') &&
                          !sentence.starts_with("line ");  // of a file
    return is_field ? sentence.substr(0, end) : std::string_view();
}

/// What to do about a field, where the sentence says what it takes.
std::string fix_of_field(std::string_view sentence, std::string_view field) {
    const auto after = [sentence](std::string_view words) {
        const std::size_t at = sentence.find(words);
        return at == std::string_view::npos ? std::string_view()
                                            : sentence.substr(at + words.size());
    };
    if (std::string_view rule = after(": must be "); !rule.empty()) {
        rule = rule.substr(0, rule.find_last_not_of('.') + 1);
        return fmt::format("Set {} to {}.", field, rule);
    }
    if (const std::string_view meant = after("did you mean "); !meant.empty()) {
        return fmt::format("Write {} instead of {}.", meant.substr(0, meant.rfind('?')), field);
    }
    return sentence.ends_with("is required.")         ? fmt::format("Give {} a value.", field)
           : sentence.ends_with("cannot be changed.") ? fmt::format("Leave {} as it is.", field)
           : !after("is not a property").empty()
               ? fmt::format("Leave {} out, or write one of those that there are.", field)
               : fmt::format("Correct {}.", field);
}

/// The list of the kind that a sentence "There is no .." names; empty if it names none of them.
std::string_view list_of_kind(std::string_view sentence) {
    struct List {
        std::string_view noun;
        std::string_view command;
    };

    // Where one begins like another, the longer one first.
    constexpr List kLists[] = {{"XMPP federated partner", "partner list"},
                               {"external access policy", "policy list"},
                               {"user policy", "policy list"},
                               {"allowed SIP domain", "sip-domain list"},
                               {"blocked domain", "sip-domain list"},
                               {"SIP federated provider", "cs Get-CsHostingProvider"},
                               {"SIP peer", "sip-peer list"},
                               {"site", "site list"},
                               {"pool", "site pools"},
                               {"user", "user list"},
                               {"certificate", "cert list"},
                               {"administrator", "admin list"},
                               {"token", "token list"},
                               {"session", "admin session list"},
                               {"revision", "config history"},
                               {"trace", "trace list"},
                               {"stream", "stream list"},
                               {"dialog", "dialog list"},
                               {"subscription", "subscription list"}};
    for (const std::string_view begin : {"There is no such ", "There is no "}) {
        if (!sentence.starts_with(begin)) {
            continue;
        }
        const std::string_view rest = sentence.substr(begin.size());
        for (const List& one : kLists) {
            if (rest.starts_with(one.noun) && rest.size() > one.noun.size() &&
                (rest[one.noun.size()] == ' ' || rest[one.noun.size()] == '.')) {
                return one.command;
            }
        }
    }
    return {};
}

std::string fix_of(const Error& error, std::string_view field) {
    if (!field.empty() && error.code == "IST-API-001") {
        return fix_of_field(error.public_text, field);
    }
    const std::string_view list =
        error.code == "IST-API-002" ? list_of_kind(error.public_text) : std::string_view();
    if (!list.empty()) {
        return fmt::format("Check the name; `isthmus {}` shows what there is.", list);
    }
    const codes::Code* code = codes::find(error.code);
    return code != nullptr ? std::string(code->fix) : std::string();
}

/// Who writes dryRun and is not told would have made the change. Other parameters are their
/// resource's own.
Result<void> check_spelling(const HttpRequest& request) {
    for (const auto& [given, ignored] : request.query) {
        std::string plain = text::to_lower(given.substr(0, 32));
        std::ranges::replace(plain, '-', '_');
        for (const std::string_view known : {"dry_run", "force", "reason"}) {
            if (given != known && text::edit_distance(plain, known) <= 1) {
                return make_error(ErrorKind::Syntax,
                                  "IST-API-001",
                                  fmt::format("{}: is not a parameter; did you mean {}?",
                                              text::escape_for_log(given, 32),
                                              known),
                                  {});
            }
        }
    }
    return {};
}

}  // namespace

HttpResponse answer(const json::value& value, int status) {
    return {status, "application/json", json::serialize(value) + "\n", {}};
}

HttpResponse answer_all(json::array items) {
    const std::size_t total = items.size();
    return answer(json::object{{"items", std::move(items)}, {"total", total}});
}

HttpResponse steered(const Result<void>& done, std::string_view id) {
    return done ? answer(json::object{{"id", id}}) : problem(done.error());
}

HttpResponse not_found(std::string_view path) {
    return problem(make_error(ErrorKind::NotFound,
                              "IST-API-002",
                              fmt::format("There is nothing at {}.", text::escape_for_log(path)),
                              {}));
}

HttpResponse wrong_method(std::string allow) {
    HttpResponse response = problem(make_error(ErrorKind::Unsupported,
                                               "IST-API-051",
                                               "That method is not allowed here.",
                                               "allowed: " + allow));
    response.allow = std::move(allow);
    return response;
}

HttpResponse answer_object(const json::object& object) {
    HttpResponse response = answer(object);
    response.headers.emplace_back("ETag", control::etag_of(object));
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
    const std::string etag = control::etag_of(body);
    body["revision"] = result->revision;
    body["in_force"] = result->is_in_force;
    if (result->is_dry_run) {
        body["dry_run"] = true;
        status = 200;
    }
    if (!result->warnings.empty()) {
        body["warnings"] = json::array(result->warnings.begin(), result->warnings.end());
    }
    HttpResponse response = answer(body, status);
    if (!result->object.empty()) {
        response.headers.emplace_back("ETag", etag);
    }
    return response;
}

HttpResponse committed_all(const Result<control::Committed>& result) {
    HttpResponse response = committed(result);
    response.headers.clear();
    return response;
}

std::string query_of(const HttpRequest& request, std::string_view name) {
    const auto found = request.query.find(std::string(name));
    return found == request.query.end() ? std::string() : found->second;
}

Result<bool> flag_of(const HttpRequest& request, std::string_view name, bool usual) {
    const std::string given = query_of(request, name);
    if (given.empty()) {
        return usual;
    }
    if (given != "true" && given != "false") {
        return make_error(
            ErrorKind::Syntax,
            "IST-API-001",
            fmt::format("{} {}: must be true or false.", name, text::escape_for_log(given, 80)),
            {});
    }
    return given == "true";
}

Result<void> check_no_trial(const HttpRequest& request) {
    if (auto good = check_spelling(request); !good) {
        return good;
    }
    if (const std::string given = query_of(request, "dry_run");
        !given.empty() && given != "false") {
        return make_error(ErrorKind::Syntax,
                          "IST-API-001",
                          "dry_run: this cannot be checked without doing it, and was not done.",
                          {});
    }
    return {};
}

Result<control::Edit> edit_of(const HttpRequest& request) {
    if (auto good = check_spelling(request); !good) {
        return good.error();
    }
    control::Edit made{.author = request.author,
                       .reason = query_of(request, "reason"),
                       .if_match = std::string(request.header("if-match"))};
    if (made.if_match == "*") {
        made.if_match.clear();
    }
    if (made.reason.size() > 1024 || !text::is_utf8(made.reason)) {
        return make_error(
            ErrorKind::Syntax, "IST-API-001", "reason: must be a text of at most 1024 octets.", {});
    }
    for (const auto& [name, flag] : {std::pair("dry_run", &control::Edit::dry_run),
                                     std::pair("force", &control::Edit::force)}) {
        const auto given = flag_of(request, name, false);
        if (!given) {
            return given.error();
        }
        made.*flag = *given;
    }
    return made;
}

Result<Paging> paging_of(const HttpRequest& request, std::size_t usual, std::size_t most) {
    Paging made{.limit = usual, .offset = 0};
    for (const auto& [name, to] :
         {std::pair("limit", &Paging::limit), std::pair("offset", &Paging::offset)}) {
        const std::string given = query_of(request, name);
        if (given.empty()) {
            continue;
        }
        const auto number = text::to_number(given);
        const bool is_limit = to == &Paging::limit;
        if (!number || (is_limit && (*number == 0 || *number > most)) || *number > 1'000'000'000) {
            return make_error(
                ErrorKind::Syntax,
                "IST-API-001",
                fmt::format("{} {}: must be a whole number{}.",
                            name,
                            text::escape_for_log(given, 80),
                            is_limit ? fmt::format(" from 1 to {}", most) : std::string()),
                {});
        }
        made.*to = static_cast<std::size_t>(*number);
    }
    return made;
}

Result<json::object> parse_body(const HttpRequest& request) {
    json::parse_options options;
    options.max_depth = 32;
    boost::system::error_code error;
    json::value value = json::parse(
        request.body.empty() ? std::string_view("{}") : request.body, error, {}, options);
    if (error || !value.is_object()) {
        return make_error(ErrorKind::Syntax,
                          "IST-API-001",
                          "The body must be a JSON object.",
                          error ? error.message() : "");
    }
    return std::move(value.get_object());
}

HttpResponse problem(const Error& error, std::string_view field) {
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
    const std::string_view named = field_of(error);
    if (!named.empty() || !field.empty()) {
        body["field"] = field.empty() ? named : field;
    }
    if (!error.code.empty()) {
        body["code"] = error.code;
        if (std::string fix = fix_of(error, named); !fix.empty()) {
            body["fix"] = std::move(fix);
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
