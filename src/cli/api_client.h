// Speaks to the admin API of a daemon: blocking HTTP over its unix socket. Nothing else of the
// program is needed here.
#pragma once

#include "cli/complaint.h"

#include <boost/json/value.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace isthmus::cli {

/// The daemon could not be reached (exit code 6), or may not be (4).
class NotReachable : public std::runtime_error {
  public:
    explicit NotReachable(Complaint about, bool not_allowed = false)
        : std::runtime_error(about.what),
          complaint(std::move(about)),
          is_not_allowed(not_allowed) {}

    Complaint complaint;
    bool is_not_allowed;
};

/// What was given makes no sense (exit code 2).
class NotUsable : public std::invalid_argument {
  public:
    explicit NotUsable(Complaint about)
        : std::invalid_argument(about.what), complaint(std::move(about)) {}

    Complaint complaint;
};

struct Answer {
    int status = 0;
    boost::json::value body;  ///< null if it was no JSON
    std::string text;
    std::string etag;  ///< of the object, for If-Match
};

class ApiClient {
  public:
    /// "unix:PATH". Throws NotUsable on anything else: TCP comes with sign-in.
    ApiClient(const std::string& server, std::chrono::seconds patience);

    /// `target` is below /api/v1/. Throws NotReachable.
    /// `if_match` is the ETag that the object must still have.
    Answer call(std::string_view method,
                const std::string& target,
                const std::string& body = {},
                const std::string& if_match = {});

  private:
    std::string path_;
    std::chrono::seconds patience_;
};

/// A path segment, percent-encoded.
std::string encode_segment(std::string_view text);

}  // namespace isthmus::cli
