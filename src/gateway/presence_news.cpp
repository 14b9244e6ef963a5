// What has changed of subscriptions and their dialogs, for administrators who look on.
#include "gateway/presence_flow.h"

#include <charconv>

namespace isthmus::gateway {

PresenceNews PresenceFlow::news(std::uint64_t after, std::size_t limit) const {
    PresenceNews made{.last = recent_.last(), .left_out = 0, .pairs = {}};
    for (const PairHandle handle : recent_.since(after, limit, made.left_out)) {
        PairNews& pair = made.pairs.emplace_back();
        char digits[20];
        pair.pair.assign(digits, std::to_chars(digits, digits + sizeof digits, handle, 16).ptr);
        const Entry* entry = book_.get(handle);
        if (entry == nullptr) {
            continue;
        }
        for (const Watch watch : {Watch::XmppWatchesSip, Watch::SipWatchesXmpp}) {
            if (auto one = get(pair.pair + (watch == Watch::XmppWatchesSip ? "x" : "s"))) {
                pair.subscriptions.push_back(*std::move(one));
            }
        }
        const auto enter = [&](std::uint64_t dialog, Watch watch) {
            if (auto one = dialog_of(dialog, watch)) {
                pair.dialogs.push_back(*std::move(one));
            }
        };
        if (entry->value.dialog != 0) {
            enter(entry->value.dialog, Watch::XmppWatchesSip);
        }
        entry->value.dialogs.each(
            [&](std::uint64_t dialog) { enter(dialog, Watch::SipWatchesXmpp); });
    }
    return made;
}

}  // namespace isthmus::gateway
