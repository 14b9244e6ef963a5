#include "net/tls_session.h"

#include "net/openssl.h"
#include "net/peer_trust.h"
#include "net/tls_context.h"
#include "net/tls_reasons.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <utility>

namespace isthmus::net {

namespace {

constexpr std::size_t kRecord = 16UL * 1024;
// Each key update costs us key derivations; an honest peer needs one in many gigabytes.
constexpr std::uint64_t kFreeKeyUpdates = 32;
constexpr std::uint64_t kOctetsPerKeyUpdate = 1024UL * 1024;
constexpr unsigned char kKeyUpdate = 24;  // RFC 8446 §4

/// RFC 7301 §3.1: each name with its length in front.
std::string alpn_wire(const std::vector<std::string>& names) {
    std::string wire;
    for (const std::string& name : names) {
        if (!name.empty() && name.size() <= 255) {
            wire += static_cast<char>(name.size());
            wire += name;
        }
    }
    return wire;
}

const unsigned char* as_octets(const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

/// OpenSSL's way to the wire: reads from the session's source_, writes to its sink_, no copy kept.
struct TlsBio {
    static int read(BIO* bio, char* to, int size) {
        std::string_view& source = session(bio).source_;
        BIO_clear_retry_flags(bio);
        if (source.empty()) {
            BIO_set_retry_read(bio);
            return -1;
        }
        const std::size_t count = source.copy(to, static_cast<std::size_t>(size));
        source.remove_prefix(count);
        return static_cast<int>(count);
    }

    static int write(BIO* bio, const char* from, int size) {
        BIO_clear_retry_flags(bio);
        session(bio).sink_->append(std::string_view(from, static_cast<std::size_t>(size)));
        return size;
    }

    static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    static TlsSession& session(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

    static BIO* make(TlsSession& session) {
        static BIO_METHOD* const method = [] {
            BIO_METHOD* made = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "buffers");
            BIO_meth_set_read(made, read);
            BIO_meth_set_write(made, write);
            BIO_meth_set_ctrl(made, control);
            return made;
        }();
        BIO* bio = BIO_new(method);
        BIO_set_data(bio, &session);
        BIO_set_init(bio, 1);
        return bio;
    }
};

void TlsSession::SslDeleter::operator()(SSL* ssl) const {
    // Or OpenSSL spoils the session of a connection that was cut (RFC 8446 has no such rule).
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl);
}

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, TlsOptions options)
    : context_(std::move(context)), options_(std::move(options)) {}

TlsSession::~TlsSession() = default;

bool TlsSession::set_up() {
    ssl_.reset(SSL_new(context_->native()));
    if (!ssl_) {
        return false;
    }
    SSL* ssl = ssl_.get();
    SSL_set_app_data(ssl, this);
    SSL_set_msg_callback(ssl, count_key_updates);
    SSL_set_msg_callback_arg(ssl, this);
    BIO* bio = TlsBio::make(*this);
    SSL_set_bio(ssl, bio, bio);
    if (options_.role == TlsRole::Server) {
        SSL_set_verify(
            ssl, options_.request_peer_certificate ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
        SSL_set_accept_state(ssl);
        return true;
    }
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    SSL_set_connect_state(ssl);
    SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
    // RFC 6066 §3: an address is no server name.
    if (!options_.server_name.empty() && !IpAddress::parse(options_.server_name) &&
        SSL_set_tlsext_host_name(ssl, options_.server_name.c_str()) != 1) {
        return false;
    }
    heed_tlsa_records();
    if (has_tlsa_) {
        // Records may have changed since: the certificate is shown anew.
    } else if (const auto kept = context_->sessions().take(session_key())) {
        has_offered_session_ = SSL_set_session(ssl, kept->session.get()) == 1;
        times_resumed_ = kept->times + 1;
        known_peer_ = kept->peer;
        good_until_ = kept->good_until;
    }
    const std::string alpn = alpn_wire(options_.alpn);
    if (!alpn.empty()) {
        SSL_set_alpn_protos(ssl, as_octets(alpn), static_cast<unsigned>(alpn.size()));
    }
    return true;
}

/// RFC 6698 §4.1: records that we cannot use count for nothing.
void TlsSession::heed_tlsa_records() {
    SSL* ssl = ssl_.get();
    // Without a name of the server: names are compared by whoever knows the protocol.
    if (options_.tlsa.empty() || SSL_dane_enable(ssl, nullptr) != 1) {
        return;
    }
    for (const TlsaRecord& record : options_.tlsa) {
        has_tlsa_ |= SSL_dane_tlsa_add(ssl,
                                       record.usage,
                                       record.selector,
                                       record.matching,
                                       as_octets(record.data),
                                       record.data.size()) == 1;
    }
    ERR_clear_error();
}

int TlsSession::select_alpn(SSL* ssl,
                            const unsigned char** chosen,
                            unsigned char* chosen_size,
                            const unsigned char* offered,
                            unsigned offered_size,
                            void* /*argument*/) {
    // Connections of the administrators' port are made by Asio and have no session of ours.
    const auto* known = static_cast<const TlsSession*>(SSL_get_app_data(ssl));
    if (known == nullptr || known->options_.alpn.empty()) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    const TlsSession& session = *known;
    const std::string_view offer(reinterpret_cast<const char*>(offered), offered_size);
    for (const std::string& name : session.options_.alpn) {
        for (std::size_t at = 0; at < offer.size();) {
            const std::size_t size = static_cast<unsigned char>(offer[at]);
            if (offer.substr(at + 1, size) == name) {
                *chosen = offered + at + 1;
                *chosen_size = static_cast<unsigned char>(size);
                return SSL_TLSEXT_ERR_OK;
            }
            at += 1 + size;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301 §3.2
}

void TlsSession::count_key_updates(int is_written,
                                   int /*version*/,
                                   int content_type,
                                   const void* message,
                                   std::size_t size,
                                   SSL* /*ssl*/,
                                   void* session) {
    if (is_written == 0 && content_type == SSL3_RT_HANDSHAKE && size != 0 &&
        *static_cast<const unsigned char*>(message) == kKeyUpdate) {
        ++static_cast<TlsSession*>(session)->key_updates_;
    }
}

void TlsSession::note_error(int result) {
    const int kind = SSL_get_error(ssl_.get(), result);
    if (kind != SSL_ERROR_SSL) {
        error_ = "unexpected end of data";
        return;
    }
    const std::string_view meaning = meaning_of_tls_error(ERR_peek_error());
    error_ = take_openssl_error();
    if (!meaning.empty()) {
        error_.append(": ").append(meaning);
    }
}

TlsSession::Step TlsSession::handshake() {
    ERR_clear_error();
    if (!ssl_ && !set_up()) {
        error_ = take_openssl_error();
        return Step::Failed;
    }
    source_ = incoming_.view();
    sink_ = &outgoing_;
    const int result = SSL_do_handshake(ssl_.get());
    incoming_.consume(incoming_.size() - source_.size());
    source_ = {};
    if (result == 1 && finish_handshake()) {
        return Step::Done;
    }
    if (result != 1 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) {
        return Step::NeedsInput;
    }
    note_error(result);
    if (has_offered_session_) {
        // COMPAT(servers that want certificates and name no session context, 2026-11): they break
        // off when a session is taken up. The next attempt goes without.
        context_->sessions().give_up(session_key());
    }
    return Step::Failed;
}

bool TlsSession::finish_handshake() {
    SSL* ssl = ssl_.get();
    if (!is_resumed()) {
        times_resumed_ = 0;
        known_peer_.reset();
        good_until_ = first_end_of_chain(ssl) - TlsSessions::kLifetimeSeconds;
    }
    if (known_peer_ && std::time(nullptr) < good_until_) {
        peer_ = std::move(known_peer_);
    } else {
        judge_peer();
    }
    if (options_.role == TlsRole::Client || !may_be_resumed() || SSL_new_session_ticket(ssl) != 1) {
        return true;
    }
    return SSL_do_handshake(ssl) == 1;  // writes the ticket
}

bool TlsSession::is_resumed() const {
    return SSL_session_reused(ssl_.get()) == 1;
}

/// Strangers get nothing that we would have to keep.
bool TlsSession::may_be_resumed() const {
    return peer_ && peer_->is_trusted && !must_be_stapled_ && !has_tlsa_ &&
           times_resumed_ < TlsSessions::kMaxTimes && SSL_version(ssl_.get()) == TLS1_3_VERSION &&
           (options_.role == TlsRole::Server || !options_.server_name.empty());
}

/// As a client: with whom, as whom, for what.
std::string TlsSession::session_key() const {
    return options_.server_name + '\n' + options_.own_name + '\n' + alpn_wire(options_.alpn);
}

int TlsSession::keep_session(SSL* ssl, SSL_SESSION* session) {
    // Connections of the administrators' port are made by Asio and have no session of ours.
    const auto* known = static_cast<const TlsSession*>(SSL_get_app_data(ssl));
    if (known == nullptr || !known->may_be_resumed()) {
        return 0;
    }
    std::string key;
    if (known->options_.role == TlsRole::Client) {
        key = known->session_key();
    } else {
        unsigned size = 0;
        const unsigned char* id = SSL_SESSION_get_id(session, &size);
        key.assign(reinterpret_cast<const char*>(id), size);
    }
    // One server may be there for many domains, which we have chosen; callers choose themselves.
    const std::string& owner = known->options_.role == TlsRole::Client ? key : known->peer_->sha256;
    known->context_->sessions().keep(
        key,
        owner,
        {SessionPointer(session), known->times_resumed_, known->peer_, known->good_until_});
    return 1;  // the reference is ours now
}

SSL_SESSION* TlsSession::find_session(SSL* ssl, const unsigned char* id, int size, int* copied) {
    *copied = 0;
    auto* known = static_cast<TlsSession*>(SSL_get_app_data(ssl));
    if (known == nullptr || size <= 0) {
        return nullptr;
    }
    auto found = known->context_->sessions().find(
        {reinterpret_cast<const char*>(id), static_cast<std::size_t>(size)});
    if (!found) {
        return nullptr;
    }
    known->times_resumed_ = found->times + 1;
    known->known_peer_ = std::move(found->peer);
    known->good_until_ = found->good_until;
    return found->session.release();
}

TlsSession::Read TlsSession::decrypt(std::string_view cipher, Buffer& plain) {
    ERR_clear_error();
    source_ = cipher;
    sink_ = &outgoing_;
    const std::size_t before = plain.size();
    int result = 0;
    do {
        char* room = plain.prepare(kRecord);
        const std::size_t size = std::min(plain.writable(), std::size_t{1} << 30U);
        result = SSL_read(ssl_.get(), room, static_cast<int>(size));
        if (result > 0) {
            plain.commit(static_cast<std::size_t>(result));
        }
    } while (result > 0);
    source_ = {};
    decrypted_ += plain.size() - before;
    if (key_updates_ > kFreeKeyUpdates + decrypted_ / kOctetsPerKeyUpdate) {
        error_ = "too many key updates";
        return Read::Failed;
    }
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return Read::Open;
        case SSL_ERROR_ZERO_RETURN:
            return Read::Ended;
        default:
            note_error(result);
            return Read::Failed;
    }
}

bool TlsSession::encrypt(std::string_view plain, Buffer& cipher) {
    ERR_clear_error();
    sink_ = &cipher;
    const int result = SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
    if (result != static_cast<int>(plain.size())) {
        note_error(result);
        return false;
    }
    return true;
}

void TlsSession::close(Buffer& cipher) {
    cipher.clear();
    ERR_clear_error();
    sink_ = &cipher;
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

std::string_view TlsSession::version() const {
    return SSL_get_version(ssl_.get());
}

std::string_view TlsSession::cipher() const {
    return SSL_get_cipher_name(ssl_.get());
}

std::string_view TlsSession::alpn() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

}  // namespace isthmus::net
