// Where stanzas go whose sender's domain is proved, and what must hold of them before: the rules of
// a stream for addresses. RFC 6120 §8.1.1.2, §8.1.2.2.
#pragma once

#include "base/arena.h"
#include "xml/element.h"
#include "xmpp/jid.h"
#include "xmpp/stanza.h"
#include "xmpp/stream.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace isthmus::xmpp {

class StanzaSink {
  public:
    virtual ~StanzaSink() = default;
    /// The addressee's domain is ours. `ticket`: of a message, for Server::settle(); 0: nobody
    /// waits for its fate. That of other stanzas is known on return.
    virtual void receive(Kind kind,
                         const Jid& from,
                         const Jid& to,
                         const xml::Element& element,
                         Arena& arena,
                         std::uint64_t ticket) = 0;
    /// A presence stanza that receive() may get soon; nothing about it has been checked.
    virtual void receive_ahead(const xml::Element& presence) = 0;
    /// `to` is no JID; the answer comes from `our_domain`.
    virtual void receive_misaddressed(Kind kind,
                                      const Jid& from,
                                      std::string_view our_domain,
                                      const xml::Element& element) = 0;
};

/// What a stream has proved about two domains.
enum class Standing : std::uint8_t {
    Pair,     ///< the one may send to the other
    From,     ///< the sender's is proved, for other domains of ours
    Nothing,  ///< the sender's is not
};

struct Checked {
    enum class Addressing : std::uint8_t { Good, BadTo, Refused };

    Addressing addressing = Addressing::Refused;
    Kind kind = Kind::Message;
    Jid from;
    Jid to;
    StreamCondition condition = StreamCondition::NotAuthorized;  ///< Refused: ends the stream
};

std::optional<Kind> stanza_kind(std::string_view name);

/// `standing(from_domain, to_domain)` tells what is proved; `serves(domain)` whose domains are
/// ours.
template <class StandingOf, class Serves>
Checked check_stanza(const xml::Element& element,
                     Arena& arena,
                     const StandingOf& standing,
                     const Serves& serves) {
    Checked checked;
    const auto kind = stanza_kind(element.name);
    if (!kind || element.ns != ns::kServer) {
        checked.condition =
            kind ? StreamCondition::InvalidNamespace : StreamCondition::UnsupportedStanzaType;
        return checked;
    }
    checked.kind = *kind;
    const auto from_text = element.attribute("from");
    const auto to_text = element.attribute("to");
    if (!from_text || !to_text) {
        checked.condition = StreamCondition::ImproperAddressing;
        return checked;
    }
    checked.condition = StreamCondition::InvalidFrom;
    const auto from = parse_jid(*from_text, arena);
    if (!from) {
        return checked;
    }
    checked.from = *from;
    const auto to = parse_jid(*to_text, arena);
    if (!to) {
        if (standing(from->domain, std::string_view()) != Standing::Nothing) {
            checked.addressing = Checked::Addressing::BadTo;
        }
        return checked;
    }
    checked.to = *to;
    switch (standing(from->domain, to->domain)) {
        case Standing::Pair:
            checked.addressing = Checked::Addressing::Good;
            break;
        case Standing::From:
            checked.condition =
                serves(to->domain) ? StreamCondition::NotAuthorized : StreamCondition::HostUnknown;
            break;
        case Standing::Nothing:
            break;
    }
    return checked;
}

}  // namespace isthmus::xmpp
