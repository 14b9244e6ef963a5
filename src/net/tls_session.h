// One TLS connection between octets and octets: OpenSSL over buffers, no socket. During the
// handshake it belongs to one thread at a time (the pool's or the loop's), afterwards to the loop.
#pragma once

#include "base/buffer.h"
#include "net/wire.h"

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::net {

class TlsSession {
  public:
    enum class Step : std::uint8_t { NeedsInput, Done, Failed };
    enum class Read : std::uint8_t { Open, Ended, Failed };

    TlsSession(std::shared_ptr<const TlsContext> context, TlsOptions options);
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;
    TlsSession(TlsSession&&) = delete;
    TlsSession& operator=(TlsSession&&) = delete;
    ~TlsSession();

    TlsRole role() const { return options_.role; }

    /// Which of our domains speaks here; may be empty.
    const std::string& own_name() const { return options_.own_name; }

    /// Goes on with what is in incoming(); what is to be sent is in outgoing() then, also on
    /// failure (the alert). The costly part, for the pool.
    Step handshake();

    /// Octets from the wire during the handshake; rest may be application data when it is done.
    Buffer& incoming() { return incoming_; }

    /// Octets for the wire that nobody asked for: handshake, alerts, key updates.
    Buffer& outgoing() { return outgoing_; }

    /// Appends the plain text of all whole records to `plain`.
    Read decrypt(std::string_view cipher, Buffer& plain);
    /// Appends `plain` as records of at most 16 KiB to `cipher`.
    bool encrypt(std::string_view plain, Buffer& cipher);
    /// Writes close_notify to `cipher`.
    void close(Buffer& cipher);

    const PeerCertificate* peer_certificate() const { return peer_.get(); }

    /// ByteStream::judge_again(); of one that TLSA records name, what it was then.
    std::optional<PeerCertificate> judge_again(const TlsContext& by) const;

    std::string_view version() const;
    std::string_view cipher() const;
    std::string_view alpn() const;

    const std::string& error() const { return error_; }

    SSL* native() const { return ssl_.get(); }

    /// Whether the keys come from an earlier session; the certificates are those shown then, and
    /// are believed as long as they would be if they were shown now.
    bool is_resumed() const;

    // OpenSSL's callbacks, set by TlsContext.
    static int keep_session(SSL* ssl, SSL_SESSION* session);
    static SSL_SESSION* find_session(SSL* ssl, const unsigned char* id, int size, int* copied);
    static int select_alpn(SSL* ssl,
                           const unsigned char** chosen,
                           unsigned char* chosen_size,
                           const unsigned char* offered,
                           unsigned offered_size,
                           void* argument);

  private:
    friend struct TlsBio;

    struct SslDeleter {
        void operator()(SSL* ssl) const;
    };

    bool set_up();
    void heed_tlsa_records();
    Dane dane_verdict() const;
    bool finish_handshake();
    void judge_peer();
    bool heed_status(PeerCertificate& certificate);
    bool may_be_resumed() const;
    std::string session_key() const;
    static void count_key_updates(int is_written,
                                  int version,
                                  int content_type,
                                  const void* message,
                                  std::size_t size,
                                  SSL* ssl,
                                  void* session);
    void note_error(int result);

    std::shared_ptr<const TlsContext> context_;
    TlsOptions options_;
    std::unique_ptr<SSL, SslDeleter> ssl_;
    std::string_view source_;  // what OpenSSL may read now
    Buffer* sink_ = nullptr;   // where OpenSSL writes to now
    Buffer incoming_;
    Buffer outgoing_;
    std::shared_ptr<const PeerCertificate> peer_;
    std::shared_ptr<const PeerCertificate> known_peer_;  // of the session that may be taken up
    std::int64_t good_until_ = 0;                        // KeptSession
    std::string error_;
    std::uint64_t decrypted_ = 0;  // octets of plain text
    std::uint64_t key_updates_ = 0;
    unsigned times_resumed_ = 0;  // since both keys were last proved
    bool has_offered_session_ = false;
    bool must_be_stapled_ = false;
    bool has_tlsa_ = false;  // records that can be used
};

}  // namespace isthmus::net
