// Objects that are made once and used again and again: no allocation in the steady state. Their
// addresses never change. Single-threaded.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace isthmus::sip {

/// T has a member `T* next_free` that belongs to the pool while the object rests. All objects are
/// destroyed with the pool, resting or not.
template <class T>
class Pool {
  public:
    Pool() = default;
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    Pool(Pool&&) = delete;
    Pool& operator=(Pool&&) = delete;

    ~Pool() {
        for (std::size_t i = made_; i != 0; --i) {
            at(i - 1)->~T();
        }
    }

    /// `args` are for the constructor, should a new object be needed.
    template <class... Args>
    T& take(Args&&... args) {
        ++in_use_;
        if (free_ != nullptr) {
            return *std::exchange(free_, free_->next_free);
        }
        if (made_ == blocks_.size() * kBlock) {
            blocks_.push_back(std::make_unique<Storage[]>(kBlock));
        }
        T* made = new (&blocks_.back()[made_ % kBlock]) T(std::forward<Args>(args)...);
        ++made_;
        return *made;
    }

    void give_back(T& object) {
        object.next_free = free_;
        free_ = &object;
        --in_use_;
    }

    std::size_t in_use() const { return in_use_; }

    /// Every object ever made, resting or not.
    template <class Function>
    void for_each(Function&& function) {
        for (std::size_t i = 0; i < made_; ++i) {
            function(*at(i));
        }
    }

  private:
    static constexpr std::size_t kBlock = 64;

    struct alignas(T) Storage {
        std::byte octets[sizeof(T)];
    };

    T* at(std::size_t index) {
        return std::launder(reinterpret_cast<T*>(&blocks_[index / kBlock][index % kBlock]));
    }

    std::vector<std::unique_ptr<Storage[]>> blocks_;
    T* free_ = nullptr;
    std::size_t made_ = 0;
    std::size_t in_use_ = 0;
};

}  // namespace isthmus::sip
