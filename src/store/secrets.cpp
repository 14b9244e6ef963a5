#include "store/secrets.h"

#include "store/config_store.h"

#include <fmt/format.h>

namespace isthmus::store {

namespace {

/// A column of secrets, and the key of its rows.
struct SecretColumn {
    const char* select;  ///< key, secret
    const char* update;  ///< ? secret, ? key
    std::string (*place)(std::string_view key);
};

constexpr SecretColumn kSecretColumns[] = {
    {"SELECT name, totp_secret FROM admins WHERE totp_secret <> ''",
     "UPDATE admins SET totp_secret = ? WHERE name = ?",
     totp_place},
    {"SELECT id, body FROM objects WHERE kind = 'secret'",
     "UPDATE objects SET body = ? WHERE kind = 'secret' AND id = ?",
     object_place},
    {"SELECT \"user\", body FROM home_documents WHERE kind = 'password'",
     "UPDATE home_documents SET body = ? WHERE kind = 'password' AND \"user\" = ?",
     home_place},
};
static_assert(kSecretKind == "secret");

struct Sealed {
    std::string key;
    std::string secret;
};

void reseal(Database& database, const KeyBox& keys, const SecretColumn& column, Resealing& made) {
    std::vector<Sealed> changed;
    Statement read = database.prepare(column.select);
    while (read.step()) {
        const std::string_view stored = read.view(1);
        const std::string place = column.place(read.view(0));
        try {
            const std::string plain =
                KeyBox::is_sealed(stored) ? keys.open(stored, place) : std::string(stored);
            if (!keys.is_current(stored)) {
                changed.push_back({read.text(0), keys.seal(plain, place)});
            }
        } catch (const StoreError& error) {
            made.unreadable.emplace_back(error.what());
        }
    }
    Statement write = database.prepare(column.update);
    for (const Sealed& one : changed) {
        write.bind(one.secret).bind(one.key).run();
    }
    made.sealed += changed.size();
}

}  // namespace

std::string totp_place(std::string_view admin) {
    return fmt::format("admin/{}/totp", admin);
}

std::string object_place(std::string_view id) {
    return fmt::format("secret/{}", id);
}

std::string home_place(std::string_view user) {
    return fmt::format("home/{}/password", user);
}

std::string seal_secret(const KeyBox* keys, std::string_view plain, std::string_view place) {
    return keys == nullptr || plain.empty() ? std::string(plain) : keys->seal(plain, place);
}

std::optional<std::string> open_secret(const KeyBox* keys,
                                       std::string_view stored,
                                       std::string_view place) {
    if (keys == nullptr || !KeyBox::is_sealed(stored)) {
        return std::string(stored);
    }
    try {
        return keys->open(stored, place);
    } catch (const StoreError&) {
        return std::nullopt;
    }
}

Resealing reseal_secrets(Database& database, const KeyBox& keys) {
    Resealing made;
    Transaction transaction(database);
    for (const SecretColumn& column : kSecretColumns) {
        reseal(database, keys, column, made);
    }
    transaction.commit();
    return made;
}

}  // namespace isthmus::store
