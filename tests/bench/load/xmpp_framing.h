// Cuts a stream of XML into its first-level pieces. Enough for well-behaved peers, no parser.
#pragma once

#include <cstddef>
#include <string_view>

namespace isthmus::bench {

// The size of the piece at the front: white space, the XML declaration, the stream's start or end
// tag, or one whole element. 0 if it is not all there.
std::size_t first_piece(std::string_view input);

// The value of an attribute in the first tag of the text, "" if absent; references stay escaped.
std::string_view attribute(std::string_view text, std::string_view name);

}  // namespace isthmus::bench
