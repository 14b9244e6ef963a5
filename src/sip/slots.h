// Objects addressed by small handles that detect reuse. Their addresses never change; they are
// made and destroyed one by one, in memory that is used again. Single-threaded.
#pragma once

#include "base/prefetch.h"
#include "base/stable_array.h"

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace isthmus::sip {

/// T's constructor takes its own handle first.
template <class T>
class Slots {
  public:
    Slots() = default;
    Slots(const Slots&) = delete;
    Slots& operator=(const Slots&) = delete;
    Slots(Slots&&) = delete;
    Slots& operator=(Slots&&) = delete;

    ~Slots() {
        for (std::uint32_t i = 0; i < slots_.size(); ++i) {
            if (Slot& each = slots_[i]; each.next_free == kTaken) {
                object_in(each)->~T();
            }
        }
    }

    template <class... Args>
    T& make(Args&&... args) {
        if (free_ == kNone) {
            free_ = slots_.add();
        }
        const std::uint32_t index = free_;
        Slot& taken = slots_[index];
        const std::uint64_t handle = std::uint64_t{taken.generation} << 32U | index;
        T* made = new (taken.octets) T(handle, std::forward<Args>(args)...);
        free_ = taken.next_free;
        taken.next_free = kTaken;
        ++size_;
        return *made;
    }

    /// Null if the handle is stale; 0 always is.
    T* find(std::uint64_t handle) const {
        const std::uint32_t index = number_of(handle);
        if (index >= slots_.size()) {
            return nullptr;
        }
        Slot& found = slots_[index];
        return found.next_free == kTaken && found.generation == handle >> 32U ? object_in(found)
                                                                              : nullptr;
    }

    /// Of a handle that is not stale; at() is the way back.
    static std::uint32_t number_of(std::uint64_t handle) {
        return static_cast<std::uint32_t>(handle);
    }

    T& at(std::uint32_t number) const { return *object_in(slots_[number]); }

    /// Asks for the memory of what find() looks at and of T's first members: two cache lines.
    void prefetch(std::uint64_t handle) const {
        if (number_of(handle) < slots_.size()) {
            isthmus::prefetch(&slots_[number_of(handle)], 2 * kLine);
        }
    }

    /// `handle` must not be stale.
    void erase(std::uint64_t handle) {
        const std::uint32_t index = number_of(handle);
        Slot& freed = slots_[index];
        object_in(freed)->~T();
        if (++freed.generation == 0) {
            freed.generation = 1;
        }
        freed.next_free = free_;
        free_ = index;
        --size_;
    }

    std::size_t size() const { return size_; }

    /// Nothing may be made or erased meanwhile.
    template <class Take>
    void for_each(Take take) const {
        for (std::uint32_t i = 0; i < slots_.size(); ++i) {
            if (Slot& each = slots_[i]; each.next_free == kTaken) {
                take(*object_in(each));
            }
        }
    }

  private:
    static constexpr std::size_t kLine = 64;
    static constexpr std::uint32_t kNone = 0xFFFFFFFF;
    static constexpr std::uint32_t kTaken = 0xFFFFFFFE;

    // What every look-up reads comes first, and so lies in one cache line with T's first members.
    struct alignas(kLine) Slot {
        std::uint32_t next_free = kNone;
        std::uint32_t generation = 1;
        alignas(T) std::byte octets[sizeof(T)];
    };

    static T* object_in(Slot& slot) { return std::launder(reinterpret_cast<T*>(slot.octets)); }

    StableArray<Slot> slots_;
    std::uint32_t free_ = kNone;
    std::size_t size_ = 0;
};

}  // namespace isthmus::sip
