// Stanzas as values: what we read of <message/>, <presence/> and <iq/>, and what we write.
// RFC 6120 §8, RFC 6121 §5; XEP-0085, XEP-0172, XEP-0184, XEP-0203, XEP-0308, XEP-0319, XEP-0333.
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/result.h"
#include "xml/element.h"
#include "xml/writer.h"
#include "xmpp/jid.h"
#include "xmpp/stanza_error.h"

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace isthmus::xmpp {

enum class Kind : std::uint8_t { Message, Presence, Iq };

/// Text with the language it is in (empty: the stanza's own).
struct LangText {
    std::string_view lang;
    std::string_view text;

    bool operator==(const LangText&) const = default;
};

enum class MessageType : std::uint8_t { Normal, Chat, Groupchat, Headline, Error };

std::string_view message_type_name(MessageType type);

enum class ChatState : std::uint8_t { None, Active, Composing, Paused, Inactive, Gone };

enum class Marker : std::uint8_t { None, Received, Displayed, Acknowledged };

/// What a hop marker that is no number counts as: somebody has tampered with it.
inline constexpr int kMaxHops = 255;

/// Used both ways. Views live as long as the parser's arena and buffer, or the arena given.
struct Message {
    Jid from;
    Jid to;
    std::string_view id;
    MessageType type = MessageType::Normal;  ///< unknown types count as normal (RFC 6121 §5.2.2)
    bool type_is_given = false;              ///< false: no type attribute
    std::string_view lang;
    std::vector<LangText> bodies;
    std::vector<LangText> subjects;
    std::string_view thread;
    std::string_view parent_thread;
    bool wants_receipt = false;              ///< XEP-0184 <request/>
    std::string_view receipt_for;            ///< XEP-0184 <received id=''/>
    ChatState chat_state = ChatState::None;  ///< XEP-0085
    bool has_several_chat_states = false;
    bool is_markable = false;  ///< XEP-0333
    Marker marker = Marker::None;
    std::string_view marker_for;
    std::string_view replaces;     ///< XEP-0308
    std::string_view delay_stamp;  ///< XEP-0203
    std::string_view delay_from;
    std::optional<StanzaError> error;  ///< type error only
    /// Loop guard between our own gateways (gap G-18): hops so far, at most kMaxHops.
    int hops = 0;
    /// Not 0: its fate, once it is known, is to be told to Server::settle(), exactly once.
    std::uint64_t ticket = 0;
    /// The parsed stanza itself, for what has no field here; null on messages that we make.
    const xml::Element* element = nullptr;

    /// The whole stanza, escaped, in the stream's default namespace.
    void write(Buffer& out) const;
    /// Parses everything but from and to, which the caller has checked (stream rules) and which
    /// stay as they are. A Message that is read into again keeps the memory of its vectors.
    static void read(const xml::Element& element, Arena& arena, Message& into);
};

enum class PresenceType : std::uint8_t {
    Available,
    Unavailable,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
    Probe,
    Error,
};

struct Presence {
    Jid from;
    Jid to;
    std::string_view id;
    PresenceType type = PresenceType::Available;
    std::string_view lang;
    std::string_view show;  ///< away, chat, dnd, xa or empty
    boost::container::small_vector<LangText, 1> statuses;
    int priority = 0;
    bool has_priority = false;
    std::string_view delay_stamp;
    std::string_view idle_since;  ///< XEP-0319
    std::string_view nick;        ///< XEP-0172: how the sender is called
    std::optional<StanzaError> error;
    const xml::Element* element = nullptr;

    void write(Buffer& out) const;
    /// Fails with Syntax (bad-request) on an unknown type. A show or priority that is no legal
    /// value counts as absent.
    static Result<Presence> read(const xml::Element& element, Arena& arena);
};

std::string_view kind_name(Kind kind);

/// ` name='jid'`; nothing if there is no domain.
void write_jid(xml::Writer& to, std::string_view name, const Jid& jid);

/// An error reply to any stanza: kind, id kept, addresses swapped (RFC 6120 §8.3.1).
void write_error_reply(Buffer& to,
                       Kind kind,
                       const Jid& from,
                       const Jid& back_to,
                       std::string_view id,
                       const StanzaError& error);

}  // namespace isthmus::xmpp
