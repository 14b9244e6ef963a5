// One accepted connection: the owner of an IncomingStream machine. Traffic thread.
#pragma once

#include "xmpp/carrier.h"
#include "xmpp/environment.h"
#include "xmpp/incoming_stream.h"
#include "xmpp/stanza_sink.h"
#include "xmpp/stream_connection.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::xmpp {

class IncomingConnection;

class IncomingConnection final : public StreamConnection, private Carrier {
  public:
    class Owner {
      public:
        virtual ~Owner() = default;
        /// Ask the authoritative server; answer with verified(), once, or not at all.
        virtual void verify(IncomingConnection& connection, const action::VerifyKey& question) = 0;
        virtual void on_authenticated(IncomingConnection& connection) = 0;
        /// The peer takes stanzas from `local` to `remote` on `carrier`; null: nobody wants to.
        virtual Carrier::Rider* offer_carrier(Carrier& carrier,
                                              const std::string& local,
                                              const std::string& remote) = 0;
        /// Is somebody there? The answer comes on the connection, if the peer has one for us.
        virtual void ping(const std::string& local, const std::string& remote) = 0;
        /// The last call: the connection may be buried.
        virtual void on_gone(IncomingConnection& connection) = 0;
    };

    IncomingConnection(Environment& environment,
                       Directory& directory,
                       StanzaSink& sink,
                       Owner& owner,
                       std::unique_ptr<net::ByteStream> stream,
                       bool is_direct_tls);

    void verified(const std::string& remote, const std::string& local, Verdict verdict);
    void recheck();
    /// Ends it if the certificate that its caller was believed by is worth nothing any more.
    void look_again();
    /// In order: what the peer has sent before it answers is still taken.
    void close_for_shutdown();
    /// Others need the place more: a connection that has proved nothing.
    void make_room();
    /// Called now and then: ends what is idle, asks who is silent whether he is still there.
    void look_after();
    /// The settings have changed.
    void set_deadline();

    /// close_for_shutdown() has begun on a stream that may carry stanzas, and its peer may be
    /// sending still: it has not been silent for a second since.
    bool is_closing() const;

    bool is_authenticated() const { return machine_.is_authenticated(); }

    void report(std::vector<LinkStatus>& to) const;

    /// Of this run; never given twice.
    std::uint64_t number() const { return number_; }

  private:
    struct Pair {
        std::string remote;
        std::string local;
        Mechanism mechanism = Mechanism::External;
    };

    void handle_header(const StreamHeader& header) override;
    void handle_element(const xml::Element& element) override;
    void handle_element_ahead(const xml::Element& element) override;
    void handle_end() override;
    void handle_fault(StreamCondition condition,
                      std::string_view code,
                      std::string_view detail) override;
    void handle_written(std::uint64_t total) override;
    void handle_secured() override;
    void handle_closed(const Error& reason) override;
    void handle_tls_turn(bool has_octets_behind) override;

    // Carrier
    net::ByteStream& wire() override { return *stream(); }

    Mechanism mechanism() const override { return pairs_.front().mechanism; }

    StreamName carrier_name() const override;

    bool may_stay(const LinkPolicy& /*policy*/) const override { return true; }  // see recheck()

    void let_go() override { rider_ = nullptr; }

    void give_up(StreamCondition condition, const Error& why) override;

    void handle_stanza(const xml::Element& element);
    void handle_management(const xml::Element& element);
    void refuse(StreamCondition condition);
    void end_as_peer_did();
    void on_not_established();
    void close_in_order(Error reason);
    void offer_carrier();

    /// Somebody waits for what becomes of stanzas sent on this stream.
    bool is_carrying() const { return rider_ != nullptr && rider_->waiting_for_outcome() != 0; }

    void note_keep_alive();
    void ask_for_voucher(std::string_view remote, bool may_be_private, Posh::Handler on_done);
    void on_vouched_again(const SecondLook::Doubt& doubt, const Posh::Answer& answer);
    void act(const Actions& actions);
    void note(const action::Note& action);
    void act(const action::AskForVoucher& action);
    void act(const action::Authenticated& action);
    void act(const action::Close& action);
    StreamName name(std::string_view partner) const;
    void note_trouble(LinkStatus& status) const;

    Environment& environment_;
    Directory& directory_;
    StanzaSink& sink_;
    Owner& owner_;
    IncomingStream machine_;
    Timer establishment_;
    TimePoint started_;
    TimePoint last_stanza_;
    QuotaPlace place_;
    std::uint64_t number_;
    std::uint64_t stanzas_ = 0;
    std::shared_ptr<FairShare::Member> share_;  ///< of the partner, once it is authenticated
    std::vector<Pair> pairs_;
    std::optional<SecondLook> second_look_;   ///< where a certificate counted
    std::unique_ptr<net::Pending> vouching_;  ///< the web site of the domain is being asked
    std::string vouched_by_;                  ///< what it said, where that counted
    StanzaCounters counters_;
    std::optional<Error> end_reason_;
    int notes_ = 0;
    bool is_closing_ = false;
    TimePoint closing_since_{};
    bool must_keep_alive_ = false;
    bool was_probed_ = false;  ///< since it was heard last
    Acknowledger acknowledger_;
    bool was_offered_ = false;
    Rider* rider_ = nullptr;     ///< who sends on this stream (XEP-0288)
    bool awaits_fates_ = false;  ///< the peer has ended its stream
};

}  // namespace isthmus::xmpp
