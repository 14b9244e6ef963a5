// A certificate of our own making for the administrators' port, for as long as nobody has given us
// a better one: P-256, ten years, made once and kept.
#pragma once

#include "base/result.h"

#include <string>
#include <vector>

namespace isthmus::net {

struct SelfSigned {
    std::string certificate_file;
    std::string private_key_file;  ///< mode 0600
    bool is_new = false;
};

/// admin-certificate.pem and admin-key.pem in `folder`; made anew if they are missing, not
/// readable, or end within a month. `names`: host names and addresses.
Result<SelfSigned> ensure_self_signed(const std::string& folder,
                                      const std::vector<std::string>& names);

/// SHA-256 of the first certificate in the file, lower-case hex; empty if there is none.
std::string certificate_fingerprint(const std::string& file);

}  // namespace isthmus::net
