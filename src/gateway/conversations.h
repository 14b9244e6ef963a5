// What typing notices need to remember: who of two people talks to whom right now, what the other
// side said that it can show, what it was shown last, and when that lapses. RFC 3994, RFC 7573 §6,
// XEP-0085. Only pairs whose XMPP side has used chat states have a row, so that everybody else
// costs a look at a size; bounded, the oldest go first and merely see no notices for a while.
// Everything here is a guess about clients: losing it loses no message. Traffic thread only.
#pragma once

#include "base/clock.h"
#include "base/hash.h"
#include "gateway/recent_table.h"
#include "xmpp/jid.h"
#include "xmpp/stanza.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace isthmus::gateway {

class Conversations {
  public:
    /// A conversation runs this long after its last text (RFC 3994 §7, XEP-0085 §9).
    static constexpr Duration kRuns = std::chrono::minutes(30);
    /// RFC 3994 §3.2: no second `active` within it, unless a text came between.
    static constexpr Duration kInterval = std::chrono::seconds(60);
    /// Refresh value that translate/ writes: after it the SIP side shows nothing any more.
    static constexpr Duration kRefresh = std::chrono::seconds(120);
    /// RFC 3994 §4: a SIP user who refused a notice gets none; clients change, so not for ever.
    static constexpr Duration kRefusal = std::chrono::hours(24);

    class Handler {
      public:
        virtual ~Handler() = default;
        /// The SIP user `from` was typing to `to` (both as they stood in the notice) and has said
        /// nothing since: RFC 3994 §3.3, he is idle.
        virtual void on_typing_lapsed(const xmpp::Jid& from, const xmpp::Jid& to) = 0;
    };

    struct Limits {
        std::size_t pairs = 100000;
        std::size_t sip_users = 100000;
    };

    Conversations(Handler& handler, Timers& timers, Limits limits);

    // --- towards XMPP: `user` is ours, `contact` the XMPP user; resources do not matter ---------

    /// What translate::ToXmppContext wants to know. All no for a pair without a row.
    struct XmppSide {
        bool takes_chat_states = false;
        bool is_chat = false;       ///< her last text was of type chat
        bool is_composing = false;  ///< what she was shown last
    };

    XmppSide xmpp_side(const xmpp::Jid& user, const xmpp::Jid& contact) const;
    /// A text goes out to her; it also says that he types no more (RFC 3994 §3.3).
    void text_to_xmpp(const xmpp::Jid& user, const xmpp::Jid& contact);
    /// She is shown that he types, or still does, until `lapses_in` from now.
    void composing_to_xmpp(const xmpp::Jid& user, const xmpp::Jid& contact, Duration lapses_in);
    /// She is shown that he types no more.
    void idle_to_xmpp(const xmpp::Jid& user, const xmpp::Jid& contact);

    // --- towards SIP ----------------------------------------------------------------------------

    /// She sent a text. Without a chat state her client does not speak XEP-0085 (§5.1).
    void text_from_xmpp(const xmpp::Jid& user,
                        const xmpp::Jid& contact,
                        xmpp::ChatState state,
                        bool is_chat);

    /// What translate::ToSipContext wants to know.
    struct SipSide {
        bool takes_typing = false;  ///< now, from her
        bool is_active = false;     ///< what he was shown last
    };

    SipSide sip_side(const xmpp::Jid& user, const xmpp::Jid& contact) const;
    void typing_to_sip(const xmpp::Jid& user, const xmpp::Jid& contact, bool is_active);
    /// She left: nothing more is shown to either until they talk again (RFC 7573 §6 Table 4).
    void gone(const xmpp::Jid& user, const xmpp::Jid& contact);

    // --- what a SIP user's client can do --------------------------------------------------------

    /// He answered 415 to a typing notice.
    void typing_refused(const xmpp::Jid& user);
    /// He asked for an IMDN or sent one, so his client will answer when asked (RFC 5438 §7.1.1).
    void imdn_seen(const xmpp::Jid& user);
    /// He answered 415 to a text that asked for one.
    void imdn_refused(const xmpp::Jid& user);
    bool takes_imdn(const xmpp::Jid& user) const;

    /// Nothing lapses any more: the handler is about to go.
    void stop();

    bool has_pairs() const { return pairs_.size() != 0; }

    std::size_t pairs() const { return pairs_.size(); }

  private:
    /// Addresses of a notice that may lapse.
    struct Typist {
        std::string from;
        std::string to;
    };

    struct Pair {
        TimePoint last_text;
        TimePoint active_since;                ///< of the last `active` to SIP since the last text
        TimePoint lapses_at;                   ///< while `typist` is set
        TimePoint waits_at;                    ///< of its entry in the heap; zero: none
        std::unique_ptr<const Typist> typist;  ///< he is shown as composing
        bool is_chat = false;
        bool is_active = false;
        bool was_active = false;  ///< since the last text
    };

    struct SipUser {
        TimePoint refused_at;
        bool refuses_typing = false;
        bool takes_imdn = false;
    };

    struct Lapse {
        TimePoint at;
        std::uint64_t key = 0;
    };

    std::uint64_t key_of(const xmpp::Jid& user) const;
    std::uint64_t key_of(const xmpp::Jid& user, const xmpp::Jid& contact) const;

    bool is_running(const Pair& pair) const { return timers_.now() - pair.last_text <= kRuns; }

    void lapse();

    Handler& handler_;
    Timers& timers_;
    KeyedHash hash_;
    RecentTable<Pair> pairs_;
    RecentTable<SipUser> sip_users_;
    std::vector<Lapse>
        lapses_;   // a heap, the earliest on top; rows know whether what it says still holds
    Timer timer_;  // one for all of them
};

}  // namespace isthmus::gateway
