#include "gateway/presence_counters.h"

#include <algorithm>
#include <chrono>

namespace isthmus::gateway {

std::string_view watch_name(Watch watch) {
    return watch == Watch::XmppWatchesSip ? "xmpp_watches_sip" : "sip_watches_xmpp";
}

PresenceCounters::PresenceCounters(metrics::Registry& registry) : registry_(registry) {
    make("other");
}

std::uint32_t PresenceCounters::make(std::string_view name) {
    auto label = std::make_unique<Label>();
    label->name = name;
    constexpr std::array<std::string_view, kUpdates> kNames{
        "passed", "unchanged", "ignored", "invalid", "postponed"};
    for (const Watch watch : {Watch::XmppWatchesSip, Watch::SipWatchesXmpp}) {
        for (std::size_t i = 0; i < kUpdates; ++i) {
            label->updates[index(watch)][i] = &registry_.counter(
                "isthmus_presence_updates_total",
                "Presence that arrived, by what became of it.",
                {{"partner", name}, {"direction", watch_name(watch)}, {"result", kNames[i]}});
        }
        for (const auto standing :
             {subscriptions::Standing::Pending, subscriptions::Standing::Active}) {
            label->standings[index(watch)][standing == subscriptions::Standing::Active ? 1 : 0] =
                &registry_.gauge("isthmus_presence_subscriptions",
                                 "Presence authorisations.",
                                 {{"partner", name},
                                  {"direction", watch_name(watch)},
                                  {"state", subscriptions::standing_name(standing)}});
        }
    }
    label->limited = &registry_.counter("isthmus_rate_limited_total",
                                        "What a partner sent faster than its limit.",
                                        {{"partner", name}, {"kind", "subscribe"}});
    labels_.push_back(std::move(label));
    return static_cast<std::uint32_t>(labels_.size() - 1);
}

std::uint32_t PresenceCounters::label_of(const policy::Policy& policy, std::string_view domain) {
    const policy::Partner* partner = policy.partner_of(domain);
    if (partner == nullptr) {
        return 0;
    }
    // Partners are few, and this is asked once a pair.
    const auto found = std::ranges::find_if(
        labels_, [partner](const auto& label) { return label->name == partner->domain; });
    return found == labels_.end() ? make(partner->domain)
                                  : static_cast<std::uint32_t>(found - labels_.begin());
}

void PresenceCounters::add(Watch watch,
                           std::uint32_t label,
                           subscriptions::Standing standing,
                           int by) {
    if (standing != subscriptions::Standing::None) {
        labels_[label]
            ->standings[index(watch)][standing == subscriptions::Standing::Active ? 1 : 0]
            ->add(by);
    }
}

bool PresenceCounters::admit_subscribe(std::uint32_t label,
                                       double rate,
                                       double burst,
                                       TimePoint now) {
    Label& of = *labels_[label];
    const double passed = std::chrono::duration<double>(now - of.filled).count();
    of.tokens = of.tokens < 0 ? burst : std::min(burst, of.tokens + passed * rate);
    of.filled = now;
    if (of.tokens < 1) {
        of.limited->add();
        return false;
    }
    of.tokens -= 1;
    return true;
}

}  // namespace isthmus::gateway
