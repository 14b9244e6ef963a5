// A bump allocator for what lives as long as one message: no free, one reset, no malloc in the
// steady state. Not thread-safe; views handed out die at reset().
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus {

class Arena {
  public:
    explicit Arena(std::size_t block_size = 16UL * 1024) : block_size_(block_size) {}

    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() = default;
    Arena(Arena&&) = delete;
    Arena& operator=(Arena&&) = delete;

    /// Uninitialised storage, never null; aligned for any scalar unless `align` says otherwise.
    void* allocate(std::size_t size, std::size_t align = alignof(std::max_align_t)) {
        const std::size_t at = (used_ + align - 1) & ~(align - 1);
        if (current_ == nullptr || at + size > capacity_) {
            return allocate_slowly(size, align);
        }
        used_ = at + size;
        return current_ + at;
    }

    char* chars(std::size_t size) { return static_cast<char*>(allocate(size, 1)); }

    /// Gives the tail of the last chars() allocation back: `end` must lie inside it.
    void shrink_to(const char* end) {
        if (current_ != nullptr && end >= current_ && end <= current_ + used_) {
            used_ = static_cast<std::size_t>(end - current_);
        }
    }

    std::string_view copy(std::string_view text) {
        if (text.empty()) {
            return {};
        }
        char* to = chars(text.size());
        std::memcpy(to, text.data(), text.size());
        return {to, text.size()};
    }

    std::string_view concat(std::string_view a, std::string_view b, std::string_view c = {}) {
        char* to = chars(a.size() + b.size() + c.size());
        char* at = to;
        for (const std::string_view part : {a, b, c}) {
            if (!part.empty()) {
                std::memcpy(at, part.data(), part.size());
                at += part.size();
            }
        }
        return {to, static_cast<std::size_t>(at - to)};
    }

    /// T must be trivially destructible: nobody will call its destructor.
    template <class T, class... Args>
    T* make(Args&&... args) {
        static_assert(std::is_trivially_destructible_v<T>);
        return new (allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
    }

    /// Forgets everything; keeps the first block for the next message.
    void reset() {
        if (blocks_.size() > 1) {
            blocks_.resize(1);
        }
        large_.clear();
        current_ = blocks_.empty() ? nullptr : blocks_.front().get();
        capacity_ = blocks_.empty() ? 0 : block_size_;
        used_ = 0;
    }

  private:
    void* allocate_slowly(std::size_t size, std::size_t align) {
        if (size + align > block_size_) {
            large_.push_back(std::make_unique<char[]>(size + align));
            void* at = large_.back().get();
            std::size_t space = size + align;
            return std::align(align, size, at, space);
        }
        blocks_.push_back(std::make_unique<char[]>(block_size_));
        current_ = blocks_.back().get();
        capacity_ = block_size_;
        used_ = size;
        return current_;
    }

    std::size_t block_size_;
    std::vector<std::unique_ptr<char[]>> blocks_;
    std::vector<std::unique_ptr<char[]>> large_;
    char* current_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t used_ = 0;
};

}  // namespace isthmus
