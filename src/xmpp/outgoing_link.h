// The link from one of our domains to one of a partner: dialled on demand, tried again while
// stanzas wait, closed for a while to all when waiting cannot help. Traffic thread.
#pragma once

#include "base/clock.h"
#include "xmpp/carrier.h"
#include "xmpp/environment.h"
#include "xmpp/link.h"
#include "xmpp/outgoing_connection.h"

#include <memory>
#include <optional>
#include <string>

namespace isthmus::xmpp {

class OutgoingLink final : public Link,
                           private OutgoingConnection::Owner,
                           private Carrier::Rider,
                           private Carrier::Candidate {
  public:
    /// Who knows the links of our other domains.
    class Neighbours {
      public:
        virtual ~Neighbours() = default;
        /// A stream to the same partner on which there may be a place for `link`; null: none.
        virtual OutgoingConnection* host_for(const OutgoingLink& link) = 0;
    };

    OutgoingLink(Environment& environment,
                 Neighbours& neighbours,
                 std::string local,
                 std::string remote);
    OutgoingLink(const OutgoingLink&) = delete;
    OutgoingLink& operator=(const OutgoingLink&) = delete;
    ~OutgoingLink() override;

    const std::string& local() const { return local_; }

    const std::string& remote() const { return remote_; }

    LinkStatus status() const override;
    bool close_stream() override;
    /// The domain is no partner any more.
    void expel();
    /// Its settings may have changed: what has failed before may go well now.
    void try_afresh(const LinkPolicy& policy);
    /// An administrator has mended something: it connects now, unless it is up or about it.
    void retry();
    /// In order, if nothing is on its way.
    void close_if_idle();
    /// Sends on a stream of the peer's, unless there is one of ours; null: there is.
    Carrier::Rider* ride(Carrier& carrier);
    /// Called now and then: ends what is idle, keeps alive what is not.
    void look_after();
    /// See SecondLook.
    void look_again();
    /// Its own stream, if others may ask for a place on it; null: there is none such.
    OutgoingConnection* shared_connection() const;
    /// Of another's stream, before that goes without a word.
    void leave_carrier();

  private:
    void on_waiting() override;
    const Error* refusal() override;
    void on_stalled(const Error& why) override;
    void on_drained() override;
    std::string last_trouble() const override;
    void on_up(Mechanism mechanism, bool offers_management) override;
    void on_management(const management::Element& element) override;
    void on_verified(Verdict verdict, const std::string& detail) override;
    void on_stream_written(std::uint64_t total) override;
    void on_failed(const Error& why,
                   std::string_view step,
                   bool retry,
                   bool was_external_refused) override;
    void on_noted(const Error& what) override;
    void on_ending(const Error& why) override;
    void on_gone(const Error& why) override;

    void on_carrier_written(std::uint64_t total) override { on_written(total); }

    void on_carrier_counts() override { count_from_here(); }

    void on_carrier_management(const management::Element& element) override;

    void on_carrier_ending() override { stop_sending(); }

    void on_carrier_gone(const Error& why, bool is_at_rest) override;

    std::size_t waiting_for_outcome() const override { return pending(); }

    TimePoint last_sent() const override { return last_used(); }

    Carrier::Rider* on_place_granted(Carrier& carrier) override;
    void on_place_refused(const Error& why) override;
    /// True: asked for a place on another domain's stream.
    bool asks_for_place(const LinkPolicy& policy);

    void connect();
    void connect_later();

    void note_keep_alive(const LinkPolicy& policy) { must_keep_alive_ = policy.keep_alive; }

    void drop_connection();

    /// The stream broke, and the peer keeps what it knows of it.
    bool may_resume() const { return !resumable_id_.empty() && outbox().unacknowledged() != 0; }

    /// What was sent and not acknowledged is lost, as far as we know.
    void give_up_session(const Error& why);
    void on_resume_answered(const management::Element& element);
    /// Before the connection goes: it knows where it led.
    void remember(std::string_view step, const Error& why);

    std::string local_;
    std::string remote_;
    std::unique_ptr<OutgoingConnection> connection_;
    Carrier* carrier_ = nullptr;  ///< instead of a connection of our own
    Carrier* asked_ = nullptr;    ///< for a place, and it has not answered yet
    bool may_ask_ = true;         ///< for one: it was not refused since we were last up
    Neighbours& neighbours_;
    Timer retry_;
    TimePoint not_before_{};    ///< of the next attempt
    TimePoint refuse_until_{};  ///< after a failure that waiting does not mend
    unsigned failures_ = 0;
    bool try_external_ = true;
    bool has_told_fallback_ = false;  ///< from EXTERNAL to dialback, on this connection
    bool must_keep_alive_ = false;
    bool is_retiring_ = false;  ///< we have ended the stream, and there was no trouble
    TimePoint last_keep_alive_{};
    QuotaPlace place_;
    std::string resumable_id_;  ///< of the session (XEP-0198 §5); empty: it ends with its stream
    TimePoint resumable_until_{};
    bool is_resuming_ = false;  ///< <resume/> is not answered yet
    std::optional<Mechanism> mechanism_;
    std::optional<Error> last_error_;  ///< since it was last up
    std::optional<LinkTrouble> trouble_;
};

}  // namespace isthmus::xmpp
