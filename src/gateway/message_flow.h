// Page-mode messages, both ways. SIP MESSAGE to stanza: answered when the stanza has been handed to
// the partner's stream, or with the reason why not. Stanza to SIP MESSAGE: refusals come back as
// stanza errors. Each message has one id in all its log lines, which is also the id of its stanza.
// With them go typing notices (RFC 3994, XEP-0085), which nobody waits for, and receipts (RFC 5438,
// XEP-0184, XEP-0333). RFC 7572, RFC 3428. Traffic thread only.
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/random.h"
#include "gateway/admission.h"
#include "gateway/contacts.h"
#include "gateway/conversations.h"
#include "gateway/counters.h"
#include "gateway/delivery_notices.h"
#include "gateway/gateway_config.h"
#include "gateway/message_history.h"
#include "gateway/message_log.h"
#include "gateway/message_status.h"
#include "gateway/outbox.h"
#include "gateway/sent_messages.h"
#include "gateway/sip_side.h"
#include "gateway/slab.h"
#include "gateway/spellings.h"
#include "gateway/threads.h"
#include "gateway/traces.h"
#include "sip/sessions.h"
#include "sip/user_agent.h"
#include "translate/error.h"
#include "translate/message.h"
#include "xmpp/server.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace isthmus::gateway {

