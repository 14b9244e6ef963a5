#include "policy/sip_credentials.h"

#include "base/digest.h"
#include "base/text.h"

#include <algorithm>
#include <cstddef>

namespace isthmus::policy {

namespace {

constexpr std::size_t kMd5 = 32;
constexpr std::size_t kSha256 = 64;

bool is_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return text::hex_value(c) >= 0; });
}

}  // namespace

SipCredentials SipCredentials::make(std::string_view user, std::string_view password) {
    const std::size_t at = user.rfind('@');
    const std::string_view local = user.substr(0, at);
    const std::string_view realm = at == std::string_view::npos ? "" : user.substr(at + 1);
    const auto text = [&](std::string_view name) {
        std::string made(name);
        return made.append(":").append(realm).append(":").append(password);
    };
    return {.md5_by_local = digest::md5_hex(text(local)),
            .md5_by_address = digest::md5_hex(text(user)),
            .sha256_by_local = digest::sha256_hex(text(local)),
            .sha256_by_address = digest::sha256_hex(text(user))};
}

std::string SipCredentials::save() const {
    return md5_by_local + " " + md5_by_address + " " + sha256_by_local + " " + sha256_by_address;
}

std::optional<SipCredentials> SipCredentials::load(std::string_view saved) {
    SipCredentials made;

    struct Part {
        std::string* to;
        std::size_t size;
    };

    const std::array<Part, 4> parts{{{&made.md5_by_local, kMd5},
                                     {&made.md5_by_address, kMd5},
                                     {&made.sha256_by_local, kSha256},
                                     {&made.sha256_by_address, kSha256}}};
    for (const Part& part : parts) {
        const std::size_t end = saved.find(' ');
        *part.to = saved.substr(0, end);
        if (part.to->size() != part.size || !is_hex(*part.to)) {
            return std::nullopt;
        }
        saved = end == std::string_view::npos ? std::string_view() : saved.substr(end + 1);
    }
    return saved.empty() ? std::optional(made) : std::nullopt;
}

}  // namespace isthmus::policy
