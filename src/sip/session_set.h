// All INVITE sessions. Private to the room: see sessions.h.
#pragma once

#include "base/clock.h"
#include "base/hash.h"
#include "base/slot_index.h"
#include "sip/dialog.h"
#include "sip/saved_request.h"
#include "sip/session.h"
#include "sip/session_description.h"
#include "sip/sessions.h"
#include "sip/slots.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::sip {

/// A message that has no outcome yet.
struct SessionMessage {
    SavedRequest request;
    ResponseHandler* handler = nullptr;
    std::uint64_t cookie = 0;
    std::uint8_t sessions = 0;  ///< that ended while it was in them
};

struct SessionEntry {
    template <class Owner>
    SessionEntry(std::uint64_t made, Session first, Owner& set, Timers& timers)
        : handle(made), machine(first), timer(timers, [this, &set] { set.on_time(*this); }) {}

    SessionPair pair() const { return {local, remote}; }

    /// As the two are compared.
    SessionPair key() const {
        return {local_key.empty() ? local : local_key, remote_key.empty() ? remote : remote_key};
    }

    std::uint64_t handle;
    Session machine;
    Dialog dialog;
    std::string local;  // URIs of the pair
    std::string remote;
    std::string local_key;  // empty: as it is spelled
    std::string remote_key;
    std::uint32_t pair_hash = 0;
    std::vector<SessionMessage> waiting;      // the first is under way if is_sending
    std::unique_ptr<IncomingRequest> theirs;  // INVITE without ACK
    std::string record_routes;                // of theirs, a line each
    std::string answer;                       // SDP of our 2xx
    SessionExpiry expiry;
    std::uint32_t invite_cseq = 0;  // of our last INVITE
    bool is_sending = false;        // a message is under way
    bool is_inviting = false;       // our INVITE has no final response
    bool is_refreshing = false;
    bool is_indexed = false;  // found by dialog and pair
    bool is_spare = false;    // another session of the pair is the one to write in
    bool has_toast = false;   // our INVITE shows the first text
    bool takes_update = false;
    Timer timer;
    TimePoint armed_for = never;  ///< when it comes; never: it is not armed
};

class SessionSet final : public Sessions {
  public:
    SessionSet(const SessionsConfig& config,
               SessionPort& port,
               Timers& timers,
               Random& random,
               metrics::Registry& metrics,
               SessionUser& user);

    void send(const OutgoingRequest& request,
              std::string_view sip_domain,
              ResponseHandler& handler,
              std::uint64_t cookie) override;
    bool is_open(const SessionPair& pair) const override;
    void end(const SessionPair& pair) override;
    void on_request(const Request& request,
                    const Origin& origin,
                    std::unique_ptr<IncomingRequest> transaction) override;
    bool on_ack(const Request& request, const Origin& origin) override;

    std::size_t size() const override { return slots_.size(); }

    std::optional<DialogView> view(std::uint64_t handle) const override;
    void for_each(const std::function<void(std::uint64_t handle, const SessionPair& pair)>& take)
        const override;
    bool end(std::uint64_t handle) override;

    void abandon() override;

    void on_time(SessionEntry& entry);

  private:
    /// Forwards the outcomes of one kind of request.
    struct Outcomes final : ResponseHandler {
        using OnResponse = void (SessionSet::*)(SessionEntry&, const Response*);

        Outcomes(SessionSet& set, OnResponse tell) : owner(set), on_outcome(tell) {}

        void on_response(std::uint64_t cookie, const Response& response) override;
        void on_no_response(std::uint64_t cookie, const Error& error) override;
        void on_another_2xx(std::uint64_t cookie, const Response& response) override;

        SessionSet& owner;
        OnResponse on_outcome;
    };

    struct Failure {
        ResponseHandler* handler = nullptr;
        std::uint64_t cookie = 0;
    };

    using Transaction = std::unique_ptr<IncomingRequest>;

    // session_set
    std::uint32_t hash_of(const SessionPair& pair) const;
    std::uint32_t hash_of(std::string_view call_id, std::string_view local_tag) const;
    std::string_view compared(std::string_view bare, std::string& scratch) const;
    SessionEntry* find(const SessionPair& key) const;
    SessionEntry* find_named(const SessionPair& pair) const;
    SessionEntry* find(const Request& request) const;
    SessionEntry& keep(Session machine, Dialog dialog, const SessionPair& pair);
    void leave_index(SessionEntry& entry);
    void perform(SessionEntry& entry, const Session::Actions& actions, SessionEnd end);
    void settle(SessionEntry& entry);
    void finish(SessionEntry& entry, SessionEnd end);
    void release(SessionEntry& entry);
    void move_on(SessionEntry& entry);
    void pop(SessionEntry& entry);

    // session_set_sending
    SessionEntry* open(const OutgoingRequest& request,
                       const SessionPair& pair,
                       std::string_view sip_domain,
                       std::string_view call_id);
    void invite(SessionEntry& entry, const OutgoingRequest& first);
    void pump(SessionEntry& entry);
    void send_in_dialog(SessionEntry& entry, OutgoingRequest request, ResponseHandler& handler);
    std::string_view in_dialog(const SessionEntry& entry, OutgoingRequest& request);
    void acknowledge(SessionEntry& entry);
    void bye(SessionEntry& entry);
    void refresh(SessionEntry& entry);
    void fail_later(ResponseHandler& handler, std::uint64_t cookie);
    void fail_all(SessionEntry& entry);
    void report(SessionEntry& entry);
    void on_invite_outcome(SessionEntry& entry, const Response* response);
    void on_message_outcome(SessionEntry& entry, const Response* response);
    void on_refresh_outcome(SessionEntry& entry, const Response* response);
    void on_bye_outcome(SessionEntry& entry, const Response* response);
    void on_another_2xx(SessionEntry& entry, const Response& response);
    void decline(const SessionEntry& entry, const Response& response);

    // session_set_receiving
    void on_invitation(const Request& request, const Origin& origin, Transaction transaction);
    void on_offer(SessionEntry& entry, const Request& request, Transaction transaction);
    bool check_expiry(const Request& request, IncomingRequest& transaction, SessionExpiry& into);
    void replace(SessionEntry* old, SessionEntry& fresh);
    void answer_invitation(SessionEntry& entry);
    void answer_update(SessionEntry& entry, const Request& request, IncomingRequest& transaction);
    void pass_up(SessionEntry& entry,
                 const Request& request,
                 const Origin& origin,
                 Transaction transaction);

    SessionsConfig config_;
    Session::Limits limits_;
    SessionPort& port_;
    Timers& timers_;
    Random& random_;
    SessionUser& user_;
    metrics::Gauge& count_;
    KeyedHash hash_;
    SlotIndex by_dialog_;  // Call-ID and our tag
    SlotIndex by_pair_;
    Slots<SessionEntry> slots_;
    Outcomes of_invite_;
    Outcomes of_message_;
    Outcomes of_refresh_;
    Outcomes of_bye_;
    // The outcome that is being told, while perform() runs.
    const Response* response_ = nullptr;
    const Error* error_ = nullptr;
    std::vector<OutgoingHeader> headers_;
    Request lifted_;  // keeps its vector's capacity
    std::string lifted_uris_;
    std::vector<SavedRequest> resting_;  // keep their memory
    std::vector<Failure> failures_;
    Timer failing_;
};

}  // namespace isthmus::sip
