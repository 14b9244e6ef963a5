// What is kept of the password of a user who signs in here: never the password, but the hashes
// that digest authentication is checked against. They are as good as the password for his own
// account here, and for nothing else (the realm is in them). RFC 7616 §3.4.2, RFC 8760.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::policy {

/// H(name:realm:password) for both names that clients sign in by, in both algorithms; the realm is
/// the SIP domain.
struct SipCredentials {
    std::string md5_by_local;    ///< "alice"; lower-case hex, as all of them
    std::string md5_by_address;  ///< "alice@contoso.example"
    std::string sha256_by_local;
    std::string sha256_by_address;

    /// `user` is "alice@contoso.example", as compared.
    static SipCredentials make(std::string_view user, std::string_view password);

    /// One line of text, for the database.
    std::string save() const;
    /// Nothing for a text that save() did not make.
    static std::optional<SipCredentials> load(std::string_view saved);

    bool operator==(const SipCredentials&) const = default;
};

}  // namespace isthmus::policy
