// The messages that come next are known a little before they are handled. A million pairs are in no
// cache; but what several of them need can be asked for at once, step by step from index to pair to
// text, so that they wait for memory together and not one after the other.
#pragma once

#include "gateway/presence_pair.h"
#include "sip/notifier.h"
#include "sip/subscriber.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::gateway {

class PresenceAhead {
  public:
    explicit PresenceAhead(const PairBook& book) : book_(book) {}

    /// Both must outlive it; before anything is expected.
    void attach(sip::Subscribers& subscribers, sip::Notifiers& notifiers) {
        subscribers_ = &subscribers;
        notifiers_ = &notifiers;
    }

    /// A NOTIFY with that Call-ID, about whichever pair.
    void expect_notify(std::string_view call_id);

    /// Presence for that pair, which may not exist.
    void expect_presence(std::string_view user,
                         std::string_view sip_domain,
                         std::string_view contact_local,
                         std::string_view contact_domain);

    /// Before the first of what is expected is handled.
    void fetch() {
        if (is_expecting_) {
            fetch_expected();
        }
    }

  private:
    void fetch_expected();
    void fetch_pairs();

    const PairBook& book_;
    sip::Subscribers* subscribers_ = nullptr;
    sip::Notifiers* notifiers_ = nullptr;
    bool is_expecting_ = false;
    std::vector<std::uint32_t> presence_;  ///< hashes of pairs
    std::string name_;
    // Of fetch_expected() alone; kept for their memory.
    std::vector<PairHandle> watched_;
    std::vector<const PairBook::Entry*> watching_;
    std::vector<sip::SubscriptionHandle> dialogs_;
};

}  // namespace isthmus::gateway
