#include "control/sessions.h"

#include "base/digest.h"

#include <algorithm>
#include <utility>

namespace isthmus::control {

namespace {

constexpr std::size_t kSessionSecretOctets = 32;
constexpr std::size_t kSessionIdOctets = 8;

}  // namespace

std::string Sessions::make_secret() {
    return random_.hex(kSessionSecretOctets);
}

bool Sessions::is_over(const Session& session) const {
    const std::int64_t now = now_();
    return now - session.last >= kIdle || now - session.first >= kAbsolute;
}

void Sessions::sweep() {
    std::erase_if(sessions_, [&](const auto& entry) { return is_over(entry.second); });
    std::erase_if(links_, [&](const auto& entry) { return entry.second.expires <= now_(); });
}

std::string Sessions::open(Session session) {
    sweep();
    const auto drop_oldest = [this](std::size_t most, auto belongs) {
        std::size_t count = 0;
        auto oldest = sessions_.end();
        for (auto at = sessions_.begin(); at != sessions_.end(); ++at) {
            if (belongs(at->second)) {
                ++count;
                if (oldest == sessions_.end() || at->second.last < oldest->second.last) {
                    oldest = at;
                }
            }
        }
        if (count >= most) {
            sessions_.erase(oldest);
        }
    };
    drop_oldest(kMostOfOne, [&](const Session& one) { return one.admin == session.admin; });
    drop_oldest(kMost, [](const Session&) { return true; });
    session.id = random_.hex(kSessionIdOctets);
    session.csrf = make_secret();
    session.first = session.last = now_();
    std::string cookie = make_secret();
    sessions_.emplace(digest::sha256_hex(cookie), std::move(session));
    return cookie;
}

const Session* Sessions::find(std::string_view cookie, bool is_use) {
    const auto found = sessions_.find(digest::sha256_hex(cookie));
    if (found == sessions_.end()) {
        return nullptr;
    }
    if (is_over(found->second)) {
        sessions_.erase(found);
        return nullptr;
    }
    if (is_use) {
        found->second.last = now_();
    }
    return &found->second;
}

bool Sessions::end(std::string_view id) {
    return std::erase_if(sessions_, [&](const auto& entry) { return entry.second.id == id; }) != 0;
}

std::size_t Sessions::end_all_of(std::string_view admin, std::string_view except) {
    const auto is_his = [&](const Session& one) { return one.is_account && one.admin == admin; };
    std::erase_if(links_, [&](const auto& entry) { return is_his(entry.second.session); });
    return std::erase_if(sessions_, [&](const auto& entry) {
        return is_his(entry.second) && entry.second.id != except;
    });
}

std::vector<Session> Sessions::list() {
    sweep();
    std::vector<Session> made;
    for (const auto& [hash, session] : sessions_) {
        made.push_back(session);
    }
    std::ranges::sort(made, {}, &Session::first);
    return made;
}

std::string Sessions::make_link(Session session) {
    sweep();
    if (links_.size() >= kMostLinks) {
        links_.erase(std::ranges::min_element(
            links_, {}, [](const auto& entry) { return entry.second.expires; }));
    }
    std::string secret = make_secret();
    links_.emplace(digest::sha256_hex(secret), Link{std::move(session), now_() + kLinkLife});
    return secret;
}

std::optional<Session> Sessions::take_link(std::string_view secret) {
    sweep();
    auto found = links_.extract(digest::sha256_hex(secret));
    return found.empty() ? std::nullopt : std::optional(std::move(found.mapped().session));
}

}  // namespace isthmus::control
