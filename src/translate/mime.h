// MIME entities inside a SIP body: header block, transfer encoding, parts of a multipart.
// RFC 2045, RFC 2046 §5.1, RFC 5621. Private to the room.
#pragma once

#include "base/arena.h"

#include <cstddef>
#include <optional>
#include <string_view>

namespace isthmus::translate {

/// One entity; the values are as written.
struct Entity {
    std::string_view content_type;
    std::string_view disposition;
    std::string_view transfer_encoding;
    std::string_view body;

    /// RFC 5621 §3.3: it may be left out if we do not know it.
    bool is_optional() const;
};

/// A line without its CR LF or LF; `text` moves behind it.
std::string_view take_line(std::string_view& text);

/// Header block, blank line, body. Nothing if a line of the block is no header.
std::optional<Entity> read_entity(std::string_view text);

/// Undoes Content-Transfer-Encoding. Nothing: unknown, or broken.
std::optional<std::string_view> transfer_decoded(const Entity& entity, Arena& arena);

/// Walks the parts of a multipart body.
class Multipart {
  public:
    Multipart(std::string_view body, std::string_view boundary);

    /// Nothing when there is no further part.
    std::optional<std::string_view> next();

  private:
    /// Offset of the next delimiter line from `from`; npos if there is none. `behind` gets the
    /// offset behind that line.
    std::size_t find_delimiter(std::size_t from, std::size_t& behind);

    std::string_view body_;
    std::string_view boundary_;
    std::size_t part_ = std::string_view::npos;
    bool is_closed_ = false;
};

}  // namespace isthmus::translate
