// What the objects of an export of Lync Server or Skype for Business Server are here: sites, pools,
// policies, the gateway's settings, partners and users, as the admin API takes them.
#pragma once

#include "cli/clixml.h"

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::cli {

/// In the order in which they need one another.
enum class LyncKind : std::uint8_t { Site, Pool, Policy, Gateway, Partner, User };

/// "site", "pool", ... as they are called in plans.
std::string_view name_of(LyncKind kind);

struct LyncObject {
    LyncKind kind = LyncKind::Site;
    std::string id;            ///< empty: there is one of its kind
    boost::json::object body;  ///< the properties, its name among them
    std::vector<std::string> notes;
    bool is_refused = false;  ///< it cannot be taken as it is; the notes say why
};

struct LyncUser {
    std::string uri;
    std::string display_name;
    std::string policy;  ///< without "Tag:"; empty: none was granted
    std::string pool;
};

struct LyncExport {
    std::vector<LyncObject> objects;  ///< in the order of LyncKind
    std::vector<LyncUser> users;
    std::map<LyncKind, std::size_t> read;  ///< objects in the files
    std::size_t disabled_users = 0;        ///< left out
    std::size_t users_without_address = 0;
    bool has_passphrase = false;
    std::vector<std::string> ignored;  ///< properties without a meaning here, each once
    std::vector<std::string> notes;    ///< of the files as a whole
};

/// Takes one file after the other; what the objects mean to each other does not depend on the
/// order.
class LyncReader {
  public:
    /// How many objects of it are known.
    std::size_t take(const Clixml& file);
    LyncExport finish();

  private:
    void read(LyncKind kind, const ClixmlObject& object);
    void read_user(const ClixmlObject& object);
    void read_pool(const ClixmlObject& object);
    void read_site(const ClixmlObject& object);
    void read_policy(const ClixmlObject& object);
    void read_gateway(const ClixmlObject& object);
    void read_partner(const ClixmlObject& object);
    boost::json::array additional_domains(const ClixmlObject& object, LyncObject& partner) const;
    void add(LyncObject object);
    void compare_domains();

    LyncExport made_;
    std::set<std::string> known_;  ///< kinds and names, in lower case
    std::set<std::string> sites_;
    std::set<std::string> ignored_;
};

}  // namespace isthmus::cli
