#include "store/home_store.h"

#include "store/secrets.h"

namespace isthmus::store {

namespace {

constexpr std::string_view kPassword = "password";

}  // namespace

std::size_t HomeStore::load(const std::function<void(HomeDocument)>& take) const {
    Transaction snapshot(database_, Access::Read);
    Statement rows = database_.prepare(
        R"(SELECT "user", kind, body FROM home_documents WHERE kind <> ? ORDER BY "user", kind)");
    rows.bind(kPassword);
    std::size_t count = 0;
    while (rows.step()) {
        ++count;
        take({.user = rows.text(0), .kind = rows.text(1), .body = rows.text(2)});
    }
    snapshot.commit();
    return count;
}

std::size_t HomeStore::load_passwords(
    const std::function<void(std::string user, policy::SipCredentials)>& take) const {
    Transaction snapshot(database_, Access::Read);
    Statement rows = database_.prepare("SELECT \"user\", body FROM home_documents WHERE kind = ?");
    rows.bind(kPassword);
    std::size_t unreadable = 0;
    while (rows.step()) {
        const std::string user = rows.text(0);
        const auto plain = open_secret(keys_, rows.view(1), home_place(user));
        const auto credentials =
            plain ? policy::SipCredentials::load(*plain) : std::optional<policy::SipCredentials>();
        if (credentials) {
            take(user, *credentials);
        } else {
            ++unreadable;
        }
    }
    snapshot.commit();
    return unreadable;
}

bool HomeStore::has_password(std::string_view user) const {
    Statement row =
        database_.prepare("SELECT 1 FROM home_documents WHERE \"user\" = ? AND kind = ?");
    row.bind(user).bind(kPassword);
    return row.step();
}

void HomeStore::set_password(std::string_view user,
                             const std::optional<policy::SipCredentials>& credentials) {
    Transaction transaction(database_);
    if (credentials) {
        Statement save = database_.prepare(
            "INSERT INTO home_documents VALUES (?, ?, ?) "
            "ON CONFLICT (\"user\", kind) DO UPDATE SET body = excluded.body");
        save.bind(user)
            .bind(kPassword)
            .bind(seal_secret(keys_, credentials->save(), home_place(user)))
            .run();
    } else {
        Statement erase =
            database_.prepare("DELETE FROM home_documents WHERE \"user\" = ? AND kind = ?");
        erase.bind(user).bind(kPassword).run();
    }
    transaction.commit();
}

}  // namespace isthmus::store
