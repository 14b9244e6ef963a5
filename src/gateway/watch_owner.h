// How the notifier names a dialog to the presence flow: the pair, and the slot among its dialogs.
#pragma once

#include "gateway/presence_pair.h"

#include <cstdint>

namespace isthmus::gateway {

/// Instead of a slot: there is no dialog, only one answer.
inline constexpr std::uint8_t kFetch = 0xff;

constexpr std::uint64_t owner_of(PairHandle handle, std::uint8_t slot) {
    return handle | std::uint64_t{slot} << 56U;
}

constexpr PairHandle pair_of(std::uint64_t owner) {
    return owner & ((std::uint64_t{1} << 56U) - 1);
}

constexpr std::uint8_t slot_of(std::uint64_t owner) {
    return static_cast<std::uint8_t>(owner >> 56U);
}

}  // namespace isthmus::gateway
