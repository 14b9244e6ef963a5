#include "store/postgres_connection.h"

#include "store/store_error.h"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <utility>

namespace isthmus::store {

namespace {

/// pg_current_xact_id() and trusted extensions came with 13.
constexpr int kOldestServer = 130000;

/// One lock for all that writes alone, on whichever node: "isthmus" in ASCII.
constexpr const char* kBeginAlone =
    "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(29681816360023411); "
    "SELECT pg_current_xact_id()::text";
constexpr const char* kBeginBeside =
    "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_current_xact_id()::text";
constexpr const char* kBeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Whatever the server's defaults are: what commit() returned for survives, nobody waits for ever.
constexpr const char* kSetUp =
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') = 'off'; "
    "SET lock_timeout = '5s'; "
    "SET idle_in_transaction_session_timeout = '60s'; "
    "SET client_min_messages = warning; "
    "SET standard_conforming_strings = on; "
    "SET search_path = isthmus, public";

/// How often, 50 ms apart, a commit of unknown fate is asked about.
constexpr int kFateQuestions = 100;

constexpr std::size_t kPreparedLimit = 500;

}  // namespace

PostgresConnection::PostgresConnection(const std::string& url) : url_(url) {
    connect();
}

void PostgresConnection::connect() {
    connection_.reset();
    prepared_.clear();
    // Of two values for one name the later one holds: the url may say otherwise.
    const std::array<const char*, 9> names{"connect_timeout",
                                           "keepalives_idle",
                                           "keepalives_interval",
                                           "keepalives_count",
                                           "tcp_user_timeout",
                                           "application_name",
                                           "dbname",
                                           "client_encoding",
                                           nullptr};
    const std::array<const char*, 9> values{
        "5", "10", "5", "3", "15000", "isthmus", url_.c_str(), "UTF8", nullptr};
    connection_.reset(PQconnectdbParams(names.data(), values.data(), 1));
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
        std::string reason = PQerrorMessage(connection_.get());
        while (!reason.empty() && reason.back() == '\n') {
            reason.pop_back();
        }
        connection_.reset();
        throw StoreError(fmt::format("PostgreSQL: {}", reason));
    }
    PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
    const char* host = PQhost(connection_.get());
    const char* port = PQport(connection_.get());
    name_ = fmt::format("postgresql://{}:{}/{}",
                        host == nullptr ? "" : host,
                        port == nullptr ? "" : port,
                        PQdb(connection_.get()));
    try {
        set_up();
    } catch (...) {
        connection_.reset();
        throw;
    }
}

void PostgresConnection::set_up() {
    if (PQserverVersion(connection_.get()) < kOldestServer) {
        throw StoreError(fmt::format("{}: PostgreSQL 13 or newer is needed", name_));
    }
    const char* encoding = PQparameterStatus(connection_.get(), "server_encoding");
    if (encoding == nullptr || std::string_view(encoding) != "UTF8") {
        throw StoreError(fmt::format("{}: the database must be made with ENCODING 'UTF8'", name_));
    }
    expect(PQexec(connection_.get(), kSetUp), "set-up");
}

bool PostgresConnection::is_lost() const {
    return connection_ == nullptr || PQstatus(connection_.get()) != CONNECTION_OK;
}

