// Answers to stanzas that we send on our own account, not for a user: found by their id, before the
// gateway sees them. Traffic thread.
#pragma once

#include "xml/element.h"
#include "xmpp/jid.h"
#include "xmpp/stanza.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace isthmus::xmpp {

class Answers {
  public:
    /// The iq result or error, the message error or the receipt; it dies on return. The handler is
    /// not called again, and may call forget() and expect().
    using Handler = std::function<void(const xml::Element&)>;

    /// `id` must be unguessable; only `domain` (prepared) or its users may answer.
    void expect(std::string id, std::string domain, Handler on_answer);
    void forget(std::string_view id);

    /// True if somebody waited for it.
    bool take(Kind kind, const Jid& from, const xml::Element& element) {
        return !waiting_.empty() && take_one(kind, from, element);
    }

  private:
    struct Waiting {
        std::string domain;
        Handler on_answer;
    };

    bool take_one(Kind kind, const Jid& from, const xml::Element& element);

    std::map<std::string, Waiting, std::less<>> waiting_;
};

}  // namespace isthmus::xmpp
