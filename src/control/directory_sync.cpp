#include "control/directory_sync.h"

#include "base/text.h"
#include "control/objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace isthmus::control {

namespace json = boost::json;

using policy::User;
using policy::UserSource;

namespace {

/// More than this many and more than a fifth of our users from the directory do not leave at once
/// by themselves: a wrong filter or base looks just like that.
constexpr std::size_t kMayLeave = 10;
constexpr std::size_t kMayLeaveShare = 5;

class Plan {
  public:
    Plan(DirectoryAnswer answer, const SyncGround& ground)
        : answer_(std::move(answer)), ground_(ground) {}

    SyncPlan run() {
        for (EntryFault& fault : answer_.faults) {
            skip(std::move(fault.dn), std::move(fault.sentence));
        }
        for (DirectoryUser& one : answer_.users) {
            read(std::move(one));
        }
        made_.counts.without_address = answer_.without_address;
        made_.notices = std::move(answer_.notices);
        note_unknown("pool", unknown_pools_, "isthmus site map --pool {} SITE");
        note_unknown("site", unknown_sites_, "isthmus site create \"{}\"");
        ground_.each_user([this](User before) { compare(std::move(before)); });
        find_renamed();
        settle_disabled();
        for (User& user : leavers_) {
            ++made_.counts.removed;
            std::string uri = user.uri;
            made_.changes.push_back({std::move(uri), std::move(user), std::nullopt});
        }
        for (auto& [uri, wanted] : wanted_) {
            if (!wanted.is_contested) {
                ++made_.counts.created;
                made_.changes.push_back({uri, std::nullopt, std::move(wanted.user)});
            }
        }
        std::ranges::sort(made_.changes, {}, &store::UserChange::uri);
        judge();
        return std::move(made_);
    }

  private:
    struct Wanted {
        User user;
        bool is_contested = false;  ///< several entries claim the address
    };

    void skip(std::string dn, std::string sentence) {
        ++made_.counts.skipped;
        held_.insert(text::to_lower(dn));
        if (made_.faults.size() < DirectoryAnswer::kMostFaults) {
            made_.faults.push_back({std::move(dn), std::move(sentence)});
        }
    }

    /// The name as it is known here; empty, and counted, if there is none.
    template <class Object>
    static std::string known(const std::vector<Object>& list,
                             std::string Object::* name,
                             const std::string& wanted,
                             std::map<std::string, std::size_t>& unknown) {
        if (wanted.empty()) {
            return {};
        }
        const auto found = std::ranges::find_if(
            list, [&](const Object& one) { return text::iequals(one.*name, wanted); });
        if (found == list.end()) {
            constexpr std::size_t kMost = 100;
            if (unknown.size() < kMost || unknown.contains(wanted)) {
                ++unknown[wanted];
            }
            return {};
        }
        return (*found).*name;
    }

    void read(DirectoryUser one) {
        const policy::Objects& objects = ground_.policy.objects();
        User user{.source = UserSource::Ldap};
        const json::object said{
            {"uri", one.address},
            {"display_name", one.display_name},
            {"enabled", one.enabled},
            {"site", known(objects.sites, &policy::Site::name, one.site, unknown_sites_)},
            {"pool", known(objects.pools, &policy::Pool::fqdn, one.pool, unknown_pools_)},
            {"upn", one.upn},
            {"logon", one.logon},
            {"dn", one.dn}};
        if (auto applied = apply(user, said, ground_.canonical); !applied) {
            skip(std::move(one.dn), std::move(applied.error().public_text));
            return;
        }
        user.homed = ground_.homed;
        std::string uri = user.uri;
        const auto [at, is_new] = wanted_.try_emplace(uri, Wanted{std::move(user)});
        if (!is_new) {
            if (!std::exchange(at->second.is_contested, true)) {
                --made_.counts.users;
                skip(at->second.user.dn, fmt::format("{} is claimed by {} too.", uri, one.dn));
            }
            skip(std::move(one.dn),
                 fmt::format("{} is claimed by {} too.", uri, at->second.user.dn));
            return;
        }
        ++made_.counts.users;
    }

    void note_unknown(std::string_view what,
                      const std::map<std::string, std::size_t>& unknown,
                      fmt::string_view command) {
        for (const auto& [given, count] : unknown) {
            const std::string name = text::escape_for_log(given, 80);
            made_.notices.push_back(
                fmt::format("{} {} of {} user{} is not known here: {}",
                            what,
                            name,
                            count,
                            count == 1 ? "" : "s",
                            fmt::vformat(command, fmt::make_format_args(name))));
        }
    }

    /// What is the directory's comes from there, the rest stays.
    static User merged(const User& before, User wanted) {
        wanted.homed = before.homed;
        wanted.policy = before.policy;
        if (wanted.site.empty()) {
            wanted.site = before.site;
        }
        if (wanted.pool.empty()) {
            wanted.pool = before.pool;
        }
        return wanted;
    }

    void compare(User before) {
        ours_ += before.source == UserSource::Ldap ? 1 : 0;
        const auto found = wanted_.find(before.uri);
        if (found != wanted_.end() && !found->second.is_contested) {
            User after = merged(before, std::move(found->second.user));
            wanted_.erase(found);
            change(std::move(before), std::move(after));
        } else if (before.source == UserSource::Ldap && found == wanted_.end() &&
                   !held_.contains(text::to_lower(before.dn))) {
            leavers_.push_back(std::move(before));
        } else if (before.source == UserSource::Ldap) {
            ++made_.counts.same;
        }
    }

