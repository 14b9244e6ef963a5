// A bounded table of T by a 64-bit key (a keyed hash of what it is about): what was not touched for
// the longest time goes first, when it is full or when its owner says that its time is over. One
// array that grows with use and three links a row; no allocation per row.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace isthmus::gateway {

template <class T>
class RecentTable {
  public:
    explicit RecentTable(std::size_t limit) : limit_(limit) {}

    /// Null if unknown. Leaves the order alone. Good until the next touch() or erase().
    T* find(std::uint64_t key) {
        const std::uint32_t index = index_of(key);
        return index == kNone ? nullptr : &rows_[index].value;
    }

    const T* find(std::uint64_t key) const {
        const std::uint32_t index = index_of(key);
        return index == kNone ? nullptr : &rows_[index].value;
    }

    /// The row of `key`, a fresh one if there was none; it is the newest now.
    T& touch(std::uint64_t key) {
        std::uint32_t index = index_of(key);
        if (index == kNone) {
            index = add(key);
        } else {
            unlink(index);
        }
        append(index);
        return rows_[index].value;
    }

    void erase(std::uint64_t key) {
        if (const std::uint32_t index = index_of(key); index != kNone) {
            remove(index);
        }
    }

    /// Null if empty.
    const T* oldest() const { return oldest_ == kNone ? nullptr : &rows_[oldest_].value; }

    void erase_oldest() { remove(oldest_); }

    std::size_t size() const { return size_; }

  private:
    static constexpr std::uint32_t kNone = 0xffffffffU;

    struct Row {
        std::uint64_t key = 0;
        std::uint32_t chain = kNone;  // next row of the bucket, or of the free list
        std::uint32_t newer = kNone;
        std::uint32_t older = kNone;
        T value{};
    };

    std::uint32_t& bucket(std::uint64_t key) { return buckets_[key & (buckets_.size() - 1)]; }

    std::uint32_t index_of(std::uint64_t key) const {
        if (buckets_.empty()) {
            return kNone;
        }
        std::uint32_t index = buckets_[key & (buckets_.size() - 1)];
        while (index != kNone && rows_[index].key != key) {
            index = rows_[index].chain;
        }
        return index;
    }

    std::uint32_t add(std::uint64_t key) {
        if (size_ >= limit_) {
            remove(oldest_);
        }
        std::uint32_t index = free_;
        if (index != kNone) {
            free_ = rows_[index].chain;
            rows_[index] = Row{};
        } else {
            index = static_cast<std::uint32_t>(rows_.size());
            rows_.emplace_back();
            if (rows_.size() > buckets_.size()) {
                rehash();
            }
        }
        rows_[index].key = key;
        rows_[index].chain = std::exchange(bucket(key), index);
        ++size_;
        return index;
    }

    /// Twice as many buckets; the row that is being added is in none yet.
    void rehash() {
        buckets_.assign(std::bit_ceil(rows_.size() * 2), kNone);
        for (std::uint32_t index = oldest_; index != kNone; index = rows_[index].newer) {
            rows_[index].chain = std::exchange(bucket(rows_[index].key), index);
        }
    }

    void remove(std::uint32_t index) {
        std::uint32_t* at = &bucket(rows_[index].key);
        while (*at != index) {
            at = &rows_[*at].chain;
        }
        *at = rows_[index].chain;
        unlink(index);
        rows_[index].value = T{};
        rows_[index].chain = std::exchange(free_, index);
        --size_;
    }

    void unlink(std::uint32_t index) {
        const Row& row = rows_[index];
        (row.older == kNone ? oldest_ : rows_[row.older].newer) = row.newer;
        (row.newer == kNone ? newest_ : rows_[row.newer].older) = row.older;
    }

    void append(std::uint32_t index) {
        rows_[index].older = newest_;
        rows_[index].newer = kNone;
        (newest_ == kNone ? oldest_ : rows_[newest_].newer) = index;
        newest_ = index;
    }

    std::size_t limit_;
    std::size_t size_ = 0;
    std::vector<Row> rows_;
    std::vector<std::uint32_t> buckets_;
    std::uint32_t free_ = kNone;
    std::uint32_t oldest_ = kNone;
    std::uint32_t newest_ = kNone;
};

}  // namespace isthmus::gateway
