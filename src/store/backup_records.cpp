#include "store/backup_records.h"

#include <array>

namespace isthmus::store {

namespace {

/// No document and no key comes near it.
constexpr std::int64_t kTextLimit = 256 << 20;

}  // namespace

void RecordWriter::write_number(std::int64_t number) {
    std::array<char, 8> octets{};
    for (std::size_t i = 0; i < octets.size(); ++i) {
        octets[octets.size() - 1 - i] =
            static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i));
    }
    stream_.write({octets.data(), octets.size()});
}

void RecordWriter::write_text(std::string_view text) {
    write_number(static_cast<std::int64_t>(text.size()));
    stream_.write(text);
}

std::int64_t RecordReader::read_number() {
    std::uint64_t made = 0;
    for (const char octet : stream_.read(8)) {
        made = made << 8U | static_cast<unsigned char>(octet);
    }
    return static_cast<std::int64_t>(made);
}

std::string_view RecordReader::read_text() {
    const std::int64_t size = read_number();
    if (size < 0 || size > kTextLimit) {
        throw BackupDamaged("the backup was not written by this program: a text has no length");
    }
    return stream_.read(static_cast<std::size_t>(size));
}

}  // namespace isthmus::store
