// How cases are read and results are built: JSON members with defaults, stanzas through the stream
// parser, documents through the SIP parser. Private to the runner of cases.
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "sip/message.h"
#include "sip/parser.h"
#include "translate/error.h"
#include "xml/element.h"
#include "xmpp/jid.h"
#include "xmpp/stanza.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace isthmus::app::cases {

namespace json = boost::json;

/// Member of an object; null if it has none or the value is no object.
const json::value* member(const json::value* object, std::string_view name);
std::string_view text_of(const json::value* object, std::string_view name);
bool is_true(const json::value* object, std::string_view name, bool otherwise = false);
std::int64_t number_of(const json::value* object,
                       std::string_view name,
                       std::int64_t otherwise = 0);
/// Whether an array of texts holds `text`.
bool holds(const json::value* array, std::string_view text);

json::value to_json(std::string_view text);
/// Leaves the member out if the text is empty.
void put(json::object& into, std::string_view name, std::string_view text);

/// Feeds one stanza to a stream parser as a server's stream would; false if it never comes out.
/// The element lives during the call only.
bool with_stanza(std::string_view stanza,
                 const std::function<void(const xml::Element&, Arena&)>& use);

/// A SIP message, parsed as one that arrived.
struct Arrived {
    sip::ParseResult result;
    sip::MessageSlots slots;
};

bool is_request(const Arrived& arrived);
void parse_arrived(std::string_view octets, sip::Framing framing, Arena& arena, Arrived& into);

/// Facts of a response as `expect` words them: sip_response, header, headers, header_present,
/// warning, response_absent_headers, response_body_empty.
void put_response(json::object& into,
                  const sip::Request& request,
                  const sip::OutgoingResponse& response,
                  Arena& arena);

/// Facts of a stanza error that goes back: condition, type, uri, id_echoed, addresses_swapped.
json::object error_reply_facts(xmpp::Kind kind,
                               const xmpp::Jid& from,
                               const xmpp::Jid& to,
                               std::string_view id,
                               const xmpp::StanzaError& error);

/// Facts of a request of ours, read again from what the user agent would write.
json::object request_facts(const sip::OutgoingRequest& request, Arena& arena);

json::object message_to_sip_case(const json::value& given, const json::value* config);
json::object message_to_xmpp_case(const json::value& given, const json::value* config);
json::object presence_to_pidf_case(const json::value& given);
json::object pidf_to_presence_case(const json::value& given, const json::value* expect);

}  // namespace isthmus::app::cases
