// One accepted connection: the owner of an IncomingStream machine. Traffic thread.
#pragma once

#include "xmpp/environment.h"
#include "xmpp/incoming_stream.h"
#include "xmpp/stream_connection.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::xmpp {

class IncomingConnection;

/// Where stanzas go whose sender's domain is proved and whose addressee's domain is ours.
class StanzaSink {
  public:
    virtual ~StanzaSink() = default;
    virtual void receive(
        Kind kind, const Jid& from, const Jid& to, const xml::Element& element, Arena& arena) = 0;
    /// A presence stanza that receive() may get soon; nothing about it has been checked.
    virtual void receive_ahead(const xml::Element& presence) = 0;
    /// `to` is no JID; the answer comes from `our_domain`.
    virtual void receive_misaddressed(Kind kind,
                                      const Jid& from,
                                      std::string_view our_domain,
                                      const xml::Element& element) = 0;
};

class IncomingConnection final : public StreamConnection {
  public:
    class Owner {
      public:
        virtual ~Owner() = default;
        /// Ask the authoritative server; answer with verified(), once, or not at all.
        virtual void verify(IncomingConnection& connection, const action::VerifyKey& question) = 0;
        virtual void on_authenticated(IncomingConnection& connection) = 0;
        /// The last call: the connection may be buried.
        virtual void on_gone(IncomingConnection& connection) = 0;
    };

    IncomingConnection(Environment& environment,
                       Directory& directory,
                       StanzaSink& sink,
                       Owner& owner,
                       std::unique_ptr<net::ByteStream> stream);

    void verified(const std::string& remote, const std::string& local, Verdict verdict);
    void recheck();
    /// In order: what the peer has sent before it answers is still taken.
    void close_for_shutdown();

    /// close_for_shutdown() has begun on a stream that may carry stanzas.
    bool is_closing() const { return is_closing_ && is_authenticated(); }

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

    void handle_stanza(const xml::Element& element);
    void on_not_established();
    void act(const Actions& actions);
    void note(const action::Note& action);
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
    std::uint64_t number_;
    std::uint64_t stanzas_ = 0;
    std::vector<Pair> pairs_;
    StanzaCounters counters_;
    std::optional<Error> end_reason_;
    int notes_ = 0;
    bool is_closing_ = false;
};

}  // namespace isthmus::xmpp
