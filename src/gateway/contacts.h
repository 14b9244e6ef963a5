// The question that the partner types turn on: has our user added that XMPP user? Answered from
// memory, in constant time. Traffic thread only.
#pragma once

#include "xmpp/jid.h"

#include <string_view>

namespace isthmus::gateway {

class Contacts {
  public:
    virtual ~Contacts() = default;
    /// `user` is the account key of our user's local part, `sip_domain` lower-case A-labels; the
    /// resource of `contact` does not matter.
    virtual bool is_contact(std::string_view user,
                            std::string_view sip_domain,
                            const xmpp::Jid& contact) const = 0;
};

}  // namespace isthmus::gateway