class MessageFlow final : public sip::SessionUser,
                          private Outbox::Sender,
                          private sip::ResponseHandler,
                          private Conversations::Handler {
  public:
    MessageFlow(const GatewayConfig& config,
                Admission& admission,
                Counters& counters,
                Traces& traces,
                const Contacts& contacts,
                Timers& timers,
                Random& random);

    void attach(SipSide& sip_side, sip::Sessions& sessions, xmpp::Server& server);

    void on_request(const sip::Request& request,
                    const sip::Origin& origin,
                    std::unique_ptr<sip::IncomingRequest> transaction);

    // sip::SessionUser
    std::string_view on_invite(const sip::Request& request,
                               const sip::Origin& origin,
                               sip::IncomingRequest& transaction) override;
    bool may_continue(const sip::Origin& origin, std::string_view sip_domain) override;
    void on_session_request(const sip::Request& request,
                            const sip::Origin& origin,
                            std::unique_ptr<sip::IncomingRequest> transaction) override;
    std::string compared(std::string_view uri) override;
    void on_session_over(const sip::SessionPair& pair, sip::SessionEnd end) override;

    /// Settles its ticket, at once or when the SIP side has answered.
    void on_message(const xmpp::Message& message);
    void on_sent(std::uint64_t cookie);
    void on_not_sent(std::uint64_t cookie, const Error& error);

    /// Messages whose outcome is not known yet, both directions.
    std::size_t pending() const { return to_xmpp_.size() + to_sip_.size(); }

    std::size_t queued() const { return outbox_.queued() + session_outbox_.queued(); }

    Duration oldest_queued() const { return std::max(outbox_.oldest(), session_outbox_.oldest()); }

    std::uint64_t last_row() const { return history_.last(); }

    /// One slice of a list: true when it is complete.
    bool go_on(MessageListing& listing) const;

    /// Forgets what is under way without an answer: the wings are about to go.
    void abandon();

  private:
    /// A SIP MESSAGE whose stanza is on its way to the stream.
    struct ToXmpp {
        std::unique_ptr<sip::IncomingRequest> transaction;
        std::uint64_t id = 0;
        TimePoint since;
        std::uint32_t partner = Counters::kOther;
        int peer = -1;
        bool is_in_session = false;
        std::uint64_t row = 0;  ///< of the history
    };

    /// What a MESSAGE towards SIP is. Errors are told to nobody but the sender of a text.
    enum class ToSipKind : std::uint8_t {
        Text,
        Receipt,  ///< an IMDN that a stanza became
        Typing,   ///< a 415 to it is no failure (RFC 3994 §4)
        Notice,   ///< an IMDN of ours, no message of anybody: not counted as one
    };

    /// A stanza whose MESSAGE waits or has no final response yet. Texts keep their capacity.
    struct ToSip {
        std::string from;  ///< full JIDs as the stanza had them
        std::string to;
        std::string stanza_id;
        std::string call_id;
        std::string sip_domain;
        std::uint64_t id = 0;
        std::uint64_t ticket = 0;  ///< of the stanza
        TimePoint since;
        std::uint32_t partner = Counters::kOther;
        std::uint32_t target = 0;  ///< of the outbox
        ToSipKind kind = ToSipKind::Text;
        bool asks_imdn = false;
        bool is_in_session = false;
        bool is_sent = false;  ///< else it waits behind another to the same target
    };

    static Outcome outcome_of(ErrorKind kind);

    // Names for the log, views into the configuration and the snapshot; empty if there is none.
    std::string_view partner_name(std::uint32_t place) const;
    std::string_view partner_of(std::string_view remote_domain) const;
    std::string_view peer_name(int index) const;
    std::string_view peer_name(std::string_view sip_domain) const;

    /// A line in the log and a row of the history.
    void note_failure(const MessageReport& report);
    void note_end(const ToSip& entry, Outcome outcome);
    // message_tracing: while a trace runs
    void show_translation(std::uint64_t id,
                          const sip::Request& request,
                          const policy::Decision& decision);
    void show_translation(std::uint64_t id,
                          const xmpp::Message& message,
                          const sip::OutgoingRequest& request,
                          const policy::Decision& decision);
    // message_listing
    MessageStatus status_of(const MessageHistory::Row& row, Arena& arena) const;
    MessageStatus status_of(const ToXmpp& entry, Arena& arena) const;
    MessageStatus status_of(const ToSip& entry, Arena& arena) const;
    void name_ends(MessageStatus& status, Arena& arena) const;

    void refuse(const sip::Request& request,
                const sip::Origin& origin,
                sip::IncomingRequest& transaction,
                const translate::Refusal& refusal,
                MessageReport report);
    void send_stanza(std::uint64_t id,
                     const sip::Request& request,
                     const sip::Origin& origin,
                     const translate::XmppAddresses& addresses,
                     std::string_view user,
                     const policy::Decision& decision,
                     std::unique_ptr<sip::IncomingRequest> transaction);
    void submit_stanza(std::uint64_t id,
                       const sip::Request& request,
                       const sip::Origin& origin,
                       std::string_view user,
                       const policy::Decision& decision,
                       const translate::ToXmpp& made,
                       std::unique_ptr<sip::IncomingRequest> transaction);
    /// Sends it, or only keeps it from lapsing when it says the same again.
    void send_typing(const translate::XmppAddresses& addresses,
                     const translate::ToXmpp& made,
                     const policy::Decision& decision,
                     sip::IncomingRequest& transaction);
    void tell_receipt(const translate::ImdnNotice& notice,
                      const policy::Decision& decision,
                      sip::IncomingRequest& transaction);
    void take(const xmpp::Message& message);
    void bounce(const xmpp::Message& message, const xmpp::StanzaError& error, MessageReport report);
    void deny_from_xmpp(std::uint64_t id,
                        const xmpp::Message& message,
                        const policy::Query& query,
                        const policy::Decision& decision);
    /// An allowed stanza whose recipient is one of ours.
    void carry_to_sip(std::uint64_t id,
                      const xmpp::Message& message,
                      const policy::Decision& decision,
                      const ServedDomain& served);
    /// She has closed her window: RFC 7573 §4, BYE.
    void leave(const xmpp::Message& message, const ServedDomain& served);
    void submit_receipt(std::uint64_t id,
                        const xmpp::Message& message,
                        const translate::ToSip& made,
                        const policy::Decision& decision,
                        std::string_view sip_domain);
    void submit_typing(std::uint64_t id,
                       const xmpp::Message& message,
                       const translate::ToSip& made,
                       const policy::Decision& decision,
                       std::string_view sip_domain);
    void submit_text(std::uint64_t id,
                     const xmpp::Message& message,
                     const translate::ToSip& made,
                     const policy::Decision& decision,
                     std::string_view sip_domain);
    /// False: the queue is full; nothing is kept.
    bool submit(std::uint64_t id,
                ToSipKind kind,
                const xmpp::Message& message,
                const translate::ToSip& made,
                const policy::Decision& decision,
                std::string_view sip_domain);
    void on_late_error(const xmpp::Message& message);
    void send_notice(const DeliveryNotices::Entry& entry, translate::ImdnStatus status);
    const DeliveryNotices::Entry* notice_of(std::string_view stanza_id,
                                            const xmpp::Message& message) const;
    /// 415: the SIP user's client does not read what it was sent.
    void learn_refusal(const ToSip& entry);
    void finish_to_sip(std::uint64_t cookie,
                       Outcome outcome,
                       const xmpp::StanzaError* error,
                       std::string_view code,
                       std::string_view detail);
    // Outbox::Sender
    void transmit(const sip::OutgoingRequest& request, std::uint64_t cookie) override;
    void on_expired(std::uint64_t cookie) override;
    // Conversations::Handler
    void on_typing_lapsed(const xmpp::Jid& from, const xmpp::Jid& to) override;
    // sip::ResponseHandler
    void on_response(std::uint64_t cookie, const sip::Response& response) override;
    void on_no_response(std::uint64_t cookie, const Error& error) override;

    Outbox& outbox_of(bool is_in_session) { return is_in_session ? session_outbox_ : outbox_; }

    /// What messages in one session queue up by.
    static std::string_view pair_key(const sip::OutgoingRequest& request, Arena& arena);
    void finish_target(bool is_in_session, std::uint32_t target);

    bool is_full() const { return pending() >= config_.max_pending; }

    const GatewayConfig& config_;
    Admission& admission_;
    Counters& counters_;
    Traces& traces_;
    const Contacts& contacts_;
    Timers& timers_;
    Random& random_;
    SipSide* sip_side_ = nullptr;
    sip::Sessions* sessions_ = nullptr;
    xmpp::Server* server_ = nullptr;
    MessageLog log_;
    MessageHistory history_;
    Arena arena_;
    bool is_in_session_ = false;  ///< the request being taken
    bool is_carried_ = false;     ///< the message being taken has its entry in to_sip_
    xmpp::Message message_;       ///< reused, keeps its vectors' capacity
    Slab<ToXmpp> to_xmpp_;
    Slab<ToSip> to_sip_;
    Outbox outbox_;
    Outbox session_outbox_;  ///< by pair: RFC 3428 §8 speaks of messages outside dialogs
    DeliveryNotices notices_;
    SentMessages sent_messages_;
    Conversations conversations_;
    Threads threads_;
    Spellings spellings_;
};

}  // namespace isthmus::gateway
