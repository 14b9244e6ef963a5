// Translation over arbitrary input. The first octet chooses the door; whatever is accepted has to
// be readable by the parser of the other side, as exactly one message, and addresses have to lead
// back to where they came from.
#include "base/arena.h"
#include "base/buffer.h"
#include "sip/parser.h"
#include "sip/writer.h"
#include "translate/address.h"
#include "translate/message.h"
#include "translate/presence.h"
#include "xml/parser.h"
#include "xmpp/stanza.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace isthmus;

void demand(bool is_good) {
    if (!is_good) {
        std::abort();
    }
}

void fuzz_uri(std::string_view text) {
    Arena arena;
    const auto mapped = translate::to_jid(text, arena);
    if (!mapped) {
        return;
    }
    const std::string full = mapped->jid.full();
    const auto again = translate::read_jid(full, arena);
    demand(again && *again == mapped->jid);
    const auto uri = translate::to_uri(mapped->jid, arena, {});
    if (!uri) {
        // Only a host that RFC 3261 does not know under this name.
        demand(uri.error() == translate::AddressFault::BadHost);
        return;
    }
    const auto back = translate::to_jid(*uri, arena);
    demand(back && back->jid == mapped->jid);
}

void fuzz_jid(std::string_view text) {
    Arena arena;
    const auto jid = translate::read_jid(text, arena);
    if (!jid) {
        return;
    }
    for (const auto scheme : {translate::Scheme::Sip, translate::Scheme::Im}) {
        const auto uri = translate::to_uri(*jid, arena, {.scheme = scheme});
        if (!uri) {
            continue;
        }
        demand(sip::parse_uri(*uri).has_value());
        const auto back = translate::to_jid(*uri, arena);
        demand(back && !back->is_canonicalised);
        demand(back->jid == (scheme == translate::Scheme::Sip ? *jid : jid->bare()));
    }
    const auto iri = translate::from_xmpp_iri(translate::to_xmpp_iri(*jid, arena), arena);
    demand(iri && *iri == *jid);
}

class OneMessage final : public xml::StreamSink {
  public:
    void on_stream_open(const xml::Element&, std::string_view) override {}

    void on_element(const xml::Element& element) override {
        ++count;
        demand(element.name == "message");
    }

    void on_stream_close() override { demand(false); }

    int count = 0;
};

void check_stanza(const xmpp::Message& message, std::size_t limit) {
    Buffer octets;
    octets.append("<s:stream xmlns='jabber:server' xmlns:s='http://etherx.jabber.org/streams'>");
    const std::size_t header = octets.size();
    message.write(octets);
    demand(octets.size() - header <= limit);
    OneMessage sink;
    xml::StreamParser parser(sink, {});
    parser.feed(octets.view());
    demand(parser.fault() == xml::Fault::None && sink.count == 1);
}

void check_request(const sip::OutgoingRequest& request) {
    Buffer octets;
    sip::append_request(octets,
                        request,
                        {.transport = "TCP",
                         .sent_by = "gateway.example",
                         .branch = "z9hG4bKx",
                         .from_tag = "t",
                         .call_id = request.call_id.empty() ? "fresh" : request.call_id,
                         .cseq = 1,
                         .user_agent = {},
                         .authorization = {},
                         .proxy_authorization = {}});
    Arena arena;
    sip::MessageSlots slots;
    sip::ParseLimits limits;
    limits.octets = 1U << 20U;
    const auto parsed =
        sip::parse_message(octets.view(), sip::Framing::Stream, arena, slots, limits);
    demand(parsed.kind == sip::ParseResult::Kind::Request);
    demand(slots.request.body == request.body);
    demand(slots.request.count(sip::HeaderId::Via) == 1);
    // Start line apart: Via, Max-Forwards, From, To, Call-ID, CSeq, Content-Length, Content-Type.
    demand(slots.request.headers.size() == request.headers.size() + (request.body.empty() ? 7 : 8));
}

