#include "xmpp/refusals.h"

#include "xmpp/server.h"

#include <utility>

namespace isthmus::xmpp {

Refusals::Refusals(Timers& timers, StanzaHandler& handler)
    : handler_(handler), timer_(timers, [this] { tell(); }) {}

void Refusals::add(std::uint64_t cookie, const Error& why) {
    if (cookie == 0) {
        return;
    }
    waiting_.push_back({cookie, why});
    if (!timer_.is_armed()) {
        timer_.arm({});
    }
}

void Refusals::tell() {
    for (const Refusal& refusal : std::exchange(waiting_, {})) {
        handler_.on_not_sent(refusal.cookie, refusal.why);
    }
}

}  // namespace isthmus::xmpp
