// The CPIM wrapper, message/cpim: RFC 3862, and the headers that RFC 5438 §6 adds to it. Header
// names are case-sensitive; what a Require names and we do not know makes the message unreadable.
#pragma once

#include "base/arena.h"
#include "base/result.h"
#include "translate/message.h"
#include "translate/mime.h"
#include "xmpp/stanza.h"

#include <string_view>
#include <vector>

namespace isthmus::translate {

struct Cpim {
    ImdnRequest imdn;
    std::vector<xmpp::LangText> subjects;
    Entity content;
};

/// Its From, To and cc are read past: the SIP layer alone says who speaks to whom (gap G-23,
/// RFC 3922 §4.2.3). Errors: Syntax, Unsupported (Require).
Result<Cpim> read_cpim(std::string_view body, Arena& arena);

/// What we put around a text or a notice.
struct CpimFrame {
    std::string_view from;  ///< im URI
    std::string_view to;
    std::string_view datetime;  ///< empty: unknown
    std::string_view message_id;
    std::string_view disposition_notification;  ///< empty: nothing asked
    std::string_view content_headers;           ///< complete lines
    std::string_view body;
};

std::string_view write_cpim(const CpimFrame& frame, Arena& arena);

}  // namespace isthmus::translate
