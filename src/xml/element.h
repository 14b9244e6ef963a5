// One parsed XML element as a read-only tree in an arena. Names carry their namespace; text is
// unescaped. Only what XMPP allows exists: no comments, PIs, DTDs (RFC 6120 §11.1).
#pragma once

#include "base/arena.h"

#include <optional>
#include <string_view>

namespace isthmus::xml {

struct Attribute {
    std::string_view name;  ///< local name
    std::string_view ns;    ///< namespace URI; empty for unprefixed attributes
    std::string_view value;
    const Attribute* next = nullptr;
};

/// Character data between child elements is kept in order as nodes without a name.
struct Element {
    std::string_view name;  ///< local name; empty: this node is character data
    std::string_view ns;    ///< namespace URI
    std::string_view text;  ///< character data node: the text; element: text of the first run
    const Attribute* attributes = nullptr;
    const Element* first_child = nullptr;
    const Element* next = nullptr;

    bool is(std::string_view n, std::string_view namespace_uri) const {
        return name == n && ns == namespace_uri;
    }

    bool is_text() const { return name.empty(); }

    /// Unprefixed attribute.
    std::optional<std::string_view> attribute(std::string_view n) const;
    /// xml:lang of this element itself.
    std::optional<std::string_view> lang() const;
    const Element* child(std::string_view n, std::string_view namespace_uri) const;
    const Element* first_element() const;
    const Element* next_element() const;
    /// All character data directly inside, joined (in the arena only if there are several runs).
    std::string_view all_text(Arena& arena) const;
};

}  // namespace isthmus::xml
