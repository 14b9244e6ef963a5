// Which places of the database hold secrets, and how they get there: sealed by a KeyBox. A place
// that is added here is sealed at the next start, and again when there is a newer key.
#pragma once

#include "store/database.h"
#include "store/key_box.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::store {

/// What the secret is sealed for: it opens nowhere else.
std::string totp_place(std::string_view admin);
/// Of a document of the kind kSecretKind.
std::string object_place(std::string_view id);

/// Of what is kept of a user's password at the home server.
std::string home_place(std::string_view user);

/// As it is stored. Empty stays empty; without keys it stays as it is.
std::string seal_secret(const KeyBox* keys, std::string_view plain, std::string_view place);
/// What was never sealed comes as it is. Nothing if no key opens it, or it was changed.
std::optional<std::string> open_secret(const KeyBox* keys,
                                       std::string_view stored,
                                       std::string_view place);

struct Resealing {
    std::size_t sealed = 0;               ///< were in clear, or sealed by an older key
    std::vector<std::string> unreadable;  ///< why: one sentence each, with the place
};

/// Seals by the newest key what is not, in one transaction. What cannot be opened stays.
Resealing reseal_secrets(Database& database, const KeyBox& keys);

}  // namespace isthmus::store
