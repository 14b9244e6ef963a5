// Cases with dir "xmpp-to-sip": a stanza, what the gateway knows, what the SIP side answers.
#include "app/case_values.h"
#include "base/text.h"
#include "sip/headers.h"
#include "sip/writer.h"
#include "translate/address.h"
#include "translate/cpim.h"
#include "translate/message.h"
#include "translate/notices.h"

#include <boost/json/array.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace isthmus::app::cases {

namespace {

using sip::HeaderId;
using translate::ToSip;
using xmpp::StanzaError;

constexpr std::string_view kFreshCallId = "7d0f9a3e5c1b4826";
constexpr std::string_view kMessageId = "c0ffee0123456789";

struct Stanza {
    xmpp::Message message;
    std::string_view from_text;
    std::string_view to_text;
};

json::object stream_error(std::string_view condition) {
    return {{"action", "stream-error"}, {"condition", to_json(condition)}};
}

json::object rejected(const Stanza& stanza, const StanzaError& error) {
    // What the address says that cannot be parsed still goes back as it came.
    xmpp::Jid to = stanza.message.to;
    if (to.domain.empty()) {
        to = xmpp::Jid::from_prepared(stanza.to_text);
    }
    return {{"action", "reject"},
            {"xmpp_error",
             error_reply_facts(
                 xmpp::Kind::Message, stanza.message.from, to, stanza.message.id, error)}};
}

// --- what a request says ----------------------------------------------------------------------

json::object cpim_facts(std::string_view body, Arena& arena) {
    json::object facts;
    const auto cpim = translate::read_cpim(body, arena);
    if (!cpim) {
        return facts;
    }
    std::string asked;
    const auto ask = [&asked](bool is_asked, std::string_view what) {
        if (is_asked) {
            asked.append(asked.empty() ? "" : ", ").append(what);
        }
    };
    ask(cpim->imdn.positive_delivery, "positive-delivery");
    ask(cpim->imdn.negative_delivery, "negative-delivery");
    ask(cpim->imdn.display, "display");
    put(facts, "disposition_notification", asked);
    facts["message_id_present"] = !cpim->imdn.message_id.empty();
    facts["datetime_present"] = !cpim->imdn.datetime.empty();
    put(facts, "content_disposition", cpim->content.disposition);
    const std::string_view type = cpim->content.content_type;
    put(facts, "inner_type", type.substr(0, type.find(';')));
    put(facts, "inner_body", cpim->content.body);
    const auto notice = translate::read_imdn(cpim->content.body, arena);
    if (notice && *notice) {
        const bool is_display = (*notice)->status == translate::ImdnStatus::Displayed;
        constexpr std::string_view kStatuses[] = {
            "delivered", "failed", "forbidden", "displayed", "error"};
        facts["imdn"] = {
            {"message_id", to_json((*notice)->message_id)},
            {"kind", is_display ? "display" : "delivery"},
            {"status", to_json(kStatuses[static_cast<std::size_t>((*notice)->status)])}};
    }
    return facts;
}

void put_body_facts(json::object& facts, const sip::Request& request, Arena& arena) {
    const auto media = sip::parse_media_type(request.content_type);
    if (!media) {
        return;
    }
    const std::string type =
        text::to_lower(std::string(media->type).append("/").append(media->subtype));
    put(facts, "content_type", type);
    put(facts, "charset", text::to_lower(media->param("charset").value_or("")));
    facts["body_octets"] = request.body.size();
    facts["body"] = to_json(request.body);
    if (type == "text/plain") {
        facts["text_body"] = to_json(request.body);
    } else if (type == "message/cpim") {
        facts["cpim"] = cpim_facts(request.body, arena);
    } else if (type == "application/im-iscomposing+xml") {
        const auto typing = translate::read_typing(request.body, arena);
        facts["iscomposing"] = {{"state", typing && typing->is_active ? "active" : "idle"}};
    }
}

/// A header name that the stanza's texts try to smuggle in behind a line break, if it is not there.
std::string smuggled_name(const Stanza& stanza, const json::object& headers) {
    const auto look = [&headers](std::string_view text) -> std::string {
        for (std::size_t at = text.find_first_of("\r\n"); at < text.size();
             at = text.find_first_of("\r\n", at)) {
            at = std::min(text.find_first_not_of("\r\n", at), text.size());
            const std::string_view line = text.substr(at, text.find_first_of("\r\n", at) - at);
            const std::string_view name = line.substr(0, line.find(':'));
            const bool is_there = headers.contains(name);
            if (name.size() < line.size() && !name.empty() && !is_there) {
                return std::string(name);
            }
        }
        return {};
    };
    for (const xmpp::LangText& subject : stanza.message.subjects) {
        if (std::string name = look(subject.text); !name.empty()) {
            return name;
        }
    }
    return look(stanza.message.thread);
}

void put_header_facts(json::object& facts, const sip::Request& request) {
    if (const auto subject = request.header(HeaderId::Subject)) {
        put(facts, "subject", *subject);
        facts["subject_single_line"] = subject->find_first_of("\r\n") == std::string_view::npos;
    }
    put(facts, "content_language", request.header(HeaderId::ContentLanguage).value_or(""));
    put(facts, "date", request.header(HeaderId::Date).value_or(""));
    json::object counts;
    json::array lines;
    for (const sip::HeaderField& field : request.headers) {
        json::value& count = counts[field.name];
        count = count.is_int64() ? count.get_int64() + 1 : 1;
        lines.push_back(to_json(std::string(field.name).append(": ").append(field.value)));
    }
    facts["header_count"] = std::move(counts);
    facts["headers"] = std::move(lines);
    if (request.count(HeaderId::Contact) == 0) {
        facts["absent_headers"] = json::array{"Contact"};
    }
}

}  // namespace

