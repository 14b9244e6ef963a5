// Buffers that grew in use and wait for the next user, so that busy streams need no allocation and
// idle ones no memory.
#pragma once

#include "base/buffer.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace isthmus::net {

class SpareBuffers {
  public:
    Buffer take() {
        if (buffers_.empty()) {
            return {};
        }
        Buffer buffer = std::move(buffers_.back());
        buffers_.pop_back();
        return buffer;
    }

    void give(Buffer buffer) {
        if (buffer.capacity() != 0 && buffer.capacity() <= kMaxSize &&
            buffers_.size() < kMaxCount) {
            buffer.clear();
            buffers_.push_back(std::move(buffer));
        }
    }

  private:
    static constexpr std::size_t kMaxCount = 64;
    static constexpr std::size_t kMaxSize = std::size_t{1024} * 1024;

    std::vector<Buffer> buffers_;
};

}  // namespace isthmus::net
