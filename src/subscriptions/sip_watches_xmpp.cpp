#include "subscriptions/sip_watches_xmpp.h"

namespace isthmus::subscriptions {

namespace {

/// What a watcher is told to wait when the contact's server cannot be asked.
constexpr std::uint32_t kProbation = 60;

// RFC 6121 §3.1.2: a question, or the answer to it, may be lost without an error. Servers keep
// the first one and answer by themselves once she has granted it, so she is not asked twice.
constexpr std::uint32_t kFirstQuestion = 30;
constexpr std::uint32_t kLastQuestion = 86400;

}  // namespace

SipWatchesXmpp SipWatchesXmpp::restored(Standing standing) {
    SipWatchesXmpp made;
    made.state_ = standing == Standing::Active    ? State::Active
                  : standing == Standing::Pending ? State::Pending
                                                  : State::None;
    return made;
}

Standing SipWatchesXmpp::standing() const {
    switch (state_) {
        case State::None:
            return Standing::None;
        case State::Saving:
        case State::Pending:
            return Standing::Pending;
        default:
            return Standing::Active;
    }
}

SipWatchesXmpp::List SipWatchesXmpp::on(Event event, const Facts& facts) {
    switch (event) {
        case Event::Subscribe:
            return on_subscribe(facts);
        case Event::Fetch:
            // RFC 8048 §7.2: the answer is what is known now; a probe is for the next time.
            return List{{Do::Accept}}.add_if(state_ == State::Active && !facts.is_known,
                                             Do::SendProbe);
        case Event::Refreshed:
        case Event::Lost:
            return List{}.add_if(is_asked(), Do::SaveDialogs);
        case Event::Left:
            // Gap G-11: `unavailable` is about his presence, so only if she is given none.
            return List{}
                .add_if(is_asked(), Do::SaveDialogs)
                .add_if(state_ == State::Active && !facts.has_dialogs && !facts.is_shown,
                        Do::SendUnavailable);
        case Event::Added:
            if (state_ != State::None) {
                return {};
            }
            state_ = State::Saving;
            return {{Do::Save}};
        case Event::Subscribed:
            if (state_ != State::Pending) {
                return {};
            }
            state_ = State::Granting;
            return {{Do::Save}};
        case Event::Unsubscribed:
        case Event::Forbidden:
            return is_asked() && (event == Event::Unsubscribed || state_ == State::Pending)
                       ? end(Do::EndRejected)
                       : List{};
        case Event::NoSuchUser:
            return state_ == State::Pending ? end(Do::EndNoResource)
                                            : on(Event::Unreachable, facts);
        case Event::Unreachable:
            if (state_ == State::Pending) {
                return List{}.add_if(facts.has_dialogs, Do::EndProbation, kProbation);
            }
            return on(Event::PartnerDown, facts);
        case Event::Presence:
            return List{}.add_if(state_ == State::Active && facts.has_dialogs, Do::Notify);
        case Event::Saved:
            return on_saved();
        case Event::NotSaved:
            return on_not_saved();
        case Event::PartnerDown:
            return List{}
                .add_if(takes_presence(), Do::Forget)
                .add_if(state_ == State::Active && facts.has_dialogs, Do::Notify);
        case Event::RetryDue:
            return on_retry_due(facts);
        case Event::PartnerUp:
        case Event::Refresh:
            return state_ == State::Pending ? ask_anew()
                                            : List{}.add_if(takes_presence(), Do::SendProbe);
        case Event::PeerUp:
            return List{}.add_if(is_asked() && facts.has_dialogs, Do::Notify);
        case Event::Withdrawn:
            return withdraw();
    }
    return {};
}

SipWatchesXmpp::List SipWatchesXmpp::on_subscribe(const Facts& facts) {
    switch (state_) {
        case State::None:
            state_ = State::Saving;
            return {{Do::Hold}, {Do::Save}};
        case State::Pending:
            // Her server may have lost the question; while he watches it is not repeated.
            return List{{Do::Hold}, {Do::Save}}.add_if(!facts.has_dialogs, Do::SendSubscribe);
        default:
            return List{{Do::Hold}, {Do::Save}}.add_if(state_ == State::Active && !facts.is_known,
                                                       Do::SendProbe);
    }
}

SipWatchesXmpp::List SipWatchesXmpp::on_saved() {
    if (state_ == State::Saving) {
        state_ = State::Pending;
        return {{Do::AcceptHeld}, {Do::SendSubscribe}, {Do::Retry, next_question()}};
    }
    if (state_ == State::Granting) {
        state_ = State::Active;
        questions_ = 0;
        return {{Do::Notify}, {Do::AcceptHeld}};
    }
    return List{}.add_if(is_asked(), Do::AcceptHeld);
}

SipWatchesXmpp::List SipWatchesXmpp::on_not_saved() {
    if (state_ == State::Saving) {
        state_ = State::None;
        return {{Do::RefuseHeld}};
    }
    if (state_ == State::Granting) {
        state_ = State::Pending;
        return {{Do::AcceptHeld}, {Do::Retry, backoff(3)}};
    }
    // The authorisation is on record: he may watch, though not beyond the next restart.
    return List{}.add_if(is_asked(), Do::AcceptHeld);
}

SipWatchesXmpp::List SipWatchesXmpp::on_retry_due(const Facts& facts) {
    if (state_ == State::Pending) {
        return List{}.add_if(!facts.is_away, Do::SendSubscribe).add(Do::Retry, next_question());
    }
    return List{}.add_if(state_ == State::Active, Do::SendProbe);
}

SipWatchesXmpp::List SipWatchesXmpp::ask_anew() {
    questions_ = 0;
    return {{Do::SendSubscribe}, {Do::Retry, next_question()}};
}

/// Seconds until she is asked once more.
std::uint32_t SipWatchesXmpp::next_question() {
    std::uint32_t delay = kFirstQuestion;
    for (unsigned i = 0; i < questions_ && delay < kLastQuestion; ++i) {
        delay *= 4;
    }
    if (delay < kLastQuestion) {
        ++questions_;
        return delay;
    }
    return kLastQuestion;
}

SipWatchesXmpp::List SipWatchesXmpp::end(Do how) {
    state_ = State::None;
    questions_ = 0;
    return {{how}, {Do::Save}};
}

SipWatchesXmpp::List SipWatchesXmpp::withdraw() {
    const State was = state_;
    state_ = State::None;
    questions_ = 0;
    switch (was) {
        case State::None:
            return {};
        case State::Saving:
            return {{Do::RefuseHeld}, {Do::Save}};
        default:
            return {{Do::EndRejected}, {Do::SendUnsubscribe}, {Do::Save}};
    }
}

std::string_view state_name(SipWatchesXmpp::State state) {
    constexpr std::string_view kNames[] = {"none", "saving", "pending", "granting", "active"};
    return kNames[static_cast<std::size_t>(state)];
}

}  // namespace isthmus::subscriptions
