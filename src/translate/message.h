// SIP MESSAGE <-> XMPP message stanza: RFC 7572 with RFC 3428, CPIM (RFC 3862), IMDN (RFC 5438),
// isComposing (RFC 3994, RFC 7573 §6) and their XMPP counterparts. Pure: what depends on the past,
// on a clock or on chance comes in as context; all text of the results lives in the arena, the
// request or the stanza.
#pragma once

#include "base/arena.h"
#include "sip/message.h"
#include "translate/address.h"
#include "translate/error.h"
#include "xmpp/jid.h"
#include "xmpp/stanza.h"
#include "xmpp/stanza_error.h"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace isthmus::translate {

/// Header that carries xmpp::Message::hops on the SIP side (gap G-18).
inline constexpr std::string_view kHopsHeader = "Isthmus-Hops";

/// Value of Accept in a 415: what to_xmpp() reads.
inline constexpr std::string_view kAccept =
    "text/plain, text/html;q=0.5, text/rtf;q=0.4, message/cpim, multipart/alternative, "
    "multipart/mixed, application/im-iscomposing+xml, message/imdn+xml";

/// How a Call-ID begins that was made from a thread which is none: whoever keeps both finds the
/// thread again (gap G-08).
inline constexpr std::string_view kDerivedCallId = "thread-";

// --- receipts ---------------------------------------------------------------------------------

/// What the sender of a SIP message wants to be told about it (RFC 5438 §6.3). Whoever keeps it
/// beyond the message copies the texts.
struct ImdnRequest {
    std::string_view message_id;  ///< empty: nothing is asked
    std::string_view datetime;    ///< of the message, as its sender wrote it
    bool positive_delivery = false;
    bool negative_delivery = false;
    bool display = false;
};

enum class ImdnStatus : std::uint8_t { Delivered, Failed, Forbidden, Displayed, Error };

/// A notice that arrived from the SIP side.
struct ImdnNotice {
    std::string_view message_id;  ///< of our request
    ImdnStatus status = ImdnStatus::Delivered;
};

// --- SIP to XMPP ------------------------------------------------------------------------------

/// Sender and recipient of a request, decided by From and Request-URI alone.
struct XmppAddresses {
    MappedJid from;
    MappedJid to;
};

/// Or the refusal: sips (480 with Warning 380), inside a dialog that does not exist (481), no
/// counterpart (400, 404, 414, 416), anonymous (433), a sender that no JID can name (403).
/// `sender_domain` is the prepared XMPP domain of the sender where it is not the URI's own.
boost::system::result<XmppAddresses, Refusal> addresses_of(const sip::Request& request,
                                                           Arena& arena,
                                                           std::string_view sender_domain = {});

struct ToXmppContext {
    std::string_view stanza_id;       ///< unique: errors and receipts come back with it
    std::string_view thread;          ///< the thread that the Call-ID was made from, if it was
    bool thread_from_call_id = true;  ///< RFC 7572 §5; false: only `thread` (gap G-36)
    /// False: type normal, RFC 7572 §5 (gap G-35). True, with chat states: texts say `active`.
    bool chat_type = false;
    bool peer_takes_chat_states = false;
    xmpp::ChatState last_chat_state = xmpp::ChatState::None;  ///< sent to this recipient
    std::int64_t now = 0;                                     ///< Unix time; 0: unknown
    std::size_t max_chars = 8000;
    std::size_t max_stanza_octets = 262144;  ///< after escaping
};

struct ToXmpp {
    enum class Action : std::uint8_t {
        Send,    ///< `into` is the stanza
        Ignore,  ///< answer 200; nothing is to be sent
        Notice,  ///< `notice` is; answer 200. `into` has the addresses, see to_receipt()
        Refuse,  ///< answer `refusal`
    };

    Action action = Action::Refuse;
    Refusal refusal;
    ImdnRequest imdn;
    ImdnNotice notice;
    /// Seconds after which a typing notice lapses (RFC 3994 §3.3), also of one that says the same
    /// again and is ignored; 0: none.
    int typing_lapses_in = 0;
};

/// `into` is overwritten and keeps its capacity.
ToXmpp to_xmpp(const sip::Request& request,
               const XmppAddresses& addresses,
               const ToXmppContext& context,
               Arena& arena,
               xmpp::Message& into);

/// A message of ours that asked for an IMDN.
struct SentMessage {
    std::string_view stanza_id;  ///< of the stanza that became it
    xmpp::Jid sender;            ///< full
    xmpp::Jid recipient;         ///< bare; no domain: unknown
};

/// The receipt, marker or error that `notice` means to the sender of `sent`. False: it does not
/// come from the recipient or goes to somebody else, and means nothing (RFC 5438 §14.1).
bool to_receipt(const ImdnNotice& notice, const SentMessage& sent, xmpp::Message& into);

/// A typing notice has lapsed (RFC 3994 §3.3): the chat state that says so.
void to_lapsed_typing(const XmppAddresses& addresses, xmpp::Message& into);

// --- XMPP to SIP ------------------------------------------------------------------------------

struct ToSipContext {
    std::string_view sip_domain;  ///< of `to`, A-labels, where it is not the JID's own
    std::string_view to_uri;      ///< spelling of the recipient that SIP knows (gap G-02), if any
    std::string_view unique;      ///< token of at least 64 random bits, for Message-ID
    std::int64_t now = 0;         ///< Unix time, for DateTime; 0: unknown
    bool to_is_gruu = false;      ///< the registrar has issued the resource of `to` (G-27)
    bool peer_takes_typing = false;  ///< and has not answered 415 to it
    bool peer_takes_imdn = false;
    bool last_typing_is_active = false;  ///< the last notice sent to this recipient
    /// What the SIP sender asked of the message that a receipt or marker names; null: nothing.
    const ImdnRequest* asked = nullptr;
    std::size_t max_octets = 1300;  ///< of the request (RFC 3428 §8); 0: the path is safe
    std::size_t max_chars = 8000;
    bool pass_encrypted_fallback = false;  ///< gap G-24
};

struct ToSip {
    enum class Action : std::uint8_t {
        Send,    ///< `request`
        Ignore,  ///< nothing to send, nobody to tell
        Refuse,  ///< `error` to the sender
    };

    Action action = Action::Refuse;
    bool is_typing = false;         ///< a 415 to it is no error: stop sending them (RFC 3994 §4)
    bool typing_is_active = false;  ///< what it says
    sip::OutgoingRequest request;
    xmpp::StanzaError error;
    std::string_view imdn_message_id;  ///< the request asks for an IMDN under this id
};

ToSip to_sip(const xmpp::Message& message, const ToSipContext& context, Arena& arena);

/// Makes of a typing notice the INFO that clients of sessions know, KeyboardActivity.
void to_keyboard_activity(bool is_active, sip::OutgoingRequest& notice);
/// Whether an INFO in a session says that somebody types, or types no more.
bool is_keyboard_activity(const sip::Request& request);

/// The MESSAGE that tells `to`, the sender of a SIP message, what became of it at `from`
/// (RFC 5438 §7.2.1). Ignore if that was not asked for.
ToSip notice_to_sip(const ImdnRequest& asked,
                    ImdnStatus status,
                    const xmpp::Jid& from,
                    const xmpp::Jid& to,
                    const ToSipContext& context,
                    Arena& arena);

}  // namespace isthmus::translate
