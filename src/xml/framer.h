// Finds the end of a first-level element that arrives in pieces, looking at each octet once. It
// knows tags, quotes and CDATA only; whether the element is good is TreeReader's question. Private
// to the room.
#pragma once

#include "xml/parser.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace isthmus::xml {

class Framer {
  public:
    enum class Until : std::uint8_t { StartTagEnds, ElementEnds };
    enum class Found : std::uint8_t { Nothing, End, Fault };

    void reset(Until until);
    /// `element` begins with the '<' of the element, each time, and has grown at its end.
    Found look(std::string_view element, int max_depth);

    /// Behind the last octet that was looked at; after End: of the element.
    std::size_t position() const { return at_; }

    Fault fault() const { return fault_; }

    std::string_view fault_detail() const { return detail_; }

  private:
    enum class Inside : std::uint8_t { Text, Markup, StartTag, EndTag, Apostrophes, Quotes, Cdata };

    bool look_at_markup(std::string_view element, int max_depth);
    bool look_in_start_tag(std::string_view element);
    bool look_for_cdata_end(std::string_view element);
    bool leave_tag(bool ends_element);
    bool fail(Fault fault, std::string_view detail);

    Until until_ = Until::ElementEnds;
    Inside inside_ = Inside::Text;
    bool is_found_ = false;
    int depth_ = 0;
    std::size_t at_ = 0;
    std::size_t markup_ = 0;  ///< where the '<' of the current markup is
    Fault fault_ = Fault::None;
    std::string_view detail_;
};

}  // namespace isthmus::xml
