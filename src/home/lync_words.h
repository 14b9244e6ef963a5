// Names of the Lync client's dialect that several files of the presence agent share. Private to the
// room.
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

inline constexpr std::uint32_t kLongestLyncDialog = 28800;  ///< seconds
inline constexpr std::size_t kPerNotify = 40;               ///< contacts that one NOTIFY tells of

constexpr std::string_view lync_package(LyncEvent event) {
    constexpr std::string_view kNames[] = {"vnd-microsoft-roaming-contacts",
                                           "vnd-microsoft-roaming-self",
                                           "vnd-microsoft-provisioning-v2",
                                           "presence"};
    return kNames[static_cast<std::size_t>(event)];
}

}  // namespace isthmus::home
