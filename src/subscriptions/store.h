// The port to what survives. Nothing is told to the other side as accepted before its record is
// saved; house.md, decision 6.
#pragma once

#include "subscriptions/record.h"

#include <cstdint>
#include <functional>
#include <string_view>

namespace isthmus::subscriptions {

/// Called on the traffic thread; writes happen elsewhere, in the order of the calls, many at once.
class Store {
  public:
    /// True: committed, it survives a crash from now on. False: it was not stored, and that is
    /// final. Called on the traffic thread, later, in the order of the calls. May be empty.
    using Done = std::function<void(bool)>;

    virtual ~Store() = default;
    /// Insert or replace the whole record of (user, contact).
    virtual void save(Record record, Done done) = 0;
    virtual void erase(std::string_view user, std::string_view contact, Done done) = 0;
};

}  // namespace isthmus::subscriptions
