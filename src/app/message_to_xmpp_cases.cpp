// Cases with dir "sip-to-xmpp": a SIP message, what the gateway knows, what the XMPP side answers.
#include "app/case_values.h"
#include "base/digest.h"
#include "sip/request_checks.h"
#include "translate/address.h"
#include "translate/message.h"

#include <boost/json/array.hpp>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace isthmus::app::cases {

namespace {

using translate::ToXmpp;
using xmpp::ChatState;

constexpr std::string_view kStanzaId = "case-1";
constexpr std::array kMethods = {
    sip::Method::Message, sip::Method::Subscribe, sip::Method::Notify, sip::Method::Options};
constexpr sip::Abilities kAbilities{
    .methods = kMethods, .option_tags = {}, .accept = translate::kAccept};

// --- what a stanza says -----------------------------------------------------------------------

json::value lang_text(const xmpp::LangText& text) {
    json::object out{{"text", to_json(text.text)}};
    put(out, "lang", text.lang);
    return out;
}

void put_message_facts(json::object& facts, const xmpp::Message& message) {
    constexpr std::string_view kChatStates[] = {
        "", "active", "composing", "paused", "inactive", "gone"};
    if (message.type_is_given) {
        put(facts, "type", xmpp::message_type_name(message.type));
    }
    put(facts, "id", message.id);
    facts["id_present"] = !message.id.empty();
    put(facts, "lang", message.lang);
    facts["no_body"] = message.bodies.empty();
    if (!message.bodies.empty()) {
        facts["body"] = to_json(message.bodies.front().text);
    }
    if (!message.subjects.empty()) {
        facts["subject"] = to_json(message.subjects.front().text);
        json::array subjects;
        for (const xmpp::LangText& subject : message.subjects) {
            subjects.push_back(lang_text(subject));
        }
        facts["subjects"] = std::move(subjects);
    }
    put(facts, "thread", message.thread);
    put(facts, "chat_state", kChatStates[static_cast<std::size_t>(message.chat_state)]);
    facts["receipt_request"] = message.wants_receipt;
    facts["markable"] = message.is_markable;
    put(facts, "received_id", message.receipt_for);
    if (message.marker == xmpp::Marker::Displayed) {
        put(facts, "displayed_id", message.marker_for);
    }
    put(facts, "delay", message.delay_stamp);
    if (message.error) {
        put(facts, "error_condition", xmpp::condition_name(message.error->condition));
        put(facts, "error_type", xmpp::error_type_name(message.error->type));
    }
}

/// The stanza as the stream writes it, read again.
json::object stanza_facts(const xmpp::Message& message) {
    Buffer octets;
    message.write(octets);
    json::object facts;
    const bool is_one = with_stanza(octets.view(), [&](const xml::Element& element, Arena& arena) {
        put(facts, "name", element.name);
        put(facts, "from", element.attribute("from").value_or(""));
        put(facts, "to", element.attribute("to").value_or(""));
        xmpp::Message again;
        xmpp::Message::read(element, arena, again);
        put_message_facts(facts, again);
    });
    if (!is_one) {
        return {{"unreadable", true}};
    }
    facts["raw"] = to_json(octets.view());
    return facts;
}

// --- one request ------------------------------------------------------------------------------

class Case {
  public:
    Case(const json::value& given, const json::value* config)
        : given_(given), context_(member(&given, "context")), config_(config) {}

    json::object run() {
        const json::value* sip = member(&given_, "sip");
        if (!text_of(sip, "event").empty()) {
            return lapsed();
        }
        std::string octets(text_of(sip, "text"));
        if (const std::string_view encoded = text_of(sip, "base64"); !encoded.empty()) {
            octets = digest::base64_decode(encoded).value_or("");
        }
        if (octets.empty()) {
            return {{"skipped", "session mode"}};
        }
        const bool is_datagram = text_of(context_, "transport") == "udp";
        parse_arrived(
            octets, is_datagram ? sip::Framing::Datagram : sip::Framing::Stream, arena_, arrived_);
        handle();
        return std::move(out_);
    }

  private:
    const sip::Request& request() const { return arrived_.slots.request; }

    void respond(const sip::OutgoingResponse& response) {
        put_response(out_, request(), response, arena_);
    }

    void respond(int status) {
        sip::OutgoingResponse response;
        response.status = status;
        respond(response);
    }

    void handle() {
        if (arrived_.result.kind == sip::ParseResult::Kind::Refuse) {
            return respond(sip::refusal_of(arrived_.result, kAbilities, arena_).response());
        }
        if (!is_request(arrived_)) {
            return;
        }
        if (const auto refusal = sip::check_request(request(), kAbilities, arena_)) {
            return respond(refusal->response());
        }
        if (request().method == sip::Method::Options) {
            return options();
        }
        if (request().method != sip::Method::Message) {
            out_["skipped"] = "presence has cases of its own";
            return;
        }
        const auto addresses = translate::addresses_of(request(), arena_);
        if (!addresses) {
            return respond(addresses.error().response());
        }
        if (const int status = admission(*addresses); status != 0) {
            return respond(status);
        }
        message(*addresses);
    }

    void options() {
        const auto headers = sip::capability_headers(kAbilities, arena_);
        sip::OutgoingResponse response;
        response.status = 200;
        response.headers = headers;
        respond(response);
        json::array allowed;
        for (const sip::Method method : kMethods) {
            allowed.push_back(to_json(sip::method_name(method)));
        }
        out_["allow_includes"] = std::move(allowed);
    }

