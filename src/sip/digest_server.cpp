#include "base/digest.h"
#include "base/text.h"
#include "sip/digest_proof.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace isthmus::sip {

namespace {

using text::iequals;

constexpr std::size_t kMaxUsername = 256;
constexpr std::size_t kSets = 1024;
constexpr std::size_t kMacOctets = 32;                 // hex digits of the HMAC in a nonce
constexpr std::size_t kNonceOctets = 32 + kMacOctets;  // time, id, HMAC

}  // namespace

DigestServer::DigestServer(
    std::string realm, Timers& clock, Random& random, Duration nonce_lifetime, bool may_use_md5)
    : realm_(std::move(realm)),
      clock_(&clock),
      random_(&random),
      lifetime_(nonce_lifetime),
      may_use_md5_(may_use_md5),
      key_(32, '\0'),
      seen_(kSets) {
    random_->fill(key_.data(), key_.size());
}

std::uint64_t DigestServer::now_ms() const {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_->now().time_since_epoch())
            .count());
}

std::string DigestServer::make_nonce() {
    std::string nonce = fmt::format("{:016x}{:016x}", now_ms(), random_->next());
    nonce += digest::hmac_sha256_hex(key_, nonce).substr(0, kMacOctets);
    return nonce;
}

std::optional<DigestServer::Nonce> DigestServer::open_nonce(std::string_view text) const {
    if (text.size() != kNonceOctets) {
        return std::nullopt;
    }
    const std::string_view content = text.substr(0, 32);
    const std::string mac = digest::hmac_sha256_hex(key_, content).substr(0, kMacOctets);
    if (!digest::equal_constant_time(mac, text.substr(32))) {
        return std::nullopt;
    }
    Nonce nonce;
    std::from_chars(content.data(), content.data() + 16, nonce.issued, 16);
    std::from_chars(content.data() + 16, content.data() + 32, nonce.id, 16);
    return nonce;
}

std::vector<std::string> DigestServer::challenges(bool is_stale, bool only_md5) {
    const std::string nonce = make_nonce();
    std::vector<std::string> values;
    for (const DigestAlgorithm algorithm : {DigestAlgorithm::Sha256, DigestAlgorithm::Md5}) {
        if (algorithm == DigestAlgorithm::Md5 ? !may_use_md5_ : only_md5) {
            continue;
        }
        values.push_back(fmt::format(R"(Digest realm="{}", nonce="{}", algorithm={}, qop="auth"{})",
                                     escape_quotes(realm_),
                                     nonce,
                                     digest_name(algorithm),
                                     is_stale ? ", stale=true" : ""));
    }
    return values;
}

// The count of one nonce must grow (RFC 7616 §3.4, nc). A nonce that has been pushed out of the
// table is refused by its age, so no replay gets through.
bool DigestServer::is_fresh(const Nonce& nonce, std::uint32_t count) {
    const std::uint64_t now = now_ms();
    const auto life = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(lifetime_).count());
    if (nonce.issued + life < now) {
        return false;
    }
    SeenSet& set = seen_[nonce.id % kSets];
    Seen* place = &set.entries.front();
    for (Seen& entry : set.entries) {
        if (entry.count != 0 && entry.nonce == nonce.id && entry.issued == nonce.issued) {
            const bool is_new = count > entry.count;
            entry.count = std::max(entry.count, count);
            return is_new;
        }
        const bool is_better = entry.count == 0 || entry.issued < place->issued;
        place = place->count != 0 && is_better ? &entry : place;
    }
    if (nonce.issued <= set.floor) {
        return false;
    }
    if (place->count != 0) {
        set.floor = std::max(set.floor, place->issued);
    }
    *place = {nonce.id, nonce.issued, count};
    return true;
}

