#include "control/user_search.h"

#include "base/spelling.h"
#include "base/text.h"

#include <fmt/format.h>

namespace isthmus::control {

using policy::User;

namespace {

/// At `at`, or before it, where no character is cut.
std::size_t start_of_character(std::string_view text, std::size_t at) {
    while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) {
        --at;
    }
    return at;
}

}  // namespace

bool is_like(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && text::lower(pattern[p]) == text::lower(text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') {
        ++p;
    }
    return p == pattern.size();
}

std::string_view without_scheme(std::string_view identity) {
    return text::istarts_with(identity, "sip:") ? identity.substr(4) : identity;
}

std::string nearest_user(const store::ConfigStore& store, std::string_view uri) {
    constexpr std::size_t kLooked = 200;
    const std::size_t at = uri.rfind('@');
    if (at == std::string_view::npos) {
        return {};
    }
    const std::string_view name = uri.substr(0, at);
    text::NearestSearch search(name);
    // One slip leaves one half as it should be or, if it is in the middle, the first third.
    const std::size_t half = start_of_character(name, (name.size() + 1) / 2);
    for (const std::string_view part : {name.substr(0, half),
                                        uri.substr(half, at + 1 - half),
                                        name.substr(0, start_of_character(name, half * 2 / 3))}) {
        if (part.empty() || !search.best().empty()) {
            continue;
        }
        const store::UserPage alike =
            store.find_users({.text = std::string(part), .limit = kLooked});
        for (const User& one : alike.users) {
            const std::string_view known = one.uri;
            if (known.ends_with(uri.substr(at))) {
                search.offer(known.substr(0, known.size() - (uri.size() - at)));
            }
        }
    }
    return search.best().empty() ? std::string()
                                 : fmt::format("{}{}", search.best(), uri.substr(at));
}

}  // namespace isthmus::control
