// Finds, connects and negotiates one outgoing stream: the owner of an OutgoingStream machine.
// Traffic thread. Used by a link for stanzas, and once per dialback key to be verified.
#pragma once

#include "xmpp/environment.h"
#include "xmpp/guests.h"
#include "xmpp/locate.h"
#include "xmpp/outgoing_stream.h"
#include "xmpp/stream_connection.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::xmpp {

class OutgoingConnection final : public StreamConnection {
  public:
    /// on_failed() or on_gone() is the last call; both may bury the connection.
    class Owner {
      public:
        virtual ~Owner() = default;

        // For who watches how it is negotiated (the test of a link). Arguments die on return.
        virtual void on_features(const xml::Element& /*features*/) {}

        /// `fault`: why the certificate does not prove the domain.
        virtual void on_secured(const net::PeerCertificate* /*shown*/,
                                const std::optional<Error>& /*fault*/) {}

        virtual void on_up(Mechanism mechanism, bool offers_management) = 0;
        /// About acknowledgements; Request does not come here.
        virtual void on_management(const management::Element& element) = 0;
        virtual void on_verified(Verdict verdict, const std::string& detail) = 0;
        virtual void on_stream_written(std::uint64_t total) = 0;
        /// It never came up.
        virtual void on_failed(const Error& why,
                               std::string_view step,
                               bool retry,
                               bool was_external_refused) = 0;

        /// Something was refused or ignored on the way; it goes on.
        virtual void on_noted(const Error& /*what*/) {}

        /// It was up and is being closed: send nothing more.
        virtual void on_ending(const Error& why) = 0;
        /// It was up; what is not written yet never will be.
        virtual void on_gone(const Error& why) = 0;
    };

    OutgoingConnection(Environment& environment, OutgoingStream::Purpose purpose, Owner& owner);
    void start(Duration patience);
    /// Ends the stream in order, from our side; on_gone() follows.
    void close(StreamCondition condition, Error why);
    void close_quietly();
    /// White space between stanzas (RFC 6120 §4.6.1): the kernel finds out whether it arrives.
    void keep_alive();

    /// Ends it if the certificate that it was believed by is worth nothing any more.
    void look_again();

    bool is_up() const { return machine_.is_up(); }

    bool is_secure() const { return is_secured_; }

    bool has_bidi() const { return machine_.has_bidi(); }

    /// The web site of its domain names the certificate, which proves nothing by itself; where that
    /// is said. Empty: it was not asked, or is of no help.
    const std::string& vouched_by() const { return vouched_by_; }

    /// Other domains of ours may ask for a place on it.
    bool takes_guests() const {
        return machine_.takes_more_pairs() && !has_ended() && !end_reason_ && owner_ != nullptr;
    }

    /// Of one that takes guests. The carrier is there until it is let go, refused or gone.
    Carrier& invite(std::string local, Carrier::Candidate& candidate);

    const Guests& guests() const { return guests_; }

    /// When the peer's last stanza came in (XEP-0288).
    TimePoint last_stanza() const { return last_stanza_; }

    /// The settings that it was made with.
    const LinkPolicy& policy() const { return machine_.purpose().policy; }

    std::string_view step() const;
    StreamName name() const;
    /// Age, octets and certificate.
    void describe(LinkStatus& status) const;

    /// Nobody listens any more.
    void abandon();

  private:
    void handle_header(const StreamHeader& header) override;
    void handle_element(const xml::Element& element) override;
    void handle_end() override;
    void handle_fault(StreamCondition condition,
                      std::string_view code,
                      std::string_view detail) override;
    void handle_written(std::uint64_t total) override;
    void handle_secured() override;
    void handle_closed(const Error& reason) override;
    bool goes_on_without(const Error& reason) override;
    void handle_tls_turn(bool has_octets_behind) override;

    void on_target(Result<Target> target);
    void on_connected(Result<std::unique_ptr<net::ByteStream>> stream);
    void on_patience_over();
    void act(const Actions& actions);
    void handle_stanza(const xml::Element& element);
    void note(const action::Note& action);
    void act(const action::Authenticated& action);
    void act(const action::Management& action);
    void act(const action::PairAnswered& action);
    void act(const action::Close& action);
    void fail(const Error& why, bool retry);
    net::TlsOptions tls_options() const;
    void ask_for_voucher(Posh::Handler on_done);
    void on_judged(std::optional<Error> fault);
    void on_vouched_again(const SecondLook::Doubt& doubt, const Posh::Answer& answer);
    void measure(std::string_view step);

    Environment& environment_;
    OutgoingStream machine_;
    Owner* owner_;
    std::string domain_;  ///< the remote domain in A-labels
    std::optional<Location> location_;
    std::unique_ptr<net::Pending> connecting_;
    std::optional<Error> connect_error_;
    Timer patience_;
    TimePoint started_{};
    TimePoint step_started_{};
    std::optional<Error> end_reason_;
    int notes_ = 0;
    std::optional<Mechanism> mechanism_;
    std::optional<SecondLook> second_look_;   ///< where a certificate counted
    std::unique_ptr<net::Pending> vouching_;  ///< the web site of the domain is being asked
    std::string vouched_by_;
    bool is_direct_tls_ = false;              ///< the target that is being tried, or was reached
    std::string target_host_;                 ///< likewise
    std::vector<net::TlsaRecord> tlsa_ = {};  ///< likewise
    bool is_secured_ = false;
    bool has_tls_failed_ = false;  ///< at the target tried last
    TimePoint last_stanza_{};
    TimePoint until_{};  ///< the negotiation may last
    StanzaCounters incoming_;
    std::shared_ptr<FairShare::Member> share_;  ///< of the partner, where it may speak here
    Acknowledger acknowledger_;
    Guests guests_;
};

}  // namespace isthmus::xmpp
