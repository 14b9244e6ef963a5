#include "control/token_service.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"
#include "control/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::control {

namespace {

constexpr std::string_view kPrefix =
    "ist_";  // so that people and scanners know one when they see it
constexpr std::size_t kSecretOctets = 32;
constexpr std::size_t kSecretLength = kPrefix.size() + kSecretOctets * 2;
constexpr std::size_t kIdOctets = 6;
constexpr std::size_t kMostTokens = 1000;
constexpr std::size_t kMostDescription = 256;
constexpr std::int64_t kLeastLife = 60;
constexpr std::int64_t kMostLife = 366LL * 86400;
constexpr std::int64_t kNoteEvery = 60;

std::optional<std::int64_t> seconds_of(std::string_view given) {
    std::int64_t unit = 1;
    if (!given.empty() && !text::is_digit(given.back())) {
        switch (given.back()) {
            case 'd':
                unit = 86400;
                break;
            case 'h':
                unit = 3600;
                break;
            case 'm':
                unit = 60;
                break;
            case 's':
                break;
            default:
                return std::nullopt;
        }
        given.remove_suffix(1);
    }
    const auto number = text::to_number(given);
    if (!number || *number > static_cast<std::uint64_t>(kMostLife)) {
        return std::nullopt;
    }
    const std::int64_t seconds = static_cast<std::int64_t>(*number) * unit;
    return seconds >= kLeastLife && seconds <= kMostLife ? std::optional(seconds) : std::nullopt;
}

Error no_token(std::string_view id) {
    return make_error(ErrorKind::NotFound,
                      "IST-API-002",
                      fmt::format("There is no token '{}'.", text::escape_for_log(id, 64)),
                      {});
}

}  // namespace

Result<std::vector<store::Token>> TokenService::list() const {
    try {
        return context_.store.tokens();
    } catch (const store::StoreError& error) {
        return not_stored(error);
    }
}

Result<store::Token> TokenService::get(std::string_view id) const {
    try {
        auto found = context_.store.token(id);
        if (!found) {
            return no_token(id);
        }
        return *std::move(found);
    } catch (const store::StoreError& error) {
        return not_stored(error);
    }
}

Result<NewToken> TokenService::create(std::string_view role,
                                      std::string_view expires,
                                      std::string_view description,
                                      const Author& author,
                                      bool is_trial) {
    const auto known = role_named(role);
    if (!known) {
        return invalid(
            fmt::format("role '{}' is none of admin, user-admin, viewer, helpdesk, tracer.",
                        text::escape_for_log(role, 64)));
    }
    const auto life = seconds_of(expires);
    if (!life) {
        return invalid(fmt::format("expires '{}' must be like 30d, 12h or 45m, at most 366d.",
                                   text::escape_for_log(expires, 64)));
    }
    if (!text::is_utf8(description) || description.size() > kMostDescription ||
        std::ranges::any_of(description,
                            [](unsigned char one) { return one < ' ' || one == 127; })) {
        return invalid(fmt::format(
            "description '{}': must be a text of at most {} octets without control characters.",
            text::escape_for_log(description, 64),
            kMostDescription));
    }
    try {
        if (context_.store.tokens().size() >= kMostTokens) {
            return make_error(
                ErrorKind::Conflict, "IST-API-045", "There are too many tokens; revoke some.", {});
        }
        NewToken made;
        made.secret = fmt::format("{}{}", kPrefix, context_.random.hex(kSecretOctets));
        made.token = {.id = context_.random.hex(kIdOctets),
                      .role = std::string(name_of(*known)),
                      .description = std::string(description),
                      .hash = digest::sha256_hex(made.secret),
                      .created_by = author.admin,
                      .created_at = context_.wall(),
                      .expires_at = context_.wall() + *life};
        if (is_trial) {
            made.secret.clear();
            return made;
        }
        context_.store.insert(made.token);
        context_.note(author,
                      "create",
                      "token/" + made.token.id,
                      "done",
                      fmt::format("role {}, for {} s", made.token.role, *life));
        return made;
    } catch (const store::StoreError& error) {
        return not_stored(error);
    }
}

Result<void> TokenService::revoke(std::string_view id, const Author& author) {
    try {
        if (!context_.store.erase_token(id)) {
            return no_token(id);
        }
    } catch (const store::StoreError& error) {
        return not_stored(error);
    }
    context_.note(author, "delete", fmt::format("token/{}", id), "done");
    return {};
}

std::optional<Author> TokenService::authenticate(std::string_view secret,
                                                 const std::string& origin) {
    if (secret.size() != kSecretLength || !secret.starts_with(kPrefix)) {
        return std::nullopt;
    }
    const std::int64_t now = context_.wall();
    try {
        const auto found = context_.store.token_of_hash(digest::sha256_hex(secret));
        if (!found || found->expires_at <= now) {
            return std::nullopt;
        }
        if (now - found->last_used_at >= kNoteEvery) {
            context_.store.note_use(found->id, now, origin);
        }
        return Author{{"token/" + found->id, origin}, role_named(found->role).value_or(Role::None)};
    } catch (const store::StoreError& error) {
        log::event(
            log::Level::Error, "admin.token", {{"code", "IST-API-004"}, {"msg", error.what()}});
        return std::nullopt;
    }
}

void TokenService::note_refusal(const std::string& origin) {
    const std::string address = address_key(origin);
    if (context_.bad_tokens.locked_for(address, context_.monotonic()) == 0) {
        context_.bad_tokens.fail(address, context_.monotonic());
        context_.note(
            {{"", origin}}, "sign-in", "token", "refused", "a token that is revoked, over or none");
    }
}

}  // namespace isthmus::control
