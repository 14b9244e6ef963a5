// What `isthmus status` and the health pages show, as plain values; filled by the crossing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace isthmus::control {

/// What went wrong last.
struct Trouble {
    std::string code;
    std::string step;
    std::string text;  ///< with the evidence
    std::string address;
    double age_seconds = 0;
    std::string sentence;  ///< the same without the evidence
    std::string evidence;
    double first_age_seconds = 0;  ///< when the same began
    std::uint64_t count = 1;       ///< how often since then
    bool is_over = false;          ///< it has worked since: the last failure, not the present one
};

/// What the server at the other end of a stream has shown.
struct CertificateStatus {
    std::string subject;
    std::vector<std::string> names;  ///< domains it speaks for: dNSName, SRVName, XmppAddr
    std::int64_t not_after = 0;      ///< seconds since 1970
    std::string sha256;
    bool is_trusted = false;
    std::string trust_error;  ///< why not
    std::string vouched_by;   ///< POSH: where its domain names it all the same
};

struct StreamStatus {
    std::string id;         ///< for closing it; empty: there is no stream to close
    std::string stream_id;  ///< of the stream header
    std::string local_domain;
    std::string remote_domain;
    std::string partner;    ///< primary domain; empty: none
    std::string direction;  ///< in, out
    std::string state;
    std::string auth;
    std::string tls;  ///< version, as "TLSv1.3"; empty: none
    std::string cipher;
    std::string remote_address;
    double age_seconds = 0;
    std::uint64_t stanzas_in = 0;
    std::uint64_t stanzas_out = 0;
    std::uint64_t octets_in = 0;
    std::uint64_t octets_out = 0;
    std::optional<CertificateStatus> certificate;
    std::size_t queued = 0;
    double oldest_seconds = 0;
    std::optional<Trouble> last_error;
};

struct PeerStatus {
    std::string name;
    std::string target;
    std::string transport;     ///< udp, tcp, tls
    std::string state;         ///< up, not answering, never tried
    double state_seconds = 0;  ///< since when; 0 if never tried
    std::size_t pending = 0;   ///< our requests without outcome
    std::optional<Trouble> last_error;
};

/// A certificate that is shown in handshakes.
struct OwnCertificateStatus {
    static constexpr std::string_view kOfTheFile = "configuration-file";

    std::string use;
    std::string name;            ///< kOfTheFile: not assigned, but named there
    std::int64_t not_after = 0;  ///< seconds since 1970
    std::int64_t days_left = 0;
    std::string state;  ///< valid, expiring, expired, not-yet-valid
};

/// The synchronisation of users with a directory.
struct DirectoryStatus {
    std::string url;
    std::string state;    ///< never, running; else how the last one ended: done, refused, failed
    std::string last_at;  ///< when that was, UTC; empty if never
    std::size_t users = 0;
    std::size_t skipped = 0;  ///< faulty entries
    std::string last_error;   ///< with its code; empty if there was none
};

struct Status {
    std::string version;
    std::string server_name;
    std::string state;  ///< starting, running, draining
    double uptime_seconds = 0;
    std::uint64_t stored_revision = 0;
    std::uint64_t running_revision = 0;
    std::size_t messages_pending = 0;
    std::size_t messages_queued = 0;
    double oldest_queued_seconds = 0;
    /// Since the start, sip_to_xmpp and xmpp_to_sip: all that were accepted for processing, and
    /// those of them that did not get through.
    std::uint64_t messages[2] = {};
    std::uint64_t failures[2] = {};
    std::uint64_t last_message_row = 0;  ///< of the history, see MessageFilter::after_row
    std::size_t subscriptions = 0;       ///< directions of pairs that somebody asked for
    std::size_t dialogs = 0;
    std::uint64_t presence_changes = 0;  ///< of pairs, since the start
    std::vector<StreamStatus> streams;
    std::vector<PeerStatus> peers;
    std::vector<OwnCertificateStatus> certificates;
    std::vector<std::string> xmpp_listeners;   ///< "0.0.0.0:5269"
    bool has_certificate = false;              ///< one that TLS can be offered with
    std::optional<DirectoryStatus> directory;  ///< nothing if none is configured
};

/// Asks the traffic thread; nothing if it did not answer within two seconds.
using ReadStatus = std::function<std::optional<Status>()>;

}  // namespace isthmus::control
