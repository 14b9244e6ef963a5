// API tokens: made, shown once, listed without their secret, revoked; and whom a token lets in.
// Control thread only.
#pragma once

#include "control/admin_context.h"

#include <optional>
#include <vector>

namespace isthmus::control {

struct NewToken {
    store::Token token;
    std::string secret;  ///< shown once, stored nowhere
};

class TokenService {
  public:
    explicit TokenService(AdminContext& context) : context_(context) {}

    Result<std::vector<store::Token>> list() const;
    Result<store::Token> get(std::string_view id) const;
    /// `expires`: "30d", "12h", "45m" or seconds; one minute to 366 days.
    Result<NewToken> create(std::string_view role,
                            std::string_view expires,
                            std::string_view description,
                            const Author& author,
                            bool is_trial);
    Result<void> revoke(std::string_view id, const Author& author);

    /// Who a token says a request is from, or nothing. Notes the use, at most once a minute.
    std::optional<Author> authenticate(std::string_view secret, const std::string& origin);
    /// Tells the audit log of a token that is none, once in ten minutes for each address.
    void note_refusal(const std::string& origin);

  private:
    AdminContext& context_;
};

}  // namespace isthmus::control
