// Shows a stanza to whoever looks on. Only while somebody does: this is slow.
#pragma once

#include "base/tap.h"
#include "xml/element.h"

#include <string>
#include <string_view>

namespace isthmus::xmpp {

struct TappedStanza {
    bool is_out = false;
    std::string_view text;
    std::string link;
    std::string remote;
};

/// Its addresses are read from its first tag.
void show_stanza(Tap& tap, const TappedStanza& stanza);

/// One that came, written anew from its tree.
void show_stanza(Tap& tap, const xml::Element& stanza, std::string link, std::string remote);

}  // namespace isthmus::xmpp
