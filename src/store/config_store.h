// What administrators set, in the database: objects (policies, partners, settings, domains, sites)
// as JSON documents by kind and id, users in a table of their own, and the revisions, which keep
// every change with who, when, from where, before and after. Control thread only; blocking; throws
// StoreError.
//
// Texts must be UTF-8 without NUL, else StoreError. Ids are compared octet by octet: who calls
// canonicalises.
#pragma once

#include "policy/user.h"
#include "store/author.h"
#include "store/database.h"
#include "store/key_box.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::store {

/// Documents of this kind are secrets: they are stored sealed, and revisions say that they changed,
/// never what they are.
inline constexpr std::string_view kSecretKind = "secret";

/// One object's document before and after. No `before`: it is created; no `after`: it is deleted.
struct ObjectChange {
    std::string kind;
    std::string id;                     ///< may be empty: there is one of its kind
    std::optional<std::string> before;  ///< octet by octet what load_objects() gave
    std::optional<std::string> after;

    bool operator==(const ObjectChange&) const = default;
};

struct UserChange {
    std::string uri;
    std::optional<policy::User> before;
    std::optional<policy::User> after;
};

/// What is committed together: all of it or nothing.
struct Commit {
    Author author;
    std::string action;  ///< create, set, delete, import, rollback
    std::string object;  ///< "partner/fabrikam.example"
    std::string reason;
    std::vector<ObjectChange> objects;  ///< each kind and id at most once
    std::vector<UserChange> users;      ///< each uri at most once
};

struct Revision {
    std::uint64_t number = 0;
    std::string at;  ///< UTC, RFC 3339
    Author author;
    std::string action;
    std::string object;
    std::string reason;

    bool operator==(const Revision&) const = default;
};

/// Who made an object, and who changed it last. Empty: what nobody ever changed, or was made before
/// there was a history.
struct Authorship {
    std::string added_at;  ///< UTC, RFC 3339
    std::string added_by;
    std::string modified_at;
    std::string modified_by;
};

/// As ObjectChange; a user is of kind "user" with his uri as id, as user_json() writes him.
using RevisionChange = ObjectChange;

/// Which users; what is empty does not restrict.
struct UserFilter {
    /// Three characters and more: anywhere in the uri or the display name. Fewer: at the start of
    /// one of the two. Without regard to case and width (NFKC case folding).
    std::string text;
    std::string site;
    std::string pool;
    std::string policy;
    std::optional<policy::Homed> homed;
    std::optional<bool> enabled;
    std::size_t offset = 0;
    std::size_t limit = 100;
};

struct UserPage {
    /// Those whose uri starts with the text first, by uri; then the others by uri, but by name
    /// when the text has fewer than three characters.
    std::vector<policy::User> users;
    std::uint64_t total = 0;     ///< of all pages; counted up to kUserCountLimit
    bool is_total_exact = true;  ///< false: there are at least `total`
};

constexpr std::uint64_t kUserCountLimit = 10'000;

/// Users who have all of this in common.
struct UserGroup {
    policy::Homed homed = policy::Homed::Here;
    bool enabled = true;
    std::string policy;
    std::string site;
    std::string pool;
    std::uint64_t count = 0;
};

class ConfigStore {
  public:
    /// Without `keys`, which otherwise live longer, secrets are stored as they are: for tests.
    explicit ConfigStore(Database& database, const KeyBox* keys = nullptr)
        : database_(database), keys_(keys) {}

    using TakeObject =
        std::function<void(std::string_view kind, std::string_view id, std::string_view body)>;
    using TakeUser = std::function<void(policy::User)>;

    /// Every object, ordered by kind and id, but secrets that no key of ours opens.
    void load_objects(const TakeObject& take) const;
    /// Every user, ordered by uri; memory does not grow with their number.
    void load_users(const TakeUser& take) const;
    /// The document of one object, as load_objects() gives it; nothing if there is none.
    std::optional<std::string> object(std::string_view kind, std::string_view id) const;
    /// The number of the newest revision; 0 before the first.
    std::uint64_t revision() const;

    /// One transaction: objects, users, the revision with its changes, the row of the audit log.
    /// Returns the new revision's number when all of it survives a power cut. Throws StoreConflict,
    /// and changes nothing, when something stored is not its `before`: another node was quicker.
    /// A user who is taken out loses what the home server keeps of him with that.
    std::uint64_t commit(const Commit& commit);

    /// Newest first, those below `before` (0: from the newest).
    std::vector<Revision> history(std::size_t limit, std::uint64_t before = 0) const;
    /// In the order of the commit: objects, then users. Empty for a number that is none.
    std::vector<RevisionChange> changes(std::uint64_t revision) const;
    std::optional<Revision> find_revision(std::uint64_t number) const;
    /// Of those objects of one kind (not "user", not a secret) that the history knows, by id.
    std::map<std::string, Authorship, std::less<>> authorship(
        std::string_view kind, std::span<const std::string> ids) const;

    UserPage find_users(const UserFilter& filter) const;
    std::optional<policy::User> user(std::string_view uri) const;
    /// Those of `uris`, which is sorted, whom a revision of this action disabled, if nobody else
    /// disabled them later. Reads the history of all users.
    std::vector<std::string> users_disabled_by(std::string_view action,
                                               std::span<const std::string> uris) const;
    std::uint64_t count_users() const;
    /// Every user, counted. Reads all of them: some 0.5 s for a million.
    std::vector<UserGroup> group_users() const;
    /// Whose user principal name, DOMAIN\\name, distinguished name or display name this is, letters
    /// in any case; at most ten.
    std::vector<policy::User> find_users_by_identity(std::string_view identity) const;

  private:
    Database& database_;
    const KeyBox* keys_;
};

/// A user as the revisions keep him: the property names of the API, all of them, in one order.
std::string user_json(const policy::User& user);

}  // namespace isthmus::store
