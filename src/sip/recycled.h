// For classes whose objects come and go by the thousand through unique_ptr: the memory of the last
// ones is used again. Each thread keeps its own.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace isthmus::sip {

/// T derives from Recycled<T> and is final: all objects have one size.
template <class T>
class Recycled {
  public:
    static void* operator new(std::size_t size) {
        std::vector<void*>& resting = rest().memory;
        if (resting.empty()) {
            return ::operator new(size);
        }
        void* memory = resting.back();
        resting.pop_back();
        return memory;
    }

    static void operator delete(void* memory) {
        std::vector<void*>& resting = rest().memory;
        if (resting.size() < kMost) {
            resting.push_back(memory);
        } else {
            ::operator delete(memory);
        }
    }

  private:
    friend T;
    Recycled() = default;

    static constexpr std::size_t kMost = 4096;

    struct Rest {
        Rest() { memory.reserve(kMost); }

        Rest(const Rest&) = delete;
        Rest& operator=(const Rest&) = delete;
        Rest(Rest&&) = delete;
        Rest& operator=(Rest&&) = delete;

        ~Rest() {
            for (void* each : memory) {
                ::operator delete(each);
            }
        }

        std::vector<void*> memory;
    };

    static Rest& rest() {
        static thread_local Rest rest;
        return rest;
    }
};

}  // namespace isthmus::sip
