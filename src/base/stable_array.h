// Objects by number whose addresses never change, made one behind the other and destroyed together:
// what tables of a million objects, met at random, lie in. Single-threaded.
#pragma once

#include "base/huge_pages.h"

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace isthmus {

template <class T>
class StableArray {
  public:
    StableArray() = default;
    StableArray(const StableArray&) = delete;
    StableArray& operator=(const StableArray&) = delete;
    StableArray(StableArray&&) = delete;
    StableArray& operator=(StableArray&&) = delete;

    ~StableArray() {
        for (std::uint32_t number = 0; number < size_; ++number) {
            (*this)[number].~T();
        }
        for (std::size_t i = 0; i < blocks_.size(); ++i) {
            i == 0 ? ::operator delete(blocks_[i], kAlignment)
                   : Huge().deallocate(static_cast<std::byte*>(blocks_[i]), kBlockOctets);
        }
    }

    /// `number` must be below size().
    T& operator[](std::uint32_t number) const {
        return *std::launder(static_cast<T*>(blocks_[number / kPerBlock]) + number % kPerBlock);
    }

    /// One more, at the end; returns its number.
    std::uint32_t add() {
        if (size_ == blocks_.size() * kPerBlock) {
            // Whoever has few of them need not have a whole huge page.
            blocks_.push_back(blocks_.empty() ? ::operator new(kBlockOctets, kAlignment)
                                              : Huge().allocate(kBlockOctets));
        }
        new (static_cast<T*>(blocks_.back()) + size_ % kPerBlock) T();
        return size_++;
    }

    std::uint32_t size() const { return size_; }

  private:
    using Huge = HugePageAllocator<std::byte>;

    static constexpr std::size_t kBlockOctets = std::size_t{2} << 20U;
    static constexpr std::size_t kPerBlock = kBlockOctets / sizeof(T);
    static constexpr std::align_val_t kAlignment{64};  // of a cache line
    static_assert(kPerBlock != 0 && alignof(T) <= 64);

    std::vector<void*> blocks_;
    std::uint32_t size_ = 0;
};

}  // namespace isthmus
