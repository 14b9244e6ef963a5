// RFC 4180: fields in quotes may hold commas, quotes (doubled) and line ends. Reads in place; one
// record after the other.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

class CsvReader {
  public:
    /// A byte order mark is skipped. The separator is the first of , ; TAB in the first line.
    explicit CsvReader(std::string_view text);

    /// False at the end. Empty lines are skipped. On a quote that is never closed `fault()` says
    /// so.
    bool next(std::vector<std::string>& fields);

    /// Of the record that next() gave, counted from 1.
    std::size_t line() const { return line_; }

    const std::optional<std::string>& fault() const { return fault_; }

  private:
    bool read_field(std::string& field);

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_ = 0;
    std::size_t next_line_ = 1;
    char separator_ = ',';
    std::optional<std::string> fault_;
};

}  // namespace isthmus::control
