// The receiving side of a stream between servers, as a pure machine: headers, STARTTLS, SASL
// EXTERNAL, dialback, and which domain pairs may send. RFC 6120 §4-§6 and §8.1, XEP-0178, XEP-0220.
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "net/certificate.h"
#include "xml/element.h"
#include "xmpp/dialback.h"
#include "xmpp/jid.h"
#include "xmpp/stanza_sink.h"
#include "xmpp/stream.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::xmpp {

/// Who we are and whom we may talk to: asked by the machine, answered at once.
class Directory {
  public:
    virtual ~Directory() = default;
    virtual bool serves(std::string_view domain) const = 0;
    virtual std::optional<LinkPolicy> link_policy(std::string_view remote_domain) = 0;
    virtual Error link_refusal(std::string_view remote_domain) = 0;
    virtual std::string_view dialback_secret() const = 0;
    virtual bool has_tls() const = 0;

    /// Null: another stream with that domain's partner may be.
    virtual std::optional<Error> capacity_fault(std::string_view /*remote_domain*/,
                                                const LinkPolicy& /*policy*/) {
        return std::nullopt;
    }

    /// Unguessable (RFC 6120 §4.7.3).
    virtual std::string make_stream_id() = 0;
};

class IncomingStream {
  public:
    explicit IncomingStream(Directory& directory) : directory_(directory) {}

    Actions on_header(const StreamHeader& header, Arena& arena, Buffer& out);
    /// Everything but the stanzas that check() has found good.
    Actions on_element(const xml::Element& element, Arena& arena, Buffer& out);
    /// The answers to StartTls: nothing lies behind <starttls/>, or something does (abuse B02).
    void proceed(Buffer& out) const;
    Actions refuse_pipelined(Buffer& out);
    /// `certificate` stays valid as long as the connection; null: none was shown.
    void on_secured(const net::PeerCertificate* certificate);
    /// The answer to VerifyKey.
    Actions on_verified(std::string_view remote,
                        std::string_view local,
                        Verdict verdict,
                        Buffer& out);
    /// The answer to AskForVoucher: what is left of the certificate's fault.
    Actions on_vouched(std::optional<Error> fault, Buffer& out);
    /// The peer has ended its stream.
    Actions on_end(Buffer& out);
    /// Ends the stream with an error, even in the middle of its opening (RFC 6120 §4.9.1.1).
    Actions fail(StreamCondition condition, Error why, Buffer& out);
    /// Our end of the stream, in order; stanzas are taken until the peer ends its own.
    void close(Buffer& out);
    /// Policy has changed: ends the stream if a domain on it is no longer a partner, or may not
    /// use it as it is.
    Actions recheck(Buffer& out);

    /// May this element be processed as a stanza? RFC 6120 §8.1.1.2, §8.1.2.2.
    Checked check(const xml::Element& element, Arena& arena);

    bool is_authenticated() const { return !pairs_.empty(); }

    /// The peer takes stanzas on this stream as well (XEP-0288), once it is authenticated.
    bool has_bidi() const { return has_bidi_; }

    /// Of the header, prepared; empty if it named none (yet).
    const std::string& remote() const { return remote_; }

    const std::string& local() const { return local_; }

    const std::string& id() const { return id_; }

  private:
    struct Pair {
        std::string remote;
        std::string local;
        Mechanism mechanism = Mechanism::Dialback;
    };

    struct Pending {
        Pair pair;
        std::string key;
    };

    std::optional<Actions> refuse_header(const StreamHeader& header, Arena& arena, Buffer& out);
    Actions offer(Arena& arena, Buffer& out);
    Actions write_features(std::optional<Error> certificate_fault, Buffer& out);
    void write_header(Buffer& out);
    bool must_secure_first() const;
    Actions on_starttls(Buffer& out);
    Actions on_bidi(Buffer& out);
    Actions on_sasl(const xml::Element& element, Arena& arena, Buffer& out);
    Actions on_response(std::string_view text, Arena& arena, Buffer& out);
    Actions refuse_sasl(std::string_view condition, Buffer& out);
    Actions on_dialback(const dialback::Element& element, Buffer& out);
    Actions on_result(const dialback::Element& question, Buffer& out);
    Actions refuse_result(const dialback::Element& question,
                          Condition condition,
                          std::string_view code,
                          std::string_view why,
                          Buffer& out);
    bool is_authorised(std::string_view remote, std::string_view local);

    Directory& directory_;
    std::string remote_;
    std::string local_;
    std::string asked_to_;  ///< `to` as the peer wrote it, for the answer to a bad header
    std::string id_;
    std::optional<LinkPolicy> policy_;
    const net::PeerCertificate* certificate_ = nullptr;
    std::vector<Pair> pairs_;
    std::vector<Pending> pending_;
    std::size_t last_pair_ = 0;
    int sasl_failures_ = 0;
    bool is_secure_ = false;
    bool is_open_ = false;    ///< our header is out
    bool is_closed_ = false;  ///< our end tag is out
    bool offers_tls_ = false;
    bool offers_external_ = false;
    bool awaits_response_ = false;
    bool has_sasl_ = false;
    bool has_bidi_ = false;
    bool awaits_voucher_ = false;
    bool was_vouched_for_ = false;  ///< its certificate, by POSH
};

}  // namespace isthmus::xmpp