void PostgresConnection::ensure() {
    if (is_in_transaction_) {
        if (is_lost()) {
            throw StoreError(fmt::format("{}: the connection was lost", name_));
        }
        return;
    }
    // A server that went away while nobody asked has left its last word in the socket, and its end.
    while (!is_lost()) {
        pollfd socket{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
        if (poll(&socket, 1, 0) <= 0) {
            return;
        }
        PQconsumeInput(connection_.get());
    }
    connect();
}

PostgresResult PostgresConnection::expect(PGresult* raw, std::string_view what) {
    PostgresResult result(raw);
    if (!result || !result.is_good()) {
        fail(result, what);
    }
    return result;
}

void PostgresConnection::fail(const PostgresResult& result, std::string_view what) const {
    if (is_lost()) {
        throw StoreError(fmt::format("{}: the connection was lost", name_));
    }
    const std::string text = fmt::format("{}: {}", what.substr(0, 200), result.message());
    // Serialization failure, deadlock: the other one was quicker.
    if (result.state() == "40001" || result.state() == "40P01") {
        throw StoreConflict(text);
    }
    throw StoreError(text);
}

PostgresResult PostgresConnection::execute(const char* sql) {
    ensure();
    return expect(PQexec(connection_.get(), sql), sql);
}

PostgresResult PostgresConnection::query(const char* sql) {
    ensure();
    return expect(PQexecParams(connection_.get(), sql, 0, nullptr, nullptr, nullptr, nullptr, 1),
                  sql);
}

void PostgresConnection::copy_rows(std::string_view into, std::string_view rows) {
    // The head: signature, no flags, no extension; the end: -1 in place of a number of columns.
    constexpr std::string_view kCopyHead("PGCOPY\n\xFF\r\n\0\0\0\0\0\0\0\0\0", 19);
    constexpr std::string_view kEnd("\xFF\xFF", 2);
    ensure();
    PGconn* connection = connection_.get();
    const std::string sql = fmt::format("COPY {} FROM STDIN WITH (FORMAT binary)", into);
    const PostgresResult start(PQexec(connection, sql.c_str()));
    if (PQresultStatus(start.get()) != PGRES_COPY_IN) {
        fail(start, sql);
    }
    bool is_sent = true;
    for (const std::string_view part : {kCopyHead, rows, kEnd}) {
        is_sent =
            is_sent && PQputCopyData(connection, part.data(), static_cast<int>(part.size())) == 1;
    }
    PQputCopyEnd(connection, is_sent ? nullptr : "incomplete");
    PostgresResult answer(PQgetResult(connection));
    while (PGresult* more = PQgetResult(connection)) {
        PQclear(more);
    }
    if (!answer.is_good()) {
        fail(answer, sql);
    }
}

const PostgresConnection::Prepared& PostgresConnection::find_or_prepare(const std::string& sql) {
    const auto found = prepared_.find(sql);
    if (found != prepared_.end()) {
        return found->second;
    }
    if (prepared_.size() >= kPreparedLimit) {
        expect(PQexec(connection_.get(), "DEALLOCATE ALL"), "DEALLOCATE ALL");
        prepared_.clear();
    }
    std::string name = fmt::format("s{}", prepared_.size());
    expect(PQprepare(connection_.get(), name.c_str(), sql.c_str(), 0, nullptr), sql);
    const auto described = expect(PQdescribePrepared(connection_.get(), name.c_str()), sql);
    const auto parameters = static_cast<std::size_t>(PQnparams(described.get()));
    return prepared_.emplace(sql, Prepared{std::move(name), parameters}).first->second;
}

std::size_t PostgresConnection::count_parameters(const std::string& sql) {
    ensure();
    return find_or_prepare(sql).parameters;
}

PostgresResult PostgresConnection::run(const std::string& sql,
                                       const std::vector<const char*>& values,
                                       const std::vector<int>& lengths,
                                       const std::vector<int>& formats) {
    ensure();
    const std::string& name = find_or_prepare(sql).name;
    return expect(PQexecPrepared(connection_.get(),
                                 name.c_str(),
                                 static_cast<int>(values.size()),
                                 values.data(),
                                 lengths.data(),
                                 formats.data(),
                                 1),
                  sql);
}

void PostgresConnection::begin(Access access) {
    ensure();
    const char* sql = access == Access::WriteAlone    ? kBeginAlone
                      : access == Access::WriteBeside ? kBeginBeside
                                                      : kBeginRead;
    is_in_transaction_ = true;
    try {
        const PostgresResult answer = expect(PQexec(connection_.get(), sql), "BEGIN");
        transaction_id_ = access == Access::Read ? std::string() : PQgetvalue(answer.get(), 0, 0);
    } catch (...) {
        rollback();
        throw;
    }
}

void PostgresConnection::rollback() noexcept {
    is_in_transaction_ = false;
    if (!is_lost() && PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) {
        PQclear(PQexec(connection_.get(), "ROLLBACK"));
    }
}

void PostgresConnection::commit() {
    if (is_lost()) {
        is_in_transaction_ = false;
        throw StoreError(fmt::format("{}: the connection was lost", name_));
    }
    const PostgresResult answer(PQexec(connection_.get(), "COMMIT"));
    is_in_transaction_ = false;
    if (is_lost()) {
        if (!transaction_id_.empty() && !was_committed()) {
            throw StoreError(fmt::format("{}: the connection was lost", name_));
        }
        return;
    }
    // After a failed statement the server answers COMMIT with ROLLBACK.
    if (!answer.is_good() || std::string_view(PQcmdStatus(answer.get())) != "COMMIT") {
        const std::string reason = answer.is_good() ? "rolled back" : answer.message();
        rollback();
        throw StoreError(fmt::format("COMMIT: {}", reason));
    }
}

// The answer to COMMIT is missing: the server knows what became of the transaction.
bool PostgresConnection::was_committed() {
    try {
        connect();
        const std::string question =
            fmt::format("SELECT pg_xact_status('{}'::xid8) FROM pg_sleep(0.05)", transaction_id_);
        for (int i = 0; i < kFateQuestions; ++i) {
            const PostgresResult answer =
                expect(PQexec(connection_.get(), question.c_str()), "pg_xact_status");
            const std::string_view fate = PQgetvalue(answer.get(), 0, 0);
            if (fate != "in progress") {
                return fate == "committed";
            }
        }
    } catch (const StoreError& error) {
        throw StoreError(
            fmt::format("{}; whether the last change was stored is not known", error.what()));
    }
    throw StoreError(fmt::format(
        "{}: the connection was lost; whether the last change was stored is not known", name_));
}

}  // namespace isthmus::store
