// A file in memory, for libraries that want a name: libldap takes one file of authorities only.
#pragma once

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace isthmus::control {

/// As long as it lives, path() can be opened by this process.
class MemoryFile {
  public:
    explicit MemoryFile(std::string_view content)
        : descriptor_(::memfd_create("authorities", MFD_CLOEXEC)) {
        is_good_ = descriptor_ >= 0 && ::write(descriptor_, content.data(), content.size()) ==
                                           static_cast<ssize_t>(content.size());
    }

    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    MemoryFile(MemoryFile&&) = delete;
    MemoryFile& operator=(MemoryFile&&) = delete;

    ~MemoryFile() {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }

    bool is_good() const { return is_good_; }

    std::string path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

  private:
    int descriptor_;
    bool is_good_;
};

}  // namespace isthmus::control
