// Names of event packages and documents that several files of the presence agent share. Private to
// the room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "home/person.h"

namespace isthmus::home {

inline constexpr std::string_view kContactsType = "application/vnd-microsoft-roaming-contacts+xml";
inline constexpr std::string_view kSelfType = "application/vnd-microsoft-roaming-self+xml";
inline constexpr std::string_view kProvisioningType =
    "application/vnd-microsoft-roaming-provisioning-v2+xml";
inline constexpr std::string_view kCategoriesType = "application/msrtc-event-categories+xml";
inline constexpr std::string_view kWatcherInfoType = "application/watcherinfo+xml";

inline constexpr std::string_view kListTag = "eventlist";  ///< option tag of RFC 4662
inline constexpr std::uint32_t kLongestDialog = 28800;     ///< seconds
inline constexpr std::size_t kPerNotify = 40;              ///< contacts that one NOTIFY tells of
inline constexpr std::size_t kInFlight = 32;               ///< NOTIFYs of one dialog without answer

constexpr std::string_view package_of(DeviceEvent event) {
    constexpr std::string_view kNames[] = {"vnd-microsoft-roaming-contacts",
                                           "vnd-microsoft-roaming-self",
                                           "vnd-microsoft-provisioning-v2",
                                           "presence",
                                           "presence.winfo",
                                           "presence"};
    return kNames[static_cast<std::size_t>(event)];
}

/// The others are of RFCs, and end when they are not refreshed (com.microsoft.autoextend is what
/// Lync clients count on).
constexpr bool is_of_lync(DeviceEvent event) {
    return event != DeviceEvent::WatcherInfo && event != DeviceEvent::ResourceList;
}

}  // namespace isthmus::home
