// Pages of subscriptions for an administrator. A million pairs are looked at in slices, so that
// neither the messages nor he waits; one user's are found by the index.
#include "gateway/presence_flow.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace isthmus::gateway {

namespace {

using subscriptions::Standing;
using subscriptions::UserIndex;

constexpr std::size_t kMaxListings = 32;

// A slice takes less than a millisecond: to look at a pair takes a fraction of a microsecond, to
// write down a direction of it some twenty times as much.
constexpr unsigned kSliceCost = 2000;
constexpr unsigned kEntryCost = 20;
constexpr Duration kPause = std::chrono::milliseconds(1);

}  // namespace

void PresenceFlow::list(SubscriptionFilter filter, ListDone done) {
    Listing made;
    made.filter = std::move(filter);
    made.done = std::move(done);
    begin_listing(std::move(made));
}

void PresenceFlow::list_dialogs(SubscriptionFilter filter, DialogsDone done) {
    Listing made;
    made.filter = std::move(filter);
    made.dialogs_done = std::move(done);
    begin_listing(std::move(made));
}

void PresenceFlow::tell_listed(Listing& listing) {
    if (listing.done) {
        listing.done(std::move(listing.page));
    } else {
        listing.dialogs_done(std::move(listing.dialogs));
    }
}

void PresenceFlow::begin_listing(Listing made) {
    const Turn turn(*this);
    if (listings_.size() >= kMaxListings) {
        const Error busy = make_error(
            ErrorKind::Limit, "IST-LIM-003", "Too many lists are being made at once.", {});
        return made.done ? made.done(busy) : made.dialogs_done(busy);
    }
    const SubscriptionFilter& by = made.filter;
    if (!by.user.empty() && !by.contact.empty()) {
        if (const PairHandle pair = find(by.user, xmpp::Jid::from_prepared(by.contact))) {
            enter(made, pair);
        }
        return tell_listed(made);
    }
    if (!by.user.empty()) {
        made.next = pair_at(by_user_.first(by.user));
    }
    if (go_on(made)) {
        return tell_listed(made);
    }
    listings_.push_back(std::move(made));
    if (!listing_timer_.is_armed()) {
        listing_timer_.arm(kPause);
    }
}

/// One slice of the list that waits longest, then it is the next one's turn.
void PresenceFlow::on_listing() {
    const Turn turn(*this);
    if (listings_.empty()) {
        return;
    }
    Listing listing = std::move(listings_.front());
    listings_.pop_front();
    if (go_on(listing)) {
        tell_listed(listing);
    } else {
        listings_.push_back(std::move(listing));
    }
    if (!listings_.empty()) {
        listing_timer_.arm(kPause);
    }
}

/// True: the page is complete.
bool PresenceFlow::go_on(Listing& listing) {
    const SubscriptionFilter& filter = listing.filter;
    const bool is_all =
        listing.done && filter.user.empty() && filter.contact.empty() && filter.partner.empty();
    if (listing.next != 0 && book_.get(listing.next) == nullptr) {
        // The pair at which it rested is gone, and with it the way to the next one.
        listing.page = {};
        listing.dialogs = {};
        listing.next = pair_at(by_user_.first(filter.user));
    }
    for (unsigned cost = 0; cost < kSliceCost; ++cost) {
        const PairHandle handle = take_next(listing);
        if (handle == 0) {
            return true;
        }
        cost += enter(listing, handle) * kEntryCost;
        if (is_all && listing.page.items.size() == filter.limit) {
            listing.page.total = halves_;  // which need not be counted
            return true;
        }
    }
    return false;
}

PairHandle PresenceFlow::take_next(Listing& listing) const {
    if (listing.filter.user.empty()) {
        return book_.next(listing.place);
    }
    const PairHandle handle = listing.next;
    if (handle != 0) {
        listing.next = pair_at(by_user_.next(static_cast<std::uint32_t>(handle)));
    }
    return handle;
}

PairHandle PresenceFlow::pair_at(std::uint32_t place) const {
    return place == UserIndex::kNone ? 0 : book_.next(place);
}

bool PresenceFlow::is_listed(const SubscriptionFilter& filter, const Entry& entry) const {
    if ((!filter.user.empty() && entry.user() != filter.user) ||
        (!filter.contact.empty() && entry.contact() != filter.contact)) {
        return false;
    }
    if (filter.partner.empty()) {
        return true;
    }
    const auto* partner =
        admission_.policy().partner_of(xmpp::Jid::from_prepared(entry.contact()).domain);
    return partner != nullptr && partner->domain == filter.partner;
}

/// How many directions of the pair were written down.
unsigned PresenceFlow::enter(Listing& listing, PairHandle handle) const {
    const Entry& entry = *book_.get(handle);
    const SubscriptionFilter& filter = listing.filter;
    SubscriptionPage& page = listing.page;
    unsigned entered = 0;
    if (!is_listed(filter, entry)) {
        return entered;
    }
    if (!listing.done) {
        return enter_dialogs(listing, handle, entry);
    }
    for (const Watch watch : {Watch::XmppWatchesSip, Watch::SipWatchesXmpp}) {
        if (standing_of(entry.value, watch) == Standing::None) {
            continue;
        }
        if (page.total++ >= filter.offset && page.items.size() < filter.limit) {
            page.items.push_back(status_of(handle, entry, watch));
            ++entered;
        }
    }
    return entered;
}

}  // namespace isthmus::gateway
