// Cases with dir "xmpp-to-pidf" and "pidf-to-xmpp".
#include "app/case_values.h"
#include "base/text.h"
#include "sip/headers.h"
#include "sip/pidf.h"
#include "translate/address.h"
#include "translate/presence.h"
#include "xml/parser.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace isthmus::app::cases {

namespace {

using xmpp::Presence;

json::value lang_text(std::string_view lang, std::string_view text) {
    json::object out{{"text", to_json(text)}};
    put(out, "lang", lang);
    return out;
}

// --- towards SIP ------------------------------------------------------------------------------

/// ASCII part of NCName; that is all our ids use.
bool is_ncname(std::string_view text) {
    return !text.empty() && (text::is_alpha(text.front()) || text.front() == '_') &&
           std::ranges::all_of(
               text, [](char c) { return text::is_alnum(c) || c == '_' || c == '-' || c == '.'; });
}

json::value tuple_facts(const sip::PidfTuple& tuple, const std::vector<Presence>& stanzas) {
    json::object facts;
    Arena arena;
    for (const Presence& presence : stanzas) {
        if (translate::tuple_id_of(presence.from.resource, arena) == tuple.id) {
            put(facts, "resource", presence.from.resource);
        }
    }
    put(facts, "id", tuple.id);
    facts["id_is_ncname"] = is_ncname(tuple.id);
    put(facts, "id_prefix", tuple.id.substr(0, 3));
    put(facts, "basic", tuple.basic == sip::PidfBasic::Open ? "open" : "closed");
    put(facts, "show", tuple.show);
    if (tuple.priority) {
        facts["priority"] = *tuple.priority / 1000.0;
    }
    put(facts, "contact_uri", tuple.contact);
    put(facts, "timestamp", tuple.timestamp);
    json::array notes;
    for (const sip::PidfNote& note : tuple.notes) {
        notes.push_back(lang_text(note.lang, note.text));
    }
    if (!notes.empty()) {
        facts["notes"] = std::move(notes);
    }
    return facts;
}

/// The document as a NOTIFY carries it, read again.
json::object document_facts(const translate::PresenceDocument& document,
                            const std::vector<Presence>& stanzas) {
    Buffer octets;
    sip::write_pidf(document.pidf, octets);
    Arena arena;
    const auto again = sip::parse_pidf(octets.view(), arena);
    if (!again) {
        return {{"notify", true}, {"unreadable", true}};
    }
    json::array tuples;
    bool are_distinct = true;
    for (const sip::PidfTuple& tuple : document.pidf.tuples) {
        are_distinct = are_distinct &&
                       std::ranges::count(document.pidf.tuples, tuple.id, &sip::PidfTuple::id) == 1;
    }
    for (const sip::PidfTuple& tuple : again->tuples) {
        tuples.push_back(tuple_facts(tuple, stanzas));
    }
    json::object out{
        {"notify", true},
        {"pidf", json::object{{"entity", to_json(again->entity)}, {"tuples", std::move(tuples)}}},
        {"ids_distinct", are_distinct},
        {"raw", to_json(octets.view())}};
    if (!document.content_language.empty()) {
        out["headers"] = {{"Content-Language", to_json(document.content_language)}};
    }
    if (!again->activities.empty()) {
        json::array activities;
        for (const std::string_view activity : again->activities) {
            activities.push_back(to_json(activity));
        }
        out["rpid_activities"] = std::move(activities);
    }
    return out;
}

/// Addresses of a stanza; false: they are none.
bool read_addresses(const xml::Element& element, Arena& arena, xmpp::Jid& from, xmpp::Jid& to) {
    const auto sender = translate::read_jid(element.attribute("from").value_or(""), arena);
    const auto recipient = translate::read_jid(element.attribute("to").value_or(""), arena);
    if (!sender || !recipient) {
        return false;
    }
    from = *sender;
    to = *recipient;
    return true;
}

}  // namespace