    /// What gateway/admission decides from policy, from lists in the case.
    int admission(const translate::XmppAddresses& addresses) const {
        const json::value* proved = member(context_, "authenticated_peer_domains");
        if (proved != nullptr && !holds(proved, addresses.from.jid.domain)) {
            return 403;
        }
        const json::value* bridged = member(context_, "bridged_domains");
        return bridged != nullptr && !holds(bridged, addresses.to.jid.domain) ? 404 : 0;
    }

    translate::ToXmppContext known() const {
        translate::ToXmppContext known;
        known.stanza_id = kStanzaId;
        known.thread = text_of(member(context_, "thread_map"), request().call_id);
        known.chat_type = text_of(config_, "pager_type") == "chat";
        known.peer_takes_chat_states = is_true(context_, "xmpp_peer_supports_chatstates");
        known.last_chat_state = text_of(context_, "last_chat_state") == "composing"
                                    ? ChatState::Composing
                                    : ChatState::None;
        known.now = std::chrono::duration_cast<std::chrono::seconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count();
        known.max_stanza_octets = static_cast<std::size_t>(number_of(
            config_, "max_stanza_bytes", static_cast<std::int64_t>(known.max_stanza_octets)));
        return known;
    }

    void message(const translate::XmppAddresses& addresses) {
        const ToXmpp result = translate::to_xmpp(request(), addresses, known(), arena_, message_);
        switch (result.action) {
            case ToXmpp::Action::Refuse:
                return respond(result.refusal.response());
            case ToXmpp::Action::Ignore:
                return respond(200);
            case ToXmpp::Action::Notice:
                return notice(result.notice);
            case ToXmpp::Action::Send:
                break;
        }
        // RFC 3428 §7: accepted, not delivered.
        respond(202);
        if (is_true(context_, "same_branch_seen_before")) {
            // The transaction answers; nobody above it hears of the request again.
            out_["same_response_again"] = true;
            return;
        }
        out_["stanza"] = stanza_facts(message_);
        answer(addresses, result);
    }

    void notice(const translate::ImdnNotice& notice) {
        respond(200);
        const json::value* sent = member(member(context_, "sent_imdn_ids"), notice.message_id);
        if (sent == nullptr) {
            return;
        }
        const auto sender = translate::read_jid(text_of(sent, "from_jid"), arena_);
        if (sender &&
            translate::to_receipt(
                notice,
                {.stanza_id = text_of(sent, "stanza_id"), .sender = *sender, .recipient = {}},
                message_)) {
            out_["stanza"] = stanza_facts(message_);
        }
    }

    /// What the XMPP side does with the stanza.
    void answer(const translate::XmppAddresses& addresses, const ToXmpp& result) {
        if (text_of(context_, "s2s_connect") == "hangs") {
            // gap G-20: the stanza waits 30 s for its stream.
            const auto refusal = translate::to_sip(make_error(ErrorKind::Timeout, "", ""), arena_);
            respond(refusal.response());
            out_["answered_within_ms"] = 30000;
            out_.erase("stanza");
            return;
        }
        const json::value* given = member(context_, "xmpp_error");
        const auto condition = xmpp::condition_of(text_of(given, "condition"));
        if (given == nullptr || !given->is_object()) {
            return;
        }
        xmpp::StanzaError error = xmpp::StanzaError::of(
            condition.value_or(xmpp::Condition::UndefinedCondition), text_of(given, "text"));
        error.new_address = text_of(given, "text_uri");
        const std::int64_t patience = number_of(context_, "wait_for_error_ms", 2000);
        if (number_of(context_, "error_after_ms", 0) > patience) {
            return late_error(addresses, result);
        }
        const bool is_full = is_true(given, "full_jid", !addresses.to.jid.resource.empty());
        respond(translate::to_sip(error, is_full, arena_).response());
        out_["stanza_sent"] = true;
    }

    // RFC 5438 §12.1.3.1: after the 202 only an IMDN can say it, if one was asked for.
    void late_error(const translate::XmppAddresses& addresses, const ToXmpp& result) {
        translate::ToSipContext known;
        known.unique = "feedbeef01234567";
        const auto later = translate::notice_to_sip(result.imdn,
                                                    translate::ImdnStatus::Failed,
                                                    addresses.to.jid.bare(),
                                                    addresses.from.jid,
                                                    known,
                                                    arena_);
        if (later.action != translate::ToSip::Action::Send) {
            return;
        }
        json::object facts = request_facts(later.request, arena_);
        // Copies: inserting moves the members of an object.
        const json::value method = facts["method"];
        const json::value* imdn = member(facts.if_contains("cpim"), "imdn");
        const json::value notice = imdn == nullptr ? json::value() : *imdn;
        facts["sip_request"] = method;
        facts["imdn"] = notice;
        out_["later"] = std::move(facts);
    }

    /// "120 s after an active notice without refresh"
    json::object lapsed() {
        if (is_true(context_, "xmpp_peer_supports_chatstates") &&
            text_of(context_, "last_chat_state") == "composing") {
            translate::to_lapsed_typing({}, message_);
            out_["stanza"] = stanza_facts(message_);
        }
        return std::move(out_);
    }

    const json::value& given_;
    const json::value* context_;
    const json::value* config_;
    Arena arena_;
    Arrived arrived_;
    xmpp::Message message_;
    json::object out_;
};

}  // namespace

json::object message_to_xmpp_case(const json::value& given, const json::value* config) {
    return Case(given, config).run();
}

}  // namespace isthmus::app::cases
