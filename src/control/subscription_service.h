// Subscriptions as an administrator sees and steers them: values, and the functions that reach the
// traffic thread. Transport-free. Control thread only.
#pragma once

#include "base/result.h"
#include "control/author.h"
#include "control/names.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

/// One direction of one pair; the fields as gateway/presence_status.h explains them.
struct SubscriptionStatus {
    std::string id;
    std::string direction;  ///< "sip_watches_xmpp" or "xmpp_watches_sip"
    std::string user;
    std::string contact;
    std::string partner;
    std::string standing;  ///< "none", "pending", "active"
    std::string state;
    std::string why;
    std::string code;
    std::int64_t since = 0;
    std::size_t dialogs = 0;
    std::int64_t expires_in = 0;
    std::int64_t next_attempt_in = -1;
    std::string last_notify;
    std::int64_t last_notify_at = 0;
    std::string last_presence;
    std::int64_t last_presence_at = 0;
};

struct SubscriptionFilter {
    std::string user;     ///< empty: all
    std::string contact;  ///< empty: all
    std::string partner;  ///< empty: all
    std::size_t offset = 0;
    std::size_t limit = 100;
};

struct SubscriptionPage {
    std::vector<SubscriptionStatus> items;
    std::size_t total = 0;  ///< all that match
};

/// The traffic side; app/crossing fills it. Timeout if the traffic thread did not answer, NotFound
/// if it knows no such subscription or contact.
struct PresenceSide {
    using Done = std::function<void(Result<void>)>;

    using ListDone = std::function<void(Result<SubscriptionPage>)>;

    /// `done` is called later, once.
    std::function<void(const SubscriptionFilter&, ListDone done)> list;
    std::function<Result<SubscriptionStatus>(std::string_view id)> get;
    std::function<Result<void>(std::string_view id)> refresh;
    std::function<Result<void>(std::string_view id)> end;
    /// `done` is called later, when it is stored or refused; names are in compared form.
    std::function<void(const std::string& user, const std::string& contact, Done done)> add_contact;
    std::function<void(const std::string& user, const std::string& contact, Done done)>
        remove_contact;
};

class SubscriptionService {
  public:
    static constexpr std::size_t kMaxLimit = 1000;

    SubscriptionService(PresenceSide side, CanonicalNames canonical)
        : side_(std::move(side)), canonical_(std::move(canonical)) {}

    /// Syntax with IST-API-001 for names that are none, or a limit over kMaxLimit; `done` is called
    /// within the call then, else later.
    void list(SubscriptionFilter filter, PresenceSide::ListDone done) const;
    Result<SubscriptionStatus> get(std::string_view id) const;
    /// Asks both sides for the present state.
    Result<void> refresh(std::string_view id, const Author& author) const;
    /// Ends that direction for good.
    Result<void> end(std::string_view id, const Author& author) const;

  private:
    PresenceSide side_;
    CanonicalNames canonical_;
};

}  // namespace isthmus::control
