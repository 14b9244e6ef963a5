// Finds message ends in a stream. RFC 3261 §18.3, §7.5; keep-alives of RFC 5626 §3.5.1. Remembers
// how far it has looked, so that dribbled octets cost linear time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace isthmus::sip {

struct Frame {
    enum class Kind : std::uint8_t {
        NeedMore,  ///< nothing complete; consume `consumed`, wait
        Message,   ///< `octets` is one message
        Ping,      ///< CR LF CR LF between messages: answer with CR LF (RFC 5626 §4.4.1)
        Fault,     ///< the stream cannot be followed any more. Answer `status` `reason` if it is
                   ///< not 0 and parse_message(octets) gives Request or Refuse; then close.
    };

    Kind kind = Kind::NeedMore;
    std::size_t consumed = 0;  ///< octets to take off the front, with every kind
    std::string_view octets;   ///< Message: all of it. Fault: the header section, if there is one
    std::string_view call_id;  ///< Message: as far as one line has it; nobody checked it
    int status = 0;            ///< Fault: 400, 513, or 0: close without a word
    std::string_view reason;   ///< Fault: static text
};

/// One per connection. Call next() with all unconsumed octets until it says NeedMore:
///
///     std::size_t done = 0;
///     for (;;) {
///         Frame frame = framer.next(unread.substr(done));
///         done += frame.consumed;
///         ...
///     }
///     return done;
///
/// Between calls octets may only be appended, and `consumed` octets be taken off the front.
class Framer {
  public:
    explicit Framer(std::size_t max_message_octets = 65536, std::size_t max_line_octets = 8192)
        : max_message_(max_message_octets), max_line_(max_line_octets) {}

    Frame next(std::string_view unread);

    /// A message has begun and is not complete: the transport's deadline for dribblers runs.
    bool is_inside_message() const { return is_inside_; }

  private:
    Frame scan_head(std::string_view unread);
    Frame finish(std::string_view unread);
    Frame fault(int status, std::string_view reason, std::string_view seen);
    void on_line(std::string_view line, std::size_t place);
    void take_length(std::string_view value);

    std::size_t max_message_;
    std::size_t max_line_;
    std::size_t line_start_ = 0;  ///< of the line being scanned, from the front of unread
    std::size_t scanned_ = 0;     ///< octets of that line known to hold no LF
    std::size_t head_ = 0;        ///< length of the header section, once it is known
    std::size_t length_ = 0;      ///< Content-Length
    std::size_t call_id_ = 0;     ///< where its value begins, from the front of unread
    std::size_t call_id_size_ = 0;
    bool has_length_ = false;
    bool is_bad_length_ = false;
    bool is_in_length_ = false;  ///< the last field was Content-Length; a fold may follow
    bool after_crlf_ = false;    ///< first half of a possible ping
    bool is_inside_ = false;
    bool is_dead_ = false;  ///< after a Fault: everything is swallowed
};

}  // namespace isthmus::sip
