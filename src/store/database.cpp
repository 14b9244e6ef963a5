#include "store/database.h"

#include "base/text.h"
#include "store/migrations.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

namespace isthmus::store {

namespace {

constexpr std::string_view kSqlite = "sqlite:";

std::unique_ptr<Driver> open(std::string_view url) {
    if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
        return open_postgres(std::string(url));
    }
    if (url.starts_with(kSqlite)) {
        return open_sqlite(std::string(url.substr(kSqlite.size())));
    }
    if (url.find("://") != std::string_view::npos) {
        throw StoreError(fmt::format("a database url starts with sqlite: or postgresql://, not {}",
                                     url.substr(0, url.find("://") + 3)));
    }
    return open_sqlite(std::string(url));
}

}  // namespace

Statement::Statement(std::unique_ptr<StatementDriver> driver) : driver_(std::move(driver)) {}

void check_text(std::string_view text) {
    if (text.find('\0') != std::string_view::npos || !text::is_utf8(text)) {
        throw StoreError("a text must be UTF-8 without NUL");
    }
}

std::size_t Statement::next_parameter() {
    if (std::exchange(is_running_, false)) {
        driver_->reset();
        bound_ = 0;
    }
    if (bound_ == driver_->parameters()) {
        throw StoreError(fmt::format("the statement has only {} parameters", bound_));
    }
    return bound_++;
}

Statement& Statement::bind(std::string_view text) {
    const std::size_t at = next_parameter();
    check_text(text);
    driver_->bind_text(at, text);
    return *this;
}

Statement& Statement::bind(std::int64_t number) {
    driver_->bind_number(next_parameter(), number);
    return *this;
}

Statement& Statement::bind_blob(std::string_view octets) {
    driver_->bind_blob(next_parameter(), octets);
    return *this;
}

Statement& Statement::bind_null() {
    driver_->bind_null(next_parameter());
    return *this;
}

bool Statement::step() {
    if (!is_running_ && bound_ != driver_->parameters()) {
        throw StoreError(
            fmt::format("{} of {} parameters are bound", bound_, driver_->parameters()));
    }
    is_running_ = true;
    try {
        if (driver_->step()) {
            return true;
        }
    } catch (...) {
        is_running_ = false;
        bound_ = 0;
        driver_->reset();
        throw;
    }
    is_running_ = false;
    bound_ = 0;
    driver_->reset();
    return false;
}

void Statement::run() {
    while (step()) {
    }
}

Database::Database(std::string_view url, Opening opening) : driver_(open(url)) {
    if (opening == Opening::Check) {
        driver_->check_integrity();
        migrate(*this, kNewestSchema);
    }
}

Transaction::Transaction(Database& database, Access access)
    : database_(database), is_joined_(database.is_in_transaction_ && access == Access::Read) {
    if (is_joined_) {
        return;
    }
    if (database.is_in_transaction_) {
        throw StoreError("there is a transaction already");
    }
    database_.driver_->begin(access);
    database_.is_in_transaction_ = true;
}

Transaction::~Transaction() {
    if (is_open_ && !is_joined_) {
        database_.is_in_transaction_ = false;
        database_.driver_->rollback();
    }
}

void Transaction::commit() {
    if (!std::exchange(is_open_, false)) {
        throw StoreError("the transaction has ended already");
    }
    if (!is_joined_) {
        database_.is_in_transaction_ = false;
        database_.driver_->commit();
    }
}

std::string resolve_url(std::string_view url, const std::string& folder) {
    if (!url.starts_with(kSqlite)) {
        return std::string(url);
    }
    return fmt::format(
        "{}{}", kSqlite, (std::filesystem::path(folder) / url.substr(kSqlite.size())).string());
}

}  // namespace isthmus::store
