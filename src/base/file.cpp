#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

namespace isthmus {

namespace {

/// A name is on the disk when its folder is.
void sync_folder_of(const std::string& file) {
    const std::filesystem::path folder = std::filesystem::path(file).parent_path();
    File(folder.empty() ? "." : folder.string(), O_RDONLY | O_DIRECTORY).sync();
}

}  // namespace

void fail_with_errno(const std::string& name) {
    throw std::system_error(errno, std::generic_category(), name);
}

std::size_t read_up_to(int file, char* to, std::size_t size, const std::string& name) {
    std::size_t done = 0;
    while (done < size) {
        const ssize_t got = ::read(file, to + done, size - done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            fail_with_errno(name);
        }
        if (got == 0) {
            break;
        }
        done += static_cast<std::size_t>(got);
    }
    return done;
}

File::File(std::string path, int flags) : path_(std::move(path)) {
    file_ = ::open(path_.c_str(), flags | O_CLOEXEC, 0600);
    if (file_ < 0) {
        fail_with_errno(path_);
    }
}

File::~File() {
    ::close(file_);
}

void File::write(std::string_view octets) const {
    while (!octets.empty()) {
        const ssize_t size = ::write(file_, octets.data(), octets.size());
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            fail_with_errno(path_);
        }
        octets.remove_prefix(static_cast<std::size_t>(size));
    }
}

std::size_t File::read(char* to, std::size_t size) const {
    return read_up_to(file_, to, size, path_);
}

std::string File::read_all(std::size_t limit) const {
    std::string made(limit + 1, '\0');
    made.resize(read(made.data(), made.size()));
    if (made.size() > limit) {
        throw std::system_error(EFBIG, std::generic_category(), path_);
    }
    return made;
}

void File::sync() const {
    if (::fsync(file_) != 0) {
        fail_with_errno(path_);
    }
}

unsigned File::mode() const {
    struct stat known{};
    if (::fstat(file_, &known) != 0) {
        fail_with_errno(path_);
    }
    return known.st_mode & 0777U;
}

UnfinishedFile::UnfinishedFile(const std::string& file) : file_(file) {
    static std::atomic<unsigned> next = 0;
    path_ = fmt::format("{}.{}.{}.part", file, ::getpid(), next++);
}

UnfinishedFile::~UnfinishedFile() {
    ::unlink(path_.c_str());
}

bool UnfinishedFile::keep_as_new() {
    // link() replaces nothing.
    if (::link(path_.c_str(), file_.c_str()) != 0) {
        if (errno == EEXIST) {
            return false;
        }
        fail_with_errno(file_);
    }
    sync_folder_of(file_);
    return true;
}

void UnfinishedFile::keep_instead() {
    if (::rename(path_.c_str(), file_.c_str()) != 0) {
        fail_with_errno(file_);
    }
    sync_folder_of(file_);
}

}  // namespace isthmus
