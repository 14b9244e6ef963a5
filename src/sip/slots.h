// Objects addressed by small handles that detect reuse. Their addresses never change; they are
// made and destroyed one by one, in memory that is used again. Single-threaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

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
        for (std::uint32_t i = 0; i < made_; ++i) {
            if (Slot& slot = at(i); slot.next_free == kTaken) {
                object_in(slot)->~T();
            }
        }
    }

    template <class... Args>
    T& make(Args&&... args) {
        if (free_ == kNone) {
            if (made_ == blocks_.size() * kBlock) {
                blocks_.push_back(std::make_unique<Slot[]>(kBlock));
            }
            at(made_).next_free = kNone;
            free_ = made_++;
        }
        const std::uint32_t index = free_;
        Slot& slot = at(index);
        const std::uint64_t handle = std::uint64_t{slot.generation} << 32U | index;
        T* made = new (slot.octets) T(handle, std::forward<Args>(args)...);
        free_ = slot.next_free;
        slot.next_free = kTaken;
        ++size_;
        return *made;
    }

    /// Null if the handle is stale; 0 always is.
    T* find(std::uint64_t handle) const {
        const auto index = static_cast<std::uint32_t>(handle);
        if (index >= made_) {
            return nullptr;
        }
        Slot& slot = at(index);
        return slot.next_free == kTaken && slot.generation == handle >> 32U ? object_in(slot)
                                                                            : nullptr;
    }

    /// `handle` must not be stale.
    void erase(std::uint64_t handle) {
        const auto index = static_cast<std::uint32_t>(handle);
        Slot& slot = at(index);
        object_in(slot)->~T();
        if (++slot.generation == 0) {
            slot.generation = 1;
        }
        slot.next_free = free_;
        free_ = index;
        --size_;
    }

    std::size_t size() const { return size_; }

  private:
    static constexpr std::size_t kBlock = 64;
    static constexpr std::uint32_t kNone = 0xFFFFFFFF;
    static constexpr std::uint32_t kTaken = 0xFFFFFFFE;

    struct Slot {
        alignas(T) std::byte octets[sizeof(T)];
        std::uint32_t next_free = kNone;
        std::uint32_t generation = 1;
    };

    Slot& at(std::uint32_t index) const { return blocks_[index / kBlock][index % kBlock]; }

    static T* object_in(Slot& slot) { return std::launder(reinterpret_cast<T*>(slot.octets)); }

    std::vector<std::unique_ptr<Slot[]>> blocks_;
    std::uint32_t free_ = kNone;
    std::uint32_t made_ = 0;
    std::size_t size_ = 0;
};

}  // namespace isthmus::sip
