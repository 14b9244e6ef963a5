// What the body of a SIP MESSAGE says: a text, a typing notice or a receipt, whatever it is wrapped
// in. RFC 3428 §9, RFC 5621, RFC 3862. Private to the room.
#pragma once

#include "base/arena.h"
#include "sip/message.h"
#include "translate/error.h"
#include "translate/message.h"
#include "translate/notices.h"
#include "xmpp/stanza.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace isthmus::translate {

struct Content {
    enum class Kind : std::uint8_t {
        Nothing,  ///< no body, or one that may be left out
        Text,
        Typing,
        Notice,
    };

    Kind kind = Kind::Nothing;
    std::string_view text;  ///< UTF-8, lines end with LF
    Typing typing;
    ImdnNotice notice;
    ImdnRequest imdn;
};

/// False: `refusal` says why not (400, 415, 488). Subjects inside of CPIM are appended to
/// `subjects`.
bool read_content(const sip::Request& request,
                  Arena& arena,
                  Content& into,
                  std::vector<xmpp::LangText>& subjects,
                  Refusal& refusal);

}  // namespace isthmus::translate
