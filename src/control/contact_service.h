// The contact lists of SIP users, as far as the contacts are XMPP users: who is on them, and both
// halves of each pair. Transport-free. Control thread only.
#pragma once

#include "base/result.h"
#include "control/author.h"
#include "control/subscription_service.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

/// A contact with both halves of the pair; `state`, `why` and `code` are of the half in which the
/// SIP user watches.
struct ContactStatus {
    std::string user;
    std::string contact;
    std::string partner;
    std::string sip_watches_xmpp;  ///< standing: "none", "pending", "active"
    std::string xmpp_watches_sip;
    std::string state;
    std::string why;
    std::string code;
    std::string subscription;  ///< id of that half
    std::int64_t since = 0;
};

class ContactService {
  public:
    using Done = PresenceSide::Done;

    /// More contacts of one user than that are not listed.
    static constexpr std::size_t kMaxContacts = 10'000;

    ContactService(PresenceSide side, CanonicalNames canonical)
        : side_(std::move(side)), canonical_(std::move(canonical)) {}

    using ListDone = std::function<void(Result<std::vector<ContactStatus>>)>;

    /// Ordered by contact. Syntax with IST-API-001 if `user` is none; `done` is called within the
    /// call then, else later.
    void list(std::string_view user, const ListDone& done) const;

    /// `done` may be called within the call (a name that is none) or later, once: when it is
    /// stored, with IST-API-003 if it is there already, with the policy's code if it is forbidden.
    void add(std::string_view user, std::string_view contact, const Author& author, Done done);
    /// IST-API-002 if it is not there.
    void remove(std::string_view user, std::string_view contact, const Author& author, Done done);

  private:
    struct Pair {
        std::string user;
        std::string contact;
    };

    Result<Pair> pair(std::string_view user, std::string_view contact) const;

    PresenceSide side_;
    CanonicalNames canonical_;
};

}  // namespace isthmus::control
