// What the home server keeps for its users, one document for each user and kind: read once at
// start, written with the subscriptions (subscription_store.h). Passwords apart: only an
// administrator sets them, and what is kept of them is sealed. Control thread; throws StoreError.
#pragma once

#include "policy/sip_credentials.h"
#include "store/database.h"
#include "store/key_box.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::store {

/// Inserted, or replaces the former one of that user and kind; an empty body takes it back.
struct HomeDocument {
    std::string user;  ///< "alice@contoso.example"
    std::string kind;  ///< "contacts", "presence"
    std::string body;

    bool operator==(const HomeDocument&) const = default;
};

class HomeStore {
  public:
    HomeStore(Database& database, const KeyBox* keys) : database_(database), keys_(keys) {}

    /// Everything but passwords. Returns how many there were.
    std::size_t load(const std::function<void(HomeDocument)>& take) const;

    /// Returns how many could not be opened: no key fits.
    std::size_t load_passwords(
        const std::function<void(std::string user, policy::SipCredentials)>& take) const;

    bool has_password(std::string_view user) const;
    /// Nothing takes it away. In a transaction of its own.
    void set_password(std::string_view user,
                      const std::optional<policy::SipCredentials>& credentials);

  private:
    Database& database_;
    const KeyBox* keys_;
};

}  // namespace isthmus::store