    /// `after` may name another uri: then it is a removal and a creation.
    void change(User before, User after) {
        if (!before.enabled && after.enabled) {
            // Who disabled him is asked for all of them at once.
            waiting_.emplace_back(std::move(before), std::move(after));
            return;
        }
        settle(std::move(before), std::move(after));
    }

    void settle(User before, User after) {
        SyncCounts& counts = made_.counts;
        if (before.enabled && !after.enabled) {
            ++counts.disabled;
            disabled_ours_ += before.source == UserSource::Ldap ? 1 : 0;
        } else if (!before.enabled && after.enabled) {
            ++counts.enabled;
        } else if (before.uri != after.uri) {
            ++counts.renamed;
        } else if (before.source != UserSource::Ldap) {
            ++counts.taken_over;
        } else if (before != after) {
            ++counts.changed;
        } else {
            ++counts.same;
            return;
        }
        std::string uri = after.uri;
        if (before.uri == uri) {
            made_.changes.push_back({std::move(uri), std::move(before), std::move(after)});
            return;
        }
        std::string old_uri = before.uri;
        made_.changes.push_back({std::move(old_uri), std::move(before), std::nullopt});
        made_.changes.push_back({std::move(uri), std::nullopt, std::move(after)});
    }

    void settle_disabled() {
        if (waiting_.empty()) {
            return;
        }
        std::vector<std::string> uris;
        uris.reserve(waiting_.size());
        for (const auto& [before, after] : waiting_) {
            uris.push_back(before.uri);
        }
        std::ranges::sort(uris);
        const std::vector<std::string> ours = ground_.disabled_by_us(uris);
        const std::unordered_set<std::string> by_us(ours.begin(), ours.end());
        std::size_t kept = 0;
        for (auto& [before, after] : waiting_) {
            after.enabled = by_us.contains(before.uri);
            kept += after.enabled ? 0 : 1;
            settle(std::move(before), std::move(after));
        }
        if (kept > 0) {
            made_.notices.push_back(fmt::format(
                "{} user{} enabled in the directory, but disabled here by an administrator; "
                "nothing changes: isthmus user list --enabled false",
                kept,
                kept == 1 ? " is" : "s are"));
        }
    }

    /// A new address with the DN, else the account name, of one who would leave is he himself.
    void find_renamed() {
        std::unordered_map<std::string, std::size_t> by_dn;
        std::unordered_map<std::string, std::size_t> by_logon;
        for (std::size_t i = 0; i < leavers_.size(); ++i) {
            by_dn.try_emplace(text::to_lower(leavers_[i].dn), i);
            by_logon.try_emplace(text::to_lower(leavers_[i].logon), i);
        }
        by_dn.erase("");
        by_logon.erase("");
        std::unordered_set<std::size_t> gone;
        for (auto at = wanted_.begin(); at != wanted_.end();) {
            const User& user = at->second.user;
            auto found = by_dn.find(text::to_lower(user.dn));
            if (found == by_dn.end()) {
                found = by_logon.find(text::to_lower(user.logon));
                if (found == by_logon.end()) {
                    ++at;
                    continue;
                }
            }
            if (at->second.is_contested || !gone.insert(found->second).second) {
                ++at;
                continue;
            }
            User before = std::move(leavers_[found->second]);
            User after = merged(before, std::move(at->second.user));
            at = wanted_.erase(at);
            change(std::move(before), std::move(after));
        }
        std::size_t i = 0;
        std::erase_if(leavers_, [&](const User&) { return gone.contains(i++); });
    }

    void judge() {
        const SyncCounts& counts = made_.counts;
        const std::size_t leaving = counts.removed + disabled_ours_;
        std::string why;
        if (counts.users == 0) {
            why = fmt::format("The directory named no user at all ({} entries skipped).",
                              counts.skipped + counts.without_address);
        } else if (leaving > kMayLeave && leaving * kMayLeaveShare > ours_) {
            why = fmt::format(
                "{} of {} users from the directory would be removed or disabled.", leaving, ours_);
        }
        if (!why.empty() && !ground_.force) {
            made_.refusal = make_error(ErrorKind::Conflict, "IST-API-024", std::move(why), {});
        }
    }

    DirectoryAnswer answer_;
    const SyncGround& ground_;
    SyncPlan made_;
    std::unordered_map<std::string, Wanted> wanted_;  ///< by uri
    std::unordered_set<std::string> held_;            ///< DNs of faulty entries, lower case
    std::map<std::string, std::size_t> unknown_sites_;
    std::map<std::string, std::size_t> unknown_pools_;
    std::vector<User> leavers_;
    std::vector<std::pair<User, User>> waiting_;  ///< disabled here, enabled there
    std::size_t ours_ = 0;
    std::size_t disabled_ours_ = 0;
};

}  // namespace

SyncPlan plan_sync(DirectoryAnswer answer, const SyncGround& ground) {
    return Plan(std::move(answer), ground).run();
}

}  // namespace isthmus::control
