// Both wires for the tests of translation: SIP text in, stanza text in, and what we made written
// and read again by the parser of the other side.
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "sip/message.h"
#include "sip/parser.h"
#include "sip/writer.h"
#include "translate/address.h"
#include "translate/message.h"
#include "xml/parser.h"
#include "xmpp/stanza.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace isthmus::tests {

/// A MESSAGE from romeo@example.net to juliet@example.com with these header lines and body.
inline std::string sip_message(std::string_view headers, std::string_view body) {
    return std::string(
               "MESSAGE sip:juliet@example.com SIP/2.0\r\n"
               "Via: SIP/2.0/TCP s2x.example.net;branch=z9hG4bKeskdgs677\r\n"
               "Max-Forwards: 70\r\n"
               "To: <sip:juliet@example.com>\r\n"
               "From: <sip:romeo@example.net>;tag=vwxyz\r\n"
               "Call-ID: 9E97FB43-85F4-4A00-8751-1124FD4C7B2E\r\n"
               "CSeq: 1 MESSAGE\r\n")
        .append(headers)
        .append("Content-Length: ")
        .append(std::to_string(body.size()))
        .append("\r\n\r\n")
        .append(body);
}

/// A stanza from juliet@example.com/balcony to romeo@example.net.
inline std::string stanza(std::string_view attributes, std::string_view content) {
    return std::string(
               "<message xmlns='jabber:server' from='juliet@example.com/balcony' "
               "to='romeo@example.net' id='m1' ")
        .append(attributes)
        .append(">")
        .append(content)
        .append("</message>");
}

/// SIP towards XMPP.
struct FromSip {
    translate::ToXmpp result;
    std::string octets;  ///< the stanza as the stream writes it
    xmpp::Message message;
};

class Wire {
  public:
    FromSip to_xmpp(std::string_view request, const translate::ToXmppContext& context = {}) {
        FromSip out;
        sip::MessageSlots slots;
        const auto parsed =
            sip::parse_message(arena.copy(request), sip::Framing::Datagram, arena, slots);
        if (parsed.kind != sip::ParseResult::Kind::Request) {
            out.result.refusal.status = parsed.status;
            return out;
        }
        const auto addresses = translate::addresses_of(slots.request, arena);
        if (!addresses) {
            out.result.refusal = addresses.error();
            return out;
        }
        out.result = translate::to_xmpp(slots.request, *addresses, context, arena, made_);
        if (out.result.action == translate::ToXmpp::Action::Send) {
            Buffer written;
            made_.write(written);
            out.octets = written.view();
            EXPECT_TRUE(read_stanza(out.octets, out.message)) << out.octets;
        }
        return out;
    }

    FromSip say(std::string_view content_type,
                std::string_view body,
                const translate::ToXmppContext& context = {}) {
        return to_xmpp(
            sip_message(std::string("Content-Type: ").append(content_type).append("\r\n"), body),
            context);
    }

    /// XMPP towards SIP. `octets` gets the request as the user agent writes it.
    translate::ToSip to_sip(std::string_view text, const translate::ToSipContext& context = {}) {
        EXPECT_TRUE(read_stanza(text, given_)) << text;
        const auto result = translate::to_sip(given_, context, arena);
        octets.clear();
        if (result.action == translate::ToSip::Action::Send) {
            write_request(result.request);
        }
        return result;
    }

    void write_request(const sip::OutgoingRequest& request) {
        Buffer written;
        sip::append_request(written,
                            request,
                            {.transport = "TCP",
                             .sent_by = "gateway.example.org",
                             .branch = "z9hG4bK1",
                             .from_tag = "t1",
                             .call_id = request.call_id.empty() ? "fresh" : request.call_id,
                             .cseq = 1,
                             .user_agent = {},
                             .authorization = {},
                             .proxy_authorization = {}});
        octets = written.view();
        const auto parsed = sip::parse_message(octets, sip::Framing::Stream, arena, sent_);
        EXPECT_EQ(parsed.kind, sip::ParseResult::Kind::Request) << parsed.reason << "\n" << octets;
        EXPECT_EQ(sent().body.size(), request.body.size());
    }

    /// The request of the last to_sip(), read again.
    const sip::Request& sent() const { return sent_.request; }

    /// One document that is one message with good addresses.
    bool read_stanza(std::string_view text, xmpp::Message& into) {
        const auto root = xml::parse_document(arena.copy(text), arena, {});
        if (!root || (*root)->name != "message") {
            return false;
        }
        xmpp::Message::read(**root, arena, into);
        const auto from = translate::read_jid((*root)->attribute("from").value_or(""), arena);
        const auto to = translate::read_jid((*root)->attribute("to").value_or(""), arena);
        if (!from || !to) {
            return false;
        }
        into.from = *from;
        into.to = *to;
        return true;
    }

    Arena arena;
    std::string octets;

  private:
    xmpp::Message made_;
    xmpp::Message given_;
    sip::MessageSlots sent_;
};

}  // namespace isthmus::tests
