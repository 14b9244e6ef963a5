#include "control/directory_fetch.h"

#include "base/text.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

namespace isthmus::control {

namespace {

constexpr std::size_t kMostPools = 1000;  ///< of different DNs; Lync has a few hundred at most

/// The pools behind the home servers, each DN asked once.
Result<void> find_pools(LdapClient& client, DirectoryAnswer& answer) {
    std::map<std::string, std::string> pools;
    std::map<std::string, std::size_t> unknown;
    for (DirectoryUser& user : answer.users) {
        if (user.home_server.empty()) {
            continue;
        }
        auto found = pools.find(user.home_server);
        if (found == pools.end() && pools.size() < kMostPools) {
            auto pool = client.read_pool(user.home_server);
            if (!pool) {
                return pool.error();
            }
            found = pools.emplace(user.home_server, std::move(*pool)).first;
        }
        if (found == pools.end() || found->second.empty()) {
            ++unknown[user.home_server];
        } else {
            user.pool = found->second;
        }
    }
    for (const auto& [dn, count] : unknown) {
        if (answer.notices.size() < DirectoryAnswer::kMostFaults) {
            answer.notices.push_back(
                fmt::format("the home server of {} user{} has no dNSHostName that we may read: {}",
                            count,
                            count == 1 ? "" : "s",
                            text::escape_for_log(dn, 300)));
        }
    }
    return {};
}

}  // namespace

Result<DirectoryAnswer> fetch_directory(const DirectorySettings& settings,
                                        Interruption& interruption) {
    LdapClient client(settings, interruption);
    if (auto good = client.open(); !good) {
        return good.error();
    }
    DirectoryAnswer answer;
    const auto read = client.read([&](const DirectoryEntry& entry) {
        auto user = read_entry(entry, settings);
        if (!user) {
            answer.faults.push_back({entry.dn, user.error().public_text});
        } else if (*user) {
            answer.users.push_back(std::move(**user));
        } else {
            ++answer.without_address;
        }
    });
    if (!read) {
        return read.error();
    }
    if (client.referrals() > 0) {
        answer.notices.push_back(
            fmt::format("{} reference{} to other servers {} not followed: what is there is not "
                        "read",
                        client.referrals(),
                        client.referrals() == 1 ? "" : "s",
                        client.referrals() == 1 ? "was" : "were"));
    }
    if (auto good = find_pools(client, answer); !good) {
        return good.error();
    }
    return answer;
}

}  // namespace isthmus::control