namespace {

struct Claim {
    std::string_view username;
    std::string_view realm;
    std::string_view response;
    std::string_view qop;
    Proof proof;
    std::uint32_t count = 0;
};

// RFC 7616 §3.4, with everything there that qop "auth" needs.
std::optional<Claim> parse_claim(std::string_view value, std::string_view method) {
    AuthParams params(value);
    if (!params.is_digest()) {
        return std::nullopt;
    }
    Claim claim;
    std::string_view algorithm = "MD5";
    std::string_view name;
    std::string_view text;
    const std::pair<std::string_view, std::string_view*> known[] = {
        {"username", &claim.username},
        {"realm", &claim.realm},
        {"nonce", &claim.proof.nonce},
        {"uri", &claim.proof.uri},
        {"response", &claim.response},
        {"cnonce", &claim.proof.cnonce},
        {"nc", &claim.proof.nonce_count},
        {"qop", &claim.qop},
        {"algorithm", &algorithm},
    };
    unsigned seen = 0;
    while (params.next(name, text)) {
        for (std::size_t i = 0; i < std::size(known); ++i) {
            if (iequals(known[i].first, name)) {
                if ((seen & 1U << i) != 0) {
                    return std::nullopt;
                }
                seen |= 1U << i;
                *known[i].second = text;
            }
        }
    }
    const std::string_view count = claim.proof.nonce_count;
    const char* const end = count.data() + count.size();
    const auto read = std::from_chars(count.data(), end, claim.count, 16);
    const auto known_algorithm = digest_algorithm(algorithm);
    if (params.is_broken() || !known_algorithm || claim.username.empty() ||
        claim.username.size() > kMaxUsername) {
        return std::nullopt;
    }
    if (claim.qop.empty() && *known_algorithm == DigestAlgorithm::Md5) {
        // COMPAT(libpurple 2.14 SIMPLE, 2026-11): as RFC 2069 had it, which RFC 3261 §22.4 keeps
        // servers to. Its nonce is good for one request.
        claim.count = 1;
        claim.proof.method = method;
        return claim;
    }
    if (count.size() != 8 || read.ptr != end || claim.count == 0 || !iequals(claim.qop, "auth") ||
        claim.proof.cnonce.empty()) {
        return std::nullopt;
    }
    claim.proof.algorithm = *known_algorithm;
    claim.proof.method = method;
    claim.proof.has_qop = true;
    return claim;
}

// The digest covers its own uri, so that must be the one of the request (RFC 3261 §22.4).
bool is_same_uri(std::string_view claimed, std::string_view request_uri) {
    // COMPAT(SIPE 1.25, 2026-11): it prints a pointer that is null. The digest covers what it says.
    if (claimed == request_uri || claimed == "(null)") {
        return true;
    }
    const auto a = parse_uri(claimed);
    const auto b = parse_uri(request_uri);
    return a && b && are_equivalent(*a, *b);
}

}  // namespace

DigestCheck DigestServer::check(std::string_view value,
                                std::string_view method,
                                std::string_view request_uri,
                                DigestSecrets& secrets) {
    const auto claim = parse_claim(value, method);
    const bool is_weak = claim && !is_sha(claim->proof.algorithm);
    if (!claim || (is_weak && !may_use_md5_) || claim->realm != escape_quotes(realm_) ||
        !is_same_uri(claim->proof.uri, request_uri)) {
        return {};
    }
    const DigestAlgorithm plain = is_weak ? DigestAlgorithm::Md5 : DigestAlgorithm::Sha256;
    const auto stored = secrets.ha1(claim->username, realm_, plain);
    // An unknown user costs the same work, against a secret that nobody knows.
    const std::string decoy = digest::hmac_sha256_hex(key_, claim->username);
    const std::string_view secret =
        stored ? std::string_view(*stored) : std::string_view(decoy).substr(0, is_weak ? 32 : 64);
    const bool matches = digest::equal_constant_time(digest_response(secret, claim->proof),
                                                     text::to_lower(claim->response));
    const auto nonce = open_nonce(claim->proof.nonce);
    if (!stored || !matches) {
        return {};
    }
    if (!nonce || !is_fresh(*nonce, claim->count)) {
        return {.verdict = DigestVerdict::Stale};
    }
    return {.verdict = DigestVerdict::Good, .username = std::string(claim->username)};
}

}  // namespace isthmus::sip
