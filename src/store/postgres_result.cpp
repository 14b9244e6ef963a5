#include "store/postgres_result.h"

#include "store/store_error.h"

#include <fmt/format.h>

namespace isthmus::store {

namespace {

// Fixed numbers of the types in the system catalogue.
constexpr Oid kBool = 16;
constexpr Oid kBytea = 17;
constexpr Oid kName = 19;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kText = 25;
constexpr Oid kVarchar = 1043;

/// Network order, two's complement of the length that is there.
std::int64_t read_integer(std::string_view octets) {
    std::uint64_t made = !octets.empty() && (octets.front() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    for (const char c : octets) {
        made = made << 8U | static_cast<unsigned char>(c);
    }
    return static_cast<std::int64_t>(made);
}

}  // namespace

std::string_view PostgresResult::text(int row, int column) const {
    switch (PQftype(result_.get(), column)) {
        case kText:
        case kVarchar:
        case kName:
        case kBytea:
            return is_null(row, column) ? std::string_view() : raw(row, column);
        default:
            throw StoreError(fmt::format("column {} is no text", column));
    }
}

std::int64_t PostgresResult::number(int row, int column) const {
    switch (PQftype(result_.get(), column)) {
        case kInt8:
        case kInt4:
        case kInt2:
            return is_null(row, column) ? 0 : read_integer(raw(row, column));
        case kBool:
            return is_null(row, column) ? 0 : std::int64_t{raw(row, column).front()};
        default:
            // A NULL that nothing gives a type to counts as text there.
            if (is_null(row, column)) {
                return 0;
            }
            throw StoreError(fmt::format("column {} is no whole number", column));
    }
}

std::string_view PostgresResult::state() const {
    const char* state = PQresultErrorField(result_.get(), PG_DIAG_SQLSTATE);
    return state == nullptr ? std::string_view() : std::string_view(state);
}

std::string PostgresResult::message() const {
    const char* message = PQresultErrorField(result_.get(), PG_DIAG_MESSAGE_PRIMARY);
    return message == nullptr ? "no answer" : fmt::format("{} ({})", message, state());
}

}  // namespace isthmus::store
