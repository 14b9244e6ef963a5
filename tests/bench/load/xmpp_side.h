// The XMPP partner: a server to which the process under test opens a server-to-server stream or a
// component link (XEP-0114), and which opens a stream to it. It believes everybody.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/ledger.h"
#include "load/loop.h"
#include "load/message_template.h"
#include "load/people.h"
#include "load/raw.h"

namespace isthmus::bench {

class XmppSide;

// One stream in either direction, from its header through RFC 6120 §5, §6 or XEP-0220 to stanzas.
class XmppStream : public Session {
  public:
    XmppStream(XmppSide& side, bool is_ours);

    void begin(Connection& connection);
    void on_input(Connection& connection) override;
    void on_secured(Connection& connection) override;
    void on_closed(Connection& connection) override;

    [[nodiscard]] bool may_send() const { return may_send_; }

    [[nodiscard]] bool is_component() const { return is_component_; }

    [[nodiscard]] Connection& connection() const { return *connection_; }

  private:
    void take(std::string_view piece);
    void take_message(std::string_view piece, std::uint64_t now);
    void take_presence(std::string_view piece, std::uint64_t now);
    void take_header(std::string_view piece);
    void take_features(std::string_view piece);
    void take_dialback(std::string_view piece);
    void answer_header(std::string_view piece);
    void send_header();
    void say(std::string_view text);

    XmppSide& side_;
    Connection* connection_ = nullptr;
    bool is_ours_;  // we opened it
    bool is_component_ = false;
    bool is_authenticated_ = false;
    bool may_send_ = false;
    bool starts_tls_ = false;
    RawCounter raw_counter_;
};

class XmppSide {
  public:
    XmppSide(Loop& loop, Ledgers& ledgers, SSL_CTX* tls, const People& people);

    int listen();
    void connect(const std::string& address, int port);

    // Whether stanzas may be sent: a component is attached or our own stream is up.
    [[nodiscard]] bool is_ready() const;

    [[nodiscard]] std::size_t stanza_size() const { return message_.size(); }

    void use_raw(const RawSizes& sizes) { raw_ = sizes; }

    // Whether our streams offer and ask for STARTTLS.
    void use_tls(bool uses_tls) { uses_tls_ = uses_tls; }

    // Renders as many messages, or states, as the ledger of that kind allows.
    void send(Kind kind, std::uint64_t now);
    // One of each, at once; nobody counts them.
    void send_subscribe(std::uint32_t pair);
    void send_typing(std::uint32_t pair);

    // Presence that the process under test granted: `subscribed` arrived so often.
    [[nodiscard]] std::uint64_t granted() const { return granted_; }

  private:
    friend class XmppStream;

    // Of the stream that carries our stanzas; null if there is none.
    Buffer* out();
    // A contact lets a user see her presence, and shows it.
    void answer_subscription(std::string_view piece, bool is_asked);

    Loop& loop_;
    Ledgers& ledgers_;
    SSL_CTX* tls_;
    const People& people_;
    bool uses_tls_ = false;
    RawSizes raw_;
    MessageTemplate message_, presence_, subscribe_, typing_;
    std::uint64_t granted_ = 0;
    std::vector<std::unique_ptr<XmppStream>> streams_;
};

}  // namespace isthmus::bench
