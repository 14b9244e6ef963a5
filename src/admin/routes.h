// Every route of the admin API with the right it asks for: the only place where that is decided.
// A request that no row describes is refused before any resource sees it.
#pragma once

#include "control/rights.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::admin {

inline constexpr std::size_t kMaxBody = std::size_t{1} << 20U;
/// A file of a mebibyte in base64, and what is said about it.
inline constexpr std::size_t kMaxCertificate = std::size_t{3} << 19U;
/// A million users as CSV.
inline constexpr std::size_t kMaxImport = std::size_t{256} << 20U;
/// A backup is not held in the memory: what has this limit goes into a file.
inline constexpr std::size_t kMaxBackup = std::size_t{64} << 30U;

// In the order in which the table is read; there are a hundred of them.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct Route {
    std::string_view method;
    /// Below /api/v1/: literal segments, or {} for exactly one that is not empty; the last may end
    /// in ":verb". The first segment names the resource.
    std::string_view pattern;
    control::Right right;
    std::size_t max_body = kMaxBody;  ///< octets, for who has the right
    bool has_trial =
        true;  ///< of those that change something: ?dry_run=true checks and changes nothing
};

std::span<const Route> routes();

struct RouteMatch {
    const Route* route = nullptr;  ///< nothing if the path or its method is unknown
    std::string allow;             ///< the methods that the path knows; empty: no such path
    std::vector<std::string> arguments;
    std::string_view verb;
};

/// `raw_path`: everything behind /api/v1/, not decoded: an encoded "/" or ":" is part of a name.
RouteMatch match_route(std::string_view method, std::string_view raw_path);

}  // namespace isthmus::admin
