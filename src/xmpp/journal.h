// What an administrator sees of the streams: log events s2s.* and metrics isthmus_s2s_*. Once per
// stream or step, never per stanza; partners that are not configured share the label "other".
#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "xmpp/server.h"
#include "xmpp/stanza.h"
#include "xmpp/stream.h"

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace isthmus::xmpp {

/// Which stream an event is about. Views: for the length of the call.
struct StreamName {
    std::string_view partner;  ///< empty: not known (yet)
    bool is_partner = false;   ///< configured, so that it may be a label
    bool is_outgoing = false;
    std::string_view stream_id;
    std::string remote_address;
    std::string_view tls_version;
    std::string_view tls_cipher;
};

/// Stanzas of one partner and direction, by kind; looked up once per stream.
struct StanzaCounters {
    std::array<metrics::Counter*, 3> by_kind{};

    void count(Kind kind) const { by_kind[static_cast<std::size_t>(kind)]->add(); }
};

class Journal {
  public:
    Journal(metrics::Registry& registry, const Timers& timers)
        : registry_(registry), timers_(timers) {}

    /// Writes it over `into`, and counts if that was the same and is not over.
    static void note_trouble(std::optional<LinkTrouble>& into,
                             const StreamName& name,
                             std::string_view step,
                             const Error& why,
                             TimePoint at);

    /// The newest of the streams from that partner; null: none.
    const LinkTrouble* incoming_trouble(std::string_view partner) const;

    /// Partners whose streams to us have had trouble.
    const std::map<std::string, std::optional<LinkTrouble>, std::less<>>& incoming_troubles()
        const {
        return incoming_troubles_;
    }

    /// Those for whom `is_gone` is true are no partners any more.
    template <class IsGone>
    void forget_troubles(const IsGone& is_gone) {
        std::erase_if(incoming_troubles_, [&](const auto& entry) { return is_gone(entry.first); });
    }

    /// A stream could not be set up, or was refused.
    void failed(const StreamName& name, std::string_view step, const Error& why);
    /// Something on a stream was refused or ignored; the stream goes on.
    void noted(const StreamName& name, const Error& what);
    void up(const StreamName& name, Mechanism mechanism, Duration took);
    /// Once for each up().
    void down(const StreamName& name, Mechanism mechanism, const Error& why);
    void secured(const StreamName& name);
    void checked_certificate(const std::optional<Error>& fault);
    /// POSH proves the certificate; `evidence`: where.
    void vouched_for(const StreamName& name, std::string_view evidence);
    /// `step`: lives as long as the journal.
    void took(std::string_view step, Duration duration);
    StanzaCounters stanzas(std::string_view partner, bool is_outgoing);

  private:
    /// What counts the streams of one partner, direction and mechanism.
    struct UpMetrics {
        metrics::Counter* attempts = nullptr;
        metrics::Counter* auths = nullptr;
        metrics::Gauge* streams = nullptr;
    };

    void count_refused_proof(const StreamName& name, const Error& why);
    metrics::Counter& auths(const StreamName& name, Mechanism mechanism, std::string_view result);
    metrics::Gauge& streams(const StreamName& name, Mechanism mechanism);
    const UpMetrics& up_metrics(const StreamName& name, Mechanism mechanism);

    void remember(const StreamName& name, std::string_view step, const Error& why);
    /// Of strangers only so many lines a second are written, and how many were left out.
    bool may_write(const StreamName& name);

    metrics::Registry& registry_;
    const Timers& timers_;
    TimePoint strangers_since_{};
    unsigned lines_of_strangers_ = 0;  ///< since then
    std::uint64_t left_out_ = 0;
    // Looked up once: a thousand partners that come back together ask for them at every step.
    std::unordered_map<std::string, UpMetrics> up_metrics_;
    std::string up_key_;  ///< keeps its memory
    std::vector<std::pair<std::string_view, metrics::Histogram*>> steps_;
    std::map<std::pair<std::string, std::string>, metrics::Counter*, std::less<>> tls_sessions_;
    std::array<metrics::Counter*, 4> certificate_checks_{};
    /// Partners only; never empty.
    std::map<std::string, std::optional<LinkTrouble>, std::less<>> incoming_troubles_;
};

}  // namespace isthmus::xmpp
