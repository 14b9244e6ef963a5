#include "sip/session_set.h"

#include "base/text.h"

#include <algorithm>
#include <utility>

namespace isthmus::sip {

namespace {

constexpr std::size_t kResting = 64;
constexpr std::uint8_t kMaxSessions = 1;  // that may end under a message before it fails

}  // namespace

SessionSet::SessionSet(const SessionsConfig& config,
                       SessionPort& port,
                       Timers& timers,
                       Random& random,
                       metrics::Registry& metrics,
                       SessionUser& user)
    : config_(config),
      limits_{.ring = config.ring, .idle = config.idle},
      port_(port),
      timers_(timers),
      random_(random),
      user_(user),
      count_(metrics.gauge("isthmus_sip_sessions", "INVITE sessions with text in them", {})),
      of_invite_(*this, &SessionSet::on_invite_outcome),
      of_message_(*this, &SessionSet::on_message_outcome),
      of_refresh_(*this, &SessionSet::on_refresh_outcome),
      of_bye_(*this, &SessionSet::on_bye_outcome),
      failing_(timers, [this] {
          const auto error = make_error(ErrorKind::Limit,
                                        "IST-LIM-002",
                                        "too many messages wait for this user",
                                        "limit of sessions, or of messages in one");
          for (const Failure& each : std::exchange(failures_, {})) {
              each.handler->on_no_response(each.cookie, error);
          }
      }) {}

std::uint32_t SessionSet::hash_of(const SessionPair& pair) const {
    return SlotIndex::fold(hash_.add(hash_(pair.local), pair.remote));
}

std::uint32_t SessionSet::hash_of(std::string_view call_id, std::string_view local_tag) const {
    return SlotIndex::fold(hash_.add(hash_(call_id), local_tag));
}

/// RFC 3261 §19.1.4 compares user parts octet by octet, RFC 7622 §3.3.1 does not: two spellings of
/// one user are in one session.
std::string_view SessionSet::compared(std::string_view bare, std::string& scratch) const {
    if (has_one_spelling(bare)) {
        return bare;
    }
    scratch = user_.compared(bare);
    return scratch;
}

/// The one to write in; where there is none, a spare one takes its place.
SessionEntry* SessionSet::find(const SessionPair& key) const {
    SessionEntry* spare = nullptr;
    const std::uint32_t found = by_pair_.find(hash_of(key), [&](std::uint32_t number) {
        SessionEntry& entry = slots_.at(number);
        if (entry.key() != key || entry.machine.state() == Session::State::Over ||
            entry.machine.state() == Session::State::Cancelling) {
            return false;
        }
        spare = entry.is_spare ? &entry : spare;
        return !entry.is_spare;
    });
    if (found != SlotIndex::kNone) {
        return &slots_.at(found);
    }
    if (spare != nullptr) {
        spare->is_spare = false;
    }
    return spare;
}

SessionEntry* SessionSet::find(const Request& request) const {
    const std::string_view ours = request.to.tag().value_or("");
    const std::string_view theirs = request.from.tag().value_or("");
    const std::uint32_t found =
        by_dialog_.find(hash_of(request.call_id, ours), [&](std::uint32_t number) {
            const Dialog& dialog = slots_.at(number).dialog;
            return dialog.call_id() == request.call_id && dialog.local_tag() == ours &&
                   dialog.is_established() && dialog.remote_tag() == theirs;
        });
    return found == SlotIndex::kNone ? nullptr : &slots_.at(found);
}

SessionEntry& SessionSet::keep(Session machine, Dialog dialog, const SessionPair& pair) {
    SessionEntry& entry = slots_.make(machine, *this, timers_);
    entry.dialog = std::move(dialog);
    entry.local = pair.local;
    entry.remote = pair.remote;
    std::string scratch;
    if (compared(entry.local, scratch) != entry.local) {
        entry.local_key = scratch;
    }
    if (compared(entry.remote, scratch) != entry.remote) {
        entry.remote_key = scratch;
    }
    entry.pair_hash = hash_of(entry.key());
    entry.is_indexed = true;
    by_pair_.insert(entry.pair_hash, slots_.number_of(entry.handle));
    by_dialog_.insert(hash_of(entry.dialog.call_id(), entry.dialog.local_tag()),
                      slots_.number_of(entry.handle));
    count_.set(static_cast<std::int64_t>(slots_.size()));
    return entry;
}

void SessionSet::leave_index(SessionEntry& entry) {
    if (std::exchange(entry.is_indexed, false)) {
        by_pair_.erase(entry.pair_hash, slots_.number_of(entry.handle));
        by_dialog_.erase(hash_of(entry.dialog.call_id(), entry.dialog.local_tag()),
                         slots_.number_of(entry.handle));
    }
}

/// Of URIs as anybody writes them.
SessionEntry* SessionSet::find_named(const SessionPair& pair) const {
    const std::string local = bare_uri(pair.local);
    const std::string remote = bare_uri(pair.remote);
    std::string scratch[2];
    return find(SessionPair{compared(local, scratch[0]), compared(remote, scratch[1])});
}

bool SessionSet::is_open(const SessionPair& pair) const {
    const SessionEntry* entry = find_named(pair);
    return entry != nullptr && entry->machine.is_open() && entry->waiting.empty();
}

void SessionSet::end(const SessionPair& pair) {
    SessionEntry* entry = find_named(pair);
    if (entry != nullptr && entry->waiting.empty()) {
        leave_index(*entry);  // so that nobody is told
        perform(*entry, entry->machine.end(), SessionEnd::Idle);
    }
}

std::optional<DialogView> SessionSet::view(std::uint64_t handle) const {
    const SessionEntry* entry = slots_.find(handle);
    if (entry == nullptr || !entry->is_indexed || !entry->dialog.is_established()) {
        return std::nullopt;
    }
    DialogView made = view_of(entry->dialog, 0, entry->expiry.seconds);
    made.event.clear();
    return made;
}

void SessionSet::for_each(
    const std::function<void(std::uint64_t handle, const SessionPair& pair)>& take) const {
    slots_.for_each([&](const SessionEntry& entry) {
        if (entry.is_indexed && entry.dialog.is_established()) {
            take(entry.handle, entry.pair());
        }
    });
}

bool SessionSet::end(std::uint64_t handle) {
    SessionEntry* entry = slots_.find(handle);
    if (entry == nullptr || !entry->is_indexed || !entry->dialog.is_established()) {
        return false;
    }
    perform(*entry, entry->machine.end(), SessionEnd::Idle);
    return true;
}

void SessionSet::abandon() {
    failing_.cancel();
    failures_.clear();
}

void SessionSet::on_time(SessionEntry& entry) {
    entry.armed_for = never;
    const bool is_used = entry.machine.state() == Session::State::Open;
    perform(
        entry, entry.machine.on_time(timers_.now()), is_used ? SessionEnd::Idle : SessionEnd::Lost);
}

void SessionSet::perform(SessionEntry& entry, const Session::Actions& actions, SessionEnd end) {
    using Action = Session::Action;
    for (const Action action : actions) {
        switch (action) {
            case Action::SendCancel:
                port_.cancel(of_invite_, entry.handle);
                break;
            case Action::SendAck:
                acknowledge(entry);
                break;
            case Action::SendAnswer:
                answer_invitation(entry);
                break;
            case Action::SendRefresh:
                refresh(entry);
                break;
            case Action::SendNext:
                pump(entry);
                break;
            case Action::SendBye:
                bye(entry);
                break;
            case Action::Report:
                report(entry);
                break;
            case Action::Repeat:
                entry.is_sending = false;
                break;
            case Action::FailAll:
                fail_all(entry);
                break;
            case Action::Terminate:
                return finish(entry, end);
        }
    }
    settle(entry);
}

/// The one timer follows the machine. A deadline that has moved away, as each message moves that of
/// idleness, is found when the timer comes; so a message does not touch it.
void SessionSet::settle(SessionEntry& entry) {
    entry.machine.set_busy(!entry.waiting.empty());
    const TimePoint deadline = entry.machine.deadline();
    if (deadline < entry.armed_for) {
        entry.armed_for = deadline;
        entry.timer.arm(deadline - timers_.now());
    }
}

void SessionSet::finish(SessionEntry& entry, SessionEnd end) {
    const bool was_current = entry.is_indexed && !entry.is_spare;
    leave_index(entry);
    entry.timer.cancel();
    entry.theirs.reset();
    if (was_current && entry.waiting.empty() && find(entry.key()) == nullptr) {
        user_.on_session_over(entry.pair(), end);
    }
    move_on(entry);
}

/// What waits in a session that is over goes into another one of the pair; what is under way still
/// has its outcome to come.
void SessionSet::move_on(SessionEntry& entry) {
    if (entry.is_sending || entry.is_inviting || entry.is_refreshing) {
        return;
    }
    if (entry.waiting.empty()) {
        slots_.erase(entry.handle);
        count_.set(static_cast<std::int64_t>(slots_.size()));
        return;
    }
    const auto error = make_error(ErrorKind::Timeout,
                                  "IST-SIP-030",
                                  "the session with the SIP user ended twice",
                                  "before this message could be sent");
    std::vector<SessionMessage> waiting = std::exchange(entry.waiting, {});
    for (SessionMessage& each : waiting) {
        if (each.sessions == kMaxSessions) {
            each.handler->on_no_response(each.cookie, error);
            continue;
        }
        ++each.sessions;
        SessionEntry* other = find(entry.key());
        const OutgoingRequest request = each.request.view(headers_);
        const bool is_fresh = other == nullptr;
        if (is_fresh) {
            // A Call-ID of its own: the peer may still know the old one.
            other = open(request, entry.pair(), entry.dialog.sip_domain(), {});
        }
        if (other == nullptr) {
            fail_later(*each.handler, each.cookie);
            continue;
        }
        other->waiting.push_back(std::move(each));
        if (is_fresh) {
            invite(*other, other->waiting.back().request.view(headers_));
        } else {
            pump(*other);
        }
        settle(*other);
    }
    move_on(entry);
}

/// The first has its outcome.
void SessionSet::pop(SessionEntry& entry) {
    SavedRequest& request = entry.waiting.front().request;
    if (resting_.size() < kResting) {
        request.clear();
        resting_.push_back(std::move(request));
    }
    entry.waiting.erase(entry.waiting.begin());
}

void SessionSet::Outcomes::on_response(std::uint64_t cookie, const Response& response) {
    if (SessionEntry* entry = owner.slots_.find(cookie)) {
        owner.response_ = &response;
        (owner.*on_outcome)(*entry, &response);
        owner.response_ = nullptr;
    }
}

void SessionSet::Outcomes::on_no_response(std::uint64_t cookie, const Error& error) {
    if (SessionEntry* entry = owner.slots_.find(cookie)) {
        owner.error_ = &error;
        (owner.*on_outcome)(*entry, nullptr);
        owner.error_ = nullptr;
    }
}

void SessionSet::Outcomes::on_another_2xx(std::uint64_t cookie, const Response& response) {
    if (SessionEntry* entry = owner.slots_.find(cookie)) {
        owner.on_another_2xx(*entry, response);
    }
}

std::unique_ptr<Sessions> make_sessions(const SessionsConfig& config,
                                        SessionPort& port,
                                        Timers& timers,
                                        Random& random,
                                        metrics::Registry& metrics,
                                        SessionUser& user) {
    return std::make_unique<SessionSet>(config, port, timers, random, metrics, user);
}

}  // namespace isthmus::sip
