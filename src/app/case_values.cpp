#include "app/case_values.h"

#include "base/text.h"
#include "net/address.h"
#include "sip/headers.h"
#include "sip/writer.h"
#include "translate/charset.h"
#include "xml/parser.h"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <utility>

namespace isthmus::app::cases {

namespace {

constexpr std::string_view kStreamOpen =
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
    "version='1.0'>";

class OneStanza final : public xml::StreamSink {
  public:
    explicit OneStanza(const std::function<void(const xml::Element&, Arena&)>& use) : use_(use) {}

    void on_stream_open(const xml::Element&, std::string_view) override {}

    void on_element(const xml::Element& element) override {
        ++count;
        use_(element, parser->arena());
    }

    void on_stream_close() override {}

    xml::StreamParser* parser = nullptr;
    int count = 0;

  private:
    const std::function<void(const xml::Element&, Arena&)>& use_;
};

std::string line_of(const sip::HeaderField& field) {
    return std::string(field.name).append(": ").append(field.value);
}

}  // namespace

const json::value* member(const json::value* object, std::string_view name) {
    const json::object* found = object == nullptr ? nullptr : object->if_object();
    return found == nullptr ? nullptr : found->if_contains(name);
}

std::string_view text_of(const json::value* object, std::string_view name) {
    const json::value* value = member(object, name);
    const json::string* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string_view() : std::string_view(*text);
}

bool is_true(const json::value* object, std::string_view name, bool otherwise) {
    const json::value* value = member(object, name);
    const bool* given = value == nullptr ? nullptr : value->if_bool();
    return given == nullptr ? otherwise : *given;
}

std::int64_t number_of(const json::value* object, std::string_view name, std::int64_t otherwise) {
    const json::value* value = member(object, name);
    return value != nullptr && value->is_int64() ? value->get_int64() : otherwise;
}

bool holds(const json::value* array, std::string_view text) {
    const json::array* items = array == nullptr ? nullptr : array->if_array();
    return items != nullptr && std::ranges::any_of(*items, [text](const json::value& item) {
               return item.is_string() && std::string_view(item.get_string()) == text;
           });
}

json::value to_json(std::string_view text) {
    Arena arena;
    return json::string(translate::repaired_utf8(text, arena));
}

void put(json::object& into, std::string_view name, std::string_view text) {
    if (!text.empty()) {
        into[name] = to_json(text);
    }
}

bool with_stanza(std::string_view stanza,
                 const std::function<void(const xml::Element&, Arena&)>& use) {
    OneStanza sink(use);
    xml::StreamParser parser(sink, {});
    sink.parser = &parser;
    parser.feed(std::string(kStreamOpen).append(stanza));
    return sink.count == 1 && parser.fault() == xml::Fault::None;
}

bool is_request(const Arrived& arrived) {
    return arrived.result.kind == sip::ParseResult::Kind::Request;
}

void parse_arrived(std::string_view octets, sip::Framing framing, Arena& arena, Arrived& into) {
    into.result = sip::parse_message(octets, framing, arena, into.slots);
}

void put_response(json::object& into,
                  const sip::Request& request,
                  const sip::OutgoingResponse& response,
                  Arena& arena) {
    Buffer head;
    Buffer octets;
    sip::append_response_head(head, request, {}, "cases");
    sip::append_response(octets, head.view(), response, {});
    Arrived written;
    parse_arrived(arena.copy(octets.view()), sip::Framing::Stream, arena, written);
    into["sip_response"] = response.status;
    const sip::Response& again = written.slots.response;
    json::array lines;
    bool has_contact = false;
    for (const sip::HeaderField& field : again.headers) {
        has_contact = has_contact || field.id == sip::HeaderId::Contact;
        if (field.id == sip::HeaderId::Warning) {
            into["warning"] =
                text::to_number(field.value.substr(0, field.value.find(' '))).value_or(0);
        }
        const bool is_frame = field.id == sip::HeaderId::Via || field.id == sip::HeaderId::From ||
                              field.id == sip::HeaderId::To || field.id == sip::HeaderId::CallId ||
                              field.id == sip::HeaderId::CSeq ||
                              field.id == sip::HeaderId::ContentLength;
        if (is_frame) {
            continue;
        }
        if (lines.empty()) {
            put(into, "header", line_of(field));
            put(into, "header_present", field.name);
        }
        lines.push_back(to_json(line_of(field)));
    }
    if (!lines.empty()) {
        into["headers"] = std::move(lines);
    }
    if (!has_contact) {
        into["response_absent_headers"] = json::array{"Contact"};
    }
    into["response_body_empty"] = again.body.empty();
}

json::object error_reply_facts(xmpp::Kind kind,
                               const xmpp::Jid& from,
                               const xmpp::Jid& to,
                               std::string_view id,
                               const xmpp::StanzaError& error) {
    Buffer octets;
    // The reply goes from the address that was written to, to the one that wrote.
    xmpp::write_error_reply(octets, kind, to, from, id, error);
    json::object facts;
    with_stanza(octets.view(), [&](const xml::Element& reply, Arena& arena) {
        const xml::Element* child = reply.child("error", "jabber:server");
        const auto read = xmpp::StanzaError::from_xml(*child, arena);
        put(facts, "condition", xmpp::condition_name(read.condition));
        put(facts, "type", xmpp::error_type_name(read.type));
        put(facts, "uri", read.new_address);
        put(facts, "text", read.text);
        facts["id_echoed"] = reply.attribute("id").value_or("") == id;
        const xmpp::Jid back_to =
            xmpp::Jid::from_prepared(reply.attribute("to").value_or(std::string_view()));
        const xmpp::Jid back_from =
            xmpp::Jid::from_prepared(reply.attribute("from").value_or(std::string_view()));
        facts["addresses_swapped"] = back_to == from && back_from == to;
    });
    return facts;
}

}  // namespace isthmus::app::cases
