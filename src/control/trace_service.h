// Recordings of traffic: who may order which, for how long, and what is remembered of the order.
// Transport-free. Control thread only.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "control/audit.h"
#include "control/author.h"
#include "control/names.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::control {

struct TraceOrder {
    std::string user;     ///< empty: all
    std::string partner;  ///< empty: all
    std::int64_t seconds = 600;
    bool with_bodies = false;
};

/// The fields as gateway/trace_status.h explains them.
struct TraceInfo {
    std::string id;
    std::string user;
    std::string partner;
    bool with_bodies = false;
    bool is_running = false;
    std::string why_ended;
    double started_at = 0;
    double seconds_left = 0;
    std::uint64_t events = 0;
    std::uint64_t dropped = 0;
    std::uint64_t first = 1;
    std::string admin;   ///< who ordered it
    std::string reason;  ///< and why, if that was said
};

struct TraceEvent {
    std::uint64_t number = 0;
    double at = 0;
    std::string kind;  ///< "sip", "xmpp", "translated", "failed"
    bool is_out = false;
    bool is_again = false;
    std::string what;
    std::string user;
    std::string contact;
    std::string call_id;
    std::string stanza_id;
    std::string stream;
    std::string remote;
    std::string message;
    std::string code;
    std::string evidence;
    std::vector<std::string> rules;
    std::vector<std::string> lost;
    std::string text;
    bool is_cut = false;
};

/// Part of a trace, with how it stands.
struct TracePage {
    TraceInfo trace;
    std::vector<TraceEvent> events;
};

/// The traffic side; app/crossing fills it. Timeout if the traffic thread did not answer, NotFound
/// if it knows no such trace.
struct TraceSide {
    using ReadDone = std::function<void(Result<TracePage>)>;

    std::function<Result<void>(const std::string& id, const TraceOrder& order)> start;
    std::function<Result<void>(std::string_view id)> stop;
    std::function<Result<void>(std::string_view id)> forget;
    std::function<Result<std::vector<TraceInfo>>()> list;
    /// Events behind number `after`, at most `limit`; `done` is called later, once.
    std::function<void(std::string_view id, std::uint64_t after, std::size_t limit, ReadDone done)>
        read;
};

class TraceService {
  public:
    static constexpr std::int64_t kShortest = 10;
    static constexpr std::int64_t kLongest = 1800;
    static constexpr std::size_t kPage = 200;  ///< events in one crossing
    /// Who reads on in one recording is entered in the audit log once in this time.
    static constexpr Duration kReading = std::chrono::minutes(5);

    /// `may_log_bodies`: EnableLoggingAllMessageBodies of the gateway configuration.
    TraceService(TraceSide side,
                 CanonicalNames canonical,
                 std::function<bool()> may_log_bodies,
                 Audit audit,
                 const Timers& timers)
        : side_(std::move(side)),
          canonical_(std::move(canonical)),
          may_log_bodies_(std::move(may_log_bodies)),
          audit_(std::move(audit)),
          timers_(timers) {}

    /// Told of each start, stop and removal: the id and "started", "stopped", "removed".
    void on_change(std::function<void(const std::string& id, std::string_view change)> call) {
        on_change_ = std::move(call);
    }

    /// Syntax with IST-API-001; Forbidden with IST-API-042 if texts are asked for and not all three
    /// of right, setting and reason are there; Limit with IST-API-041. Audited.
    Result<TraceInfo> start(TraceOrder order, const std::string& reason, const Author& author);
    Result<TraceInfo> stop(const std::string& id, const Author& author);
    Result<void> remove(const std::string& id, const Author& author);
    Result<std::vector<TraceInfo>> list() const;
    Result<TraceInfo> get(std::string_view id) const;
    /// One page; see TraceSide. Texts that were recorded are shown as long as the setting is on.
    void read(const std::string& id, std::uint64_t after, TraceSide::ReadDone done) const;
    /// All that is kept, page by page.
    void read_all(const std::string& id, TraceSide::ReadDone done) const;
    /// Somebody has read a recording that has texts in it.
    void note_reading(const TraceInfo& trace, std::string_view how, const Author& author);

  private:
    struct Order {
        std::string admin;
        std::string reason;
    };

    void add_order(TraceInfo& info) const;
    /// What is handed on of a page.
    void finish(TracePage& page) const;
    Result<void> check_bodies(const std::string& reason, const Author& author) const;

    TraceSide side_;
    CanonicalNames canonical_;
    std::function<bool()> may_log_bodies_;
    Audit audit_;
    const Timers& timers_;
    std::function<void(const std::string& id, std::string_view change)> on_change_;
    std::map<std::string, TimePoint> readings_;  ///< that are in the audit log, of late
    std::map<std::string, Order, std::less<>> orders_;
    std::uint64_t last_ = 0;
};

}  // namespace isthmus::control
