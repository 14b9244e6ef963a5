#include "control/password.h"

#include "base/random.h"
#include "base/text.h"

#include <argon2.h>
#include <fmt/format.h>

#include <array>
#include <set>
#include <stdexcept>

namespace isthmus::control {

namespace {

constexpr std::size_t kLeast = 12;
constexpr std::size_t kMost = 256;
constexpr std::size_t kLeastDifferent = 5;
constexpr unsigned kLanes = 1;
constexpr std::size_t kSalt = 16;
constexpr std::size_t kOutput = 32;

Error bad_password(std::string why) {
    return make_error(ErrorKind::Syntax, "IST-AUTH-013", std::move(why), {});
}

std::string without(std::string text, std::string_view part) {
    for (std::size_t at = 0; !part.empty() && (at = text.find(part)) != std::string::npos;) {
        text.erase(at, part.size());
    }
    return text;
}

}  // namespace

Result<void> check_new_password(std::string_view password, std::string_view account) {
    if (!text::is_utf8(password)) {
        return bad_password("The password is not UTF-8 text.");
    }
    const std::size_t length = text::count_code_points(password);
    if (length < kLeast || length > kMost) {
        return bad_password(fmt::format(
            "The password has {} characters; it needs {} to {}.", length, kLeast, kMost));
    }
    std::set<char32_t> different;
    for (std::size_t at = 0; at < password.size();) {
        const char32_t c = text::next_code_point(password, at);
        if (c < 0x20 || c == 0x7F) {
            return bad_password("The password holds a control character.");
        }
        different.insert(c);
    }
    if (different.size() < kLeastDifferent) {
        return bad_password(
            fmt::format("The password has only {} different characters.", different.size()));
    }
    if (without(text::to_lower(password), text::to_lower(account)).size() < kLeast / 2) {
        return bad_password("The password is made of the account's name.");
    }
    return {};
}

std::string hash_password(std::string_view password, HashCost cost) {
    std::array<char, kSalt> salt{};
    SystemRandom().fill(salt.data(), salt.size());
    std::array<char, 160> encoded{};
    const int failed = argon2id_hash_encoded(cost.passes,
                                             cost.memory_kib,
                                             kLanes,
                                             password.data(),
                                             password.size(),
                                             salt.data(),
                                             salt.size(),
                                             kOutput,
                                             encoded.data(),
                                             encoded.size());
    if (failed != ARGON2_OK) {
        throw std::runtime_error(fmt::format("argon2: {}", argon2_error_message(failed)));
    }
    return encoded.data();
}

bool verify_password(std::string_view password, const std::string& hash) {
    return argon2id_verify(hash.c_str(), password.data(), password.size()) == ARGON2_OK;
}

bool is_outdated(std::string_view hash, HashCost cost) {
    return !hash.starts_with(fmt::format("$argon2id$v={}$m={},t={},p={}$",
                                         static_cast<int>(ARGON2_VERSION_13),
                                         cost.memory_kib,
                                         cost.passes,
                                         kLanes));
}

}  // namespace isthmus::control
