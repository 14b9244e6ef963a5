// Bounded push parser for XMPP streams and for single documents (PIDF, isComposing, IMDN). Strict
// subset of XML 1.0 with namespaces; everything RFC 6120 §11.1 forbids is refused, no entity but
// the predefined five and character references is ever expanded.
#pragma once

#include "base/arena.h"
#include "base/result.h"
#include "xml/element.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::xml {

struct Limits {
    std::size_t max_element_octets = 262144;  ///< one stanza, from its first to its last octet
    int max_depth = 64;
    int max_attributes = 64;              ///< per element
    int max_namespace_declarations = 32;  ///< in scope beyond the stream's own
    int max_children = 16384;             ///< nodes per top-level element
};

enum class Fault : std::uint8_t {
    None,
    NotWellFormed,       ///< stream error not-well-formed
    RestrictedXml,       ///< stream error restricted-xml
    BadNamespacePrefix,  ///< stream error bad-namespace-prefix
    UnsupportedEncoding,
    TooLarge,  ///< stream error policy-violation (octets, depth, counts)
};

class StreamSink {
  public:
    virtual ~StreamSink() = default;
    /// The root's start tag. Attributes, and namespace declarations of the root via `ns` of names.
    /// `default_ns` is the declared default namespace ("jabber:server").
    virtual void on_stream_open(const Element& root, std::string_view default_ns) = 0;
    /// One complete first-level child. Dies on return. May call StreamParser::stop().
    virtual void on_element(const Element& element) = 0;

    /// That element comes by on_element() soon, unless the sink stops the parser before.
    virtual void on_element_ahead(const Element& /*element*/) {}

    /// The root's end tag.
    virtual void on_stream_close() = 0;
};

/// Feed it everything unread; it consumes whole first-level elements (and white space between
/// them) and remembers how far it has looked, so that octets arriving one by one cost linear time.
class StreamParser {
  public:
    StreamParser(StreamSink& sink, Limits limits);
    ~StreamParser();
    StreamParser(const StreamParser&) = delete;
    StreamParser& operator=(const StreamParser&) = delete;
    StreamParser(StreamParser&&) = delete;
    StreamParser& operator=(StreamParser&&) = delete;

    /// `unread` starts with the octets not consumed last time. Returns how many are consumed now.
    /// After a fault nothing more is consumed and fault() tells why.
    std::size_t feed(std::string_view unread);
    /// Forget the stream (after STARTTLS, after SASL): a new header is expected. Limits may change.
    /// From inside a sink call it also means stop().
    void restart();
    void set_limits(Limits limits);
    /// From inside a sink call: return from feed() after this element, the rest stays unconsumed
    /// until the next feed(). The parser itself must outlive the call.
    void stop();

    Fault fault() const;
    std::string_view fault_detail() const;
    /// True if an element has begun and not ended: the per-stanza deadline runs (abuse case A06).
    bool is_inside_element() const;
    /// The arena that holds the element of the current on_element call.
    Arena& arena();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// A whole document, with an optional XML declaration; comments and processing instructions are
/// skipped, a DTD is refused. Errors: Syntax, TooLong. The tree lives in `arena`, text views may
/// point into `document`.
Result<const Element*> parse_document(std::string_view document,
                                      Arena& arena,
                                      const Limits& limits);

}  // namespace isthmus::xml
