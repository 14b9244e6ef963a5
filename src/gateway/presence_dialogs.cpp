// The SIP dialogs that serve subscriptions, as an administrator sees and ends them.
#include "gateway/presence_flow.h"
#include "gateway/watch_owner.h"

#include <charconv>
#include <utility>

namespace isthmus::gateway {

namespace {

std::string hex_id(std::uint64_t handle, char letter) {
    char digits[20];
    char* const end = std::to_chars(digits, digits + sizeof digits, handle, 16).ptr;
    return std::string(digits, end) + letter;
}

struct NamedDialog {
    std::uint64_t dialog = 0;
    Watch watch = Watch::XmppWatchesSip;
};

std::optional<NamedDialog> named_dialog(std::string_view id) {
    if (id.size() < 2 || (id.back() != 's' && id.back() != 'n')) {
        return std::nullopt;
    }
    NamedDialog made{.watch = id.back() == 's' ? Watch::XmppWatchesSip : Watch::SipWatchesXmpp};
    const char* const end = id.data() + id.size() - 1;
    return std::from_chars(id.data(), end, made.dialog, 16).ptr == end ? std::optional(made)
                                                                       : std::nullopt;
}

}  // namespace

std::size_t PresenceFlow::dialog_count() const {
    return subscribers_->size() + notifiers_->size();
}

std::optional<DialogStatus> PresenceFlow::dialog_of(std::uint64_t dialog, Watch watch) const {
    const bool is_ours = watch == Watch::XmppWatchesSip;
    auto seen = is_ours ? subscribers_->view(dialog) : notifiers_->view(dialog);
    if (!seen) {
        return std::nullopt;
    }
    DialogStatus made;
    made.id = hex_id(dialog, is_ours ? 's' : 'n');
    made.role = is_ours ? "subscriber" : "notifier";
    const PairHandle pair = pair_of(seen->owner);
    if (const Entry* entry = book_.get(pair)) {
        made.user = entry->user();
        made.contact = entry->contact();
        made.subscription = hex_id(pair, is_ours ? 'x' : 's');  // as presence_status names them
        const auto domain = xmpp::Jid::from_prepared(entry->contact()).domain;
        if (const auto* partner = admission_.policy().partner_of(domain)) {
            made.partner = partner->domain;
        }
    }
    made.take(*std::move(seen));
    return made;
}

/// How many dialogs of the pair were written down.
unsigned PresenceFlow::enter_dialogs(Listing& listing,
                                     PairHandle /*handle*/,
                                     const Entry& entry) const {
    unsigned entered = 0;
    const auto enter_one = [&](std::uint64_t dialog, Watch watch) {
        DialogPage& page = listing.dialogs;
        if (page.total++ < listing.filter.offset || page.items.size() >= listing.filter.limit) {
            return;
        }
        if (auto made = dialog_of(dialog, watch)) {
            page.items.push_back(*std::move(made));
            ++entered;
        }
    };
    if (entry.value.dialog != 0) {
        enter_one(entry.value.dialog, Watch::XmppWatchesSip);
    }
    entry.value.dialogs.each(
        [&](std::uint64_t dialog) { enter_one(dialog, Watch::SipWatchesXmpp); });
    return entered;
}

std::optional<DialogStatus> PresenceFlow::get_dialog(std::string_view id) const {
    const auto which = named_dialog(id);
    return which ? dialog_of(which->dialog, which->watch) : std::nullopt;
}

bool PresenceFlow::end_dialog(std::string_view id) {
    const Turn turn(*this);
    const auto which = named_dialog(id);
    const bool is_ours = which && which->watch == Watch::XmppWatchesSip;
    const auto seen = !which    ? std::nullopt
                      : is_ours ? subscribers_->view(which->dialog)
                                : notifiers_->view(which->dialog);
    Entry* entry = seen ? book_.get(pair_of(seen->owner)) : nullptr;
    if (entry == nullptr) {
        return false;
    }
    if (!is_ours) {
        sip::NotifyContent content;
        content.state = sip::SubscriptionState::Terminated;
        content.reason = sip::TerminationReason::Deactivated;
        notifiers_->end(which->dialog, content);
        on_end(seen->owner, End::DialogGone);
        return true;
    }
    if (entry->value.dialog != which->dialog) {
        return false;  // it is ending already
    }
    subscribers_->end(std::exchange(entry->value.dialog, 0));
    recent_.add(seen->owner);
    act(seen->owner, OfSip::Event::DialogGone, {.status = 481});
    return true;
}

}  // namespace isthmus::gateway
