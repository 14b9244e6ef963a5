// A disk whose power fails at one chosen write: SQLite's own file system underneath, but what was
// written after a file's last sync may be gone, whole or by half, as the drive pleases.
#pragma once

#include <cstdint>

namespace isthmus::store {

/// From now on all SQLite databases of this process lie on it. At the operation (write, truncation
/// or sync) number `at`, counted from 0, power fails: some of what was not synced is undone, chosen
/// by `seed`, and the process ends with kPowerCut. For a child process.
void install_power_cut_vfs(std::uint64_t at, unsigned seed);

constexpr int kPowerCut = 99;

}  // namespace isthmus::store
