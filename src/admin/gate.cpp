#include "admin/gate.h"

#include "admin/answers.h"
#include "admin/routes.h"
#include "base/digest.h"
#include "base/text.h"
#include "net/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::admin {

namespace {

// None of those that a page of another site can send without asking (CORS-safelisted).
constexpr std::string_view kBodyTypes[] = {
    "application/json", "application/merge-patch+json", "text/csv", "application/octet-stream"};

bool is_write(std::string_view method) {
    return method != "GET" && method != "HEAD";
}

bool is_body_type(std::string_view content_type) {
    const std::string type =
        text::to_lower(text::trim(content_type.substr(0, content_type.find(';'))));
    return std::ranges::find(kBodyTypes, type) != std::end(kBodyTypes);
}

/// Without port and brackets.
std::string_view host_of(std::string_view field) {
    if (field.starts_with('[')) {
        const std::size_t end = field.find(']');
        return end == std::string_view::npos ? std::string_view() : field.substr(1, end - 1);
    }
    return field.substr(0, field.find(':'));
}

Error csrf_missing() {
    return make_error(ErrorKind::Forbidden,
                      "IST-AUTH-016",
                      "The request does not carry the X-CSRF-Token of its session.",
                      {});
}

}  // namespace

std::string_view cookie_of(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        const std::string_view pair = text::trim(header.substr(0, header.find(';')));
        header.remove_prefix(std::min(header.size(), header.find(';')) == header.size()
                                 ? header.size()
                                 : header.find(';') + 1);
        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
            return pair.substr(equals + 1);
        }
    }
    return {};
}

std::string set_cookie(std::string_view name, std::string_view value, std::string_view attributes) {
    return fmt::format("{}={}; Path=/; Secure; HttpOnly; {}", name, value, attributes);
}

Gate::Gate(control::SignIn& sign_in,
           control::TokenService& tokens,
           std::vector<std::string> names,
           HttpHandler api)
    : sign_in_(sign_in), tokens_(tokens), names_(std::move(names)), api_(std::move(api)) {}

void Gate::set_panel(HttpHandler panel) {
    panel_ = std::move(panel);
}

bool Gate::is_our_name(std::string_view field) const {
    const std::string_view host = host_of(field);
    if (text::iequals(host, "localhost") || net::IpAddress::parse(host)) {
        return true;
    }
    return std::ranges::any_of(names_,
                               [&](const std::string& name) { return text::iequals(name, host); });
}

void Gate::handle_local(const HttpRequest& request, const HttpReply& reply) const {
    HttpRequest known = request;
    authenticate_lasting(known, true);
    if ((!known.body.empty() || known.upload) && !is_body_type(known.header("content-type"))) {
        reply(wrong_body_type());
        return;
    }
    api_(known, reply);
}

void Gate::handle_remote(const HttpRequest& request, const HttpReply& reply) const {
    if (!is_our_name(request.header("host"))) {
        HttpResponse refused = problem(make_error(ErrorKind::Forbidden,
                                                  "IST-AUTH-017",
                                                  "The Host header does not name this gateway.",
                                                  std::string(request.header("host"))));
        reply(std::move(refused));
        return;
    }
    if (panel_ && !request.raw_path.starts_with("/api/")) {
        panel_(request, reply);
        return;
    }
    if ((!request.body.empty() || request.upload) &&
        !is_body_type(request.header("content-type"))) {
        reply(wrong_body_type());
        return;
    }
    HttpRequest known = request;
    known.author.role = control::Role::None;
    authenticate_lasting(known, false);
    api_(known, reply);
}

const Route* Gate::allowed_route(const HttpRequest& head) const {
    constexpr std::string_view kPrefix = "/api/v1/";
    if (!head.raw_path.starts_with(kPrefix)) {
        return nullptr;
    }
    const RouteMatch match =
        match_route(head.method, std::string_view(head.raw_path).substr(kPrefix.size()));
    if (match.route == nullptr) {
        return nullptr;
    }
    HttpRequest known = head;
    authenticate(known, known.author.role != control::Role::None);
    return control::may(known.author.role, match.route->right) &&
                   known.author.role != control::Role::None
               ? match.route
               : nullptr;
}

std::uint64_t Gate::body_limit(const HttpRequest& head) const {
    constexpr std::uint64_t kLeast = 64UL * 1024;
    const Route* route = allowed_route(head);
    return route != nullptr ? route->max_body : kLeast;
}

bool Gate::is_spooled(const HttpRequest& head) const {
    const Route* route = allowed_route(head);
    return route != nullptr && route->max_body == kMaxBackup;
}

void Gate::authenticate_lasting(HttpRequest& request, bool is_local) const {
    HttpRequest later{.method = "GET", .author = request.author};
    authenticate(request, is_local);
    if (request.method != "GET") {
        return;
    }
    for (const char* name : {"authorization", "cookie"}) {
        if (const std::string_view value = request.header(name); !value.empty()) {
            later.headers.emplace(name, value);
        }
    }
    later.headers.emplace("x-isthmus-background", "1");
    request.author_now = [this, is_local, later = std::move(later)] {
        HttpRequest again = later;
        authenticate(again, is_local);
        return again.author;
    };
}

void Gate::authenticate(HttpRequest& request, bool is_local) const {
    if (const std::string_view field = request.header("authorization"); !field.empty()) {
        use_token(request, field);
        return;
    }
    if (is_local) {
        return;
    }
    if (const std::string_view cookie = cookie_of(request.header("cookie"), kSessionCookie);
        !cookie.empty()) {
        use_cookie(request, cookie);
    }
}

void Gate::use_token(HttpRequest& request, std::string_view field) const {
    constexpr std::string_view kScheme = "Bearer ";
    const bool is_bearer = text::istarts_with(field, kScheme);
    const auto author = is_bearer ? tokens_.authenticate(text::trim(field.substr(kScheme.size())),
                                                         request.author.origin)
                                  : std::nullopt;
    if (author) {
        request.author = *author;
        return;
    }
    tokens_.note_refusal(request.author.origin);
    request.author = {{"", request.author.origin}, control::Role::None};
    request.refusal = make_error(ErrorKind::NotAuthorized,
                                 "IST-API-006",
                                 is_bearer ? "The token is revoked, over or none."
                                           : "Only Bearer tokens are understood here.",
                                 {});
}

void Gate::use_cookie(HttpRequest& request, std::string_view cookie) const {
    // What a page asks for by itself does not keep the session alive, nor does what comes again by
    // itself when it ends (EventSource, which can send no header).
    const bool is_use =
        request.header("x-isthmus-background").empty() && !request.raw_path.ends_with("/events");
    const auto holder = sign_in_.holder_of(cookie, request.author.origin, is_use);
    if (!holder) {
        request.refusal = make_error(
            ErrorKind::NotAuthorized, "IST-API-006", "The session is over; sign in again.", {});
        return;
    }
    const std::string_view site = request.header("sec-fetch-site");
    const bool is_foreign = !site.empty() && site != "same-origin" && site != "none";
    if (is_write(request.method) &&
        (is_foreign ||
         !digest::equal_constant_time(request.header("x-csrf-token"), holder->session->csrf))) {
        request.refusal = csrf_missing();
        return;
    }
    request.author = holder->author;
    request.session = *holder->session;
}

}  // namespace isthmus::admin
