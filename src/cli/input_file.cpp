#include "cli/input_file.h"

#include "base/text.h"
#include "cli/api_client.h"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>

namespace isthmus::cli {

namespace {

[[noreturn]] void refuse(const std::string& path,
                         const char* what,
                         std::string why,
                         const char* fix) {
    throw NotUsable(
        {fmt::format("{}: {}", text::escape_for_log(path, 200), what), std::move(why), fix});
}

}  // namespace

std::string read_input(const std::string& path, std::uintmax_t most, const char* fix) {
    const auto check_size = [&](std::uintmax_t size) {
        if (size > most) {
            refuse(path,
                   "is too large",
                   fmt::format("{} octets; at most {} are taken at once", size, most),
                   fix);
        }
    };
    std::error_code failed;
    std::ifstream file;
    if (path != "-") {
        const bool is_folder = std::filesystem::is_directory(path, failed);
        const auto size = is_folder ? 0 : std::filesystem::file_size(path, failed);
        file.open(path, std::ios::binary);
        if (is_folder || failed || !file) {
            refuse(path,
                   "cannot be read",
                   is_folder ? "it is a directory"
                   : failed  ? failed.message()
                             : std::system_category().message(errno),
                   fix);
        }
        check_size(size);
    }
    std::istream& from = path == "-" ? std::cin : file;
    std::string read(std::istreambuf_iterator<char>(from), {});
    check_size(read.size());
    return read;
}

}  // namespace isthmus::cli
