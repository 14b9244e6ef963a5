// The tables of a backup, one after the other, as backup.cpp wrote them.
#pragma once

#include "store/backup.h"
#include "store/backup_records.h"

#include <functional>
#include <string>
#include <string_view>

namespace isthmus::store {

/// Reads in the order of the functions. StoreError at what was not written so.
class BackupReader {
  public:
    /// Reads the description. NewerFormat if its schema is newer than this program's.
    BackupReader(const Source& source, std::string_view passphrase);

    /// Its tables are there after read_tables().
    const BackupContents& contents() const { return contents_; }

    const std::string& keys() const { return keys_; }

    /// `take_table` reads the rows, by one of those below, and says how many there were.
    void read_tables(const std::function<std::uint64_t(const Table&)>& take_table);
    std::uint64_t skip_rows(const Table& table);
    std::uint64_t insert_rows(Database& target, const Table& table);

  private:
    Table read_table();
    std::uint64_t read_rows(const std::function<void()>& take_row);
    void skip_value();
    void copy_value(class Bulk& to);

    RecordReader from_;
    BackupContents contents_;
    std::string keys_;
};

/// "\"a\", \"b\"", each with `before` in front.
std::string column_list(const Table& table, std::string_view before = {});

}  // namespace isthmus::store
