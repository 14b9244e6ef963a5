// A pool of T addressed by small handles that detect reuse: what a message under way is kept in
// while its outcome is unknown. Objects keep their capacity when they are reused.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

namespace isthmus::gateway {

template <class T>
class Slab {
  public:
    /// Never 0. The object comes as it was released: set every field.
    std::uint64_t acquire() {
        std::uint32_t index = 0;
        if (free_.empty()) {
            index = static_cast<std::uint32_t>(cells_.size());
            cells_.emplace_back();
        } else {
            index = free_.back();
            free_.pop_back();
        }
        Cell& cell = cells_[index];
        cell.in_use = true;
        ++used_;
        return std::uint64_t{cell.generation} << 32U | index;
    }

    /// Null if the handle is stale.
    T* find(std::uint64_t handle) {
        const auto index = static_cast<std::uint32_t>(handle);
        if (index >= cells_.size()) {
            return nullptr;
        }
        Cell& cell = cells_[index];
        return cell.in_use && cell.generation == handle >> 32U ? &cell.value : nullptr;
    }

    void release(std::uint64_t handle) {
        const auto index = static_cast<std::uint32_t>(handle);
        Cell& cell = cells_[index];
        cell.in_use = false;
        if (++cell.generation == 0) {
            cell.generation = 1;
        }
        --used_;
        free_.push_back(index);
    }

    /// For walks in slices: the first object in use at or behind `place`, which moves behind it;
    /// null at the end.
    const T* next(std::size_t& place) const {
        while (place < cells_.size()) {
            const Cell& cell = cells_[place++];
            if (cell.in_use) {
                return &cell.value;
            }
        }
        return nullptr;
    }

    /// Forgets everything; old handles stay stale.
    void clear() {
        for (std::uint32_t i = 0; i < cells_.size(); ++i) {
            if (cells_[i].in_use) {
                cells_[i].value = T{};
                release(std::uint64_t{cells_[i].generation} << 32U | i);
            }
        }
    }

    std::size_t size() const { return used_; }

  private:
    struct Cell {
        T value{};
        std::uint32_t generation = 1;
        bool in_use = false;
    };

    // A deque: references stay valid while the pool grows.
    std::deque<Cell> cells_;
    std::vector<std::uint32_t> free_;
    std::size_t used_ = 0;
};

}  // namespace isthmus::gateway
