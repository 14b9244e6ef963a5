// Who has asked us about keys of ours lately (XEP-0220 §2.1.2): for the test of a link, which wants
// to know whether the partner's server has reached our listener.
#pragma once

#include "net/address.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::xmpp {

class CallBacks {
  public:
    static constexpr std::size_t kKept = 32;
    static constexpr std::size_t kMaxId =
        256;  ///< octets of a stream's id; longer ones are not kept

    void note(std::string_view stream_id, const net::Endpoint& from) {
        if (!stream_id.empty() && stream_id.size() <= kMaxId) {
            seen_[next_++ % kKept] = {std::string(stream_id), from};
        }
    }

    /// Who has asked about the stream with that id, if it is not too long ago.
    std::optional<net::Endpoint> find(std::string_view stream_id) const {
        const auto* const found = std::ranges::find(seen_, stream_id, &Seen::stream_id);
        return found == seen_.end() || stream_id.empty() ? std::nullopt
                                                         : std::optional(found->from);
    }

  private:
    struct Seen {
        std::string stream_id;
        net::Endpoint from;
    };

    std::array<Seen, kKept> seen_;
    std::size_t next_ = 0;
};

}  // namespace isthmus::xmpp
