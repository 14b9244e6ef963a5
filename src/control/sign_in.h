// How a browser's session begins: name, password and code; a one-time link; what an identity
// provider says. And whose session a cookie is. Control thread only.
#pragma once

#include "control/admin_context.h"

#include <functional>
#include <optional>

namespace isthmus::control {

struct SignInAttempt {
    std::string name;
    std::string password;
    std::string code;  ///< of the authenticator, or a recovery code; empty: none given
    std::string origin;
    std::string user_agent;
};

struct SignedIn {
    std::string cookie;
    Session session;
};

class SignIn {
  public:
    using Done = std::function<void(Result<SignedIn>)>;

    explicit SignIn(AdminContext& context);

    /// Unknown, disabled and wrong are one answer (IST-AUTH-010) after the same work; locked is
    /// IST-AUTH-011 at once, IST-AUTH-012 asks for a code after a right password.
    void with_password(SignInAttempt attempt, const Done& done);
    Result<SignedIn> with_link(std::string_view secret,
                               const std::string& origin,
                               std::string_view user_agent);
    /// `session` holds who the provider says it is.
    SignedIn with_provider(Session session);

    /// Seconds until this name may be tried again from there.
    std::int64_t locked_for(std::string_view name, std::string_view origin) const;

    struct Holder {
        Author author;
        const Session* session = nullptr;
    };

    /// Who holds the cookie, in the role that he has now. Nothing if it is over, or his account
    /// disabled or gone.
    std::optional<Holder> holder_of(std::string_view cookie,
                                    const std::string& origin,
                                    bool is_use);
    void sign_out(const Session& session, const Author& author);

    /// A link, or an answer of a provider, that is none: counts against the address.
    void note_bad_credential(const Author& author, std::string_view what);
    bool is_address_locked(std::string_view origin) const;

  private:
    struct Try;

    GuessGuard& guard_of(const Try& attempt);
    void refuse_locked(const SignInAttempt& attempt, GuessGuard& guard, std::string_view key) const;
    Result<SignedIn> decide(const Try& attempt);
    Result<SignedIn> wrong(const Try& attempt, std::string_view why);
    Result<SignedIn> open(Session session, std::string_view user_agent);
    void renew_hash(const Try& attempt);

    AdminContext& context_;
    std::string dummy_hash_;  ///< what the password of an unknown name is compared with
};

}  // namespace isthmus::control
