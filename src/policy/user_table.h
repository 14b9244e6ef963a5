// What a decision needs to know of each user, for millions of them. Users of one policy, site, pool
// and state share one standing, so a change of a policy or site touches no user, and a change of a
// user touches only a small second table. Immutable; shared by the snapshots.
#pragma once

#include "policy/key_map.h"
#include "policy/user.h"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::policy {

/// What users can have in common, as far as decisions ask.
struct Standing {
    std::string policy;  ///< identity of what was granted, or empty
    std::string site;
    std::string pool;
    bool enabled = true;

    auto operator<=>(const Standing&) const = default;
};

Standing standing_of(const User& user);

class UserTable {
  public:
    /// Index of the standing of those whom nobody entered.
    static constexpr std::uint32_t kUnknown = 0;

    /// A user who comes (again), or goes.
    struct Change {
        std::string uri;
        Standing standing;  ///< the default one for who goes
    };

    /// Collects all users once; then take() and let go.
    class Builder {
      public:
        explicit Builder(std::size_t users = 0);
        void add(const User& user);
        std::shared_ptr<const UserTable> take();

      private:
        std::shared_ptr<UserTable> table_;
        std::shared_ptr<KeyMap> base_;
    };

    UserTable() : standings_(1) {}

    static std::shared_ptr<const UserTable> of(std::span<const User> users);

    /// The same users but for the changed ones. Cost: the size of the second table, which is merged
    /// into the first when it holds kOverlay users.
    std::shared_ptr<const UserTable> with(std::span<const Change> changes) const;

    /// Index in standings(); kUnknown for those whom nobody entered.
    std::uint32_t find(std::string_view user, std::string_view domain) const;

    void prefetch(std::string_view user, std::string_view domain) const {
        if (base_) {
            base_->prefetch(user, "@", domain);
        }
    }

    const std::vector<Standing>& standings() const { return standings_; }

  private:
    static constexpr std::size_t kOverlay = 4096;

    std::uint32_t index_of(const Standing& standing);

    std::shared_ptr<const KeyMap> base_;
    KeyMap overlay_;
    std::vector<Standing> standings_;
    std::map<Standing, std::uint32_t> index_;
};

}  // namespace isthmus::policy
