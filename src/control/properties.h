// Reads the properties of one object from JSON: each call consumes one name; finish() complains
// about names that nobody took. The first fault wins; it names field, value and rule.
#pragma once

#include "base/result.h"
#include "base/text.h"
#include "control/names.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

class Properties {
  public:
    explicit Properties(const boost::json::object& given) : given_(given) {}

    void flag(const char* name, bool& to);
    /// UTF-8 of at most `limit` octets, without control characters.
    void text(const char* name, std::string& to, std::size_t limit);
    void number(const char* name, std::uint32_t& to, std::int64_t least, std::int64_t most);
    /// null takes the value away.
    void optional_number(const char* name,
                         std::optional<std::uint32_t>& to,
                         std::int64_t least,
                         std::int64_t most);

    /// One of `names`, in any case of letters; its place is the enumerator.
    template <class Enum, std::size_t n>
    void choice(const char* name, Enum& to, const std::string_view (&names)[n]) {
        if (const auto place = choice_of(name, names)) {
            to = static_cast<Enum>(*place);
        }
    }

    /// Brought into canonical form; the fault reads "'X' is not <noun>". Empty stays empty if it
    /// may.
    void name(const char* name,
              std::string& to,
              const Canonical& canonical,
              std::string_view noun,
              bool may_be_empty = false);

    void domains(const char* name, std::vector<std::string>& to, const Canonical& canonical) {
        list(name, to, canonical, "domain name");
    }

    /// A list of texts, each once, in canonical form; the fault reads "X is not a <noun>.".
    void list(const char* name,
              std::vector<std::string>& to,
              const Canonical& canonical,
              std::string_view noun);
    /// A host name: letters, digits, hyphens and dots, lower-cased; empty is allowed.
    void fqdn(const char* name, std::string& to);
    /// The same, or HOST:PORT.
    void host(const char* name, std::string& to);

    /// May be given as it is, and not otherwise.
    void fixed(const char* name, std::string_view value);

    /// Known, but not to be changed here.
    void ignore(const char* name) { taken_.emplace_back(name); }

    /// The rule was broken by the value of `name`.
    void fail(const char* name, std::string_view rule);
    void fail_alone(const char* name, std::string_view sentence);

    /// Syntax with IST-API-001.
    Result<void> finish();

  private:
    const boost::json::value* find(const char* name);
    const boost::json::value* find(const char* name,
                                   std::string_view wanted,
                                   bool (boost::json::value::*is_good)() const noexcept);
    std::optional<std::size_t> choice_of(const char* name, std::span<const std::string_view> names);

    const boost::json::object& given_;
    std::vector<std::string_view> taken_;
    std::optional<std::string> fault_;
};

/// All or nothing: `walk` works on a copy.
template <class Object, class Walk>
Result<void> apply_to_copy(Object& to, const boost::json::object& change, Walk walk) {
    Object copy = to;
    Properties properties(change);
    walk(copy, properties);
    auto result = properties.finish();
    if (result) {
        to = std::move(copy);
    }
    return result;
}

template <class Enum, std::size_t n>
std::string_view word_of(Enum value, const std::string_view (&names)[n]) {
    return names[static_cast<std::size_t>(value)];
}

}  // namespace isthmus::control
