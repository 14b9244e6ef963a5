// Memory for tables that are looked up at random and are far larger than the processor's address
// translation cache: asked for in huge pages, so that a look-up costs one miss and not two.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace isthmus {

/// A standard allocator; small requests are served as always. The advice is only that: where the
/// system gives no huge pages the memory is ordinary.
template <class T>
struct HugePageAllocator {
    using value_type = T;

    HugePageAllocator() = default;

    template <class U>
    // NOLINTNEXTLINE(google-explicit-constructor): containers rebind by conversion.
    HugePageAllocator(const HugePageAllocator<U>&) {}

    T* allocate(std::size_t count) {
        const std::size_t wanted = count * sizeof(T);
        const bool is_huge = wanted >= kHugePage;
        const std::size_t unit = is_huge ? kHugePage : alignof(std::max_align_t) * 4;
        const std::size_t octets = (wanted + unit - 1) / unit * unit;
        void* block = std::aligned_alloc(unit, octets);
        if (block == nullptr) {
            throw std::bad_alloc();
        }
        if (is_huge) {
            // Before the first touch, which decides the kind of page.
            static_cast<void>(madvise(block, octets, MADV_HUGEPAGE));
        }
        return static_cast<T*>(block);
    }

    void deallocate(T* block, std::size_t) { std::free(block); }

    template <class U>
    bool operator==(const HugePageAllocator<U>&) const {
        return true;
    }

  private:
    static constexpr std::size_t kHugePage = std::size_t{2} << 20U;
    static_assert(alignof(T) <= alignof(std::max_align_t) * 4);
};

}  // namespace isthmus
