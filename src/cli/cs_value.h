// The values that cmdlets pass along a pipeline: texts, truth values, numbers, lists, tables,
// blocks in braces and objects with named properties, as Windows PowerShell has them. A `Fault` is
// what stops one statement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace isthmus::cli::cs {

struct Kind;  // cli/cs_table.h

/// What went wrong, why, and what to do: one line each. `exit_code` as in cli/commands.h.
class Fault : public std::runtime_error {
  public:
    Fault(const std::string& what, std::string why, std::string fix, int exit_code = 2)
        : std::runtime_error(what),
          why_(std::move(why)),
          fix_(std::move(fix)),
          exit_code_(exit_code) {}

    const std::string& why() const { return why_; }

    const std::string& fix() const { return fix_; }

    int exit_code() const { return exit_code_; }

  private:
    std::string why_;
    std::string fix_;
    int exit_code_;
};

struct Value;
struct Item;
using ItemPtr = std::shared_ptr<Item>;
using List = std::vector<Value>;
/// @{Add="a";Remove="b"}, in order.
using Table = std::vector<std::pair<std::string, Value>>;

/// { ... }: what stands between the braces.
struct Block {
    std::string text;
    bool operator==(const Block&) const = default;
};

/// $null is std::monostate.
struct Value {
    std::variant<std::monostate, bool, std::int64_t, std::string, List, Table, Block, ItemPtr> is;

    Value() = default;

    template <class T>
        requires(!std::is_same_v<std::decay_t<T>, Value>)
    Value(T&& value)  // NOLINT(google-explicit-constructor, bugprone-forwarding-reference-overload)
        : is(std::forward<T>(value)) {}

    Value(const char* text) : is(std::string(text)) {}  // NOLINT(google-explicit-constructor)

    template <class T>
    const T* as() const {
        return std::get_if<T>(&is);
    }

    template <class T>
    T* as() {
        return std::get_if<T>(&is);
    }

    bool is_null() const { return std::holds_alternative<std::monostate>(is); }
};

/// An object: what a Get- cmdlet gave, or a New- cmdlet made. Shared, as variables share it.
struct Item {
    struct Property {
        std::string name;
        Value value;
        bool is_changed = false;  ///< by the script, since it came from the gateway
        bool is_hidden = false;   ///< not in the standard list
    };

    const Kind* kind = nullptr;   ///< null: selected properties of something
    std::string id;               ///< its name in the API
    bool is_in_memory = false;    ///< New- -InMemory: the gateway knows nothing of it
    std::vector<Property> shown;  ///< in the order in which they are printed

    /// Case-insensitive; null if there is none.
    const Property* find(std::string_view name) const;
    Property* find(std::string_view name);

    void add(std::string_view name, Value value) {
        shown.push_back({std::string(name), std::move(value)});
    }
};

/// Line ends stay, other controls (and octets that are no UTF-8) become \xHH.
std::string printable(std::string_view text);
/// As it is printed in a list: True, False, {a, b}, nothing for $null. Controls are escaped, but
/// for line ends, which texts may have.
std::string display(const Value& value);
/// As it is when a text is wanted: "True", "5", the items of a list joined by a space.
std::string to_text(const Value& value);
/// Roughly the memory of its texts and lists in octets; objects are shared and count little.
std::size_t weight(const Value& value);
bool is_true(const Value& value);
/// A whole number, from a number or a text that is one; false otherwise.
bool to_number(const Value& value, std::int64_t& number);
/// The property at the end of `.A.B`; $null where there is none. Lists have Count and hand other
/// names on to their items.
Value member(const Value& value, const std::vector<std::string>& names);

/// -like: * ? [a-z], case-insensitive, the whole text; a backtick takes the next one literally.
/// Linear in the text for each asterisk.
bool is_like(std::string_view text, std::string_view pattern);
bool has_wildcard(std::string_view pattern);

/// The nearest of `names` to a misspelt one, in any case of letters; empty if none is near.
std::string nearest(std::string_view given, const std::vector<std::string>& names);

}  // namespace isthmus::cli::cs
