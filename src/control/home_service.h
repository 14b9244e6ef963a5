// Passwords of the users who sign in to the home server. Only their digest hashes are kept, and
// those sealed. Transport-free. Control thread only.
#pragma once

#include "base/result.h"
#include "control/audit.h"
#include "control/edit.h"
#include "control/user_service.h"
#include "policy/sip_credentials.h"
#include "store/home_store.h"

#include <boost/json/object.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::control {

class HomeService {
  public:
    /// Puts it in force; false if the running gateway did not confirm it in time.
    using Publish = std::function<bool(const std::string& user,
                                       const std::optional<policy::SipCredentials>& credentials)>;

    /// The running gateway signs him out and knows nothing of him any more.
    using Forget = std::function<void(const std::string& user)>;

    HomeService(
        UserService& users, store::HomeStore store, Audit audit, Publish publish, Forget forget)
        : users_(users),
          store_(store),
          audit_(std::move(audit)),
          publish_(std::move(publish)),
          forget_(std::move(forget)) {}

    /// Of a user who was entered; the rules of check_new_password(). What is answered has "uri" and
    /// "has_password". Throws StoreError.
    Result<Committed> set_password(std::string_view identity,
                                   std::string_view password,
                                   const Edit& edit);
    /// He is signed out and cannot sign in again. IST-API-002 if he has none.
    Result<Committed> erase_password(std::string_view identity, const Edit& edit);

    /// Of a user who is no longer entered; the store has forgotten his password and his lists with
    /// him.
    void on_user_erased(const std::string& user);

    bool has_password(std::string_view user) const { return store_.has_password(user); }

  private:
    Result<Committed> change(const std::string& user,
                             const std::optional<policy::SipCredentials>& credentials,
                             const Edit& edit);

    UserService& users_;
    store::HomeStore store_;
    Audit audit_;
    Publish publish_;
    Forget forget_;
};

}  // namespace isthmus::control
