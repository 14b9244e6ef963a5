// How somebody is, as the Lync client counts it, and what other documents make of that: PIDF and
// the client's categories. [MS-PRES] §3.2, RFC 3863, RFC 4480; the table is in docs/home.md. Pure.
#pragma once

#include "base/arena.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::home {

/// Lync's numbers: each state is a range; these are the ones we give out.
enum Availability : std::uint16_t {
    kOnline = 3500,
    kIdle = 5000,
    kBusy = 6500,
    kDoNotDisturb = 9500,
    kBeRightBack = 12500,
    kAway = 15500,
    kOffline = 18500,
};

struct PresenceState {
    std::uint16_t availability = kOffline;
    std::string note;
    std::string name;  ///< how he is called; empty: nobody said

    bool is_online() const { return availability >= 3000 && availability < 18000; }

    bool operator==(const PresenceState&) const = default;
};

/// A number from elsewhere: nothing below 3000, which means that there is no information.
std::optional<std::uint16_t> availability_of(std::string_view number);

/// The most available tuple counts; nothing if the document cannot be read.
std::optional<PresenceState> state_of_pidf(std::string_view document, Arena& arena);

/// "", "away", "xa", "dnd": show of RFC 6121 §4.7.2.1.
std::string_view show_of(std::uint16_t availability);
/// Of RFC 4480 §3.2; empty: none.
std::string_view activity_of(std::uint16_t availability);

/// application/pidf+xml about `address`, with one tuple.
std::string to_pidf(std::string_view address, const PresenceState& state);

/// application/msrtc-event-categories+xml about `address`. `time` is RFC 3339, of now.
std::string to_categories(std::string_view address,
                          std::string_view display_name,
                          const PresenceState& state,
                          std::string_view time);

}  // namespace isthmus::home
