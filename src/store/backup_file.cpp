// Backups as files: a new one appears whole or not at all.
#include "store/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace isthmus::store {

namespace {

[[noreturn]] void fail(const std::string& path) {
    throw StoreError(fmt::format("{}: {}", path, std::strerror(errno)));
}

class File {
  public:
    File(std::string path, int flags) : path_(std::move(path)) {
        file_ = ::open(path_.c_str(), flags | O_CLOEXEC, 0600);
        if (file_ < 0) {
            fail(path_);
        }
    }

    File(const File&) = delete;
    File& operator=(const File&) = delete;
    File(File&&) = delete;
    File& operator=(File&&) = delete;

    ~File() { ::close(file_); }

    void write(std::string_view octets) const {
        while (!octets.empty()) {
            const ssize_t size = ::write(file_, octets.data(), octets.size());
            if (size < 0 && errno == EINTR) {
                continue;
            }
            if (size < 0) {
                fail(path_);
            }
            octets.remove_prefix(static_cast<std::size_t>(size));
        }
    }

    std::size_t read(char* to, std::size_t size) const {
        std::size_t done = 0;
        while (done < size) {
            const ssize_t got = ::read(file_, to + done, size - done);
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got < 0) {
                fail(path_);
            }
            if (got == 0) {
                break;
            }
            done += static_cast<std::size_t>(got);
        }
        return done;
    }

    void sync() const {
        if (::fsync(file_) != 0) {
            fail(path_);
        }
    }

  private:
    std::string path_;
    int file_ = -1;
};

/// Unless it is kept, it is gone.
class Unfinished {
  public:
    explicit Unfinished(const std::string& file)
        : path(fmt::format("{}.{}.part", file, getpid())) {}

    Unfinished(const Unfinished&) = delete;
    Unfinished& operator=(const Unfinished&) = delete;
    Unfinished(Unfinished&&) = delete;
    Unfinished& operator=(Unfinished&&) = delete;

    ~Unfinished() { ::unlink(path.c_str()); }

    const std::string path;
};

Source source_of(const File& file) {
    return [&file](char* to, std::size_t size) { return file.read(to, size); };
}

}  // namespace

BackupContents create_backup(Database& database,
                             const std::string& file,
                             std::string_view passphrase) {
    const Unfinished unfinished(file);
    BackupContents contents;
    {
        const File made(unfinished.path, O_WRONLY | O_CREAT | O_EXCL);
        contents = create_backup(
            database, [&](std::string_view octets) { made.write(octets); }, passphrase);
        made.sync();
    }
    // link() replaces nothing.
    if (::link(unfinished.path.c_str(), file.c_str()) != 0) {
        fail(file);
    }
    std::filesystem::path folder = std::filesystem::path(file).parent_path();
    const File holder(folder.empty() ? "." : folder.string(), O_RDONLY | O_DIRECTORY);
    holder.sync();
    return contents;
}

BackupContents verify_backup(const std::string& file, std::string_view passphrase) {
    const File opened(file, O_RDONLY);
    return verify_backup(source_of(opened), passphrase);
}

Restoration restore_backup(Database& target,
                           const std::string& file,
                           std::string_view passphrase,
                           const Author& author,
                           bool dry_run) {
    const File opened(file, O_RDONLY);
    return restore_backup(target, source_of(opened), passphrase, author, dry_run);
}

}  // namespace isthmus::store
