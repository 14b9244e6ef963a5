// Octets that are too many for the memory, in a file without a name: gone with the last who holds
// it, and with the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace isthmus {

/// Written first, then read. One thread at a time; throws std::system_error.
class SpoolFile {
  public:
    /// In `folder`, for the owner of the process only.
    explicit SpoolFile(const std::string& folder);
    SpoolFile(const SpoolFile&) = delete;
    SpoolFile& operator=(const SpoolFile&) = delete;
    SpoolFile(SpoolFile&&) = delete;
    SpoolFile& operator=(SpoolFile&&) = delete;
    ~SpoolFile();

    void write(std::string_view octets);
    /// Back to the first octet.
    void rewind();
    /// Fills `to`; less than `size` only at the end.
    std::size_t read(char* to, std::size_t size);

    std::uint64_t size() const { return size_; }

  private:
    int file_ = -1;
    std::uint64_t size_ = 0;
};

}  // namespace isthmus
