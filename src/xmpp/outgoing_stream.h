// The initiating side of a stream between servers, as a pure machine: what it says until stanzas
// may flow, or until a dialback key is verified. RFC 6120 §4-§6, XEP-0178, XEP-0220.
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "net/certificate.h"
#include "xml/element.h"
#include "xmpp/dialback.h"
#include "xmpp/stanza_sink.h"
#include "xmpp/stream.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::xmpp {

class OutgoingStream {
  public:
    /// A key to be verified instead of stanzas to be sent.
    struct Question {
        std::string stream_id;
        std::string key;
    };

    struct Purpose {
        std::string local;
        std::string remote;
        LinkPolicy policy;
        std::string dialback_secret;
        bool has_tls = true;
        bool try_external = true;  ///< false after a stream on which the peer refused it
        std::optional<Question> question = std::nullopt;
    };

    explicit OutgoingStream(Purpose purpose) : purpose_(std::move(purpose)) {}

    /// Writes our header: at the start, after TLS, after SASL.
    void open(Buffer& out);

    /// Instead of open(), where TLS comes first (XEP-0368): on_secured() follows.
    void expect_tls() { state_ = State::Handshake; }

    /// Its TLSA records say that it encrypts: nothing goes in clear text, whatever the settings
    /// allow (RFC 7673 §3.4).
    void expect_encryption(bool is_expected) { is_encryption_expected_ = is_expected; }

    Actions on_header(const StreamHeader& header, Arena& arena, Buffer& out);
    Actions on_element(const xml::Element& element, Arena& arena, Buffer& out);
    /// Octets in clear text lie behind <proceed/> (abuse case B03).
    Actions refuse_pipelined(Buffer& out);
    /// `certificate_fault`: why the certificate does not prove the remote domain.
    Actions on_secured(std::optional<Error> certificate_fault, Buffer& out);
    Actions on_end(Buffer& out);
    Actions fail(StreamCondition condition, Error why, bool retry, Buffer& out);
    /// Our own end of the stream, in order.
    void close(Buffer& out);

    bool is_up() const { return state_ == State::Up; }

    /// Other domains of ours may ask to send on it as well, and a refusal does no harm.
    bool takes_more_pairs() const {
        return is_up() && takes_pairs_ && !offers_management_ && !has_bidi_ && !id_.empty();
    }

    /// Of a stream that takes them; PairAnswered follows, or the end.
    void ask_for_pair(std::string local, Buffer& out);

    /// TLS was not among the features, and was asked for all the same: there is no answer yet, or
    /// was none when the stream ended.
    bool waits_for_unoffered_tls() const;

    /// IST-TLS-001; `said`: by the peer.
    Error no_encryption(std::string_view said = {}) const;

    /// The peer may send stanzas on this stream as well (XEP-0288).
    bool has_bidi() const { return has_bidi_; }

    /// Of a stanza that has come in on such a stream.
    Checked check(const xml::Element& element, Arena& arena) const;

    /// EXTERNAL was tried and refused: if the stream ends now, the next one should go without.
    bool was_external_refused() const { return was_external_refused_; }

    /// For the log: where the negotiation stands, or stood when it ended.
    std::string_view step() const;

    const Purpose& purpose() const { return purpose_; }

    const std::string& id() const { return id_; }

  private:
    enum class State : std::uint8_t {
        Header,
        Features,
        Proceed,
        Handshake,
        Sasl,
        Dialback,
        Verify,
        Up,
        Closed,
    };

    Actions on_features(const StreamFeatures& features, Buffer& out);
    Actions on_clear_features(const StreamFeatures& features, Buffer& out);
    Actions authenticate(bool is_external_offered, Buffer& out);
    Actions on_sasl(const xml::Element& element, Arena& arena, Buffer& out);
    Actions on_dialback(const dialback::Element& answer, Buffer& out);
    std::optional<Actions> on_pair_answered(const dialback::Element& answer);
    Actions on_stream_error(const xml::Element& element, Arena& arena, Buffer& out);
    Actions ask(Buffer& out);
    Actions start_dialback(Buffer& out);
    void ask_for_bidi(Buffer& out);
    Actions come_up(Mechanism mechanism);
    void enter_closed();

    Purpose purpose_;
    State state_ = State::Header;
    State closed_at_ = State::Header;  ///< for the log
    std::string id_;
    std::optional<Error> certificate_fault_;
    bool is_secure_ = false;
    bool is_encryption_expected_ = false;
    bool is_old_ = false;        ///< before version 1.0
    bool is_unoffered_ = false;  ///< TLS that we have asked for
    bool has_sasl_ = false;
    bool was_external_refused_ = false;
    std::vector<std::string> asked_pairs_;  ///< domains of ours
    bool takes_pairs_ = false;
    bool offers_management_ = false;  ///< in its newest features
    bool offers_bidi_ = false;
    bool has_bidi_ = false;
};

}  // namespace isthmus::xmpp
