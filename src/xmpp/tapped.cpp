#include "xmpp/tapped.h"

#include "base/buffer.h"
#include "xml/writer.h"
#include "xmpp/stream.h"

#include <utility>

namespace isthmus::xmpp {

namespace {

/// Of a tag that our writer wrote: quotes are single, and & < ' are escaped in values. JIDs hold
/// none of them but &, as XEP-0106 has it for the others.
std::string_view attribute_of(std::string_view tag, std::string_view start) {
    const std::size_t at = tag.find(start);
    if (at == std::string_view::npos) {
        return {};
    }
    const std::string_view value = tag.substr(at + start.size());
    return value.substr(0, value.find('\''));
}

}  // namespace

void show_stanza(Tap& tap, const TappedStanza& stanza) {
    const std::string_view tag = stanza.text.substr(0, stanza.text.find('>'));
    tap.on_passage({.side = Passage::Side::Xmpp,
                    .is_out = stanza.is_out,
                    .text = stanza.text,
                    .from = attribute_of(tag, " from='"),
                    .to = attribute_of(tag, " to='"),
                    .link = stanza.link,
                    .remote = stanza.remote});
}

void show_stanza(Tap& tap, const xml::Element& stanza, std::string link, std::string remote) {
    Buffer text;
    xml::Writer(text).tree(stanza, stanza.ns);
    show_stanza(tap, {.text = text.view(), .link = std::move(link), .remote = std::move(remote)});
}

}  // namespace isthmus::xmpp
