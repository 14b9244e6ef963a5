// Takes the tables of a TOML document apart key by key: what has the wrong type and what nobody
// knows becomes a fault at its place.
#pragma once

#include "app/config_findings.h"

#include <boost/json/object.hpp>
#include <toml++/toml.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::app {

inline Place place_of(const toml::source_region& source) {
    return {source.begin.line, source.begin.column};
}

/// Where every value of the document stands.
void note_places(const toml::table& document, Places& to);

/// One table: take() each known key, then finish() names what was not known.
class TableReader {
  public:
    /// `title` is how faults call it, "[sip]"; `path` is where it stands, "sip.peer[0]".
    TableReader(Findings& findings, const toml::table* table, std::string title, std::string path)
        : findings_(findings), table_(table), title_(std::move(title)), path_(std::move(path)) {}

    void take(std::string_view key, std::string& to);
    void take(std::string_view key, std::size_t& to, std::int64_t least, std::int64_t most);
    void take(std::string_view key, bool& to);
    void take(std::string_view key, std::optional<bool>& to);
    void take(std::string_view key, std::vector<std::string>& to);
    void take(std::string_view key, std::map<std::string, std::string>& to);
    void take(std::string_view key, std::map<std::string, std::vector<std::string>>& to);
    void one_of(std::string_view key,
                std::string& to,
                std::initializer_list<std::string_view> values);

    /// Null if it is not there; known from now on.
    const toml::node* node(std::string_view key);
    /// The table below this one.
    TableReader table(std::string_view key);

    const toml::table* raw() const { return table_; }

    void fault(const toml::node& at, std::string_view sentence) {
        findings_.fault(place_of(at.source()), sentence);
    }

    void finish() const;

    static bool strings(const toml::node& node, std::vector<std::string>& to);

  private:
    void read(std::string_view key,
              const std::string& wanted,
              const std::function<bool(const toml::node&)>& convert);
    /// read(), and what the key may hold, held and holds.
    template <class T>
    void note(std::string_view key,
              boost::json::object kind,
              T& to,
              const std::string& wanted,
              const std::function<bool(const toml::node&)>& convert);

    Findings& findings_;
    const toml::table* table_;
    std::string title_;
    std::string path_;
    std::vector<std::string> known_;
};

}  // namespace isthmus::app
