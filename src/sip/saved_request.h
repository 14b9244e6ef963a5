// An OutgoingRequest that outlives the call it was given in: what fail-over, a challenge or a
// connection that is not up yet need. Keeps its memory for the next one.
#pragma once

#include "sip/message.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::sip {

class SavedRequest {
  public:
    /// `call_id` in place of the request's own, which may be empty.
    void save(const OutgoingRequest& request, std::string_view call_id);

    bool empty() const { return lengths_.empty(); }

    /// Views into this object; `headers` gets the header list.
    OutgoingRequest view(std::vector<OutgoingHeader>& headers) const;

    /// Forgets; gives memory back beyond a usual message.
    void clear();

  private:
    void add(std::string_view part);

    std::string text_;
    std::vector<std::uint32_t> lengths_;
    int max_forwards_ = 70;
    Method method_ = Method::Other;
};

}  // namespace isthmus::sip
