// The use cases on what decides who may talk to whom. Transport-free: the API, the cmdlets and the
// tests call the same functions. Validate, store, publish, in that order: nothing is in force that
// is not stored, nothing is stored that does not validate. Control thread only.
#pragma once

#include "base/result.h"
#include "control/edit.h"
#include "control/objects.h"
#include "control/own_domains.h"
#include "policy/policy.h"
#include "store/config_store.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::control {

/// Puts a snapshot in force; false if the running gateway did not confirm it in time.
using Publish = std::function<bool(std::shared_ptr<const policy::Policy>)>;

/// All that one change does: the objects as they will be, and the record of what differs.
struct Draft {
    policy::Objects objects;
    store::Commit record;
    std::vector<std::string> warnings;
    boost::json::object now;  ///< what the author is answered
};

class PolicyService {
  public:
    /// Loads everything and publishes it. `own_domains` are those we serve: they cannot be
    /// partners. Throws StoreError, or std::runtime_error if what is stored does not make a policy.
    PolicyService(store::ConfigStore& store,
                  CanonicalNames canonical,
                  OwnDomains own_domains,
                  Publish publish);

    /// What the database holds, as it would be in force.
    struct Stored {
        std::shared_ptr<const policy::Policy> policy;
        /// Documents whose stored text differs from what we would write today: an older version
        /// wrote them. Until they are written again the store compares with these.
        std::map<std::pair<std::string, std::string>, std::string> older_texts{};
        std::set<std::pair<std::string, std::string>> stored{};  ///< of those that may be implied
    };

    /// Reads all of it; throws as the constructor does. Changes nothing.
    Stored load_stored() const;
    /// Puts it in force; false if the running gateway did not confirm it in time.
    bool adopt(Stored stored);

    const policy::Policy& current() const { return *current_; }

    const std::shared_ptr<const policy::Policy>& snapshot() const { return current_; }

    // Objects that there are several of: Partner, AccessRule, AllowedDomain, BlockedDomain,
    // Provider, Site, Pool. `id` as an administrator writes it.

    /// NotFound with IST-API-002 if there is none.
    template <class Object>
    Result<Object> get(std::string_view id) const;
    /// Conflict with IST-API-003 if there is one of that name.
    template <class Object>
    Result<Committed> create(const boost::json::object& given, const Edit& edit);
    /// Changes the named properties. Conflict with IST-API-005 if if_match is not what is there.
    template <class Object>
    Result<Committed> set(std::string_view id, const boost::json::object& change, const Edit& edit);
    /// Conflict if something uses it, unless forced; the Global policy is reset instead.
    template <class Object>
    Result<Committed> erase(std::string_view id, const Edit& edit);

    /// AccessEdge, GatewaySettings.
    template <class Object>
    Result<Committed> set_single(const boost::json::object& change, const Edit& edit);

    std::vector<store::Revision> history(std::size_t limit, std::uint64_t before = 0) const {
        return store_.history(limit, before);
    }

    std::optional<store::Revision> revision(std::uint64_t number) const {
        return store_.find_revision(number);
    }

    std::vector<store::RevisionChange> changes(std::uint64_t number) const {
        return store_.changes(number);
    }

    /// Everything as it was after that revision, as one new revision. Secrets stay as they are now.
    Result<Committed> rollback(std::uint64_t number, const Edit& edit);
    /// What that revision alone has changed, as it was before; what others changed stays. Conflict:
    /// with IST-API-005 if it is not as the revision left it, with IST-API-010 if something that
    /// stays uses what would go. Secrets and certificates stay.
    Result<Committed> undo(std::uint64_t number, const Edit& edit);

    /// A draft of the present state, for use cases that change several objects (UserService,
    /// migration).
    Draft draft(const Edit& edit, std::string action, std::string object) const;
    /// The users in `record.users` come into the snapshot by themselves.
    Result<Committed> commit(Draft draft, const Edit& edit);

    /// A copy that stores nothing and puts nothing in force: each change that it is told to commit
    /// builds on those before it. It may go to another thread.
    PolicyService rehearse() const;
    /// All that a rehearsal was told, as one change of what was there when it began.
    Draft rehearsed(const Edit& edit, std::string action, std::string object) const;

    /// Hears of each user who is no longer entered, whatever took him out, after that is in force.
    void set_on_user_erased(std::function<void(const std::string& user)> on_user_erased) {
        on_user_erased_ = std::move(on_user_erased);
    }

    const CanonicalNames& canonical() const { return canonical_; }

    const OwnDomains& own_domains() const { return own_domains_; }

    const store::ConfigStore& store() const { return store_; }

  private:
    template <class Object>
    std::string id_of(std::string_view given) const;
    template <class Object>
    const Object* find(std::string_view id) const;
    template <class Object>
    Result<void> check(const Object& object, Draft& draft) const;
    template <class Object>
    Result<void> release(const Object& object, const Edit& edit, Draft& draft) const;
    /// Puts a stored document in its place; answers the text that we would write today, nothing if
    /// the kind is not known. Throws on a body that is none.
    std::optional<std::string> load_any(policy::Objects& objects,
                                        std::string_view kind,
                                        std::string_view body) const;
    Result<void> restore(Draft& draft, const store::RevisionChange& change) const;
    bool is_as_left(const store::RevisionChange& change) const;
    Result<void> release_created(const std::vector<store::RevisionChange>& undone,
                                 const Draft& draft) const;
    Result<Committed> gather(Draft draft, Committed made);
    Result<void> clear_grants(std::string_view identity, const Edit& edit, Draft& draft) const;
    /// Global, the switches and the shipped providers are there before anybody stored them.
    bool is_stored(std::string_view kind, std::string_view id) const;
    static void note_stored(std::set<std::pair<std::string, std::string>>& stored,
                            std::string_view kind,
                            std::string_view id,
                            bool is_there);
    /// The text that is stored of an object, as the store compares it; nothing if it is not.
    std::optional<std::string> stored_text(std::string_view kind,
                                           std::string_view id,
                                           const boost::json::object& canonical) const;

    store::ConfigStore& store_;
    CanonicalNames canonical_;
    OwnDomains own_domains_;
    Publish publish_;
    std::function<void(const std::string&)> on_user_erased_;
    std::shared_ptr<const policy::Policy> current_;
    std::map<std::pair<std::string, std::string>, std::string> older_texts_;  ///< see Stored
    std::set<std::pair<std::string, std::string>> stored_;
    /// Of a rehearsal: what it was told so far.
    std::optional<std::vector<store::ObjectChange>> gathered_;
};

}  // namespace isthmus::control
