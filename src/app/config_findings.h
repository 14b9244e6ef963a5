// What is wrong with a configuration file, or will not work as it stands: each finding at its line
// and column, all of one run together.
#pragma once

#include "app/config_keys.h"

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::app {

/// Line and column in the file, both from 1; 0: nowhere.
struct Place {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    auto operator<=>(const Place&) const = default;
};

/// A value: its table ("sip", or "sip.peer[1]" for the second of them), its key, its place in a
/// list.
struct At {
    std::string_view table;
    std::string_view key;
    int index = -1;
};

/// Where the values of one file stand.
class Places {
  public:
    void note(const At& at, Place place) { places_[path_of(at)] = place; }

    bool has(const At& at) const { return places_.contains(path_of(at)); }

    /// Of the value, else of what encloses it.
    Place find(const At& at) const;

  private:
    static std::string path_of(const At& at);

    std::map<std::string, Place, std::less<>> places_;
};

struct ConfigWarning {
    std::string_view code;  ///< IST-..
    std::string text;       ///< with file, line and column
};

class Findings {
  public:
    explicit Findings(std::string file) : file_(std::move(file)) {}

    /// The file cannot be used.
    void fault(Place place, std::string_view sentence);
    /// It can, but something will not work.
    void warn(Place place, std::string_view code, std::string_view sentence);

    /// What the reader knows and has found.
    void note(ConfigKey key) { keys_.push_back(std::move(key)); }

    ConfigKeys take_keys() { return std::move(keys_); }

    bool has_faults() const { return !faults_.empty(); }

    /// In the order of the file, one a line.
    std::string faults() const;
    std::vector<ConfigWarning> warnings() const;

  private:
    std::string line_of(Place place, std::string_view sentence) const;

    std::string file_;
    ConfigKeys keys_;
    std::multimap<Place, std::string> faults_;
    std::multimap<Place, ConfigWarning> warnings_;
};

/// "[sip] listen", "[[sip.peer]] target".
std::string name_of(const At& at);

}  // namespace isthmus::app
