// Stanzas that have come in on an authenticated stream: messages and presence go to the gateway,
// IQs are answered here. Errors are never answered by errors (RFC 6120 §8.3.1).
#pragma once

#include "base/buffer.h"
#include "xmpp/answers.h"
#include "xmpp/incoming_connection.h"
#include "xmpp/iq_responder.h"
#include "xmpp/server.h"
#include "xmpp/stanza.h"

#include <functional>
#include <string_view>

namespace isthmus::xmpp {

/// The way back, over our own stream to that domain.
class ReplySender {
  public:
    using WriteStanza = std::function<void(Buffer&)>;

    virtual ~ReplySender() = default;
    virtual void send_reply(Kind kind,
                            const Jid& from,
                            const Jid& to,
                            const WriteStanza& write) = 0;
    /// The fate of a message that came in is known.
    virtual void settle(std::uint64_t ticket) = 0;
};

class Receiver final : public StanzaSink {
  public:
    Receiver(StanzaHandler& handler, ReplySender& replies, std::string_view version)
        : handler_(handler), replies_(replies), responder_(version) {}

    /// What answers stanzas of our own goes there, and nowhere else.
    Answers& answers() { return answers_; }

    void receive(Kind kind,
                 const Jid& from,
                 const Jid& to,
                 const xml::Element& element,
                 Arena& arena,
                 std::uint64_t ticket) override;
    void receive_ahead(const xml::Element& presence) override;
    void receive_misaddressed(Kind kind,
                              const Jid& from,
                              std::string_view our_domain,
                              const xml::Element& element) override;

  private:
    void receive_presence(const Jid& from,
                          const Jid& to,
                          const xml::Element& element,
                          Arena& arena);
    void receive_iq(const Jid& from, const Jid& to, const xml::Element& element);
    void refuse(Kind kind,
                const Jid& from,
                const Jid& to,
                const xml::Element& element,
                Condition condition);

    StanzaHandler& handler_;
    ReplySender& replies_;
    IqResponder responder_;
    Answers answers_;
    Buffer reply_;
    Message message_;  ///< keeps the capacity of its lists from one message to the next
};

}  // namespace isthmus::xmpp
