// Policies, partners and master switches in the database. Each write is one transaction that also
// makes one revision with who, when, from where, before and after. Control thread; throws.
#pragma once

#include "policy/policy.h"
#include "store/author.h"
#include "store/database.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::store {

/// What changed, as the revision keeps it; before and after are JSON texts, empty for none.
struct Change {
    std::string action;  ///< create, set, delete
    std::string object;  ///< "partner/fabrikam.example"
    std::string before;
    std::string after;
};

struct PolicyRevision {
    std::uint64_t number = 0;
    std::string at;  ///< UTC, RFC 3339
    Author author;
    Change change;
};

class PolicyStore {
  public:
    explicit PolicyStore(Database& database) : database_(database) {}

    /// Everything, as policy::Policy::build() wants it.
    policy::Objects load() const;
    std::uint64_t revision() const;

    /// Insert or replace, then a new revision, whose number is returned.
    std::uint64_t save(const policy::Partner& partner, const Author& author, const Change& change);
    std::uint64_t save(const policy::AccessRule& rule, const Author& author, const Change& change);
    std::uint64_t save(const policy::AccessEdge& edge, const Author& author, const Change& change);
    std::uint64_t save(const policy::GatewaySettings& settings,
                       const Author& author,
                       const Change& change);
    std::uint64_t delete_partner(std::string_view domain,
                                 const Author& author,
                                 const Change& change);

    std::vector<PolicyRevision> history(std::size_t limit) const;

  private:
    /// The frame of every change: `write` and its revision in one transaction.
    template <class Write>
    std::uint64_t revise(const Author& author, const Change& change, Write write);
    void set(std::string_view name, std::string_view value);

    Database& database_;
};

}  // namespace isthmus::store