json::object request_facts(const sip::OutgoingRequest& request, Arena& arena) {
    const sip::RequestStamp stamp{
        .transport = "TCP",
        .sent_by = "gateway.example.org:5060",
        .branch = "z9hG4bK5f2a9c81e47d3b60",
        .from_tag = "4be1c77a09d2f386",
        .call_id = request.call_id.empty() ? kFreshCallId : request.call_id,
        .cseq = 1,
        .user_agent = "Isthmus",
        .authorization = {},
        .proxy_authorization = {}};
    Buffer octets;
    sip::append_request(octets, request, stamp);
    Arrived written;
    parse_arrived(arena.copy(octets.view()), sip::Framing::Stream, arena, written);
    json::object facts;
    if (!is_request(written)) {
        put(facts, "unreadable", written.result.reason);
        return facts;
    }
    const sip::Request& again = written.slots.request;
    put(facts, "method", again.method_text);
    put(facts, "request_uri", again.uri.text);
    put(facts, "from_uri", again.from.uri.text);
    put(facts, "to_uri", again.to.uri.text);
    put(facts, "call_id", again.call_id);
    put(facts, "branch_prefix", again.via.branch.substr(0, 7));
    facts["requests"] = 1;
    facts["octets"] = octets.size();
    put_header_facts(facts, again);
    put_body_facts(facts, again, arena);
    return facts;
}

