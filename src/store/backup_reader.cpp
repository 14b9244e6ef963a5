#include "store/backup_reader.h"

#include "store/bulk.h"
#include "store/migrations.h"

#include <fmt/format.h>

#include <utility>

namespace isthmus::store {

namespace {

[[noreturn]] void fail_unknown() {
    throw BackupDamaged("the backup was not written by this program: it holds something unknown");
}

}  // namespace

std::string column_list(const Table& table, std::string_view before) {
    std::string made;
    for (const Column& column : table.columns) {
        made += fmt::format("{}{}\"{}\"", made.empty() ? "" : ", ", before, column.name);
    }
    return made;
}

BackupReader::BackupReader(const Source& source, std::string_view passphrase)
    : from_(source, passphrase) {
    contents_.schema_version = from_.read_number();
    contents_.at = from_.read_text();
    contents_.source = from_.read_text();
    contents_.revision = static_cast<std::uint64_t>(from_.read_number());
    keys_ = from_.read_text();
    if (contents_.schema_version > kNewestSchema) {
        throw NewerFormat(fmt::format(
            "the backup has schema {}, this program knows up to {}: use a newer program",
            contents_.schema_version,
            kNewestSchema));
    }
    if (contents_.schema_version < kDocumentSchema) {
        fail_unknown();
    }
}

Table BackupReader::read_table() {
    constexpr std::int64_t kColumnLimit = 1000;
    Table table{std::string(from_.read_text()), {}};
    const std::int64_t columns = from_.read_number();
    if (columns < 1 || columns > kColumnLimit) {
        fail_unknown();
    }
    for (std::int64_t i = 0; i < columns; ++i) {
        std::string name(from_.read_text());
        const std::int64_t type = from_.read_number();
        if (type < 0 || type > static_cast<std::int64_t>(ColumnType::Blob)) {
            fail_unknown();
        }
        table.columns.push_back({std::move(name), static_cast<ColumnType>(type)});
    }
    return table;
}

void BackupReader::skip_value() {
    switch (from_.read_value()) {
        case ValueTag::Null:
            break;
        case ValueTag::Number:
            from_.read_number();
            break;
        case ValueTag::Text:
        case ValueTag::Blob:
            from_.read_text();
            break;
        default:
            fail_unknown();
    }
}

void BackupReader::copy_value(Bulk& to) {
    switch (from_.read_value()) {
        case ValueTag::Null:
            to.bind_null();
            break;
        case ValueTag::Number:
            to.bind(from_.read_number());
            break;
        case ValueTag::Text:
            to.bind(from_.read_text());
            break;
        case ValueTag::Blob:
            to.bind_blob(from_.read_text());
            break;
        default:
            fail_unknown();
    }
}

std::uint64_t BackupReader::read_rows(const std::function<void()>& take_row) {
    std::uint64_t count = 0;
    while (true) {
        switch (from_.read_record()) {
            case RecordTag::Row:
                take_row();
                ++count;
                break;
            case RecordTag::EndTable:
                if (static_cast<std::uint64_t>(from_.read_number()) != count) {
                    fail_unknown();
                }
                return count;
            default:
                fail_unknown();
        }
    }
}

void BackupReader::read_tables(const std::function<std::uint64_t(const Table&)>& take_table) {
    while (true) {
        switch (from_.read_record()) {
            case RecordTag::Table: {
                const Table table = read_table();
                contents_.tables.push_back({table.name, take_table(table)});
                break;
            }
            case RecordTag::End:
                from_.expect_end();
                return;
            default:
                fail_unknown();
        }
    }
}

std::uint64_t BackupReader::skip_rows(const Table& table) {
    return read_rows([&] {
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            skip_value();
        }
    });
}

std::uint64_t BackupReader::insert_rows(Database& target, const Table& table) {
    Bulk insert = Bulk::insert(target, table.name, column_list(table));
    const std::uint64_t count = read_rows([&] {
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            copy_value(insert);
        }
        insert.end_row();
    });
    insert.finish();
    return count;
}

}  // namespace isthmus::store
