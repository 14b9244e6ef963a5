// Writes XML straight into an output buffer. Everything is escaped; characters XML 1.0 forbids
// become U+FFFD, so no text from elsewhere can break a stream (gap G-21, abuse cases A10, E05).
#pragma once

#include "base/buffer.h"
#include "xml/element.h"

#include <initializer_list>
#include <string_view>

namespace isthmus::xml {

/// Appends `text` escaped for element content (& < > and also ' " are safe to be left).
void append_text(Buffer& to, std::string_view text);
/// Appends `value` escaped for an attribute in single quotes.
void append_attribute_value(Buffer& to, std::string_view value);

/// Tags nest as calls do; the caller closes with the same literal. No pretty printing.
class Writer {
  public:
    explicit Writer(Buffer& to) : to_(to) {}

    /// `<name`: attributes may follow.
    Writer& open(std::string_view name);
    Writer& attribute(std::string_view name, std::string_view value);
    /// The parts, joined.
    Writer& attribute(std::string_view name, std::initializer_list<std::string_view> parts);
    /// Only if value is not empty.
    Writer& optional_attribute(std::string_view name, std::string_view value);
    Writer& text(std::string_view text);
    /// `</name>`, or `/>` if nothing was written inside.
    Writer& close(std::string_view name);
    /// `<name>text</name>`
    Writer& element(std::string_view name, std::string_view text);
    /// `<name xmlns='ns'/>`
    void empty(std::string_view name, std::string_view ns);
    /// A parsed tree, re-escaped, with xmlns where it differs from `inherited_ns`.
    Writer& tree(const Element& element, std::string_view inherited_ns);

  private:
    void finish_tag();

    Buffer& to_;
    bool tag_is_open_ = false;
};

}  // namespace isthmus::xml
