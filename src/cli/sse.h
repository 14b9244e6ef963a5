// Server-sent events (WHATWG HTML §9.2.6) out of octets that come in pieces of any size. Bounded.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::cli {

struct SseEvent {
    std::string id;
    std::string name;
    std::string data;  ///< its lines joined by LF
};

class SseReader {
  public:
    /// Of one event; a longer one is left out.
    static constexpr std::size_t kMost = std::size_t{4} << 20U;

    void feed(std::string_view octets) { buffer_.append(octets); }

    /// The next whole event; nothing until more has come.
    std::optional<SseEvent> next();

  private:
    std::string buffer_;
    std::size_t looked_at_ = 0;
    SseEvent event_;
    bool has_data_ = false;
    bool is_too_long_ = false;
};

}  // namespace isthmus::cli
