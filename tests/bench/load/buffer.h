// Octets on their way in or out of a socket: appended at the end, consumed from the front.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace isthmus::bench {

class Buffer {
  public:
    [[nodiscard]] std::string_view view() const { return {octets_.data() + begin_, end_ - begin_}; }

    [[nodiscard]] std::size_t size() const { return end_ - begin_; }

    [[nodiscard]] bool empty() const { return begin_ == end_; }

    // Room for at least `size` octets; commit() tells how many of them were filled.
    char* reserve(std::size_t size) {
        if (begin_ == end_) {
            begin_ = end_ = 0;
        }
        if (octets_.size() - end_ < size) {
            if (begin_ > 0) {
                std::memmove(octets_.data(), octets_.data() + begin_, end_ - begin_);
                end_ -= begin_;
                begin_ = 0;
            }
            if (octets_.size() - end_ < size) {
                octets_.resize(2 * octets_.size() + size);
            }
        }
        return octets_.data() + end_;
    }

    void commit(std::size_t size) { end_ += size; }

    void append(std::string_view text) {
        std::memcpy(reserve(text.size()), text.data(), text.size());
        commit(text.size());
    }

    void consume(std::size_t size) { begin_ += size; }

    void clear() { begin_ = end_ = 0; }

  private:
    std::vector<char> octets_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

inline void append_number(Buffer& out, std::uint64_t number) {
    std::array<char, 20> digits;
    const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

}  // namespace isthmus::bench
