#include "admin/routes.h"

#include "admin/http.h"

#include <algorithm>
#include <cstddef>

namespace isthmus::admin {

using control::Right;

namespace {

constexpr Route kRoutes[] = {
    {"GET", "partners", Right::Read},
    {"POST", "partners", Right::Configure},
    {"GET", "partners/{}", Right::Read},
    {"PATCH", "partners/{}", Right::Configure},
    {"DELETE", "partners/{}", Right::Configure},
    {"POST", "partners/{}:enable", Right::Configure},
    {"POST", "partners/{}:disable", Right::Configure},
    {"POST", "partners/{}:retry", Right::Troubleshoot, kMaxBody, false},
    {"POST", "partners/{}:test", Right::Troubleshoot, kMaxBody, false},
    {"GET", "blocks", Right::Read},
    {"POST", "blocks", Right::Configure},
    {"GET", "blocks/{}", Right::Read},
    {"PATCH", "blocks/{}", Right::Configure},
    {"DELETE", "blocks/{}", Right::Configure},
    {"GET", "policies", Right::Read},
    {"POST", "policies", Right::Configure},
    {"GET", "policies/{}", Right::Read},
    {"PATCH", "policies/{}", Right::Configure},
    {"DELETE", "policies/{}", Right::Configure},
    {"POST", "policies/{}:grant", Right::Users},
    {"GET", "users", Right::Read},
    {"POST", "users", Right::Users},
    {"POST", "users:import", Right::Users, kMaxImport},
    {"POST", "users:sync", Right::Users},
    {"GET", "users/{}", Right::Read},
    {"PATCH", "users/{}", Right::Users},
    {"DELETE", "users/{}", Right::Users},
    {"GET", "users/{}/policy", Right::Read},
    {"PUT", "users/{}/policy", Right::Users},
    {"DELETE", "users/{}/policy", Right::Users},
    {"PUT", "users/{}/password", Right::Users},
    {"DELETE", "users/{}/password", Right::Users},
    {"GET", "sites", Right::Read},
    {"POST", "sites", Right::Configure},
    {"GET", "sites/{}", Right::Read},
    {"PATCH", "sites/{}", Right::Configure},
    {"DELETE", "sites/{}", Right::Configure},
    {"GET", "pools", Right::Read},
    {"GET", "pools/{}", Right::Read},
    {"PUT", "pools/{}", Right::Configure},
    {"DELETE", "pools/{}", Right::Configure},
    {"GET", "access-edge", Right::Read},
    {"PATCH", "access-edge", Right::Configure},
    {"GET", "gateway", Right::Read},
    {"PATCH", "gateway", Right::Configure},
    {"GET", "sip-domains", Right::Read},
    {"POST", "sip-domains", Right::Configure},
    {"GET", "sip-domains/{}", Right::Read},
    {"PATCH", "sip-domains/{}", Right::Configure},
    {"DELETE", "sip-domains/{}", Right::Configure},
    {"GET", "providers", Right::Read},
    {"POST", "providers", Right::Configure},
    {"GET", "providers/{}", Right::Read},
    {"PATCH", "providers/{}", Right::Configure},
    {"DELETE", "providers/{}", Right::Configure},
    {"GET", "certificates", Right::Read},
    {"POST", "certificates:request", Right::Configure},
    {"POST", "certificates:import", Right::Configure, kMaxCertificate},
    {"POST", "certificates:watch", Right::Configure},
    // Connects to where it is told to.
    {"POST", "certificates:served", Right::Configure, kMaxBody, false},
    {"GET", "certificates/{}", Right::Read},
    {"GET", "certificates/{}:csr", Right::Read},
    {"PATCH", "certificates/{}", Right::Configure},
    {"DELETE", "certificates/{}", Right::Configure},
    {"GET", "certificate-uses", Right::Read},
    {"GET", "certificate-uses/{}", Right::Read},
    {"PUT", "certificate-uses/{}", Right::Configure},
    {"DELETE", "certificate-uses/{}", Right::Configure},
    {"GET", "explain", Right::Troubleshoot},
    // Users in it ask for that right too.
    {"POST", "changes", Right::Configure, kMaxImport},
    {"GET", "revisions", Right::Read},
    {"GET", "revisions/{}", Right::Read},
    {"POST", "revisions/{}:rollback", Right::Administer},
    {"POST", "revisions/{}:undo", Right::Configure},
    {"GET", "subscriptions", Right::Read},
    {"GET", "subscriptions/{}", Right::Read},
    {"DELETE", "subscriptions/{}", Right::Users, kMaxBody, false},
    {"POST", "subscriptions/{}:refresh", Right::Troubleshoot, kMaxBody, false},
    {"POST", "subscriptions/{}:end", Right::Users, kMaxBody, false},
    // What passes through. To end something that carries traffic is to change it.
    {"GET", "streams", Right::Read},
    {"GET", "streams/{}", Right::Read},
    {"POST", "streams/{}:close", Right::Configure, kMaxBody, false},
    {"GET", "dialogs", Right::Read},
    {"GET", "dialogs/{}", Right::Read},
    {"POST", "dialogs/{}:end", Right::Users, kMaxBody, false},
    {"GET", "messages", Right::Read},
    {"GET", "conversations", Right::Read},
    {"GET", "series", Right::Read},
    {"GET", "events", Right::Read},
    {"GET", "traces", Right::Trace},
    {"POST", "traces", Right::Trace, kMaxBody, false},
    {"GET", "traces/{}", Right::Trace},
    {"DELETE", "traces/{}", Right::Trace, kMaxBody, false},
    {"POST", "traces/{}:stop", Right::Trace, kMaxBody, false},
    {"GET", "traces/{}/events", Right::Trace},
    {"GET", "traces/{}/ladder", Right::Trace},
    {"GET", "traces/{}/ladder.svg", Right::Trace},
    {"GET", "traces/{}/ladder.txt", Right::Trace},
    {"GET", "contacts", Right::Read},
    {"POST", "contacts", Right::Users, kMaxBody, false},
    {"DELETE", "contacts/{}/{}", Right::Users, kMaxBody, false},
    {"GET", "status", Right::Read},
    {"GET", "sip-peers", Right::Read},
    {"POST", "sip-peers", Right::Read, kMaxBody, false},
    {"GET", "sip-peers/{}", Right::Read},
    {"POST", "sip-peers/{}:test", Right::Troubleshoot, kMaxBody, false},
    {"GET", "doctor", Right::Troubleshoot},
    {"GET", "config", Right::Read},
    {"POST", "config:reload", Right::Configure, kMaxBody, false},
    {"GET", "migrations/readiness", Right::Read},
    // What names administrators and where they sign in from is for administrators.
    {"GET", "audit", Right::Administer},
    {"POST", "audit:verify", Right::Administer, kMaxBody, false},
    {"GET", "audit:export", Right::Administer},
    {"GET", "admins", Right::Administer},
    {"POST", "admins", Right::Administer},
    {"GET", "admins/{}", Right::Administer},
    {"PATCH", "admins/{}", Right::Administer},
    {"DELETE", "admins/{}", Right::Administer},
    {"POST", "admins/{}:link", Right::Administer, kMaxBody, false},
    {"POST", "admins/{}:unlock", Right::Administer, kMaxBody, false},
    {"POST", "admins/{}:reset-totp", Right::Administer, kMaxBody, false},
    {"POST", "admins/{}:enrol-totp", Right::Administer, kMaxBody, false},
    {"POST", "admins/{}:confirm-totp", Right::Administer, kMaxBody, false},
    {"GET", "tokens", Right::Administer},
    {"POST", "tokens", Right::Administer},
    {"GET", "tokens/{}", Right::Administer},
    {"DELETE", "tokens/{}", Right::Administer, kMaxBody, false},
    {"GET", "sessions", Right::Administer},
    {"DELETE", "sessions/{}", Right::Administer, kMaxBody, false},
    {"POST", "backups", Right::Administer, kMaxBody, false},
    {"POST", "backups:verify", Right::Administer, kMaxBackup, false},
    {"POST", "backups:restore", Right::Administer, kMaxBackup},
    // One's own.
    {"GET", "session", Right::SignedIn},
    {"DELETE", "session", Right::SignedIn, kMaxBody, false},
    {"POST", "session:password", Right::SignedIn, kMaxBody, false},
    {"POST", "session:totp", Right::SignedIn, kMaxBody, false},
    {"POST", "session:totp-confirm", Right::SignedIn, kMaxBody, false},
    {"DELETE", "session:totp", Right::SignedIn, kMaxBody, false},
    {"GET", "roles", Right::SignedIn},
    {"GET", "openapi.yaml", Right::SignedIn},
    // What leads to a sign-in.
    {"POST", "session", Right::Anyone, kMaxBody, false},
    {"POST", "session:link", Right::Anyone, kMaxBody, false},
    {"GET", "session:methods", Right::Anyone},
    {"GET", "oidc/login", Right::Anyone},
    {"GET", "oidc/callback", Right::Anyone},
};

/// The next segment of `path`, which is shortened by it and its slash.
std::string_view take_segment(std::string_view& path, bool& is_last) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    is_last = slash == std::string_view::npos;
    path.remove_prefix(is_last ? path.size() : slash + 1);
    return segment;
}

/// {} or {}:verb against a segment as it was sent.
bool match_variable(std::string_view pattern, std::string_view segment, RouteMatch& into) {
    const std::string_view verb = pattern.substr(2);  // with its colon
    if (!segment.ends_with(verb) || segment.size() == verb.size() || segment.starts_with(':')) {
        return false;
    }
    into.arguments.push_back(decode_segment(segment.substr(0, segment.size() - verb.size())));
    into.verb = verb.empty() ? verb : verb.substr(1);
    return true;
}

bool match_pattern(std::string_view pattern, std::string_view path, RouteMatch& into) {
    for (bool pattern_ends = false, path_ends = false; !pattern_ends;) {
        const std::string_view wanted = take_segment(pattern, pattern_ends);
        const std::string_view segment = take_segment(path, path_ends);
        const bool good =
            wanted.starts_with("{}") ? match_variable(wanted, segment, into) : wanted == segment;
        if (!good || pattern_ends != path_ends) {
            return false;
        }
    }
    return true;
}

}  // namespace

std::span<const Route> routes() {
    return kRoutes;
}

RouteMatch match_route(std::string_view method, std::string_view raw_path) {
    RouteMatch best;
    for (const Route& route : kRoutes) {
        RouteMatch match;
        if (!match_pattern(route.pattern, raw_path, match)) {
            continue;
        }
        // "a:enable" is the verb of a, not the name of another object.
        if (!match.verb.empty() && best.verb.empty()) {
            best = std::move(match);
        } else if (match.verb.empty() && !best.verb.empty()) {
            continue;
        } else if (best.arguments.empty()) {
            best.arguments = std::move(match.arguments);
        }
        best.allow += best.allow.empty() ? "" : ", ";
        best.allow += route.method;
        if (route.method == method) {
            best.route = &route;
        }
    }
    return best;
}

}  // namespace isthmus::admin
