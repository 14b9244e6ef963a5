// A hash table of objects that live elsewhere and carry their own link: inserting and removing
// allocates nothing but, now and then, a larger array of buckets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace isthmus::sip {

/// What an element carries for each table it is in.
template <class T>
struct ChainLink {
    T* next = nullptr;
    std::uint64_t hash = 0;
    bool is_in = false;
};

/// The hash must be keyed (base/hash.h) if its input comes from outside.
template <class T, ChainLink<T> T::* Link>
class ChainedTable {
  public:
    ChainedTable() : buckets_(kSmallest) {}

    void insert(T& element, std::uint64_t hash) {
        if (size_ >= buckets_.size()) {
            grow();
        }
        (element.*Link).hash = hash;
        (element.*Link).is_in = true;
        push(element);
        ++size_;
    }

    void erase(T& element) {
        ChainLink<T>& link = element.*Link;
        if (!link.is_in) {
            return;
        }
        T** at = &bucket(link.hash);
        while (*at != &element) {
            at = &((*at)->*Link).next;
        }
        *at = link.next;
        link = {};
        --size_;
    }

    /// The first with that hash for which `is_it` says yes; null if there is none.
    template <class Predicate>
    T* find(std::uint64_t hash, Predicate&& is_it) {
        for (T* at = bucket(hash); at != nullptr; at = (at->*Link).next) {
            if ((at->*Link).hash == hash && is_it(*at)) {
                return at;
            }
        }
        return nullptr;
    }

    std::size_t size() const { return size_; }

  private:
    static constexpr std::size_t kSmallest = 1024;

    T*& bucket(std::uint64_t hash) { return buckets_[hash & (buckets_.size() - 1)]; }

    void push(T& element) {
        T*& head = bucket((element.*Link).hash);
        (element.*Link).next = head;
        head = &element;
    }

    void grow() {
        std::vector<T*> old(buckets_.size() * 2);
        old.swap(buckets_);
        for (T* at : old) {
            while (at != nullptr) {
                T* next = (at->*Link).next;
                push(*at);
                at = next;
            }
        }
    }

    std::vector<T*> buckets_;
    std::size_t size_ = 0;
};

}  // namespace isthmus::sip
