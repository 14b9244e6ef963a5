#include "sip/digest_auth.h"

#include "base/text.h"
#include "sip/digest_proof.h"

#include <fmt/core.h>

#include <algorithm>

namespace isthmus::sip {

namespace {

using text::iequals;

// qop-options is a quoted list.
bool offers_auth(std::string_view options) {
    while (!options.empty()) {
        const std::size_t comma = std::min(options.find(','), options.size());
        if (iequals(text::trim(options.substr(0, comma)), "auth")) {
            return true;
        }
        options.remove_prefix(std::min(comma + 1, options.size()));
    }
    return false;
}

}  // namespace

std::optional<DigestChallenge> parse_challenge(std::string_view value) {
    AuthParams params(value);
    DigestChallenge challenge;
    bool is_usable = params.is_digest();
    bool has_realm = false;
    std::string_view name;
    std::string_view text;
    while (is_usable && params.next(name, text)) {
        if (iequals(name, "realm")) {
            has_realm = true;
            challenge.realm = text;
        } else if (iequals(name, "nonce")) {
            challenge.nonce = text;
        } else if (iequals(name, "opaque")) {
            challenge.has_opaque = true;
            challenge.opaque = text;
        } else if (iequals(name, "stale")) {
            challenge.is_stale = iequals(text, "true");
        } else if (iequals(name, "qop")) {
            challenge.has_qop = true;
            is_usable = offers_auth(text);
        } else if (iequals(name, "algorithm")) {
            const auto algorithm = digest_algorithm(text);
            is_usable = algorithm.has_value();
            challenge.algorithm = algorithm.value_or(DigestAlgorithm::Md5);
        }
    }
    if (!is_usable || params.is_broken() || !has_realm || challenge.nonce.empty()) {
        return std::nullopt;
    }
    return challenge;
}

namespace {

std::string make_authorization(const DigestChallenge& challenge,
                               std::string_view method,
                               std::string_view uri,
                               const Credentials& credentials,
                               std::string_view cnonce,
                               std::uint32_t nonce_count) {
    const std::string count = fmt::format("{:08x}", nonce_count);
    const std::string ha1 = digest_ha1(
        challenge.algorithm, credentials.username, challenge.realm, credentials.password);
    const std::string response = digest_response(ha1,
                                                 {.algorithm = challenge.algorithm,
                                                  .nonce = challenge.nonce,
                                                  .nonce_count = count,
                                                  .cnonce = cnonce,
                                                  .method = method,
                                                  .uri = uri,
                                                  .has_qop = challenge.has_qop});
    std::string value = fmt::format(
        R"(Digest username="{}", realm="{}", nonce="{}", uri="{}", response="{}", algorithm={})",
        escape_quotes(credentials.username),
        challenge.realm,
        challenge.nonce,
        uri,
        response,
        digest_name(challenge.algorithm));
    if (challenge.has_opaque) {
        value += fmt::format(R"(, opaque="{}")", challenge.opaque);
    }
    if (challenge.has_qop || is_session(challenge.algorithm)) {
        value += fmt::format(R"(, cnonce="{}")", cnonce);
    }
    if (challenge.has_qop) {
        value += fmt::format(", qop=auth, nc={}", count);
    }
    return value;
}

}  // namespace

std::optional<DigestAnswer> answer_challenge(const Response& response,
                                             std::string_view method,
                                             std::string_view uri,
                                             const Credentials& credentials,
                                             Random& random,
                                             std::uint32_t nonce_count) {
    const bool is_proxy = response.status == 407;
    const HeaderId asked = is_proxy ? HeaderId::ProxyAuthenticate : HeaderId::WwwAuthenticate;
    for (const HeaderField& field : response.headers) {
        const auto challenge =
            field.id == asked ? parse_challenge(field.value) : std::optional<DigestChallenge>();
        if (challenge) {
            return DigestAnswer{
                .header = is_proxy ? HeaderId::ProxyAuthorization : HeaderId::Authorization,
                .value = make_authorization(
                    *challenge, method, uri, credentials, random.hex(16), nonce_count),
                .is_stale = challenge->is_stale};
        }
    }
    return std::nullopt;
}

}  // namespace isthmus::sip
