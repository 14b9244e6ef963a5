#include "base/spool_file.h"

#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace isthmus {

SpoolFile::SpoolFile(const std::string& folder) {
    file_ = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file_ < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
        // Not every file system knows files without a name.
        std::string path = folder + "/spool-XXXXXX";
        file_ = ::mkostemp(path.data(), O_CLOEXEC);
        if (file_ >= 0) {
            ::unlink(path.c_str());
        }
    }
    if (file_ < 0) {
        fail_with_errno(folder);
    }
}

SpoolFile::~SpoolFile() {
    ::close(file_);
}

void SpoolFile::write(std::string_view octets) {
    while (!octets.empty()) {
        const ssize_t done = ::write(file_, octets.data(), octets.size());
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            fail_with_errno("spool");
        }
        size_ += static_cast<std::uint64_t>(done);
        octets.remove_prefix(static_cast<std::size_t>(done));
    }
}

void SpoolFile::rewind() {
    if (::lseek(file_, 0, SEEK_SET) < 0) {
        fail_with_errno("spool");
    }
}

std::size_t SpoolFile::read(char* to, std::size_t size) {
    return read_up_to(file_, to, size, "spool");
}

}  // namespace isthmus
