// An element parsed from a literal, as a stream would deliver it.
#pragma once

#include "xml/parser.h"

#include <stdexcept>
#include <string>
#include <string_view>

namespace isthmus::xmpp {

/// Keeps the text and the arena that the tree points into.
class Parsed {
  public:
    /// The text stands inside a stream whose default namespace is `default_ns`.
    explicit Parsed(std::string_view text, std::string_view default_ns = "jabber:server")
        : text_("<stream xmlns='" + std::string(default_ns) + "'>" + std::string(text) +
                "</stream>") {
        const auto root = xml::parse_document(text_, arena_, xml::Limits());
        if (!root) {
            throw std::invalid_argument(root.error().detail);
        }
        element_ = (*root)->first_element();
    }

    const xml::Element& operator*() const { return *element_; }

    const xml::Element* operator->() const { return element_; }

    Arena& arena() { return arena_; }

  private:
    std::string text_;
    Arena arena_;
    const xml::Element* element_ = nullptr;
};

}  // namespace isthmus::xmpp
