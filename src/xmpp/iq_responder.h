// Answers to the IQs that a peer asks a gateway: who are you, are you there. Pure: IQ in, reply
// out. RFC 6120 §8.2.3, RFC 6121 §8.5, XEP-0030, XEP-0092, XEP-0199.
#pragma once

#include "base/buffer.h"
#include "xml/element.h"
#include "xmpp/jid.h"

#include <string>
#include <string_view>

namespace isthmus::xmpp {

/// XEP-0199 §4: a question from one of our domains to one of theirs.
void write_ping(Buffer& to, std::string_view from, std::string_view domain, std::string_view id);

class IqResponder {
  public:
    explicit IqResponder(std::string_view version) : version_(version) {}

    /// Answers `iq`, which `from` sent to `to`, a domain of ours or a user in one. False: it is an
    /// answer itself, nothing was written.
    bool respond(const xml::Element& iq, const Jid& from, const Jid& to, Buffer& out) const;

  private:
    std::string version_;
};

}  // namespace isthmus::xmpp
