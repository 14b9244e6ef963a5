// Where the protocol wings show what passes to somebody who looks on: both know this and neither
// knows the other. While nobody looks it costs one branch. Traffic thread only.
#pragma once

#include <cstdint>
#include <string_view>

namespace isthmus {

/// One message or stanza, in or out. Views die on return.
struct Passage {
    enum class Side : std::uint8_t { Sip, Xmpp };

    Side side = Side::Sip;
    bool is_out = false;
    std::string_view text;    ///< as it is on the wire; of stanzas that came, written anew
    std::string_view from;    ///< XMPP: full JIDs; SIP says it in the text
    std::string_view to;      ///< likewise
    std::string_view link;    ///< XMPP: id of the stream
    std::string_view remote;  ///< "192.0.2.7:5269"; empty: it waits for a stream
    bool is_again = false;    ///< SIP: a retransmission
};

class Tap {
  public:
    Tap() = default;
    Tap(const Tap&) = delete;
    Tap& operator=(const Tap&) = delete;
    Tap(Tap&&) = delete;
    Tap& operator=(Tap&&) = delete;
    virtual ~Tap() = default;

    /// Ask before on_passage(), and before any work for it.
    bool is_on() const { return is_on_; }

    virtual void on_passage(const Passage& /*passage*/) {}

  protected:
    void set_on(bool on) { is_on_ = on; }

  private:
    bool is_on_ = false;
};

/// For those who are given none: it is never on.
inline Tap& no_tap() {
    static Tap tap;
    return tap;
}

}  // namespace isthmus
