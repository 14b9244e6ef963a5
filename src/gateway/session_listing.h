// INVITE sessions in the list of SIP dialogs: of those behind a peer, and of those who sign in
// here. Traffic thread only.
#pragma once

#include "base/arena.h"
#include "gateway/admission.h"
#include "gateway/presence_status.h"
#include "sip/sessions.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::gateway {

class SessionListing {
  public:
    explicit SessionListing(const Admission& admission) : admission_(admission) {}

    /// Ids of these end with `letter`, which is no hexadecimal digit. Both must outlive it.
    void add(char letter, sip::Sessions& sessions) { sets_.emplace_back(letter, &sessions); }

    /// Behind what is on the page already, within the filter's offset and limit. Costs a fraction
    /// of a microsecond for each session, and no more than that if nothing is asked for by name.
    void enter(const SubscriptionFilter& filter, DialogPage& page) const;
    std::optional<DialogStatus> get(std::string_view id) const;
    /// False: there is no such session.
    bool end(std::string_view id);

  private:
    struct Named {
        sip::Sessions* sessions = nullptr;
        std::uint64_t handle = 0;
        char letter = 0;
    };

    Named find(std::string_view id) const;
    /// Who talks with whom there, as the subscriptions of the two would name them.
    void name(const sip::SessionPair& pair, DialogStatus& into) const;
    std::optional<DialogStatus> status_of(const Named& one) const;

    const Admission& admission_;
    std::vector<std::pair<char, sip::Sessions*>> sets_;
    mutable Arena arena_;
};

}  // namespace isthmus::gateway
