#include "store/bulk.h"

#include <fmt/format.h>

#include <algorithm>

namespace isthmus::store {

namespace {

/// Network order, as PostgreSQL's binary forms have it.
template <class Integer>
void append(std::string& to, Integer number) {
    for (std::size_t i = sizeof number; i-- > 0;) {
        to += static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i));
    }
}

}  // namespace

Bulk::Bulk(Database& database, std::string_view head, std::string_view part, std::string_view tail)
    : database_(database), head_(head), part_(part), tail_(tail) {}

Bulk Bulk::insert(Database& database, std::string_view table, std::string_view columns) {
    std::string part = "(?";
    for (auto left = std::ranges::count(columns, ','); left > 0; --left) {
        part += ", ?";
    }
    const std::string into = fmt::format("{} ({})", table, columns);
    Bulk made(database, fmt::format("INSERT INTO {} VALUES ", into), part + ")");
    if (database.dialect() == Dialect::Postgres) {
        made.copied_into_ = into;
    }
    return made;
}

Bulk& Bulk::keep(Kind kind, std::string_view octets) {
    values_.push_back({kind, octets.size(), static_cast<std::int64_t>(texts_.size())});
    texts_ += octets;
    return *this;
}

Bulk& Bulk::bind(std::int64_t number) {
    values_.push_back({Kind::Number, 0, number});
    return *this;
}

Bulk& Bulk::bind_null() {
    values_.push_back({});
    return *this;
}

Statement& Bulk::statement(std::size_t which) {
    if (!statements_[which]) {
        std::string sql = head_;
        for (std::size_t i = 0; i < kSizes[which]; ++i) {
            sql += i == 0 ? "" : ", ";
            sql += part_;
        }
        sql += tail_;
        // NOLINTNEXTLINE(modernize-make-unique): a statement cannot be moved
        statements_[which].reset(new Statement(database_.prepare(sql)));
    }
    return *statements_[which];
}

void Bulk::bind_value(Statement& to, const Value& value) const {
    const auto octets = [&] {
        return std::string_view(texts_).substr(static_cast<std::size_t>(value.number), value.size);
    };
    switch (value.kind) {
        case Kind::Text:
            to.bind(octets());
            break;
        case Kind::Blob:
            to.bind_blob(octets());
            break;
        case Kind::Number:
            to.bind(value.number);
            break;
        case Kind::Null:
            to.bind_null();
            break;
    }
}

void Bulk::run(std::size_t which) {
    Statement& to = statement(which);
    const std::size_t count = (values_.size() - done_) / rows_ * kSizes[which];
    for (std::size_t i = 0; i < count; ++i) {
        bind_value(to, values_[done_++]);
    }
    rows_ -= kSizes[which];
    while (to.step()) {
        if (take_) {
            take_(to);
        }
    }
}

void Bulk::copy() {
    std::string rows;
    rows.reserve(texts_.size() + values_.size() * 12);
    const std::size_t columns = values_.size() / rows_;
    for (std::size_t i = 0; i < values_.size(); ++i) {
        const Value& value = values_[i];
        if (i % columns == 0) {
            append(rows, static_cast<std::int16_t>(columns));
        }
        if (value.kind == Kind::Null) {
            append(rows, std::int32_t{-1});
        } else if (value.kind == Kind::Number) {
            append(rows, static_cast<std::int32_t>(sizeof value.number));
            append(rows, value.number);
        } else {
            const auto octets =
                std::string_view(texts_).substr(static_cast<std::size_t>(value.number), value.size);
            if (value.kind == Kind::Text) {
                check_text(octets);
            }
            append(rows, static_cast<std::int32_t>(octets.size()));
            rows += octets;
        }
    }
    database_.copy_rows(copied_into_, rows);
    rows_ = 0;
}

void Bulk::end_row() {
    if (++rows_ == (copied_into_.empty() ? kSizes.front() : kCopied)) {
        finish();
    }
}

void Bulk::finish() {
    if (!copied_into_.empty() && rows_ >= kCopiedAtLeast) {
        copy();
    }
    for (std::size_t which = 0; which < kSizes.size(); ++which) {
        while (rows_ >= kSizes[which]) {
            run(which);
        }
    }
    values_.clear();
    texts_.clear();
    done_ = 0;
}

}  // namespace isthmus::store
