// The keys of the boot file as its reader has met them: what each may hold and what it holds.
// `isthmus config show` and `isthmus config schema` come from here, so that neither can forget one.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace isthmus::app {

struct ConfigKey {
    std::string table;         ///< "sip", "xmpp.component", "sip.peer[0]"
    std::string key;           ///< "listen"
    boost::json::object kind;  ///< what it may hold, as JSON Schema says it
    boost::json::value usual;  ///< what holds if the file is silent; null: nothing
    boost::json::value value;  ///< what holds, as it is written in the file
    bool is_given = false;
};

using ConfigKeys = std::vector<ConfigKey>;

/// The file as an object of its tables: what it says, with `is_effective` also what holds where it
/// is silent. Passwords in URLs are masked; all other secrets are in files of their own.
boost::json::object shown_config(const ConfigKeys& keys, bool is_effective);

/// A JSON Schema (2020-12) for files with these keys; what each means is taken from
/// docs/configuration.md.
boost::json::object schema_of(const ConfigKeys& keys);

/// "postgresql://isthmus:***@db.example/isthmus"; other texts as they are.
std::string without_password(std::string_view url);

/// docs/configuration.md, as the program carries it (cmake/embed.cmake).
std::string_view config_documentation();

}  // namespace isthmus::app
