// A contiguous octet queue: append at the tail, consume at the head. The one output format of all
// writers, so that a message is written once, straight into the link's buffer.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

namespace isthmus {

class Buffer {
  public:
    Buffer() = default;

    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    Buffer(Buffer&& other) noexcept
        : data_(other.data_), capacity_(other.capacity_), head_(other.head_), tail_(other.tail_) {
        other.forget();
    }

    Buffer& operator=(Buffer&& other) noexcept {
        if (this != &other) {
            std::free(data_);
            data_ = other.data_;
            capacity_ = other.capacity_;
            head_ = other.head_;
            tail_ = other.tail_;
            other.forget();
        }
        return *this;
    }

    ~Buffer() { std::free(data_); }

    std::size_t size() const { return tail_ - head_; }

    bool empty() const { return tail_ == head_; }

    const char* data() const { return data_ + head_; }

    char* data() { return data_ + head_; }

    std::string_view view() const { return {data_ + head_, size()}; }

    /// At least `size` writable octets behind the tail; commit() what was written.
    char* prepare(std::size_t size) {
        if (capacity_ - tail_ < size) {
            make_room(size);
        }
        return data_ + tail_;
    }

    /// Octets that prepare() would give without moving anything.
    std::size_t writable() const { return capacity_ - tail_; }

    void commit(std::size_t size) { tail_ += size; }

    Buffer& append(std::string_view text) {
        if (!text.empty()) {
            std::memcpy(prepare(text.size()), text.data(), text.size());
            tail_ += text.size();
        }
        return *this;
    }

    Buffer& append(char octet) {
        *prepare(1) = octet;
        ++tail_;
        return *this;
    }

    template <std::integral T>
    Buffer& append_number(T number) {
        char* to = prepare(24);
        tail_ += static_cast<std::size_t>(std::to_chars(to, to + 24, number).ptr - to);
        return *this;
    }

    void consume(std::size_t size) {
        head_ += size;
        if (head_ == tail_) {
            head_ = tail_ = 0;
        }
    }

    /// Cuts the content to its first `size` octets: undoes a half-written message.
    void truncate(std::size_t size) { tail_ = head_ + size; }

    void clear() { head_ = tail_ = 0; }

    /// Gives the memory back if the buffer is empty and has grown beyond `keep`.
    void shrink(std::size_t keep) {
        if (empty() && capacity_ > keep) {
            std::free(data_);
            forget();
        }
    }

    std::size_t capacity() const { return capacity_; }

  private:
    void make_room(std::size_t size) {
        const std::size_t used = this->size();
        if (head_ != 0 && used + size <= capacity_ && head_ >= used) {
            std::memcpy(data_, data_ + head_, used);
        } else {
            std::size_t wanted = capacity_ == 0 ? 4096 : capacity_ * 2;
            while (wanted < used + size) {
                wanted *= 2;
            }
            auto* grown = static_cast<char*>(std::malloc(wanted));
            if (grown == nullptr) {
                throw std::bad_alloc();
            }
            if (used != 0) {
                std::memcpy(grown, data_ + head_, used);
            }
            std::free(data_);
            data_ = grown;
            capacity_ = wanted;
        }
        head_ = 0;
        tail_ = used;
    }

    void forget() {
        data_ = nullptr;
        capacity_ = head_ = tail_ = 0;
    }

    char* data_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
};

}  // namespace isthmus