namespace {

// --- what the harness plays -------------------------------------------------------------------

/// The error that the SIP side's answer, or its silence, means. Nothing: success or no answer yet.
std::optional<StanzaError> answer_error(const json::value* context, Arena& arena) {
    if (text_of(context, "dns") == "nxdomain") {
        return translate::to_xmpp(make_error(ErrorKind::Unreachable, "IST-DNS-001", "", ""));
    }
    if (!text_of(context, "dns").empty()) {
        return translate::to_xmpp(make_error(ErrorKind::Unreachable, "IST-DNS-004", "", ""));
    }
    if (is_true(context, "timer_f_fired")) {
        return translate::to_xmpp(make_error(ErrorKind::Timeout, "", ""));
    }
    const auto status = static_cast<int>(number_of(context, "sip_response"));
    if (status < 300) {
        return std::nullopt;
    }
    sip::Response response;
    response.status = status;
    response.reason = sip::standard_reason(status);
    const std::string_view contact = text_of(context, "sip_response_contact");
    if (!contact.empty()) {
        response.headers.push_back({HeaderId::Contact, "Contact", contact});
    }
    return translate::to_xmpp(response, arena);
}

json::object outcome(const Stanza& stanza,
                     const ToSip& result,
                     const json::value* context,
                     Arena& arena) {
    if (result.action == ToSip::Action::Ignore) {
        return {{"action", "drop"}};
    }
    if (result.action == ToSip::Action::Refuse) {
        return rejected(stanza, result.error);
    }
    if (is_true(context, "pending_message_to_same_uri")) {
        return {{"action", "queue"}};
    }
    const auto error = answer_error(context, arena);
    const auto status = static_cast<int>(number_of(context, "sip_response"));
    if (error && !result.is_typing) {
        const bool is_challenge = status == 401 || status == 407;
        if (is_challenge && is_true(context, "gateway_has_credentials")) {
            return {{"action", "resend-with-credentials"}};
        }
        return rejected(stanza, *error);
    }
    json::object facts = request_facts(result.request, arena);
    if (stanza.message.thread.empty() || result.request.call_id.empty()) {
        facts["call_id_rule"] = "fresh";
    } else if (result.request.call_id != stanza.message.thread) {
        facts["call_id_rule"] = "derived-valid";
    }
    if (member(context, "previous_call_ids") != nullptr) {
        // The user agent makes branch and tag anew for every request (sip/writer.h, RequestStamp).
        facts["new_branch"] = true;
        facts["cseq_or_tag_differs"] = true;
    }
    put(facts, "header_absent", smuggled_name(stanza, facts["header_count"].get_object()));
    json::object out{{"action", "send"}, {"sip", std::move(facts)}};
    if (error && status == 415) {
        out["stop_typing_notices"] = true;
    }
    return out;
}

json::object translate_stanza(const Stanza& stanza, const json::value* context, Arena& arena) {
    translate::ToSipContext known;
    const xmpp::Message& message = stanza.message;
    known.to_is_gruu = holds(member(context, "known_gruus"), message.to.resource);
    known.peer_takes_typing =
        is_true(context, "peer_supports_iscomposing") && !is_true(context, "iscomposing_got_415");
    known.peer_takes_imdn = is_true(context, "peer_supports_imdn");
    known.last_typing_is_active = text_of(context, "last_state") == "active";
    known.unique = kMessageId;
    known.now = std::chrono::duration_cast<std::chrono::seconds>(
                    std::chrono::system_clock::now().time_since_epoch())
                    .count();
    translate::ImdnRequest asked;
    const std::string_view answers =
        message.receipt_for.empty() ? message.marker_for : message.receipt_for;
    if (const auto* request = member(member(context, "imdn_requests"), answers)) {
        const json::value* wants = member(request, "wants");
        asked.message_id = text_of(request, "message_id");
        asked.datetime = text_of(request, "datetime");
        asked.positive_delivery = holds(wants, "positive-delivery");
        asked.negative_delivery = holds(wants, "negative-delivery");
        asked.display = holds(wants, "display");
        known.asked = &asked;
    }
    return outcome(stanza, translate::to_sip(message, known, arena), context, arena);
}

json::object stanza_case(const xml::Element& element, const json::value* context, Arena& arena) {
    Stanza stanza;
    xmpp::Message::read(element, arena, stanza.message);
    stanza.from_text = element.attribute("from").value_or(std::string_view());
    stanza.to_text = element.attribute("to").value_or(std::string_view());
    if (stanza.from_text.empty() || stanza.to_text.empty()) {
        return stream_error("improper-addressing");  // RFC 6120 §4.9.3.7
    }
    const auto from = translate::read_jid(stanza.from_text, arena);
    const json::value* verified = member(context, "stream_verified_domains");
    if (!from || (verified != nullptr && !holds(verified, from->domain))) {
        return stream_error("invalid-from");  // RFC 6120 §8.1.2.2
    }
    stanza.message.from = *from;
    const auto to = translate::read_jid(stanza.to_text, arena);
    if (!to) {
        return rejected(stanza, StanzaError::of(xmpp::Condition::JidMalformed));
    }
    stanza.message.to = *to;
    const json::value* served = member(context, "served_domains");
    if (served != nullptr && !holds(served, to->domain)) {
        return stream_error("host-unknown");  // RFC 6120 §8.1.1.2
    }
    const std::string_view pending = text_of(context, "pending_sip_transaction_for_id");
    if (stanza.message.error && !pending.empty() && stanza.message.id == pending) {
        const bool to_full_jid = !is_true(context, "sent_to_bare_jid", true);
        return {
            {"action", "complete-transaction"},
            {"sip_response", translate::to_sip(*stanza.message.error, to_full_jid, arena).status}};
    }
    return translate_stanza(stanza, context, arena);
}

}  // namespace

json::object message_to_sip_case(const json::value& given, const json::value*) {
    json::object result{{"action", "stream-error"}, {"condition", "not-well-formed"}};
    with_stanza(text_of(&given, "stanza"), [&](const xml::Element& element, Arena& arena) {
        result = stanza_case(element, member(&given, "context"), arena);
    });
    return result;
}

}  // namespace isthmus::app::cases
