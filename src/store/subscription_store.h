// The pairs of SIP user and contact with their dialogs in the database: read once at start,
// written many at once. Control thread; throws StoreError.
#pragma once

#include "store/database.h"
#include "store/home_store.h"
#include "subscriptions/record.h"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace isthmus::store {

/// The record of a pair that is taken back.
struct ErasedPair {
    std::string user;
    std::string contact;

    bool operator==(const ErasedPair&) const = default;
};

/// A record that is inserted or replaces the pair's former one, or its end; or what the home server
/// keeps of a user, which is written in the same transactions.
using SubscriptionChange = std::variant<subscriptions::Record, ErasedPair, HomeDocument>;

class SubscriptionStore {
  public:
    using Take = std::function<void(std::vector<subscriptions::Record>)>;

    explicit SubscriptionStore(Database& database) : database_(database) {}

    /// Everything, ordered by user and contact, in slices of at most `slice` records, so that a
    /// million of them need not be held twice. Returns how many there were.
    std::size_t load(const Take& take, std::size_t slice = 10'000) const;

    /// All of them in their order in one transaction: all are committed, or it throws and none is.
    void write(std::span<const SubscriptionChange> changes);

  private:
    Database& database_;
};

}  // namespace isthmus::store