void fuzz_request(std::string_view text) {
    constexpr std::size_t kLimit = 65536;
    Arena arena;
    sip::MessageSlots slots;
    const auto parsed = sip::parse_message(text, sip::Framing::Datagram, arena, slots);
    if (parsed.kind != sip::ParseResult::Kind::Request) {
        return;
    }
    const auto addresses = translate::addresses_of(slots.request, arena);
    if (!addresses) {
        demand(addresses.error().status >= 300);
        return;
    }
    translate::ToXmppContext context;
    context.stanza_id = "g1";
    context.now = 1700000000;
    context.peer_takes_chat_states = true;
    context.max_stanza_octets = kLimit;
    xmpp::Message message;
    const auto result = translate::to_xmpp(slots.request, *addresses, context, arena, message);
    if (result.action == translate::ToXmpp::Action::Refuse) {
        demand(result.refusal.status >= 400);
    } else if (result.action == translate::ToXmpp::Action::Send) {
        check_stanza(message, kLimit);
    }
}

/// A body in a request that is good otherwise: the reader of bodies is reached more often.
void fuzz_body(std::string_view text) {
    const std::size_t line = text.find('\n');
    if (line == std::string_view::npos) {
        return;
    }
    std::string request =
        "MESSAGE sip:juliet@example.com SIP/2.0\r\nVia: SIP/2.0/TCP s;branch=z9hG4bKe\r\n"
        "Max-Forwards: 70\r\nTo: <sip:juliet@example.com>\r\n"
        "From: <sip:romeo@example.net>;tag=v\r\nCall-ID: 9\r\nCSeq: 1 MESSAGE\r\nContent-Type: ";
    request.append(text.substr(0, line)).append("\r\n\r\n").append(text.substr(line + 1));
    fuzz_request(request);
}

void fuzz_stanza(std::string_view text) {
    Arena arena;
    const auto root = xml::parse_document(text, arena, {});
    if (!root || (*root)->name != "message") {
        return;
    }
    xmpp::Message message;
    xmpp::Message::read(**root, arena, message);
    const auto from = translate::read_jid((*root)->attribute("from").value_or("a@b.c/d"), arena);
    const auto to = translate::read_jid((*root)->attribute("to").value_or("e@f.g"), arena);
    if (!from || !to) {
        return;
    }
    message.from = *from;
    message.to = *to;
    const translate::ImdnRequest asked{.message_id = "1&<",
                                       .datetime = "2002-09-10T23:08:25Z",
                                       .positive_delivery = true,
                                       .negative_delivery = true,
                                       .display = true};
    translate::ToSipContext context;
    context.unique = "0123456789abcdef";
    context.now = 1700000000;
    context.peer_takes_typing = true;
    context.asked = &asked;
    context.max_octets = 0;
    for (const bool takes_imdn : {false, true}) {
        context.peer_takes_imdn = takes_imdn;
        const auto result = translate::to_sip(message, context, arena);
        if (result.action == translate::ToSip::Action::Send) {
            check_request(result.request);
        }
    }
}

void fuzz_presence(std::string_view text) {
    Arena arena;
    std::vector<xmpp::Presence> stanzas;
    const translate::PresenceContext context{.presentity = {"romeo", "example.net", {}},
                                             .watcher = {"juliet", "example.com", {}},
                                             .announced = {},
                                             .content_language = "en",
                                             .entity_domain = {}};
    if (!translate::to_presence(text, context, arena, stanzas)) {
        return;
    }
    demand(!stanzas.empty());
    for (const xmpp::Presence& presence : stanzas) {
        Buffer octets;
        presence.write(octets);
        Arena again;
        demand(xml::parse_document(octets.view(), again, {}).has_value());
    }
    const auto document = translate::to_pidf(stanzas, arena);
    demand(document.has_value());
    Buffer octets;
    sip::write_pidf(document->pidf, octets);
    Arena again;
    const auto read = sip::parse_pidf(octets.view(), again);
    demand(read && read->tuples.size() == document->pidf.tuples.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 6) {
        case 0:
            fuzz_uri(input);
            break;
        case 1:
            fuzz_jid(input);
            break;
        case 2:
            fuzz_request(input);
            break;
        case 3:
            fuzz_body(input);
            break;
        case 4:
            fuzz_stanza(input);
            break;
        default:
            fuzz_presence(input);
            break;
    }
    return 0;
}