json::object presence_to_pidf_case(const json::value& given) {
    // The stanzas' texts must outlive their elements: each keeps an arena and its octets.
    std::deque<Arena> arenas;
    std::vector<Presence> stanzas;
    json::object out{{"notify", false}};
    const json::value* list = member(&given, "stanzas");
    if (list == nullptr || !list->is_array()) {
        return out;
    }
    for (const json::value& text : list->get_array()) {
        Arena& kept = arenas.emplace_back();
        const auto octets = kept.copy(text.is_string() ? text.get_string() : std::string_view());
        // As a document, so that the tree lives as long as the case.
        const auto root = xml::parse_document(octets, kept, {});
        Presence addressed;
        if (!root || !read_addresses(**root, kept, addressed.from, addressed.to)) {
            continue;
        }
        auto presence = Presence::read(**root, kept);
        if (!presence) {
            json::object reply =
                error_reply_facts(xmpp::Kind::Presence,
                                  addressed.from,
                                  addressed.to,
                                  (*root)->attribute("id").value_or(""),
                                  xmpp::StanzaError::of(xmpp::Condition::BadRequest));
            // A copy: inserting moves the members of an object.
            const json::value type = reply["type"];
            reply["error_type"] = type;
            reply["type"] = "error";
            out["xmpp_reply"] = std::move(reply);
            continue;
        }
        presence->from = addressed.from;
        presence->to = addressed.to;
        if (presence->to.to_bare_string() == text_of(&given, "active_watcher")) {
            stanzas.push_back(std::move(*presence));
        }
    }
    Arena arena;
    const auto document = translate::to_pidf(stanzas, arena);
    return document ? document_facts(*document, stanzas) : out;
}

namespace {

// --- towards XMPP -----------------------------------------------------------------------------

/// A presence stanza as the stream writes it, read again.
json::value stanza_facts(const Presence& presence) {
    Buffer octets;
    presence.write(octets);
    json::object facts;
    with_stanza(octets.view(), [&](const xml::Element& element, Arena& arena) {
        put(facts, "from", element.attribute("from").value_or(""));
        put(facts, "to", element.attribute("to").value_or(""));
        put(facts, "type", element.attribute("type").value_or(""));
        const auto again = Presence::read(element, arena);
        put(facts, "show", again->show);
        if (again->has_priority) {
            facts["priority"] = again->priority;
        }
        json::array statuses;
        for (const xmpp::LangText& status : again->statuses) {
            statuses.push_back(lang_text(status.lang, status.text));
        }
        if (!statuses.empty()) {
            facts["status"] = std::move(statuses);
        }
    });
    return facts;
}

bool is_pidf(std::string_view content_type) {
    const auto media = sip::parse_media_type(content_type);
    return media && media->is("application", "pidf+xml");
}

}  // namespace

json::object pidf_to_presence_case(const json::value& given, const json::value* expect) {
    const json::value* notify = member(&given, "notify");
    const std::string_view state = text_of(notify, "subscription_state");
    // What is to be played stands beside the other facts, or among the expectations.
    const json::value* const played = member(&given, "event_override") == nullptr ? expect : &given;
    const std::string_view override_event = text_of(played, "event_override");
    const std::string_view event =
        override_event.empty() ? text_of(notify, "event") : override_event;
    const auto answered = [](int status) { return json::object{{"sip_response", status}}; };
    if (is_true(&given, "no_dialog") || is_true(expect, "no_dialog")) {
        return answered(481);  // RFC 6665 §4.1.3
    }
    if (event.substr(0, event.find(';')) != "presence") {
        return answered(489);  // RFC 6665 §4.1.3
    }
    const std::string_view body = text_of(notify, "body");
    if (!body.empty() && !is_pidf(text_of(notify, "content_type"))) {
        return answered(415);
    }
    Arena arena;
    const auto presentity = translate::read_jid(text_of(&given, "presentity"), arena);
    const auto watcher = translate::read_jid(text_of(&given, "watcher"), arena);
    if (!presentity || !watcher) {
        return answered(481);
    }
    const bool is_active = text::istarts_with(state, "active");
    const bool is_first = is_true(&given, "first_notify");
    json::object out = answered(200);
    out["also_subscribed"] = is_active && is_first;
    out["unsubscribed"] = false;
    // RFC 8048 §5.2.1: nothing is told before the presentity has agreed.
    if (text::istarts_with(state, "pending")) {
        return out;
    }
    std::vector<std::string_view> announced;
    if (const json::value* prior = member(&given, "prior"); prior != nullptr && prior->is_array()) {
        for (const json::value& resource : prior->get_array()) {
            if (resource.is_string()) {
                announced.emplace_back(resource.get_string());
            }
        }
    }
    const translate::PresenceContext context{
        .presentity = presentity->bare(),
        .watcher = watcher->bare(),
        .announced = announced,
        .content_language = text_of(notify, "content_language"),
        .entity_domain = {}};
    std::vector<Presence> stanzas;
    if (!body.empty()) {
        const auto done = translate::to_presence(body, context, arena, stanzas);
        if (!done) {
            return answered(done.error().status);
        }
    }
    json::array facts;
    for (const Presence& presence : stanzas) {
        facts.push_back(stanza_facts(presence));
    }
    if (!facts.empty()) {
        out["stanzas"] = std::move(facts);
    }
    return out;
}

}  // namespace isthmus::app::cases
