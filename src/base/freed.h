// std::unique_ptr for what a C library makes and frees.
#pragma once

namespace isthmus {

/// A deleter that calls `Free`; what that returns does not count.
template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};

}  // namespace isthmus
