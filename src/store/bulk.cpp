#include "store/bulk.h"

namespace isthmus::store {

Bulk::Bulk(Database& database, std::string_view head, std::string_view part, std::string_view tail)
    : database_(database), head_(head), part_(part), tail_(tail) {}

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

void Bulk::end_row() {
    if (++rows_ == kSizes.front()) {
        finish();
    }
}

void Bulk::finish() {
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
