// The inside of a backup: records of tagged values. Numbers are 8 octets, big-endian; texts and
// blobs are their length as a number and the octets.
#pragma once

#include "store/backup.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace isthmus::store {

enum class RecordTag : char {
    Table = 'T',     ///< name, number of columns, each with name and type
    Row = 'R',       ///< one value a column
    EndTable = 'E',  ///< number of rows
    End = 'Z',
};

enum class ValueTag : char { Null = '0', Number = 'N', Text = 'S', Blob = 'B' };

class RecordWriter {
  public:
    RecordWriter(const Sink& sink, std::string_view passphrase, SealCost cost)
        : stream_(sink, passphrase, cost) {}

    void write(RecordTag tag) { write_octet(static_cast<char>(tag)); }

    void write(ValueTag tag) { write_octet(static_cast<char>(tag)); }

    void write_number(std::int64_t number);
    void write_text(std::string_view text);

    void finish() { stream_.finish(); }

  private:
    void write_octet(char octet) { stream_.write({&octet, 1}); }

    SealedWriter stream_;
};

/// Throws StoreError at what does not follow.
class RecordReader {
  public:
    RecordReader(const Source& source, std::string_view passphrase) : stream_(source, passphrase) {}

    RecordTag read_record() { return static_cast<RecordTag>(stream_.read(1).front()); }

    ValueTag read_value() { return static_cast<ValueTag>(stream_.read(1).front()); }

    std::int64_t read_number();
    /// Valid until the next call.
    std::string_view read_text();

    void expect_end() { stream_.expect_end(); }

  private:
    SealedReader stream_;
};

}  // namespace isthmus::store
