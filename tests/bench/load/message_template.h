// A message rendered once, in which each copy gets its own numbers at known places: the message's,
// its user's behind a 'u', else its pair's.
#pragma once

#include <string>
#include <vector>

#include "load/buffer.h"
#include "load/numbers.h"

namespace isthmus::bench {

class MessageTemplate {
  public:
    // Every run of number_blank and pair_blank in the text, longest first, is a place to fill.
    explicit MessageTemplate(std::string text) : text_(std::move(text)) {
        for (std::size_t at = 0; at < text_.size();) {
            const std::string_view rest = std::string_view(text_).substr(at);
            if (rest.starts_with(number_blank)) {
                numbers_.push_back(at);
                at += number_size;
            } else if (rest.starts_with(pair_blank)) {
                (at > 0 && text_[at - 1] == 'u' ? users_ : pairs_).push_back(at);
                at += pair_size;
            } else {
                ++at;
            }
        }
    }

    void append_to(Buffer& out,
                   std::uint64_t number,
                   std::uint32_t pair,
                   std::uint32_t user) const {
        char* const copy = out.reserve(text_.size());
        std::memcpy(copy, text_.data(), text_.size());
        char digits[number_size];
        write_number(digits, number);
        for (const std::size_t at : numbers_) {
            std::memcpy(copy + at, digits, number_size);
        }
        write_pair(digits, pair);
        for (const std::size_t at : pairs_) {
            std::memcpy(copy + at, digits, pair_size);
        }
        write_pair(digits, user);
        for (const std::size_t at : users_) {
            std::memcpy(copy + at, digits, pair_size);
        }
        out.commit(text_.size());
    }

    [[nodiscard]] std::size_t size() const { return text_.size(); }

  private:
    std::string text_;
    std::vector<std::size_t> numbers_, pairs_, users_;
};

}  // namespace isthmus::bench
