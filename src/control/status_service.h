// What `isthmus status` and the health pages show, as plain values; filled by the crossing.
#pragma once

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
};

struct StreamStatus {
    std::string local_domain;
    std::string remote_domain;
    std::string direction;  ///< in, out
    std::string state;
    std::string auth;
    std::string tls;
    std::string remote_address;
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
    std::vector<StreamStatus> streams;
    std::vector<PeerStatus> peers;
    std::optional<DirectoryStatus> directory;  ///< nothing if none is configured
};

/// Asks the traffic thread; nothing if it did not answer within two seconds.
using ReadStatus = std::function<std::optional<Status>()>;

}  // namespace isthmus::control
