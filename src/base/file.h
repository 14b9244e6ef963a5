// Files private to their owner, whole or not there, on the disk when a function has returned.
// Blocking; throws std::system_error that names the file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace isthmus {

/// Throws what errno says of it.
[[noreturn]] void fail_with_errno(const std::string& name);
/// Fills `to` from an open descriptor; less than `size` only at the end. `name` is for the fault.
std::size_t read_up_to(int file, char* to, std::size_t size, const std::string& name);

/// An open file, closed by its end.
class File {
  public:
    /// As open(2); a new file has mode 0600.
    File(std::string path, int flags);
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    File(File&&) = delete;
    File& operator=(File&&) = delete;
    ~File();

    void write(std::string_view octets) const;
    /// Fills `to`; less than `size` only at the end of the file.
    std::size_t read(char* to, std::size_t size) const;
    /// Everything from here; EFBIG beyond `limit` octets.
    std::string read_all(std::size_t limit) const;
    void sync() const;
    /// Permission bits of the owner, the group and others.
    unsigned mode() const;

  private:
    std::string path_;
    int file_ = -1;
};

/// A name beside `file` for what is not complete; the file of that name is removed at the end.
class UnfinishedFile {
  public:
    explicit UnfinishedFile(const std::string& file);
    UnfinishedFile(const UnfinishedFile&) = delete;
    UnfinishedFile& operator=(const UnfinishedFile&) = delete;
    UnfinishedFile(UnfinishedFile&&) = delete;
    UnfinishedFile& operator=(UnfinishedFile&&) = delete;
    ~UnfinishedFile();

    const std::string& path() const { return path_; }

    /// It gets its name. False if there is a file of that name, which stays.
    bool keep_as_new();
    /// The same in place of one that is there.
    void keep_instead();

  private:
    std::string file_;
    std::string path_;
};

}  // namespace isthmus
