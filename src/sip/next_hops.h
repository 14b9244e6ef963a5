// All next hops, one for each Target in use.
#pragma once

#include "base/hash.h"
#include "sip/chained_table.h"
#include "sip/next_hop.h"

#include <memory>
#include <vector>

namespace isthmus::sip {

class NextHops {
  public:
    explicit NextHops(const NextHop::Surroundings& around) : around_(around) {}

    /// Made at the first call, dropped when many others have come and nothing needs it.
    NextHop& to(const Target& target);

  private:
    void drop_idle();

    NextHop::Surroundings around_;
    KeyedHash hash_;
    std::vector<std::unique_ptr<NextHop>> hops_;
    ChainedTable<NextHop, &NextHop::by_target> by_target_;
    NextHop* last_ = nullptr;
};

}  // namespace isthmus::sip
